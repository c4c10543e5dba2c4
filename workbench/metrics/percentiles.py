"""Percentiles by one named method, marked when the samples cannot carry them.

The method is linear interpolation between closest ranks (Hyndman and Fan's type 7, the default
of numpy and pandas): the p-quantile of n sorted samples lies at rank (n - 1) * p, counted from 0.
"""

import math
from collections.abc import Sequence

from workbench.metrics.declare import Sampled

__all__ = ["METHOD", "percentile", "sampled"]

METHOD = "linear interpolation between closest ranks (type 7)"


def percentile(samples: Sequence[float], p: float) -> float | None:
    """The p-quantile, 0 <= p <= 1; None of nothing."""
    if not samples:
        return None
    ordered = sorted(samples)
    rank = (len(ordered) - 1) * p
    below = math.floor(rank)
    above = min(below + 1, len(ordered) - 1)
    return ordered[below] + (ordered[above] - ordered[below]) * (rank - below)


def sampled(samples: Sequence[float], p: float) -> Sampled:
    """A percentile that says when fewer than one sample is expected beyond it.

    The p99 of ten samples is their maximum under another name.
    """
    n = len(samples)
    return Sampled(percentile(samples, p), n, n * (1 - p) < 1 - 1e-9)
