"""Real runs over real sockets: what the lab finds of the workbench itself."""

import json
import shlex
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest

from workbench.errors import InvalidFault, InvalidScenario, InvalidSetting
from workbench.lab.cells import FAULTS, READINGS, Cell, default_cells, matrix, promise
from workbench.lab.judge import CHECKS
from workbench.lab.lab import Lab, cells_of
from workbench.lab.report import CellResult, LabReport
from workbench.service.workbench import Workbench


@pytest.mark.slow
@pytest.mark.timeout(300)
def test_every_cell_of_the_default_matrix_passes(tmp_path: Path) -> None:
    told: list[tuple[int, int]] = []
    with Workbench(tmp_path, runner=False) as workbench:
        report = workbench.lab(progress=lambda done, total, _: told.append((done, total)))
    assert report.is_ok, str(report)
    assert len(report.results) == len(default_cells())
    assert sorted(done for done, _ in told) == list(range(1, len(report.results) + 1))


@pytest.mark.parametrize(
    ("faults", "transport", "reading"),
    [
        ("none", "background", "fresh"),
        ("none", "sync", "fresh"),
        ("cut@event:30", "background", "two-tabs"),
        ("cut@event:200", "background", "refresh"),
        ("offline(300ms)@event:120", "background", "offline"),
        ("cut@event:30", "stream", "fresh"),
    ],
)
def test_a_cell_passes(lab: Lab, faults: str, transport: str, reading: str) -> None:
    cell = Cell(scenario="planner", faults=faults, transport=transport, reading=reading)  # type: ignore[arg-type]
    result = lab.cell(cell)
    assert result.verdict == "pass", result.reasons


def test_a_fault_that_never_happened_proves_nothing(lab: Lab) -> None:
    result = lab.cell(Cell(scenario="short", faults="cut@event:100000"))
    assert result.verdict == "unknown"
    assert result.reasons == ["met: no fault happened: the response has no such place"]


def test_being_offline_takes_a_connection_that_is_gone(lab: Lab) -> None:
    result = lab.cell(Cell(scenario="short", faults="cut@event:100000", reading="offline"))
    assert result.verdict == "fail"
    assert "read once: the connection was never gone" in result.reasons
    (cell,) = cells_of(scenarios=["short"], readings=["offline"], offline_s=0.2)
    assert cell.faults == "offline(0.2s)@event:42"
    assert lab.cell(cell).verdict == "pass"


def test_a_scenario_with_few_summaries_is_reloaded_when_the_answer_begins(lab: Lab) -> None:
    result = lab.cell(Cell(scenario="short", reading="refresh"))
    assert result.verdict == "pass", result.reasons


def test_promises_follow_from_what_a_transport_can_do() -> None:
    def of(faults: str, transport: str = "background") -> str:
        return promise(Cell(scenario="short", faults=faults, transport=transport))  # type: ignore[arg-type]

    assert of("none") == of("cut@event:10") == of("cut@event:10;expire") == "whole"
    assert of("cut@event:10", "stream") == "ended"
    assert of("duplicate@event:8", "stream") == "whole"
    assert of("cut@headers") == of("forget@event:10") == of("401@create") == "ended"
    assert of("429@create", "sync") == "whole"
    assert of("503@create") == "ended"
    assert of("503(retry-after=1)@create") == "whole"


def test_the_default_matrix_has_every_kind_of_fault_and_the_four_readings() -> None:
    from workbench.simulator.fault_kinds import KINDS

    cells = default_cells()
    kinds = {fault.kind for cell in cells for fault in cell.parsed()}
    statuses = {kind for kind in KINDS if kind.isdigit()}
    assert set(KINDS) - kinds - statuses <= {"json", "race"}
    assert [cell.reading for cell in cells[:4]] == ["fresh", "refresh", "offline", "two-tabs"]
    assert len(set(FAULTS)) == len(FAULTS)


def test_faults_of_streams_are_left_out_where_nothing_streams() -> None:
    cells = matrix(["short"], ["none", "cut@event:10", "429@create"], ["sync", "background"])
    assert [(cell.faults, cell.transport) for cell in cells] == [
        ("none", "sync"),
        ("none", "background"),
        ("cut@event:10", "background"),
        ("429@create", "sync"),
        ("429@create", "background"),
    ]


def test_wrong_names_are_refused_before_anything_runs() -> None:
    with pytest.raises((InvalidSetting, InvalidScenario), match="nonesuch"):
        cells_of(scenarios=["nonesuch"])
    with pytest.raises(InvalidFault):
        cells_of(faults=["explode@event:4"])
    with pytest.raises(InvalidSetting, match="no transport"):
        cells_of(transports=["pigeon"])  # type: ignore[list-item]
    with pytest.raises(InvalidSetting, match="befall streams"):
        cells_of(faults=["cut@event:4"], transports=["poll"])


def report_of(lab: Lab, *cells: Cell) -> LabReport:
    return lab.run(cells, parallel=4)


def test_the_report_keeps_order_and_tells_it_in_json_xml_and_signs(lab: Lab) -> None:
    seen: list[CellResult] = []
    cells = [
        Cell(scenario="short", faults="cut@event:20"),
        Cell(scenario="short", faults="cut@event:100000"),
        Cell(scenario="short", faults="cut@event:100000", reading="offline"),
    ]
    report = lab.run(cells, parallel=3, on_result=seen.append)

    assert [result.verdict for result in report.results] == ["pass", "unknown", "fail"]
    assert len(seen) == 3
    assert not report.is_ok
    data = report.to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["counts"] == {"pass": 1, "fail": 1, "unknown": 1}
    assert data["grid"]["rows"] == [
        "cut@event:20",
        "cut@event:100000",
        "offline: cut@event:100000",
    ]
    suite = ET.fromstring(report.to_junit())
    assert (suite.get("tests"), suite.get("failures"), suite.get("skipped")) == ("3", "1", "1")
    assert suite.find("testcase/failure") is not None
    text = str(report)
    assert "1 passed, 1 failed, 1 unknown" in text
    assert "✗" in text


def test_a_failing_cell_gives_the_command_that_shows_it_again(lab: Lab) -> None:
    result = lab.cell(Cell(scenario="short", faults="cut@event:100000"))
    words = shlex.split(result.command)
    assert words[:2] == ["workbench", "lab"]
    options = dict(zip(words[2::2], words[3::2], strict=True))
    assert options == {
        "--scenario": "short",
        "--fault": "cut@event:100000",
        "--transport": "background",
        "--reading": "fresh",
        "--seed": "1",
        "--speed": "100",
    }


def test_runs_of_the_lab_stay_out_of_the_folder_unless_they_are_asked_for(tmp_path: Path) -> None:
    with Workbench(tmp_path) as workbench:
        workbench.lab(scenarios=["short"], transports=["background"], speed=200)
        assert workbench.runs() == []
        workbench.lab(scenarios=["short"], transports=["background"], speed=200, keep=True)
        assert len(workbench.runs()) == 1


def test_the_documentation_names_every_check_and_reading() -> None:
    page = (Path(__file__).parents[2] / "docs" / "lab.md").read_text(encoding="utf-8")
    for name in (*CHECKS, *READINGS):
        assert f"| `{name}` |" in page, name
