"""What a person at a notebook does, in a real kernel without a page."""

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from jupyter_client.manager import KernelManager

from tests.support.jupyter import jupyter_folders
from tests.support.waiting import wait_until


class Cells:
    """Execute cells and collect what they show."""

    def __init__(self, manager: KernelManager) -> None:
        self.manager = manager
        self.client = manager.blocking_client()
        self.client.start_channels()
        self.client.wait_for_ready(timeout=60)

    def begin(self, code: str) -> str:
        message: str = self.client.execute(code)
        return message

    def shown(self, cell: str) -> list[dict[str, Any]]:
        """Everything that the cell shows until it is done."""
        found: list[dict[str, Any]] = []
        while True:
            message = self.client.get_iopub_msg(timeout=60)
            if message["parent_header"].get("msg_id") != cell:
                continue
            if message["content"].get("execution_state") == "idle":
                return found
            found.append({"type": message["msg_type"], **message["content"]})

    def run(self, code: str) -> list[dict[str, Any]]:
        return self.shown(self.begin(code))

    def value(self, code: str) -> str:
        results = [each for each in self.run(code) if each["type"] == "execute_result"]
        text: str = results[0]["data"]["text/plain"]
        return text

    def interrupted(self, code: str) -> str:
        """What is said when a cell is interrupted while it waits."""
        # Said from another thread, when this one has long begun to wait.
        later = "__import__('threading').Timer(0.7, print, ['now'], {'flush': True}).start()"
        cell = self.begin(f"{later}\n{code}")
        seen: list[dict[str, Any]] = []

        def waits() -> bool:
            message = self.client.get_iopub_msg(timeout=60)
            seen.append(message)
            return bool(message["msg_type"] == "stream")

        wait_until(waits, "the cell has begun to wait")
        self.manager.interrupt_kernel()
        errors = [each for each in self.shown(cell) if each["type"] == "error"]
        return "\n".join(errors[0]["traceback"])


@pytest.fixture(scope="module")
def cells(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Cells]:
    folder: Path = tmp_path_factory.mktemp("kernel")
    manager = KernelManager(kernel_name="python3")
    manager.start_kernel(env=jupyter_folders(folder))
    cells = Cells(manager)
    cells.run("%load_ext workbench")
    cells.run("from workbench import Workbench\nwb = Workbench()")
    yield cells
    cells.run("wb.close()")
    cells.client.stop_channels()
    manager.shutdown_kernel(now=True)


def kinds(shown: list[dict[str, Any]]) -> set[str]:
    return {kind for each in shown for kind in each.get("data", {}) if each["type"] != "comm_open"}


def test_a_cell_starts_a_run_from_its_text_and_shows_it(cells: Cells) -> None:
    shown = cells.run(
        "%%generate --scenario short --speed 20 --name lisbon\nPlan a week\nin Lisbon"
    )
    picture, view = (each["data"] for each in shown if each["type"] == "display_data")
    assert "simulator" in picture["text/html"]
    assert "application/vnd.jupyter.widget-view+json" in view
    assert cells.value("(await lisbon).status") == "'completed'"
    assert cells.value("lisbon.info.request.input") == "'Plan a week\\nin Lisbon'"
    assert cells.value("lisbon.info.request.speed") == "20.0"


def test_the_cell_may_show_nothing_and_take_a_key(cells: Cells) -> None:
    for _ in range(2):
        assert kinds(cells.run("%%generate --no-view --key once --speed 50\nHello")) == set()
    assert cells.value("[run.key for run in map(lambda r: r.info, wb.runs())].count('once')") == "1"


@pytest.mark.parametrize(
    ("cell", "sentence"),
    [
        ("%%generate\n ", "The cell is empty"),
        ("%%generate --provider nobody\nHello", "nobody"),
        ("%%generate --transport pigeon\nHello", "invalid choice: 'pigeon'"),
        ("%%generate --faults nonsense@\nHello", "nonsense"),
        ("%%generate --name 1st\nHello", "'1st' cannot be the name of a variable."),
        ("%%generate --workbench cells\nHello", "There is no workbench in the variable 'cells'."),
    ],
)
def test_a_mistake_in_a_cell_is_one_sentence(cells: Cells, cell: str, sentence: str) -> None:
    said = repr(cells.run(cell))
    assert sentence in said
    assert "Traceback" not in said


@pytest.mark.parametrize(
    ("waiting", "sentence"),
    [
        ("run.wait()", "goes on. Wait for it again, or cancel() it."),
        ("await run", "goes on. Wait for it again, or cancel() it."),
        ("for _ in run.follow(): pass", "goes on. Follow it again after cursor"),
    ],
)
def test_an_interrupt_detaches_and_says_so(cells: Cells, waiting: str, sentence: str) -> None:
    cells.run("run = wb.start('Plan a week', scenario='planner', speed=1)")
    said = cells.interrupted(waiting)
    assert sentence in said
    assert cells.value("run.is_ended") == "False"
    cells.run("run.cancel()")
    assert cells.value("(await run).status") == "'cancelled'"


def test_runs_show_themselves_as_cards_and_tables(cells: Cells) -> None:
    shown = cells.run("done = await wb.start('Hello', speed=50)\ndone")
    assert {"text/html", "text/plain"} == kinds(shown)
    assert "<table>" in repr(cells.run("wb.runs()"))
    assert "'id'" not in cells.value("wb.runs(limit=1)")
    assert cells.value("wb.runs().to_dataframe()['created_at'].dtype").startswith("datetime64")
