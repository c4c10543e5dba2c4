"""Faults that change what an event stream says: pieces in, blobs out. Pure."""

from bisect import insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field

from workbench.simulator import frames
from workbench.simulator.exchange import Piece
from workbench.simulator.faults import Fault, Place
from workbench.simulator.frames import edited

__all__ = ["Blob", "Numbering", "Rewriter", "hits"]

_BOM = b"\xef\xbb\xbf"
_NUMBERED = frozenset({"keepalive", "unknown"})


@dataclass(slots=True)
class Numbering:
    """The sequence numbers of one response as its clients see them.

    An inserted event uses a number up for good: all that follow it, on this connection or a
    later one, are shifted, and a cursor from a client is shifted back. What a client has seen
    keeps its number: an event of that past is the same event however often it is sent.
    """

    taken: list[int] = field(default_factory=list)  # as clients see them, ascending
    seen: int = -1  # the highest number after which a client has asked for more
    told: Callable[[Sequence[int]], None] = field(default=lambda _: None)  # of every one taken

    def shown(self, number: int) -> int:
        for taken in self.taken:
            number += taken <= number
        return number

    def meant(self, shown: int) -> int:
        return shown - sum(taken <= shown for taken in self.taken)

    def take_after(self, number: int) -> int:
        """A number for an event inserted after the one that shows this number."""
        insort(self.taken, number + 1)
        self.told(self.taken)
        return number + 1


@dataclass(frozen=True, slots=True)
class Blob:
    """Bytes that belong together; `event` says the how-manieth event they are, if one."""

    due: float
    data: bytes
    event: int | None = None


def hits(fault: Fault, event: int, *, terminal: bool) -> bool:
    """Whether this is the event that the fault is about."""
    place = fault.where()
    if place is None:
        return False
    return (place.name == "last" and terminal) or (place.name == "event" and place.at == event)


class Rewriter:
    """Changes, withholds, repeats and inserts events on one connection."""

    def __init__(self, faults: Sequence[Fault], numbering: Numbering | None = None) -> None:
        self.events = 0
        self.applied: list[Fault] = []
        self._numbering = numbering or Numbering()
        self._inserts = [fault for fault in faults if fault.does.family == "insert"]
        self._late: list[Fault] = []  # insertions whose place lies in what a client has seen
        self._faults = [fault for fault in faults if fault.does.family == "event"]
        self._framing = [fault for fault in faults if fault.does.family == "framing"]
        self._held: tuple[Fault, Blob] | None = None
        self._withhold = 0
        self._shown: int | None = None  # the sequence number that a client saw last
        self._begun = False

    def feed(self, piece: Piece) -> list[Blob]:
        if not frames.is_event(piece):
            return [self._framed(Blob(piece.due, piece.data))]
        self.events += 1
        if self.events == 1 and piece.sequence is not None:
            self._shown = self._numbering.shown(piece.sequence) - 1
        terminal = frames.is_terminal(piece)
        out = self.insert_at("created", piece.due) if self.events == 1 else []
        out += self.insert_at("last", piece.due) if terminal else []
        if terminal:
            out += self.flush()
        waiting, self._held = self._held, None
        out += self._event(piece, terminal=terminal)
        if waiting is not None:
            out.append(waiting[1])
        return out + self.insert_at("event", piece.due)

    def pass_by(self, piece: Piece, *, is_event: bool) -> bool:
        """Only count the piece; whether that will do: no faults, no numbers shifted."""
        if self._numbering.taken:
            return False
        self._begun = True
        self.events += is_event
        if is_event:
            self._shown = piece.sequence
        return True

    def flush(self) -> list[Blob]:
        """What was held back to change places, when nothing follows."""
        held, self._held = self._held, None
        return [held[1]] if held else []

    def insert_at(self, name: str, due: float) -> list[Blob]:
        return [
            blob
            for fault in list(self._inserts)
            if fault in self._late or self._belongs(fault, name)
            for blob in self.insert(fault, due)
        ]

    def insert(self, fault: Fault, due: float) -> list[Blob]:
        """Its bytes; none yet while no number is free for it."""
        if fault in self._inserts:
            self._inserts.remove(fault)
        if fault.kind in _NUMBERED and self._is_past:
            self._inserts.append(fault)
            self._late.append(fault)
            return []
        self._note(fault)
        return [self._framed(Blob(due, self._inserted(fault)))]

    @property
    def _is_past(self) -> bool:
        """Whether a client has seen more already than what is being sent."""
        return self._shown is not None and self._shown < self._numbering.seen

    def _belongs(self, fault: Fault, name: str) -> bool:
        """Whether an insertion has its place here."""
        place = fault.where()
        first = name == "created" and place == Place("event", 0)
        return first or (
            place is not None and place.name == name and place.at in {None, self.events}
        )

    def _inserted(self, fault: Fault) -> bytes:
        match fault.kind:
            case "ping":
                return b"event: ping\n\n"
            case "retry":
                return b"retry: %d\n\n" % int(fault.number("ms"))
            case "comments":
                return b": still here\n\n" * int(fault.number("count"))
            case "keepalive":
                return frames.event_frame({"type": "keepalive", **self._number()})
            case _:
                novelty = {"type": "response.novelty.delta", **self._number(), "delta": "new"}
                return frames.event_frame(novelty)

    def _number(self) -> dict[str, int]:
        if self._shown is None:
            return {}  # a stream without numbers
        self._shown = self._numbering.take_after(self._shown)
        return {"sequence_number": self._shown}

    def _event(self, piece: Piece, *, terminal: bool) -> list[Blob]:
        own = Blob(piece.due, self._edited(piece), self.events)
        copies = 1
        for fault in self._faults:
            if not hits(fault, self.events, terminal=terminal):
                continue
            self._note(fault)
            match fault.kind:
                case "garble":
                    own = Blob(own.due, frames.garbled(own.data), own.event)
                case "invalid-utf8":
                    own = Blob(own.due, frames.not_utf8(own.data), own.event)
                case "duplicate":
                    copies += int(fault.number("count"))
                case "gap":
                    self._withhold = int(fault.number("count"))
                case "reorder":
                    self._held = (fault, self._framed(own))
        if self._withhold:
            self._withhold -= 1
            self._held = None
            return []
        if self._held is not None and not terminal:
            return []
        self._held = None
        return [self._framed(own) for _ in range(copies)]

    def _edited(self, piece: Piece) -> bytes:
        data = piece.data
        if piece.sequence is not None:
            self._shown = self._numbering.shown(piece.sequence)
            if self._shown != piece.sequence:
                data = edited(data, frames.renumbered(self._shown))
        for fault in self._faults:
            match fault.kind:
                case "fields":
                    data = edited(data, frames.with_unknown_fields)
                case "unnumbered":
                    data = edited(data, frames.without_number)
                case "rotate":
                    what = str(fault.option("what"))
                    data = edited(data, frames.with_ids_rotated(what, self.events))
                case _:
                    continue
            self._note(fault)
        return data

    def _framed(self, blob: Blob) -> Blob:
        data = blob.data
        for fault in self._framing:
            match fault.kind:
                case "ids" if blob.event is not None:
                    data = frames.with_id(data, blob.event)
                case "crlf":
                    data = data.replace(b"\n", b"\r\n")
                case "cr":
                    data = data.replace(b"\n", b"\r")
                case "bom" if not self._begun:
                    data = _BOM + data
                case _:
                    continue
            self._note(fault)
        self._begun = True
        return Blob(blob.due, data, blob.event)

    def _note(self, fault: Fault) -> None:
        if fault not in self.applied:
            self.applied.append(fault)
