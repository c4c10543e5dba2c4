"""Honest clocks: pure functions over the entries of a run, each declared once with its formula."""

from workbench.metrics.declare import GROUPS, METRICS, Metric
from workbench.metrics.measuring import Metrics, measure

__all__ = ["GROUPS", "METRICS", "Metric", "Metrics", "measure"]
