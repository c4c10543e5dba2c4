"""Faults applied to one body: timed pieces in, timed actions out. Pure.

In order: what an event says is changed, what breaks the connection is put at its place, and
the bytes are paced. `begin` comes with the headers, `feed` takes a piece, `tick` a moment at
which a fault is due whatever comes, `finish` the end of the body, `strike` a fault that
somebody wants to happen now.
"""

import re
from collections.abc import Iterator, Sequence
from typing import Final

from workbench.simulator import frames
from workbench.simulator.actions import (
    Action,
    Close,
    Finish,
    Forget,
    GoOffline,
    Hold,
    Pause,
    Reset,
    Send,
    SendShort,
)
from workbench.simulator.exchange import Piece
from workbench.simulator.faults import Fault, Place
from workbench.simulator.pacing import Pacer
from workbench.simulator.rewrite import Blob, Numbering, Rewriter

__all__ = ["Applier", "strike"]

# A byte order mark is no character: it stands before the first event, and says nothing.
_WIDE_CHARACTER: Final = re.compile(rb"(?!\xef\xbb\xbf)[\xc2-\xf4][\x80-\xbf]+")
_SHORT_OF: Final = 1024  # what a chunk announces that is cut short where no bytes are
_LATE_EVENT: Final = Place("event", 0)


def strike(fault: Fault, now: float) -> Action:
    """What a fault that breaks a connection does to it, at this moment."""
    match fault.kind:
        case "reset":
            return Reset(now)
        case "end":
            return Finish(now)
        case "truncate":
            return SendShort(now, b"", _SHORT_OF)
        case "offline":
            return GoOffline(now, fault.number("seconds"))
        case "forget":
            return Forget(now)
        case "stall" if fault.option("seconds") is None:
            return Hold(now)
        case "stall":
            return Pause(now, now + fault.number("seconds"))
        case _:
            return Close(now)


