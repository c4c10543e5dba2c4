"""One pass over the entries of a run: everything the metrics and the seam report ask of them.

Nothing is judged here. Times are the entries' own stamps; an event made from a final object
(`"workbench": {"filled": true}`) brings text and usage but no moment, because nobody saw it
arrive.
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass, field, replace
from typing import Any, NamedTuple

from workbench.events import RESPONSE_TERMINALS, Entry, Event, Fact
from workbench.metrics.kinds import DELTAS, DONE_TEXT, Kind, shows_activity
from workbench.state import RunState

__all__ = ["AttemptTrace", "Mark", "Poll", "Seen", "Trace", "Tracer", "Wait", "trace_of"]


_PLACES = ("output_index", "content_index", "summary_index", "command_index")


class Mark(NamedTuple):
    """One received event that carried output."""

    at: float
    kind: Kind
    characters: int
    attempt: int  # index into Trace.attempts, -1 before the first
    type: str


class Seen(NamedTuple):
    """One piece that came over the wire: a Responses event, or a chat-completion chunk."""

    at: float
    attempt: int
    type: str
    carries: bool  # whether it brings output (in a delta or a `.done`) or opens a function call


class Wait(NamedTuple):
    at: float
    reason: str
    seconds: float


class Poll(NamedTuple):
    at: float
    status: str | None
    bytes: int
    attempt: int


@dataclass(slots=True)
class AttemptTrace:
    """One connection, as its own facts tell it."""

    number: int
    mode: str
    starting_after: int | None
    started_at: float
    connected_at: float | None = None
    status: int | None = None
    request_id: str | None = None
    first_cursor: int | None = None  # of the provider events it brought
    last_cursor: int | None = None
    first_sequence: int | None = None
    last_sequence: int | None = None
    first_event_at: float | None = None
    last_event_at: float | None = None
    events: int = 0
    filled_events: int = 0  # made from a final object while this was the newest attempt
    first_filled_at: float | None = None
    ended_at: float | None = None
    outcome: str = "open"  # open, interrupted or ended
    cause: str | None = None
    message: str | None = None
    bytes: int = 0
    bytes_twice: int = 0
    duplicates: int = 0

    @property
    def first_new_at(self) -> float | None:
        """When it brought its first new event, received or made from a final object."""
        moments = [at for at in (self.first_event_at, self.first_filled_at) if at is not None]
        return min(moments, default=None)


@dataclass(slots=True)
class Trace:
    accepted_at: float | None = None
    sent_at: float | None = None
    headers_at: float | None = None
    first_event_at: float | None = None
    created_at: float | None = None
    first_item_at: float | None = None
    first_activity_at: float | None = None
    done_at: float | None = None
    ended_at: float | None = None
    last_at: float | None = None
    status: str | None = None
    error: dict[str, Any] | None = None
    request: dict[str, Any] = field(default_factory=dict)
    response_id: str | None = None
    final: dict[str, Any] | None = None  # the response object of the provider's terminal event
    events: int = 0  # provider events received
    seen: list[Seen] = field(default_factory=list)
    marks: list[Mark] = field(default_factory=list)
    text: list[tuple[float, str]] = field(default_factory=list)  # answer text, filled or not
    state: RunState = field(default_factory=RunState)  # what it all adds up to
    filled_events: int = 0
    attempts: list[AttemptTrace] = field(default_factory=list)
    waits: list[Wait] = field(default_factory=list)
    polls: list[Poll] = field(default_factory=list)
    facts: dict[str, list[Entry]] = field(default_factory=dict)  # the rarer facts, by type
    sequences: list[list[tuple[int, int]]] = field(default_factory=lambda: [[]])
    cursors_dense: bool = True
    terminals: int = 0
    entries_after_terminal: int = 0
    memo: dict[str, Any] = field(default_factory=dict)  # what several metrics ask for

    @property
    def start(self) -> float | None:
        """The first request sent; without one (an import) the moment the run was accepted."""
        return self.sent_at if self.sent_at is not None else self.accepted_at

    @property
    def usage(self) -> dict[str, Any]:
        usage = (self.final or {}).get("usage")
        return usage if isinstance(usage, dict) else {}

    @property
    def characters(self) -> dict[Kind, int]:
        """The length of the output by kind, whether streamed or filled in."""
        state = self.state
        return {
            "text": state.characters,
            "refusal": len(state.refusal or ""),
            "summary": sum(len(summary) for summary in state.summaries),
            "reasoning": len(state.reasoning_text),
            "tool": sum(len(tool.arguments) for tool in state.tools),
        }

    def since_start(self, at: float | None) -> float | None:
        return None if at is None or self.start is None else at - self.start


def trace_of(entries: Iterable[Entry]) -> Trace:
    tracer = Tracer()
    for entry in entries:
        tracer.add(entry)
    return tracer.trace()


class Tracer:
    """Reads entries as they come; what it has seen so far can be asked for at any time."""

    def __init__(self) -> None:
        self._trace = Trace()
        self._cursor: int | None = None
        self._brought: dict[tuple[Any, ...], int] = {}  # characters per output part
        self._chunked = False
        self._facts: dict[str, Callable[[Entry], None]] = {
            Fact.RUN_CREATED: self._accepted,
            Fact.ATTEMPT_STARTED: self._started,
            Fact.ATTEMPT_CONNECTED: self._connected,
            Fact.ATTEMPT_INTERRUPTED: self._interrupted,
            Fact.ATTEMPT_ENDED: self._interrupted,
            Fact.WAITING: self._waiting,
            Fact.POLLED: self._polled,
            Fact.CHUNK: lambda entry: self._see(entry, Fact.CHUNK),
        }

    @property
    def cursor(self) -> int:
        """The last entry it has read."""
        return self._cursor or 0

    def add(self, entry: Entry) -> None:
        trace = self._trace
        if self._cursor is not None and entry.cursor != self._cursor + 1:
            trace.cursors_dense = False
        self._cursor = entry.cursor
        trace.state.add(entry)
        trace.last_at = entry.at
        trace.entries_after_terminal += trace.terminals
        type_ = entry.event.get("type", "")
        if not type_.startswith("workbench."):
            self._provider(entry, type_)
        elif fact := self._facts.get(type_):
            fact(entry)
        elif type_.startswith(Fact.RUN_ENDED):
            trace.terminals += 1
            trace.ended_at = entry.at
            trace.status = type_.removeprefix(Fact.RUN_ENDED)
            error = entry.event.get("error")
            trace.error = error if isinstance(error, dict) else None
        else:
            trace.facts.setdefault(type_, []).append(entry)

    def trace(self) -> Trace:
        """All of it until now. Its lists go on growing; ask again rather than keep it."""
        trace = replace(self._trace, memo={})
        # What no event brought, or brought wrongly, was there only when all was.
        came = "".join(piece for _, piece in trace.text)
        whole = trace.state.text + (trace.state.refusal or "")
        if came != whole and trace.done_at is not None:
            same = _same_beginning(came, whole)
            trace.text = [*_as_far_as(trace.text, same), (trace.done_at, whole[same:])]
        return trace

    def _provider(self, entry: Entry, type_: str) -> None:
        trace, event = self._trace, entry.event
        mark = event.get("workbench")
        filled = isinstance(mark, dict) and bool(mark.get("filled"))
        if filled:
            self._filled(entry)
        else:
            self._received(entry, type_)
        if kind := DELTAS.get(type_):
            piece = event.get("delta")
            if isinstance(piece, str) and piece:
                self._output(entry, type_, kind, piece, filled=filled)
        elif field_name := DONE_TEXT.get(type_):
            delta = type_.removesuffix("done") + "delta"
            text, had = event.get(field_name), self._brought.get(_part(delta, event), 0)
            if isinstance(text, str) and len(text) > had:
                self._output(entry, delta, DELTAS[delta], text[had:], filled=filled)
        elif type_ in RESPONSE_TERMINALS:
            trace.done_at = entry.at
            response = event.get("response")
            trace.final = response if isinstance(response, dict) else None
        if trace.response_id is None and isinstance(response := event.get("response"), dict):
            trace.response_id = response.get("id")

    def _filled(self, entry: Entry) -> None:
        self._trace.filled_events += 1
        if self._trace.attempts:
            attempt = self._trace.attempts[-1]
            attempt.filled_events += 1
            if attempt.first_filled_at is None:
                attempt.first_filled_at = entry.at

    def _received(self, entry: Entry, type_: str) -> None:
        trace, at = self._trace, entry.at
        trace.events += 1
        self._see(entry, type_)
        if trace.first_event_at is None:
            trace.first_event_at = at
        if type_ == "response.created" and trace.created_at is None:
            trace.created_at = at
        elif type_ == "response.output_item.added" and trace.first_item_at is None:
            trace.first_item_at = at
        if trace.first_activity_at is None and shows_activity(entry.event):
            trace.first_activity_at = at
        sequence = entry.event.get("sequence_number")
        if isinstance(sequence, int):
            trace.sequences[-1].append((entry.cursor, sequence))
        else:
            sequence = None
        if trace.attempts:
            attempt = trace.attempts[-1]
            attempt.events += 1
            attempt.last_cursor, attempt.last_event_at = entry.cursor, at
            if attempt.first_cursor is None:
                attempt.first_cursor, attempt.first_event_at = entry.cursor, at
                attempt.first_sequence = sequence
            attempt.last_sequence = sequence if sequence is not None else attempt.last_sequence

    def _see(self, entry: Entry, type_: str) -> None:
        """Several events made from one chat-completion chunk crossed the wire as one."""
        event = entry.event
        self._chunked = self._chunked or "chunk" in event
        if self._chunked and "chunk" not in event:
            return
        field_name = "delta" if type_ in DELTAS else DONE_TEXT.get(type_)
        carries = field_name is not None and bool(event.get(field_name))
        if type_ == "response.output_item.added":
            item = event.get("item")
            carries = isinstance(item, dict) and item.get("type") == "function_call"
        self._trace.seen.append(Seen(entry.at, len(self._trace.attempts) - 1, type_, carries))

    def _output(self, entry: Entry, type_: str, kind: Kind, piece: str, *, filled: bool) -> None:
        trace = self._trace
        part = _part(type_, entry.event)
        self._brought[part] = self._brought.get(part, 0) + len(piece)
        if kind in {"text", "refusal"}:
            trace.text.append((entry.at, piece))
        if not filled:
            attempt = len(trace.attempts) - 1
            trace.marks.append(Mark(entry.at, kind, len(piece), attempt, entry.event["type"]))

    def _accepted(self, entry: Entry) -> None:
        self._trace.accepted_at = entry.at
        request = entry.event.get("request")
        self._trace.request = request if isinstance(request, dict) else {}

    def _started(self, entry: Entry) -> None:
        trace, event = self._trace, entry.event
        if trace.sent_at is None:
            trace.sent_at = entry.at
        mode = event.get("mode", "create")
        if mode == "restart":
            self._forget_response()
        trace.attempts.append(
            AttemptTrace(
                number=_whole(event.get("attempt")) or len(trace.attempts) + 1,
                mode=mode,
                starting_after=_whole(event.get("starting_after")),
                started_at=entry.at,
            )
        )

    def _forget_response(self) -> None:
        """A restart pays for a new response; what the abandoned one brought is not its output."""
        trace = self._trace
        trace.first_event_at = trace.created_at = trace.first_item_at = None
        trace.first_activity_at = trace.done_at = trace.final = trace.response_id = None
        trace.events = trace.filled_events = 0
        for held in (trace.seen, trace.marks, trace.text):
            held.clear()
        trace.sequences.append([])
        self._brought.clear()

    def _connected(self, entry: Entry) -> None:
        trace, event = self._trace, entry.event
        status = _whole(event.get("status"))
        if trace.headers_at is None and (status is None or status < 400):
            trace.headers_at = entry.at
        if trace.attempts:
            attempt = trace.attempts[-1]
            attempt.connected_at, attempt.status = entry.at, status
            attempt.request_id = event.get("request_id")

    def _interrupted(self, entry: Entry) -> None:
        if not self._trace.attempts:
            return
        event, attempt = entry.event, self._trace.attempts[-1]
        attempt.ended_at = entry.at
        attempt.outcome = "ended" if event["type"] == Fact.ATTEMPT_ENDED else "interrupted"
        attempt.cause, attempt.message = event.get("cause"), event.get("message")
        attempt.bytes = _whole(event.get("bytes")) or 0
        attempt.bytes_twice = _whole(event.get("bytes_twice")) or 0
        attempt.duplicates = _whole(event.get("duplicates")) or 0

    def _waiting(self, entry: Entry) -> None:
        event = entry.event
        seconds = event.get("seconds")
        seconds = seconds if isinstance(seconds, int | float) else 0.0
        self._trace.waits.append(Wait(entry.at, event.get("reason", "backoff"), seconds))

    def _polled(self, entry: Entry) -> None:
        event = entry.event
        attempt = len(self._trace.attempts) - 1
        self._trace.polls.append(
            Poll(entry.at, event.get("status"), _whole(event.get("bytes")) or 0, attempt)
        )


def _part(type_: str, event: Event) -> tuple[Any, ...]:
    return type_, *(_place(event.get(name)) for name in _PLACES)


def _place(index: object) -> object:
    """A provider may put anything where a number belongs; it still tells parts apart."""
    return index if isinstance(index, int) or index is None else repr(index)


def _whole(value: object) -> int | None:
    return value if isinstance(value, int) else None


def _same_beginning(one: str, other: str) -> int:
    """How many characters two texts begin with alike."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((i for i, (a, b) in pairs if a != b), min(len(one), len(other)))


def _as_far_as(pieces: list[tuple[float, str]], length: int) -> list[tuple[float, str]]:
    """The pieces that make up the beginning of what they tell."""
    kept = []
    for at, piece in pieces:
        if length <= 0:
            break
        kept.append((at, piece[:length]))
        length -= len(piece)
    return kept
