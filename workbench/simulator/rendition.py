"""One response as events: a script with ids, numbers and moments. Pure; nothing is remembered.

Any event can be computed at any time, in any process, from the record alone, so what a resumed
stream sends is byte for byte what the first one sent.
"""

import bisect
import hashlib
import random
import string
from collections.abc import Mapping
from typing import Any, Final, NamedTuple

import orjson

from workbench.simulator.builder import Beat
from workbench.simulator.objects import response_object
from workbench.simulator.partial import partial_output
from workbench.simulator.script import Script
from workbench.simulator.steps import SERVER_ERROR, Outcome, Timing
from workbench.simulator.store import Record

__all__ = ["Rendition"]

_PREFIX: Final[Mapping[str, str]] = {
    "message": "msg",
    "reasoning": "rs",
    "function_call": "fc",
    "custom_tool_call": "ctc",
    "web_search_call": "ws",
    "file_search_call": "fs",
    "code_interpreter_call": "ci",
    "image_generation_call": "ig",
    "mcp_list_tools": "mcpl",
    "mcp_call": "mcp",
    "shell_call": "sh",
    "shell_call_output": "sho",
    "compaction": "cmp",
}
# These name their item by its place in the output alone.
_NO_ITEM_ID = ("response.shell_call_command.", "response.output_item.")
_LETTERS = string.ascii_letters + string.digits
_NOISE: Final = "".join(random.Random("obfuscation").choices(_LETTERS, k=4096))


_FAILED = ("response.failed",)
_DECREED: Final = {
    "code": "server_error",
    "message": SERVER_ERROR,
}


class _Cut(NamedTuple):
    """The planned events end after so many, at this moment, and these stand in their place."""

    after: int
    at: float
    tail: tuple[str, ...]


