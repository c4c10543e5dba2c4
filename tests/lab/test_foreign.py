import sys
from pathlib import Path

import pytest

from workbench.errors import InvalidSetting
from workbench.lab.foreign import judge_client
from workbench.lab.report import CellResult

CLIENTS = Path(__file__).parent / "clients.py"


def judged(kind: str, faults: str, timeout_s: float = 20) -> CellResult:
    command = f"{sys.executable} {CLIENTS} {kind} {{base_url}}"
    report = judge_client(command, faults=[faults], speed=100, timeout_s=timeout_s)
    (result,) = report.results
    return result


@pytest.mark.parametrize(
    ("kind", "faults"),
    [
        ("naive", "none"),
        ("careful", "none"),
        ("careful", "end@event:15"),  # a foreground answer cannot go on, and it says so
        ("naive", "cut@event:15"),
        ("naive", "split"),
    ],
)
def test_a_client_passes_that_prints_the_answer_or_says_that_it_failed(
    kind: str, faults: str
) -> None:
    result = judged(kind, faults)
    assert result.verdict == "pass", result.reasons


def test_half_an_answer_called_success_is_found_out() -> None:
    result = judged("naive", "end@event:60")
    assert result.verdict == "fail"
    assert "characters and called it success" in result.reasons[0]


def test_an_answer_begun_twice_is_found_out() -> None:
    result = judged("forgetful", "cut@event:60")
    assert result.verdict == "fail"
    assert result.reasons == [
        "text: it printed another text than the provider's",
        "paid once: 2 generations were paid for",
    ]


def test_a_client_that_pays_until_it_gets_through_is_found_out() -> None:
    result = judged("insistent", "cut@event:60")
    assert "paid once: 3 generations were paid for" in result.reasons


def test_a_failure_where_none_was_needed_counts_as_one() -> None:
    result = judged("careful", "500@create")
    assert result.verdict == "pass"
    result = judged("careful", "429@create")
    assert result.verdict == "fail"
    assert "it failed" in result.reasons[0]


def test_a_client_that_never_ends_is_stopped() -> None:
    result = judged("asleep", "none", timeout_s=3)
    assert result.status == "hung"
    assert "in time: it was still running after 3 s" in result.reasons


def test_the_command_to_see_a_cell_again_names_the_client() -> None:
    assert "--client" in judged("naive", "none").command


def test_a_command_that_cannot_be_started_is_an_error_and_no_verdict() -> None:
    with pytest.raises(InvalidSetting, match="cannot be started"):
        judge_client("/nowhere/client {base_url}", faults=["none"])
    with pytest.raises(InvalidSetting, match="empty"):
        judge_client("  ")
