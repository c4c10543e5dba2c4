"""A comparison as plain data for a drawing, and the drawing as text.

One lane per transport, in seconds from the request on: `phases` follow each other without a
hole (wait, think, write), `marks` are the moments worth a word, `reader` is when somebody reads.
"""

from collections.abc import Mapping, Sequence
from typing import Any, Final

__all__ = ["drawing", "lane", "seconds_text", "text"]

_INK: Final = {"wait": "·", "think": "▒", "write": "█"}
_READER: Final = "═"
_LEGEND: Final = "· waiting, ▒ reasoning, █ writing, ═ reading at"


def lane(
    *,
    label: str,
    transport: str,
    moments: Mapping[str, float | None],
    reader: Mapping[str, float] | None,
    completed: int,
    failed: int,
) -> dict[str, Any]:
    """One lane from its medians; without a completed run it has no phases."""
    done = moments.get("done_s")
    words = moments.get("first_text_s")
    thought = moments.get("first_reasoning_s")
    bounds = [("wait", 0.0), ("think", thought), ("write", words)]
    known = [(kind, at) for kind, at in bounds if at is not None] if done is not None else []
    ends = [at for _, at in known[1:]] + [done]
    phases = [
        {"kind": kind, "from": begin, "to": end}
        for (kind, begin), end in zip(known, ends, strict=False)
        if end is not None and end > begin
    ]
    return {
        "label": label,
        "transport": transport,
        "completed": completed,
        "failed": failed,
        "phases": phases,
        "marks": _marks(moments, reader) if done is not None else [],
        "reader": None
        if reader is None
        else {
            "from": reader["starts_s"],
            "to": reader["ends_s"],
            "waits_s": reader["waits_s"],
            "saved_s": reader["saved_s"],
        },
    }


def _marks(
    moments: Mapping[str, float | None], reader: Mapping[str, float] | None
) -> list[dict[str, Any]]:
    named = (
        ("sent", 0.0),
        ("first sign", moments.get("first_sign_s")),
        ("first words", moments.get("first_text_s")),
        ("complete", moments.get("done_s")),
        ("reader done", reader["ends_s"] if reader else None),
    )
    return [{"name": name, "at": at} for name, at in named if at is not None]


def drawing(lanes: Sequence[Mapping[str, Any]], *, words_per_minute: float) -> dict[str, Any]:
    """All lanes on one axis; `sooner_s` is how much sooner a reader is done than the last one."""
    ends = [lane["reader"]["to"] for lane in lanes if lane["reader"]]
    ends += [mark["at"] for lane in lanes for mark in lane["marks"]]
    latest = max((lane["reader"]["to"] for lane in lanes if lane["reader"]), default=None)
    return {
        "until_s": max(ends, default=0.0),
        "words_per_minute": words_per_minute,
        "lanes": [
            {
                **lane,
                "sooner_s": latest - lane["reader"]["to"]
                if latest is not None and lane["reader"]
                else None,
            }
            for lane in lanes
        ],
    }


def text(drawn: Mapping[str, Any], *, width: int = 78) -> str:
    """Two rows a lane, generation above reading, and the moments in words."""
    lanes, until = drawn["lanes"], drawn["until_s"] or 1.0
    margin = max([len(lane["label"]) for lane in lanes] + [6]) + 2
    room = max(width - margin, 10)
    lines = [f"{'':{margin}}0{seconds_text(until):>{room - 1}}"]
    for each in lanes:
        bar = _bar([(p["from"], p["to"], _INK[p["kind"]]) for p in each["phases"]], until, room)
        lines.append(f"{each['label']:{margin}}{bar}".rstrip())
        if reader := each["reader"]:
            reading = _bar([(reader["from"], reader["to"], _READER)], until, room)
            lines.append(f"{'':{margin}}{reading}".rstrip())
        lines.append(f"{'':{margin}}{_words(each)}")
    return "\n".join([*lines, "", f"{_LEGEND} {drawn['words_per_minute']:g} words a minute"])


def _bar(spans: Sequence[tuple[float, float, str]], until: float, room: int) -> str:
    cells = [" "] * room
    for begin, end, ink in spans:
        first = min(int(begin / until * room), room - 1)
        last = max(first, min(round(end / until * room), room) - 1)
        cells[first : last + 1] = ink * (last - first + 1)
    return "".join(cells)


def _words(lane: Mapping[str, Any]) -> str:
    said = [f"{seconds_text(mark['at'])} {mark['name']}" for mark in lane["marks"]]
    if lane["sooner_s"]:
        said.append(f"{seconds_text(lane['sooner_s'])} sooner")
    if lane["failed"]:
        said.append(f"{lane['failed']} of {lane['failed'] + lane['completed']} runs failed")
    return ", ".join(said) or "nothing to measure"


def seconds_text(seconds: float) -> str:
    """Milliseconds below ten seconds, then seconds with one decimal."""
    return f"{seconds * 1000:.0f} ms" if seconds < 10 else f"{seconds:.1f} s"