class Rendition:
    """The events of one response, by number."""

    def __init__(
        self, record: Record, script: Script, timing: Timing, *, after_cancel: str = "failed"
    ) -> None:
        self._record = record
        self._script = script
        self._speed = record.speed
        self._accept = timing.accept
        self._begin = timing.accept + (timing.queued if record.is_background else 0.0)
        self._prologue = (
            ("response.created", "response.queued", "response.in_progress")
            if record.is_background
            else ("response.created", "response.in_progress")
        )
        self._after_cancel = after_cancel
        self._seals = "reasoning.encrypted_content" in (record.request.get("include") or ())
        self._noise = int(hashlib.sha256(record.id.encode()).hexdigest()[:8], 16)

    @property
    def script(self) -> Script:
        return self._script

    @property
    def ending(self) -> Outcome:
        """The script's, unless a failure was decreed."""
        if self._record.failure is not None:
            return Outcome(status="failed", **_DECREED)
        return self._script.ending

    @property
    def prologue(self) -> int:
        """How many events stand before the first of the script."""
        return len(self._prologue)

    @property
    def planned(self) -> int:
        """How many events there are when nothing intervenes."""
        return len(self._prologue) + len(self._script.beats) + 1

    @property
    def count(self) -> int:
        """How many events there are, now that what happened has happened."""
        if self._record.killed is not None:
            return self.due_by(self._record.killed - self._record.started)
        cut = self._cut()
        return cut.after + len(cut.tail) if cut else self.planned

    def _cut(self) -> "_Cut | None":
        """Where a cancel or a decreed failure ended the planned events, and what stands there."""
        record = self._record
        if record.failure is not None:
            tail = ("error", "response.failed") if record.failure["announced"] else _FAILED
            return _Cut(record.failure["after"], record.failure["at"] - record.started, tail)
        if record.cancelled is None or self._after_cancel == "continue":
            return None
        at = record.cancelled - record.started
        return _Cut(self.due_by(at), at, _FAILED if self._after_cancel == "failed" else ())

    @property
    def end(self) -> float:
        """Seconds after acceptance at which the terminal event is due."""
        return self.offset(max(self.count, 1) - 1)

    @property
    def accept(self) -> float:
        return self._scaled(self._accept)

    def _scaled(self, seconds: float) -> float:
        return seconds / self._speed if self._speed else 0.0

    def offset(self, number: int) -> float:
        """Seconds after acceptance at which the event is due."""
        cut = self._cut()
        if cut and number >= cut.after:
            return max(cut.at, self.offset_planned(cut.after - 1) if cut.after else 0.0)
        return self.offset_planned(number)

    def offset_planned(self, number: int) -> float:
        if number < len(self._prologue):
            at = self._accept if number < len(self._prologue) - 1 else self._begin
        elif number - len(self._prologue) < len(self._script.beats):
            at = self._begin + self._script.beats[number - len(self._prologue)].at
        else:
            at = self._begin + self._script.duration
        offset = self._scaled(at)
        hurried = self._record.hurried
        return offset if hurried is None else min(offset, hurried - self._record.started)

    def due_by(self, elapsed: float) -> int:
        """How many of the planned events are due within `elapsed` seconds."""
        hurried = self._record.hurried
        if not self._speed or (hurried is not None and hurried - self._record.started <= elapsed):
            return self.planned
        at = elapsed * self._speed
        if at < self._begin:
            return len(self._prologue) - 1 if at >= self._accept else 0
        beats = self._script.beats
        done = bisect.bisect_right(beats, at - self._begin + 1e-9, key=lambda beat: beat.at)
        return len(self._prologue) + done + (at >= self._begin + self._script.duration)

    def type(self, number: int) -> str:
        cut = self._cut()
        if cut and number >= cut.after:
            return cut.tail[number - cut.after]
        if number < len(self._prologue):
            return self._prologue[number]
        if number - len(self._prologue) < len(self._script.beats):
            return self._script.beats[number - len(self._prologue)].type
        return f"response.{self._script.ending.status}"

    def event(self, number: int, *, obfuscated: bool = False) -> dict[str, Any]:
        type_ = self.type(number)
        event: dict[str, Any] = {"type": type_, "sequence_number": number}
        cut = self._cut()
        if cut and number >= cut.after:
            if type_ == "error":
                return {**event, "error": {"type": "server_error", **_DECREED, "param": None}}
            return {**event, "response": self._ended()}
        if number < len(self._prologue):
            waits = self._record.is_background and number < len(self._prologue) - 1
            return {**event, "response": self._object("queued" if waits else "in_progress")}
        if number - len(self._prologue) >= len(self._script.beats):
            return {**event, "response": self._ended()}
        beat = self._script.beats[number - len(self._prologue)]
        self._give_ids(event, beat)
        delta = beat.fields.get("delta")
        if obfuscated and isinstance(delta, str) and not type_.startswith("response.audio"):
            event["obfuscation"] = self.noise(number, delta)
        return event

    def frame(self, number: int, *, obfuscated: bool = False) -> bytes:
        event = self.event(number, obfuscated=obfuscated)
        head = f"event: {event['type']}\ndata: ".encode()
        return head + orjson.dumps(event) + b"\n\n"

    def snapshot(self, elapsed: float) -> dict[str, Any]:
        """The response object as a poll shows it: no output before the end."""
        if self._record.cancelled is not None or elapsed >= self.end:
            return self._ended()
        waits = self._record.is_background and elapsed < self._scaled(self._begin)
        return self._object("queued" if waits else "in_progress")

    def _ended(self) -> dict[str, Any]:
        if self._record.failure is not None:
            count = max(self._record.failure["after"] - len(self._prologue), 0)
            said = partial_output(self._script.beats[:count], self._script.output)
            output = [self._item(index, item) for index, item in enumerate(said)]
            return self._object("failed", output, self.ending)
        if self._record.cancelled is not None:
            return self._object("cancelled")
        return self._object(self._script.ending.status, self.output(), self._script.ending)

    def output(self) -> list[dict[str, Any]]:
        """The finished output items, with their ids."""
        items = enumerate(self._script.output)
        return [self._item(index, item) for index, item in items]

    def _give_ids(self, event: dict[str, Any], beat: Beat) -> None:
        if beat.item is None:
            event.update(beat.fields)
            return
        if not beat.type.startswith(_NO_ITEM_ID):
            event["item_id"] = self._item_id(beat.item)
        event["output_index"] = beat.item
        event.update(beat.fields)
        if "item" in beat.fields:
            event["item"] = self._item(beat.item, beat.fields["item"])

    def _item(self, index: int, item: Mapping[str, Any]) -> dict[str, Any]:
        given = dict(item)
        given["id"] = self._item_id(index)
        if "call_id" in given:
            owner = index if given["call_id"] is None else given["call_id"]
            given["call_id"] = self.call_id(owner)
        if "container_id" in given:
            given["container_id"] = f"cntr_{self._digest('container')}"
        if given["type"] == "reasoning" and self._seals:
            given["encrypted_content"] = f"gAAAAA{4 * self._digest(f'sealed {index}')}"
        return given

    def _item_id(self, index: int) -> str:
        kind = self._script.output[index]["type"]
        return f"{_PREFIX.get(kind, 'item')}_{self._digest(str(index))}"

    def call_id(self, index: int) -> str:
        return f"call_{self._digest(f'call {index}')[:24]}"

    def _digest(self, what: str) -> str:
        return hashlib.sha256(f"{self._record.id}/{what}".encode()).hexdigest()[:48]

    def noise(self, number: int, delta: str) -> str:
        """Noise that brings every delta to a multiple of 16 characters."""
        start = (self._noise + 37 * number) % (len(_NOISE) - 16)
        return _NOISE[start : start + 16 - len(delta) % 16]

    def _object(
        self,
        status: str,
        output: list[dict[str, Any]] | None = None,
        ending: Outcome | None = None,
    ) -> dict[str, Any]:
        return response_object(
            self._record,
            status,
            output=output or [],
            ending=ending,
            ended_after=self.end,
            tokens=(self._script.output_tokens, self._script.reasoning_tokens),
        )
