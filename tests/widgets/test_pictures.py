"""Runs, comparisons and reports as a notebook shows them; and what importing costs."""

from pathlib import Path

from tests.support.processes import python
from workbench import Workbench
from workbench.transfer.table import COLUMNS


def test_a_dataframe_has_the_documented_dtypes_even_when_empty(wb: Workbench) -> None:
    run = wb.start("Plan a week", faults="cut@event:40").wait(20)
    for frame in (run.to_dataframe(), run.to_dataframe().head(0)):
        assert {name: str(dtype) for name, dtype in frame.dtypes.items()} == {
            name: dtype for name, (dtype, _) in COLUMNS.items()
        }
    assert run.to_dataframe()["attempt"].max() == 2


def test_a_card_says_what_is_known(wb: Workbench) -> None:
    html = wb.start("Plan a week", scenario="short").wait(20)._repr_html_()
    for words in ("Completed", "A cursor is a bookmark", "first words", "Exactly once"):
        assert words in html


def test_a_run_without_entries_has_a_card(wb: Workbench) -> None:
    run = wb.start("Plan a week")
    assert "cursor" in run._repr_html_()
    run.wait(20)


def test_no_runs_are_a_sentence(wb: Workbench) -> None:
    assert repr(wb.runs()) == "no runs"
    assert wb.runs()._repr_html_() == "<p>No runs yet.</p>"
    assert wb.runs().to_dataframe().empty


def test_a_prompt_is_text_in_the_table_of_runs(wb: Workbench) -> None:
    wb.start("<b>Plan</b> a week").wait(20)
    assert "&lt;b&gt;Plan" in wb.runs()._repr_html_()
    assert "<b>" not in wb.runs()._repr_html_()


def test_reports_and_comparisons_have_a_picture_and_a_short_name(wb: Workbench) -> None:
    report = wb.lab(scenarios=["short"], faults=["cut@event:10"], transports=["background"])
    assert "✓" in report._repr_html_()
    assert repr(report) == "<LabReport: 1 passed, 0 failed, 0 unknown>"
    result = wb.compare("Hello", transports=["stream"], repeat=1, warmup=0)
    assert "first words" in result._repr_html_()
    assert repr(result) == "<Comparison of completed runs: stream: 1>"


def test_importing_the_workbench_brings_no_notebook_and_no_pandas() -> None:
    code = "import sys, workbench; workbench.Workbench; print(*sys.modules)"
    assert not {"anywidget", "ipywidgets", "IPython", "pandas"} & set(python(code).split())


def test_the_page_on_notebooks_lists_every_column() -> None:
    page = (Path(__file__).parents[2] / "docs" / "notebooks.md").read_text(encoding="utf-8")
    for name, (dtype, holds) in COLUMNS.items():
        assert f"| `{name}` | {dtype} | {holds} |" in page
