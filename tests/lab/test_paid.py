"""A simulator in the place of a real provider, behind the proxy that breaks the line."""

from collections.abc import Iterator

import pytest

from workbench.errors import InvalidFault, InvalidSetting
from workbench.lab.paid import PAID_FAULTS, paid_cells, question, run_paid_lab
from workbench.service.workbench import Workbench
from workbench.simulator.server import Simulator


@pytest.fixture(scope="module")
def provider_url() -> Iterator[str]:
    with Simulator(speed=20, scenario="short") as simulator:
        yield simulator.base_url


def test_nothing_is_sent_before_it_was_agreed_to(workbench: Workbench, provider_url: str) -> None:
    asked: list[str] = []

    def no(text: str) -> bool:
        asked.append(text)
        return False

    before = len(workbench.runs(limit=500))
    with pytest.raises(InvalidSetting, match="nothing was started"):
        run_paid_lab(
            workbench, paid_cells("real"), provider="simulator", base_url=provider_url, confirm=no
        )
    assert len(workbench.runs(limit=500)) == before
    assert f"{len(PAID_FAULTS)} generations at {provider_url}" in asked[0]
    assert "cost money" in asked[0]


@pytest.mark.parametrize("faults", ["none", "cut@event:20", "duplicate@event:15", "split(7)"])
def test_a_run_through_the_proxy_is_judged_without_the_providers_account(
    workbench: Workbench, provider_url: str, faults: str
) -> None:
    report = run_paid_lab(
        workbench,
        paid_cells("real", [faults]),
        provider="simulator",
        base_url=provider_url,
        confirm=lambda _: True,
        timeouts={"idle_s": 3.0},
    )
    (result,) = report.results
    assert result.verdict == "pass", result.reasons
    assert result.attempts == (2 if faults.startswith("cut") else 1)
    assert f"--base-url {provider_url}" in result.command


def test_a_wrong_fault_is_refused_before_money_is_spent() -> None:
    with pytest.raises(InvalidFault):
        paid_cells("real", ["explode"])


def test_the_question_names_the_model() -> None:
    cells = paid_cells("real", ["none"])
    assert "one generation at https://x/v1 with m" in question(cells, "https://x/v1", "m")


def test_the_workbench_asks_before_its_lab_costs_money(
    workbench: Workbench, provider_url: str
) -> None:
    with pytest.raises(InvalidSetting, match="costs money"):
        workbench.lab(provider="openai", model="gpt-5")
    with pytest.raises(InvalidSetting, match="needs the base URL"):
        workbench.lab(provider="chat")
    report = workbench.lab(
        provider="simulator", base_url=provider_url, faults=["none"], confirm=lambda _: True
    )
    assert report.is_ok


def test_the_workbench_judges_somebody_elses_client(workbench: Workbench) -> None:
    report = workbench.lab(client="false {base_url}", faults=["none"])
    assert [result.status for result in report.results] == ["exit 1"]
    assert not report.is_ok
