"""A run as a still picture in HTML: for notebooks without a kernel and pages without scripts.

Notebook sites strip scripts, style sheets and often styles, so the picture is made of plain
elements and the lanes of block characters. What a model wrote is text, never markup.
"""

from bisect import bisect_right
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from workbench.events import Entry, Event

__all__ = ["UNSEEN", "card", "comparison", "grid_table", "lanes", "table", "visible"]

WIDTH: Final = 72
LONGEST: Final = 4000  # characters of one text; a saved notebook stays small

_BLOCKS: Final = " ▁▂▃▄▅▆▇█"
_LANES: Final = ("reasoning", "tools", "text", "faults")
_LANE_OF: Final = {
    "response.reasoning_summary_text.delta": "reasoning",
    "response.reasoning_text.delta": "reasoning",
    "response.function_call_arguments.delta": "tools",
    "response.mcp_call_arguments.delta": "tools",
    "response.custom_tool_call_input.delta": "tools",
    "response.code_interpreter_call_code.delta": "tools",
    "response.output_text.delta": "text",
    "response.refusal.delta": "text",
    "workbench.attempt.interrupted": "faults",
    "workbench.fault": "faults",
    "workbench.gap": "faults",
    "workbench.garbled": "faults",
    "error": "faults",
}
# A page may set `pre` in letters of unequal width, and a drawing needs equal ones.
_DRAWING: Final = "font-family:monospace;line-height:1.3;overflow:auto"
_PROSE: Final = (
    "white-space:pre-wrap;word-break:normal;overflow-wrap:anywhere;font-family:inherit;"
    "margin:0.5em 0"
)
# Control characters could repaint a terminal, direction overrides could reorder a line.
UNSEEN: Final = {
    **{code: chr(0x2400 + code) for code in range(0x20) if code not in (0x09, 0x0A, 0x0D)},
    0x7F: "\u2421",
    **{code: f"⟨U+{code:04X}⟩" for code in (*range(0x202A, 0x202F), *range(0x2066, 0x206A))},
}


def visible(text: str) -> str:
    """Text with everything invisible made visible, safe to stand in HTML."""
    return escape(text.translate(UNSEEN))


def card(run: Mapping[str, Any], entries: Sequence[Entry] = ()) -> str:
    """What `Run.to_dict()` and the entries of a run show at a glance."""
    return "\n".join(
        [
            '<div style="font-family:system-ui,sans-serif;max-width:46rem;line-height:1.5">',
            _head(run, entries),
            _lane_rows(entries),
            _thoughts(run.get("summaries") or []),
            *(_tool(tool) for tool in run.get("tools") or []),
            _block(run.get("text") or ""),
            _error(run.get("error")),
            _figures(run.get("metrics") or {}),
            _seams(run.get("seams") or {}),
            "</div>",
        ]
    )


def table(
    titles: Sequence[str], rows: Sequence[Sequence[object]], *, empty: str = "Nothing yet."
) -> str:
    """Rows of text under their titles."""
    if not rows:
        return f"<p>{escape(empty)}</p>"
    head = "".join(_cell("th", title) for title in titles)
    body = "".join(f"<tr>{''.join(_cell('td', cell) for cell in row)}</tr>" for row in rows)
    return f"<table><thead><tr>{head}</tr></thead><tbody>{body}</tbody></table>"


def comparison(lanes: Sequence[Mapping[str, Any]], drawing: str = "") -> str:
    """The rows of `Comparison.table()`, and the drawing as text above them."""
    titles = ["", *(title for _, title, _ in _MEDIANS), "resumable", "completed"]
    rows = []
    for each in lanes:
        medians = [shown(each.get(name)) for name, _, shown in _MEDIANS]
        of = f"{each['completed']} of {each['completed'] + each['failed']}"
        rows.append([each["lane"], *medians, "yes" if each["resumable"] else "no", of])
    return _drawing(drawing) + table(titles, rows)


def grid_table(grid: Mapping[str, Any]) -> str:
    """The lab's grid: a sign in each cell, and under it every reason for one that did not pass."""
    rows, columns = grid["rows"], grid["columns"]
    signs = [[""] * len(columns) for _ in rows]
    reasons = []
    for cell in grid["cells"]:
        signs[cell["row"]][cell["column"]] = _SIGNS[cell["verdict"]]
        if cell["verdict"] in {"fail", "unknown"}:
            where = f"{rows[cell['row']]} with {columns[cell['column']]}"
            reasons.append(f"<li>{visible(where)}: {visible(cell.get('sentence') or '')}</li>")
    listed = [[name, *row] for name, row in zip(rows, signs, strict=True)]
    return table(["", *columns], listed) + (f"<ul>{''.join(reasons)}</ul>" if reasons else "")


def _cell(tag: str, content: object) -> str:
    return (
        f'<{tag} style="text-align:left;padding:0.2em 1em 0.2em 0">{visible(str(content))}</{tag}>'
    )


