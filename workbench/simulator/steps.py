"""What a scenario is made of: turns of steps with their timing, as plain values.

One table says which fields each kind of step has; reading a file and its complaints follow it.
"""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Final

from workbench.simulator.document import Field

__all__ = [
    "SERVER_ERROR",
    "Outcome",
    "Step",
    "Timing",
    "Turn",
    "fill",
    "placeholders",
    "prose",
    "read_timing",
    "read_turn",
]

SERVER_ERROR: Final = "The server had an error while processing your request. Sorry about that!"
_OWN_LINE = re.compile(r"\s*(?:[-*+>|#]|\d+\.\s|```)(?!\*)")
_HEADING = re.compile(r"\s*#")
_PLACEHOLDER = re.compile(r"\{\{\s*([a-z_]+(?:\.\w+)?)\s*\}\}")


@dataclass(frozen=True, slots=True, kw_only=True)
class Timing:
    """Seconds at speed 1."""

    accept: float = 0.05  # until the first byte of an answer
    queued: float = 0.6  # a background response waits this long for its turn
    first: float = 0.5  # silence before the first step
    pace: float = 0.02  # between two deltas
    jitter: float = 0.4  # share by which every gap varies, seeded
    burst: int = 1  # this many deltas arrive at once


@dataclass(frozen=True, slots=True, kw_only=True)
class Step:
    """One line of the script: what is produced, and at what pace."""

    kind: str
    values: Mapping[str, Any]
    before: float = 0.0  # silence before it begins
    pace: float | None = None
    burst: int | None = None
    chunk: str | int = "words"
    stop: int | None = None  # the turn ends after this many deltas of this step


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """How a turn ends; `error_event` puts an `error` event before the failure."""

    status: str = "completed"
    reason: str | None = None
    code: str | None = None
    message: str | None = None
    error_event: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True, eq=False)
class Turn:
    """What one response does; a further turn answers the outputs of this one's function calls."""

    timing: Timing
    steps: tuple[Step, ...]
    ending: Outcome
    variables: frozenset[str] = field(default=frozenset())

    @property
    def calls(self) -> tuple[str, ...]:
        """Names of the functions whose outputs this turn waits for."""
        kinds = ("function_call", "custom_tool")
        return tuple(str(s.values["name"]) for s in self.steps if s.kind in kinds)


def placeholders(text: str) -> set[str]:
    return set(_PLACEHOLDER.findall(text))


def fill(text: str, variables: Mapping[str, str]) -> str:
    return _PLACEHOLDER.sub(lambda match: variables.get(match[1], ""), text)


def _text(item: Field) -> str:
    text = prose(item.text())
    for name in placeholders(text):
        if name.partition(".")[0] not in ("input", "output"):
            item.fail(f"unknown placeholder {{{{{name}}}}}; known are input, output, output.NAME")
    return text


def prose(text: str) -> str:
    """As in Markdown, a line break within a paragraph is a space; lists and headings keep it."""
    lines: list[str] = []
    for line in text.split("\n"):
        joins = bool(lines) and bool(lines[-1].strip()) and bool(line.strip())
        if joins and not _OWN_LINE.match(line) and not _HEADING.match(lines[-1]):
            lines[-1] = f"{lines[-1].rstrip()} {line.lstrip()}"
        else:
            lines.append(line)
    return "\n".join(lines)


def _texts(item: Field) -> tuple[str, ...]:
    return tuple(_text(each).strip() for each in item.items())


def _item(item: Field) -> dict[str, Any]:
    """An output item as given, but for its ids."""
    if "type" not in item.entries():
        item.fail("the field type is missing")
    return {"id": None, **item.value()}


def _any(item: Field) -> Any:
    return item.value()


def _number(item: Field) -> float:
    return item.number()


def _whole(item: Field) -> int:
    return item.whole(least=1)


def _plain(item: Field) -> str:
    return item.text()


Reader = Callable[[Field], Any]
# For each kind of step: its fields, the one that a bare value fills first. A field whose name
# ends in "!" must be given.
_KINDS: Final[dict[str, dict[str, Reader]]] = {
    "wait": {"seconds!": _number},
    "reasoning": {"summaries": _texts, "content": _texts, "tokens": _whole, "gap": _number},
    "text": {"body": _text, "json": _any, "indent": _whole, "repeat": _whole, "annotations": _any},
    "refusal": {"body!": _text},
    "function_call": {"name!": _plain, "arguments": _any},
    "custom_tool": {"name!": _plain, "input!": _text},
    "web_search": {"query!": _plain, "sources": _any},
    "file_search": {"queries!": _texts, "results": _any},
    "code_interpreter": {"code!": _plain, "logs": _plain},
    "image_generation": {"prompt": _plain, "bytes": _whole, "partials": _whole},
    "mcp_list_tools": {"server!": _plain, "tools": _any, "error": _plain},
    "mcp_call": {
        "server!": _plain, "name!": _plain, "arguments": _any, "output": _plain, "error": _plain,
    },
    "shell": {"command!": _plain, "stdout": _plain},
    "compaction": {"bytes": _whole},
    "audio": {"transcript!": _text},
    "item": {"done!": _item, "added": _item},
    "error": {"code!": _plain, "message!": _plain},
}  # fmt: skip
_PACING = ("before", "pace", "burst", "chunk", "stop")
_STATUSES = ("completed", "incomplete", "failed")
_REASONS = ("max_output_tokens", "content_filter")


