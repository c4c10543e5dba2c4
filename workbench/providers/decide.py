"""What comes next when an attempt ended without its response's end. Pure.

Three rules, in this order:

- Never pay twice. A create is sent again only when it provably was not accepted, and a new
  generation is started only when the run's `on_lost` says so.
- Resume the stream where it can be resumed, poll where it cannot, and keep what arrived.
- Give up for lack of progress, never for a number of attempts.
"""

from dataclasses import dataclass
from typing import Final, Literal, TypeAlias, TypedDict

from workbench.errors import (
    Cause,
    CheckpointExpired,
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    RequestRejected,
    StreamInterrupted,
)
from workbench.events import OnLost, Status, Transport
from workbench.providers.base import Capabilities

__all__ = [
    "AWAY",
    "BACKGROUND_REFUSED",
    "Decision",
    "Facts",
    "GiveUp",
    "Limits",
    "Mode",
    "Poll",
    "Restart",
    "Resume",
    "Wait",
    "decide",
]

Mode = Literal["create", "resume", "poll", "restart"]
Why = Literal["backoff", "rate_limit"]

# The code of a RequestRejected whose only fault is that the server has no background mode.
BACKGROUND_REFUSED: Final = "background_refused"
UNKNOWN_OUTCOME: Final = "unknown_outcome"
# Why an attempt that got no answer met nobody: no connection, or one that broke at once. A
# silence is not among them, because whoever keeps silent about a stream may answer a poll.
AWAY: Final[frozenset[Cause]] = frozenset({"connect", "reset", "cut"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Facts:
    """What is known when the decision is taken."""

    mode: Mode  # what the failed attempt did
    transport: Transport
    response_id: str | None  # None until something named the response
    sequence: int | None  # of the last whole event; None when events carry no numbers
    fruitless: int  # attempts in a row, this one included, that were answered with nothing new
    away: int = 0  # attempts in a row, this one included, that met nobody
    quiet_s: float  # since the run's last new event, or since it began
    on_lost: OnLost
    capabilities: Capabilities
    restarts: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class Limits:
    """How far patience goes, in seconds unless it says otherwise."""

    lost_after_s: float = 120.0  # without anything new
    rate_limited_s: float = 900.0  # the same while the provider itself asks to wait
    longest_wait_s: float = 300.0  # a wish to wait longer is not followed to the letter
    first_backoff_s: float = 0.25  # the ceiling after an attempt that brought something
    longest_backoff_s: float = 30.0
    longest_away_s: float = 2.0  # between attempts that meet nobody: who comes back is met soon
    fruitless_resumes: int = 3  # then the response is polled instead
    restarts: int = 3


@dataclass(frozen=True, slots=True, kw_only=True)
class Wait:
    """The same request again, later."""

    after_s: float
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Resume:
    """Stream on after the last whole event of the same response."""

    after_s: float
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Poll:
    """Ask for the stored response until it is final."""

    after_s: float
    why: Why


@dataclass(frozen=True, slots=True, kw_only=True)
class Restart:
    """A new response; what the old one sent stays in the log."""

    after_s: float
    why: Why
    transport: Transport
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class GiveUp:
    """Close the run, with everything that arrived kept."""

    status: Status
    code: str
    message: str


class _Pause(TypedDict):
    after_s: float
    why: Why


Decision: TypeAlias = Wait | Resume | Poll | Restart | GiveUp


def decide(
    error: ProviderError, facts: Facts, *, draw: float, limits: Limits | None = None
) -> Decision:
    """The next step; `draw` is a random number from 0 to 1, which spreads out the herd."""
    ladder = _Ladder(error, facts, draw, limits or Limits())
    if facts.response_id is None:
        return ladder.without_id()
    match error:
        case CheckpointExpired():
            return ladder.expired()
        case RequestRejected():
            return ladder.give_up("interrupted")
        case ProviderUnreachable() | ProviderBusy() | StreamInterrupted():
            return ladder.go_on()
        case _:
            raise TypeError(f"{type(error).__name__} has no place on the ladder")


@dataclass(frozen=True, slots=True)
class _Ladder:
    error: ProviderError
    facts: Facts
    draw: float
    limits: Limits

    def without_id(self) -> Decision:
        """Nothing is known of the response but that it was asked for."""
        error = self.error
        if error.code == BACKGROUND_REFUSED and self.facts.transport in {"background", "poll"}:
            nearest: Transport = "stream" if self.facts.transport == "background" else "sync"
            return self._restart(nearest, "the provider has no background mode")
        if isinstance(error, RequestRejected):
            return self.give_up("failed")
        if error.accepted is not False:
            # It may be running, and billed, under an id that nobody was told.
            return self.lost(UNKNOWN_OUTCOME, "whether it was accepted cannot be known")
        if self._asked_to_wait_s > self.limits.longest_wait_s:
            return self.give_up("failed")
        return self.give_up("failed") if self._is_hopeless else Wait(**self._pause)

    def expired(self) -> Decision:
        """No stream any more; the response itself may still be had for longer."""
        if self.facts.mode == "poll" or not self._can_poll:
            return self.lost(self.error.cause, "the provider no longer has the response")
        return Poll(after_s=0.0, why="backoff")

    def go_on(self) -> Decision:
        if self._is_hopeless:
            return self.give_up("interrupted")
        if self.facts.mode == "poll":
            return Wait(**self._pause)
        if self._can_resume:
            return Resume(**self._pause)
        if self._can_poll:
            return Poll(**self._pause)
        return self.lost(self.error.cause, "the response cannot be resumed")

    def lost(self, code: str, reason: str) -> Decision:
        """Only the user may have it generated, and paid for, once more."""
        if self.facts.on_lost == "regenerate" and self.facts.restarts < self.limits.restarts:
            # Where streams keep breaking, a plain answer may still come through.
            gets_through = self.facts.restarts == 0 or self.facts.transport != "stream"
            return self._restart(self.facts.transport if gets_through else "sync", reason)
        return GiveUp(status="interrupted", code=code, message=f"{_clause(self.error)}; {reason}")

    def give_up(self, status: Status) -> GiveUp:
        error, said = self.error, ""
        if self._asked_to_wait_s:
            said = f"; it asks to wait {_span(self._asked_to_wait_s)}"
        elif self._is_hopeless:
            said = f"; given up after {_span(self.facts.quiet_s)} without anything new"
        message = f"{_clause(error)}{said}" if said else str(error)
        return GiveUp(status=status, code=error.code or error.cause, message=message)

    def _restart(self, transport: Transport, reason: str) -> Restart:
        return Restart(**self._pause, transport=transport, reason=reason)

    @property
    def _can_resume(self) -> bool:
        if self.facts.transport != "background" or self.facts.capabilities.resume is False:
            return False
        if self.facts.sequence is None or self.error.cause in {"not_a_stream", "identity"}:
            return False
        if self._is_away:
            # That nobody is there says nothing of what they will do when they are back. But
            # something on the way may refuse streams alone: in the end a poll is tried.
            never_sent = self.error.accepted is False
            return never_sent or self.facts.quiet_s < self.limits.lost_after_s / 2
        return self.facts.fruitless < self.limits.fruitless_resumes

    @property
    def _is_away(self) -> bool:
        return isinstance(self.error, ProviderUnreachable) and self.error.cause in AWAY

    @property
    def _can_poll(self) -> bool:
        # A foreground response is worth one question: it may have ended just before the cut.
        return self.facts.capabilities.poll is not False and self.facts.transport != "sync"

    @property
    def _is_hopeless(self) -> bool:
        patience_s = self.limits.lost_after_s
        if self._asked_to_wait_s:
            patience_s = max(patience_s, self.limits.rate_limited_s)
        return self.facts.quiet_s >= patience_s

    @property
    def _asked_to_wait_s(self) -> float:
        return self.error.retry_after_s or 0.0

    @property
    def _pause(self) -> "_Pause":
        """Exponential with full jitter, and never sooner than the provider asks."""
        limits, facts = self.limits, self.facts
        longest_s = limits.longest_away_s if self._is_away else limits.longest_backoff_s
        doublings = min(facts.away if self._is_away else facts.fruitless, 16)
        ceiling = min(limits.first_backoff_s * 2**doublings, longest_s)
        asked = min(self._asked_to_wait_s, self.limits.longest_wait_s) * (1 + self.draw / 10)
        is_asked = self.error.status == 429 or self._asked_to_wait_s > 0
        return {
            "after_s": max(self.draw * ceiling, asked),
            "why": "rate_limit" if is_asked else "backoff",
        }


def _span(seconds: float) -> str:
    """A wait as a person would say it."""
    if seconds < 120:
        return f"{seconds:.0f} s"
    return f"{seconds / 60:.0f} minutes" if seconds < 7200 else f"{seconds / 3600:.0f} hours"


def _clause(error: Exception) -> str:
    """What a provider said, as the first half of a sentence; many end it with a full stop."""
    return str(error).rstrip(". ")
