"""A provider that is down is left alone: one circuit for each base URL, for all runs together.

Pure: the time is handed in. Closed, everybody may try. After some failures in a row it opens,
and everybody waits. When the rest is over one attempt may try; its luck decides for all.
"""

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Final

from workbench.errors import ProviderBusy, ProviderUnreachable
from workbench.providers.decide import AWAY

__all__ = ["Circuit", "Circuits"]

_FAILURES: Final = 5  # in a row
_FIRST_REST_S: Final = 2.0
_LONGEST_REST_S: Final = 60.0
_TRIAL_S: Final = 30.0  # an attempt that never reports back does not keep everybody waiting


@dataclass(frozen=True, slots=True, kw_only=True)
class Circuit:
    """What is known of one base URL."""

    failures: int = 0
    open_until: float | None = None
    trial_until: float | None = None

    def try_at(self, now: float) -> "tuple[Circuit, float]":
        """The circuit after somebody wants to try, and the seconds they must wait first."""
        if self.open_until is None:
            return self, 0.0
        if now < self.open_until:
            return self, self.open_until - now
        if self.trial_until is not None and now < self.trial_until:
            return self, min(self.trial_until - now, _FIRST_REST_S)
        return replace(self, trial_until=now + _TRIAL_S), 0.0

    def answered(self) -> "Circuit":
        """Somebody was answered, whatever the answer was."""
        return Circuit()

    def failed(self, now: float, *, is_away: bool = False) -> "Circuit":
        """The rests grow for a provider that is broken, and not for one that nobody can reach."""
        failures = self.failures + 1
        if failures < _FAILURES:
            return replace(self, failures=failures)
        doublings = 0 if is_away else min(failures - _FAILURES, 16)
        rest_s = min(_FIRST_REST_S * 2**doublings, _LONGEST_REST_S)
        return Circuit(failures=failures, open_until=now + rest_s)


class Circuits:
    """The circuits of one process."""

    def __init__(self, monotonic: Callable[[], float]) -> None:
        self._monotonic = monotonic
        self._circuits: dict[str, Circuit] = {}

    def wait_s(self, base_url: str) -> float:
        """How long to wait before trying; 0 is a permission, to be followed by its outcome."""
        circuit, wait_s = self._of(base_url).try_at(self._monotonic())
        self._circuits[base_url] = circuit
        return wait_s

    def answered(self, base_url: str) -> None:
        self._circuits.pop(base_url, None)

    def failed(self, base_url: str, error: Exception) -> None:
        """Only a provider that is away or broken counts: a limit or a refusal is an answer."""
        is_broken = isinstance(error, ProviderBusy) and (error.status or 500) >= 500
        if is_broken or isinstance(error, ProviderUnreachable):
            is_away = isinstance(error, ProviderUnreachable) and error.cause in AWAY
            circuit = self._of(base_url).failed(self._monotonic(), is_away=is_away)
            self._circuits[base_url] = circuit
        else:
            self.answered(base_url)

    def _of(self, base_url: str) -> Circuit:
        return self._circuits.get(base_url, Circuit())
