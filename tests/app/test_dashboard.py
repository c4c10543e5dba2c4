"""The script that every page is shown by."""

import pytest
from streamlit.testing.v1 import AppTest

from tests.support.logs import stranger
from workbench.app import serving
from workbench.log.rows import segment_key
from workbench.service import Run, Workbench


@pytest.fixture
def damaged(wb: Workbench) -> Run:
    """A run whose entries nobody can read any more."""
    run = wb.start("Say hello", scenario="short", speed=0).wait(60)
    with stranger(wb.settings.data) as hand:
        change = "UPDATE Cache SET value = x'00010203' WHERE key = ?"
        keys = [segment_key(run.id, number) for number in range(64, run.cursor + 64, 64)]
        assert sum(hand.execute(change, (key,)).rowcount for key in keys)
    return run


def test_a_run_that_cannot_be_read_is_said_in_a_sentence(damaged: Run) -> None:
    app = AppTest.from_file(serving.SCRIPT, default_timeout=60)
    app.query_params["run"] = damaged.id
    app.run()
    assert not app.exception
    assert "are damaged" in app.error[0].value


def test_a_run_that_cannot_be_read_is_counted_all_the_same(wb: Workbench, damaged: Run) -> None:
    assert damaged.status == "completed"
    assert wb.health()["shares"]["success"] == 1.0
