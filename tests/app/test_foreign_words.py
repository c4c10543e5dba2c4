"""What a model, a provider or a file says is shown as it stands, never taken for Markdown.

Streamlit takes nearly every text for Markdown, where an image is a request to another host.
"""

import json
from typing import Any

import pytest
from streamlit.testing.v1 import AppTest

from workbench.app.shown import plain
from workbench.lab.comparison import COLUMNS
from workbench.service import Run, Workbench
from workbench.views.labgrid import grid

IMAGE = "![x](http://evil.example/x.png)"


def show(screen: str) -> None:
    from importlib import import_module

    import_module(f"workbench.app.screens.{screen}").page()


def markdown(app: AppTest) -> list[str]:
    """Everything that Streamlit takes for Markdown, cells of tables included."""
    kinds = (app.markdown, app.caption, app.warning, app.error, app.success, app.info, app.toast)
    said = [str(element.value) for kind in kinds for element in kind]
    cells = (cell for table in app.table for column in table.value for cell in table.value[column])
    return [*said, *map(str, cells)]


def hostile_run(wb: Workbench) -> Run:
    """As a file tells it, which anybody may have written."""
    facts: list[tuple[str, dict[str, Any]]] = [
        ("run.created", {"request": {"input": IMAGE}}),
        ("attempt.started", {"attempt": IMAGE, "mode": IMAGE, "starting_after": IMAGE}),
        ("attempt.interrupted", {"cause": IMAGE, "bytes": IMAGE}),
        ("attempt.started", {"attempt": 2, "mode": "resume"}),
        ("verified", {"equal": False, "reason": IMAGE}),
        ("run.failed", {"error": {"code": IMAGE, "message": IMAGE}}),
    ]
    request = {"input": IMAGE, "model": IMAGE, "scenario": IMAGE, "reasoning_effort": IMAGE}
    lines: list[dict[str, Any]] = [{"workbench": 1, "run": {"request": request}}]
    lines += [
        {"cursor": n, "at": 1e9 + n, "event": {"type": f"workbench.{kind}", **more}}
        for n, (kind, more) in enumerate(facts, 1)
    ]
    return wb.import_run("\n".join(json.dumps(line) for line in lines).encode())


def keep(wb: Workbench, kind: str, result: dict[str, Any]) -> None:
    folder = wb.settings.data / kind
    folder.mkdir()
    (folder / "r1.json").write_text(json.dumps(result))


def keep_hostile_lab(wb: Workbench) -> None:
    cell = {
        "scenario": IMAGE,
        "faults": IMAGE,
        "transport": "stream",
        "reading": "fresh",
        "verdict": "fail",
        "seconds": 1.0,
        "run": None,
        "command": IMAGE,
        "checks": [{"name": "text", "holds": False, "reason": IMAGE}],
    }
    counts = {"pass": 0, "fail": 1, "unknown": 0}
    report = {"counts": counts, "ok": False, "seconds": 1.0, "results": [cell]}
    keep(wb, "labs", {**report, "grid": grid([cell])})


def keep_hostile_comparison(wb: Workbench) -> None:
    lane = {"metrics": dict.fromkeys(COLUMNS), "resumable": True, "completed": 1, "failures": {}}
    lanes = [{**lane, "label": f"{IMAGE}{n}", "reader": {"ends_s": float(n)}} for n in (1, 2)]
    rest = {"samples": [], "drawing": {"lanes": []}, "percentiles": "exact"}
    keep(wb, "comparisons", {**rest, "lanes": lanes, "words_per_minute": 238})


@pytest.mark.parametrize(
    ("screen", "query"),
    [
        ("live", {"run": "{run}"}),
        ("live", {"run": IMAGE}),
        ("replay", {"run": "{run}"}),
        ("compare", {"runs": "{run},{run}", "result": "r1"}),
        ("lab", {"result": "r1", "cell": "0-0"}),
        ("runs", {}),
        ("health", {}),
    ],
)
def test_no_page_takes_foreign_words_for_markdown(
    wb: Workbench, screen: str, query: dict[str, str]
) -> None:
    run = hostile_run(wb)
    keep_hostile_lab(wb)
    keep_hostile_comparison(wb)
    app = AppTest.from_function(show, args=(screen,), default_timeout=60)
    for name, text in query.items():
        app.query_params[name] = text.format(run=run.id)
    app.run()
    assert not app.exception, app.exception
    said = markdown(app)
    assert not [text for text in said if IMAGE in text]
    # The table of runs is drawn on a canvas, as text.
    assert any(plain(IMAGE) in text for text in said) or screen == "runs"


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("a_b*c", r"a\_b\*c"),
        (":red[x] :material/x: $x$", r"\:red\[x\] \:material\/x\: \$x\$"),
        ("<b>&lt;", r"\<b\>\&lt\;"),
        ("\x1b[31m\u202egnp", "\u241b\\[31m\u27e8U\\+202E\u27e9gnp"),
        (7, "7"),
    ],
)
def test_every_mark_stands_for_itself(text: object, shown: str) -> None:
    assert plain(text) == shown