def lanes(entries: Sequence[Entry], width: int = WIDTH) -> list[tuple[str, str]]:
    """Each lane as a row of block characters over time; empty lanes are left out."""
    if len(entries) < 2:
        return []
    start = entries[0].at
    span = max(entries[-1].at - start, 1e-9)
    bounds = [span * n / width for n in range(1, width)]
    weights = {name: [0] * width for name in _LANES}
    for _, at, event in entries:
        name = _LANE_OF.get(str(event.get("type")))
        if name is not None:
            weights[name][bisect_right(bounds, at - start)] += _weight(event)
    return [(name, _row(weights[name])) for name in _LANES if any(weights[name])]


def _weight(event: Event) -> int:
    delta = event.get("delta")
    return len(delta) if isinstance(delta, str) and delta else 1


def _row(weights: Sequence[int]) -> str:
    # The root keeps a slow trickle visible beside a burst.
    highest = max(weights) ** 0.5
    steps = len(_BLOCKS) - 1
    return "".join(
        _BLOCKS[max(1, round(weight**0.5 / highest * steps))] if weight else " "
        for weight in weights
    ).rstrip()


def _head(run: Mapping[str, Any], entries: Sequence[Entry]) -> str:
    status = str(run.get("status", "unknown")).replace("_", " ").capitalize()
    facts = [run.get("model"), run.get("provider"), run.get("transport")]
    facts += [f"cursor {run.get('cursor', len(entries)):,}", *_seconds(entries)]
    said = " · ".join(visible(str(fact)) for fact in facts if fact)
    return f"<p><strong>{visible(status)}</strong> · {said}</p>"


def _seconds(entries: Sequence[Entry]) -> Iterable[str]:
    if len(entries) > 1:
        yield f"{entries[-1].at - entries[0].at:.1f} s"


def _lane_rows(entries: Sequence[Entry]) -> str:
    rows = [f"{name:>9} {row}" for name, row in lanes(entries)]
    return _drawing("\n".join(rows))


def _drawing(text: str) -> str:
    return f'<pre style="{_DRAWING}">{escape(text)}</pre>' if text else ""


def _thoughts(summaries: Sequence[str]) -> str:
    if not summaries:
        return ""
    thought = "".join(_block(summary) for summary in summaries)
    number = f"{len(summaries)} summar{'y' if len(summaries) == 1 else 'ies'}"
    return f"<details><summary>Reasoning, {number}</summary>{thought}</details>"


def _tool(tool: Mapping[str, Any]) -> str:
    name = visible(str(tool.get("name") or tool.get("kind") or "tool"))
    status = visible(str(tool.get("status") or "pending").replace("_", " "))
    arguments = _block(str(tool.get("arguments") or ""))
    return f"<p><code>{name}</code> · {status}</p>{arguments}"


_FIGURES: Final = (
    ("first_sign_s", "first sign"),
    ("first_reasoning_s", "first reasoning"),
    ("first_text_s", "first words"),
    ("done_s", "done"),
)


def _figures(metrics: Mapping[str, Any]) -> str:
    """The moments of the run, in seconds from the request on."""
    known = [(word, metrics.get(name)) for name, word in _FIGURES]
    said = [f"{word} {_duration(value)}" for word, value in known if value is not None]
    return f"<p>{' · '.join(said)}</p>" if said else ""


def _duration(seconds: float | None) -> str:
    if seconds is None:
        return "—"
    return f"{seconds * 1000:.0f} ms" if seconds < 1 else f"{seconds:.2f} s"


def _number(value: float | None) -> str:
    return "—" if value is None else f"{value:,.0f}"


_SIGNS: Final = {"pass": "✓", "fail": "✗", "unknown": "?", "pending": "…", "skip": "–"}
_MEDIANS: Final = (
    ("first_sign_s", "first sign", _duration),
    ("first_text_s", "first words", _duration),
    ("done_s", "done", _duration),
    ("reader_done_s", "reader done", _duration),
    ("answer_tokens_per_s", "tokens/s", _number),
    ("requests", "requests", _number),
    ("bytes_received", "bytes", _number),
)


def _seams(report: Mapping[str, Any]) -> str:
    """The verdict; while the run goes on, only what is broken already."""
    if not report or (report["holds"] is None and report["terminal"] is None):
        return ""
    return f"<p>{visible(report['sentence'])}</p>"


def _block(text: str) -> str:
    if not text:
        return ""
    more = f"\n… {len(text) - LONGEST:,} more characters" if len(text) > LONGEST else ""
    shown = visible(text[:LONGEST]) + more
    return f'<pre style="{_PROSE}">{shown}</pre>'


def _error(error: Mapping[str, Any] | None) -> str:
    if not error:
        return ""
    said = error.get("message") or error.get("code") or "The run did not finish."
    return f"<p><em>{visible(str(said))}</em></p>"
