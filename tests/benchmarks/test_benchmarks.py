"""Every benchmark runs; how fast is not for a test to say."""

import orjson
import pytest

from workbench.bench.harness import row, table
from workbench.bench.suite import BENCHMARKS, main


@pytest.mark.parametrize("name", BENCHMARKS)
def test_a_benchmark_gives_rows_with_a_target(name: str) -> None:
    rows = BENCHMARKS[name](0.001)
    assert rows
    for one in rows:
        assert one.target
        assert one.spread[0] <= one.ratio <= one.spread[1]
    assert all(one.name in table(rows) for one in rows)


def test_a_ratio_of_speed_and_one_of_time() -> None:
    fast = row("x", "y", [(1.0, 2.0), (1.0, 3.0), (1.0, 4.0)], unit="s", at_least=3.0)
    assert (fast.ratio, fast.spread, fast.reached) == (3.0, (2.0, 4.0), True)
    slow = row("x", "y", [(2.0, 1.0)], unit="s", at_most=1.5)
    assert (slow.ratio, slow.target, slow.reached) == (2.0, "<= 1.5", False)


def test_the_table_is_also_there_as_json(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["read", "--json", "--scale", "0.01"]) == 0
    (only,) = orjson.loads(capsys.readouterr().out)
    assert only["against"] == "orjson.loads over a JSONL file"