class Applier:
    """The faults of one connection at work on one body."""

    def __init__(
        self,
        faults: Sequence[Fault],
        *,
        started: float,
        numbering: Numbering | None = None,
        is_stream: bool = True,
    ) -> None:
        self._started = started
        self._is_stream = is_stream
        self._rewriter = Rewriter(faults if is_stream else (), numbering)
        self._pacer = Pacer(faults)
        self._pending = [
            fault for fault in faults if fault.does.family == "break" or fault.kind == "trickle"
        ]
        self._timed = sorted(_timed(faults), key=lambda each: each[0])
        self._plain = not any(fault.does.family not in {"answer", "provider"} for fault in faults)
        self._wide = 0
        self._applied = [fault for fault in faults if fault.kind in {"split", "buffer", "unframed"}]
        self.over = False  # the connection is done for
        self.silent = False  # nothing more is sent, the socket stays open
        self.events = 0
        self.bytes = 0

    @property
    def applied(self) -> list[Fault]:
        """The faults that have struck so far."""
        return [*self._rewriter.applied, *self._applied]

    @property
    def deadline(self) -> float | None:
        """When `tick` must be called, whatever comes before."""
        moments = [self._started + self._timed[0][0]] if self._timed else []
        if self._pacer.release_at is not None:
            moments.append(self._pacer.release_at)
        return min(moments, default=None) if not self.over else None

    def begin(self, now: float) -> list[Action]:
        """The headers are out."""
        return self._at("created", now)

    @property
    def stopped(self) -> bool:
        return self.over or self.silent

    def feed(self, piece: Piece) -> list[Action]:
        if self.stopped:
            return []
        is_event = self._is_stream and frames.is_event(piece)
        if self._plain and self._rewriter.pass_by(piece, is_event=is_event):
            self.events = self._rewriter.events
            self.bytes += len(piece.data)
            return [Send(piece.due, piece.data)]
        out: list[Action] = []
        if is_event and frames.is_terminal(piece):
            out += self._at("last", piece.due)
        blobs = self._rewriter.feed(piece) if self._is_stream else [Blob(piece.due, piece.data)]
        for blob in blobs:
            out += self._blob(blob)
        if is_event and not self.stopped:
            self.events = self._rewriter.events
            out += self._at("event", piece.due)
        return out

    def tick(self, now: float) -> list[Action]:
        out: list[Action] = []
        while self._timed and self._started + self._timed[0][0] <= now and not self.over:
            _, fault = self._timed.pop(0)
            out += self.strike(fault, now)
        if self._pacer.release_at is not None and self._pacer.release_at <= now and not self.over:
            out += self._pacer.release(now)
        return out

    def finish(self, now: float) -> list[Action]:
        if self.stopped:
            return []
        out: list[Action] = []
        for blob in self._rewriter.flush():
            out += self._blob(blob)
        out += self._at("end", now)
        if not self.stopped:
            out += [*self._pacer.release(now), Finish(now)]
            self.over = True
        return out

    def strike(self, fault: Fault, now: float) -> list[Action]:
        """Let it happen now, wherever it was meant to stand."""
        if self.over:
            return []
        self._plain = False
        if fault.does.family == "insert":
            blobs = self._rewriter.insert(fault, now)
            return [action for blob in blobs for action in self._blob(blob)]
        self._applied.append(fault)
        if fault.kind == "trickle":
            self._pacer.trickle(fault)
            return []
        action = strike(fault, now)
        self.silent = isinstance(action, Hold)
        self.over = not isinstance(action, Pause | Hold)
        if isinstance(action, SendShort):
            return [*self._pacer.release(now), action, Close(now)]
        return [*self._pacer.release(now), action]

    def _at(self, name: str, due: float) -> list[Action]:
        """The faults that stand between two events."""
        out: list[Action] = []
        for fault in list(self._pending):
            place = fault.where()
            if self.stopped or place is None or fault not in self._pending:
                continue
            first = name == "created" and place == _LATE_EVENT
            here = place.name == name and place.at in {None, self.events}
            if (first or here) and not self._inside(fault, place):
                self._pending.remove(fault)
                out += self.strike(fault, due)
        return out

    def _inside(self, fault: Fault, place: Place) -> bool:
        """Whether it needs the bytes of the event: a chunk cut short is that event's own."""
        return fault.kind == "truncate" and place.name == "event" and place.at != 0

    def _blob(self, blob: Blob) -> list[Action]:
        """The blob's bytes, with what breaks inside them."""
        out: list[Action] = []
        at = 0
        for offset, fault in self._stops(blob):
            if self.stopped:
                return out
            self._pending.remove(fault)
            if fault.kind == "truncate":
                self._applied.append(fault)
                self.over = True
                self.bytes += offset - at
                short = SendShort(blob.due, blob.data[at:offset], len(blob.data) - at)
                return [*out, *self._pacer.release(blob.due), short, Close(blob.due)]
            out += self._send(blob.due, blob.data[at:offset])
            at = offset
            out += self.strike(fault, blob.due)
        return out if self.stopped else [*out, *self._send(blob.due, blob.data[at:])]

    def _send(self, due: float, data: bytes) -> Sequence[Action]:
        self.bytes += len(data)
        return self._pacer.write(due, data) if data else []

    def _stops(self, blob: Blob) -> list[tuple[int, Fault]]:
        """Where in these bytes which faults stand."""
        found = []
        for fault in self._pending:
            offset = self._offset(fault, blob)
            if offset is not None:
                found.append((offset, fault))
        if any(f.place is not None and f.place.name == "character" for f in self._pending):
            self._wide += len(_WIDE_CHARACTER.findall(blob.data))
        return sorted(found, key=lambda each: each[0])

    def _offset(self, fault: Fault, blob: Blob) -> int | None:
        size = len(blob.data)
        place = fault.place if not self._is_stream else fault.where()
        if place is None:
            return size // 2
        at = int(place.at or 0)
        match place.name:
            case "byte":
                inside = self.bytes < at <= self.bytes + size or self.bytes == at == 0
                return at - self.bytes if inside else None
            case "frame":
                return size // 2 if blob.event == at else None
            case "event" if self._inside(fault, place):
                return size // 2 if blob.event == at else None
            case "character":
                nth = at - self._wide - 1
                starts = [match.start() for match in _WIDE_CHARACTER.finditer(blob.data)]
                return starts[nth] + 1 if 0 <= nth < len(starts) else None
        return None


def _timed(faults: Sequence[Fault]) -> Iterator[tuple[float, Fault]]:
    for fault in faults:
        strikes = fault.does.family in {"break", "insert"} or fault.kind == "trickle"
        if strikes and fault.place is not None and fault.place.name == "after":
            yield float(fault.place.at or 0), fault