def read_timing(item: Field, base: Timing) -> Timing:
    fields = item.mapping(("accept", "queued", "first", "pace", "jitter", "burst"))
    values: dict[str, Any] = {name: getattr(base, name) for name in Timing.__slots__}
    for name, value in fields.items():
        values[name] = value.whole(least=1) if name == "burst" else value.number()
    if values["jitter"] > 1:
        fields["jitter"].fail("a gap varies by a share of at most 1")
    return Timing(**values)


def read_turn(item: Field, fields: Mapping[str, Field], timing: Timing) -> Turn:
    """The turn in `fields`, which were taken from `item`."""
    if "steps" not in fields:
        item.fail("the field steps is missing")
    if "timing" in fields:
        timing = read_timing(fields["timing"], timing)
    steps = tuple(_read_step(each) for each in fields["steps"].items())
    if not steps:
        fields["steps"].fail("expected at least one step")
    ending = _read_ending(fields["ending"]) if "ending" in fields else Outcome()
    if ending.status == "completed" and any(step.stop for step in steps):
        fields["steps"].fail("a step stops early, but the turn has no ending: incomplete or failed")
    return Turn(timing=timing, steps=steps, ending=ending, variables=_variables(steps))


def _variables(steps: tuple[Step, ...]) -> frozenset[str]:
    texts: list[str] = []
    for step in steps:
        for value in step.values.values():
            texts += [value] if isinstance(value, str) else []
            texts += value if isinstance(value, tuple) else []
    return frozenset(name for text in texts for name in placeholders(text))


def _read_step(item: Field) -> Step:
    entries = item.entries()
    if len(entries) != 1:
        item.fail(f"a step is one of {', '.join(_KINDS)} with its fields")
    ((kind, content),) = entries.items()
    if kind not in _KINDS:
        content.fail(f"unknown step; known are {', '.join(_KINDS)}")
    readers = {name.removesuffix("!"): reader for name, reader in _KINDS[kind].items()}
    if not content.is_mapping:
        main = next(iter(readers))
        return Step(kind=kind, values={main: readers[main](content)})
    needed = [name.removesuffix("!") for name in _KINDS[kind] if name.endswith("!")]
    fields = content.mapping((*readers, *_PACING), needed)
    values = {name: readers[name](each) for name, each in fields.items() if name in readers}
    if kind == "text" and ("body" in values) == ("json" in values):
        content.fail("give either body or json")
    return Step(kind=kind, values=values, **_read_pacing(fields))


def _read_pacing(fields: Mapping[str, Field]) -> dict[str, Any]:
    pacing: dict[str, Any] = {}
    for name in ("before", "pace"):
        if name in fields:
            pacing[name] = fields[name].number()
    for name in ("burst", "stop"):
        if name in fields:
            pacing[name] = fields[name].whole(least=1)
    if chunk := fields.get("chunk"):
        words = ("words", "characters", "whole")
        pacing["chunk"] = (
            chunk.whole(least=1) if isinstance(chunk.value(), int) else chunk.choice(words)
        )
    return pacing


def _read_ending(item: Field) -> Outcome:
    if not item.is_mapping:
        status = item.choice(_STATUSES)
        reason = "max_output_tokens" if status == "incomplete" else None
        code, message = ("server_error", SERVER_ERROR) if status == "failed" else (None, None)
        return Outcome(status=status, reason=reason, code=code, message=message)
    fields = item.mapping(("incomplete", "failed"))
    if len(fields) != 1:
        item.fail("an ending is completed, incomplete: REASON, or failed with code and message")
    if "incomplete" in fields:
        return Outcome(status="incomplete", reason=fields["incomplete"].choice(_REASONS))
    inner = fields["failed"].mapping(("code", "message", "error_event"), ("code", "message"))
    event = inner["error_event"].choice(("flat", "nested")) if "error_event" in inner else None
    return Outcome(
        status="failed",
        code=inner["code"].text(),
        message=inner["message"].text(),
        error_event=event,
    )
