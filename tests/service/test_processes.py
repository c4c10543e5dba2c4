"""One folder, several processes."""

import os
from pathlib import Path

import pytest

from tests.support.benches import open_bench
from tests.support.carrier import Carrier
from tests.support.processes import outcome
from workbench.errors import KeyTaken


def test_a_key_is_the_same_run_in_every_process_and_after_restarts(tmp_path: Path) -> None:
    with Carrier(tmp_path) as first, Carrier(tmp_path) as second:
        begun = first.start(input="Go", scenario="short", key="once")
        again = second.start(input="Go", scenario="short", key="once")
    with open_bench(tmp_path) as wb:
        later = wb.start("Go", scenario="short", key="once")

        assert begun == again == later.id
        assert len(wb.runs()) == 1


def test_a_key_is_not_shared_by_two_requests(tmp_path: Path) -> None:
    with open_bench(tmp_path, transport="background") as wb:
        first = wb.start("Go", scenario="short", key="once", temperature=1.0)
        for options in ({"scenario": "tools"}, {"temperature": 0.5}, {"transport": "poll"}):
            with pytest.raises(KeyTaken, match=f"{first.id}.*{next(iter(options))}"):
                wb.start("Go", key="once", **{"scenario": "short", "temperature": 1.0, **options})
        with pytest.raises(KeyTaken, match="input"):
            wb.start("Secret", scenario="short", key="once", temperature=1.0)
    # What was not asked for but chosen by settings may have changed since.
    with open_bench(tmp_path, transport="stream") as wb:
        assert wb.start("Go", scenario="short", key="once", temperature=1.0) == first


def test_a_reader_without_a_runner_follows_a_run_of_another_process(tmp_path: Path) -> None:
    with Carrier(tmp_path) as carrier, open_bench(tmp_path, runner=False) as reader:
        run = reader.run(carrier.start(input="Go", scenario="short"))

        cursors = [entry.cursor for entry in run.follow()]

        assert cursors == list(range(1, run.cursor + 1))
        assert run.status == "completed"


def test_a_script_that_forgets_to_close_hands_its_runs_over_and_ends(tmp_path: Path) -> None:
    script = (
        "import sys; from pathlib import Path; from tests.support.benches import open_bench\n"
        "wb = open_bench(Path(sys.argv[1]), lease_s=60.0)\n"
        "run = wb.start('Go', scenario='short', speed=1)\n"
        "next(entry for entry in run.follow() if entry.event['type'] == 'response.created')\n"
        "print(run.id)\n"
    )
    done = outcome(script, tmp_path, timeout_s=30)

    with open_bench(tmp_path, lease_s=60.0) as wb:
        run = wb.run(done.stdout.strip())
        assert run.wait(20).status == "completed"
        assert done.stderr == ""


@pytest.mark.skipif(not hasattr(os, "fork"), reason="needs fork")
def test_a_forked_child_is_told_to_spawn_and_carries_nothing(tmp_path: Path) -> None:
    script = (
        "import os, sys, warnings; from pathlib import Path\n"
        "from tests.support.benches import open_bench\n"
        "from workbench.errors import LogUnavailable\n"
        "warnings.simplefilter('ignore')\n"
        "wb = open_bench(Path(sys.argv[1]))\n"
        "run = wb.start('Go', scenario='short', speed=4)\n"
        "child = os.fork()\n"
        "if child == 0:\n"
        "    try: wb.start('Go')\n"
        "    except LogUnavailable as error: wb.close(); os._exit(7 * ('spawn' in str(error)))\n"
        "    os._exit(1)\n"
        "assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 7\n"
        "assert run.wait(20).status == 'completed'\n"
    )
    done = outcome(script, tmp_path, timeout_s=60)

    assert done.returncode == 0, done.stderr
