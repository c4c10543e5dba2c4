"""What a runner must remember of a run to go on with it; folded from the run's log.

A runner that takes a run over folds the log and knows what the one before it knew.
"""

from dataclasses import dataclass
from typing import get_args

from workbench.errors import (
    Cause,
    CheckpointExpired,
    ProviderError,
    ProviderUnreachable,
    StreamInterrupted,
)
from workbench.events import RESPONSE_TERMINALS, Entry, Event, Fact, Transport
from workbench.providers.base import Checkpoint
from workbench.providers.decide import AWAY, Mode

__all__ = ["GONE", "Progress"]

GONE = "the process that carried this run is gone"

_CAUSES = frozenset(get_args(Cause))


@dataclass(slots=True)
class Progress:
    attempt: int = 0
    mode: Mode | None = None
    open: bool = False  # an attempt was started and nothing says how it ended
    connected: bool = False  # the last attempt got an answer
    cause: Cause | None = None  # why the last attempt ended early
    message: str = ""
    # Whether the provider may have begun the work that the last create asked for.
    accepted: bool | None = None
    response_id: str | None = None
    sequence: int | None = None  # of the last provider event of this response
    events: int = 0  # provider events of this response
    interruptions: int = 0  # of this response
    fruitless: int = 0  # attempts in a row that were answered with nothing new
    away: int = 0  # attempts in a row that met nobody
    fresh: bool = False  # the last attempt brought something new
    regapped: int | None = None  # the sequence number that was missed and asked for again
    gaps: int = 0  # accepted ones of this response
    terminal: Event | None = None  # the provider's own end of the response
    error: Event | None = None  # a bare error event; an end may follow
    transport: Transport | None = None  # the one in use, when it is not the one asked for
    cancel_recorded: bool = False
    restarts: int = 0
    keyless_since: float | None = None  # only processes without the key have had it since then
    # When the last new event arrived, a connection broke, or the first attempt was started.
    progress_at: float = 0.0

    def add(self, entry: Entry) -> None:
        self.add_event(entry.event, entry.at)

    def add_event(self, event: Event, at: float) -> None:
        """Fold an event that stands in no log yet."""
        type_ = event.get("type", "")
        if type_.startswith("workbench."):
            self._add_fact(type_, event, at)
        else:
            self._add_provided(type_, event, at)

    def _add_provided(self, type_: str, event: Event, at: float) -> None:
        self.events += 1
        self._advanced(at)
        number = event.get("sequence_number")
        if isinstance(number, int) and (self.sequence is None or number > self.sequence):
            self.sequence = number
        response = event.get("response")
        if isinstance(response, dict):
            self.response_id = self.response_id or response.get("id")
            if type_ in RESPONSE_TERMINALS:
                self.terminal = event
        elif type_ == "error":
            self.error = event

    def _advanced(self, at: float) -> None:
        self.fresh, self.fruitless, self.progress_at = True, 0, at

    def _add_fact(self, type_: str, event: Event, at: float) -> None:
        match type_:
            case Fact.ADAPTED if event.get("what", "transport") == "transport":
                self.transport = event.get("used")
            case Fact.ATTEMPT_STARTED:
                self._started(event, at)
            case Fact.ATTEMPT_CONNECTED:
                self.connected, self.away = True, 0
            case Fact.ATTEMPT_INTERRUPTED:
                self._interrupted(event, at)
            case Fact.ATTEMPT_ENDED:
                self.open, self.cause = False, None
            case Fact.POLLED:
                self._advanced(at)
            case Fact.GAP:
                self._missed(event)
            case Fact.WAITING:
                self._waiting(event, at)
            case Fact.CANCEL_REQUESTED:
                self.cancel_recorded = True

    def _missed(self, event: Event) -> None:
        if event.get("action") == "re-request":
            self.regapped = event.get("expected")
        else:
            self.gaps += 1

    def _waiting(self, event: Event, at: float) -> None:
        if event.get("reason") == "key" and self.keyless_since is None:
            self.keyless_since = at

    def _started(self, event: Event, at: float) -> None:
        self.keyless_since = None
        self.attempt = event.get("attempt", self.attempt + 1)
        self.mode = event.get("mode")
        self.open, self.connected, self.accepted, self.fresh = True, False, None, False
        if self.mode == "restart":
            self._forget_response()
        if self.progress_at == 0.0:
            self.progress_at = at

    def _interrupted(self, event: Event, at: float) -> None:
        self.open = False
        if self.connected:
            # Whoever held a connection open was there, however long it had nothing to say.
            self.progress_at = at
        self.interruptions += 1
        cause = event.get("cause")
        self.cause = cause if cause in _CAUSES else "error"
        if self._met_nobody:
            self.away += 1
        else:
            self.fruitless += not self.fresh
        self.message = event.get("message", "")
        self.accepted = event.get("accepted")

    def _forget_response(self) -> None:
        """A restart is a new response: nothing of the one before it can be continued."""
        self.restarts += 1
        self.response_id = self.sequence = self.regapped = None
        self.terminal = self.error = self.cause = None
        self.events = self.interruptions = self.gaps = 0

    @property
    def _met_nobody(self) -> bool:
        return not self.connected and self.cause in AWAY

    @property
    def checkpoint(self) -> Checkpoint | None:
        if self.response_id is None:
            return None
        return Checkpoint(response_id=self.response_id, sequence=self.sequence)

    @property
    def interruption(self) -> ProviderError | None:
        """Why the run stands where it does, for a runner that was not there when it happened."""
        if self.open:
            return StreamInterrupted(GONE, cause="handover", accepted=self.accepted)
        if self.cause is None:
            return None
        kind: type[ProviderError] = StreamInterrupted
        if self.cause in {"expired", "gone"}:
            kind = CheckpointExpired
        elif self.cause == "headers" or self._met_nobody:
            kind = ProviderUnreachable
        return kind(self.message, cause=self.cause, accepted=self.accepted)
