"""One entry's bytes over HTTP: what was received, as the log keeps it."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from tests.support.logs import close, start
from workbench.events import Arrival
from workbench.service import Workbench

# Spaces, escapes and numbers that no serialiser would write, and characters that nobody sees.
ODD = (
    '{ "type" : "response.output_text.delta",\t"delta": "caf\\u00e9 \u202eé",  "n": 1.50 }'.encode()
)


@pytest.fixture
def wb(tmp_path: Path) -> Iterator[Workbench]:
    """Nobody carries its runs: a test writes them by hand."""
    with Workbench(tmp_path / "data", runner=False) as wb:
        yield wb


@pytest.fixture
def run_id(wb: Workbench) -> str:
    lease = start(wb.log)
    wb.log.append(lease, [Arrival(1e9, b'{"type":"workbench.run.created"}')], after=0).result()
    wb.log.append(lease, [Arrival(1e9, ODD), Arrival(1e9, ODD)], after=1).result()
    close(wb.log, lease)
    return lease.run


def test_the_bytes_are_those_that_came(http: httpx.Client, run_id: str) -> None:
    answer = http.get(f"/api/runs/{run_id}/entries/2/raw")
    assert (answer.status_code, answer.content) == (200, ODD)
    assert answer.headers["workbench-source"] == "received"
    assert answer.headers["x-content-type-options"] == "nosniff"
    assert answer.headers["cache-control"] == "no-store"


def test_a_fact_is_no_word_of_the_provider(http: httpx.Client, run_id: str) -> None:
    answer = http.get(f"/api/runs/{run_id}/entries/1/raw")
    assert answer.headers["workbench-source"] == "written"


@pytest.mark.parametrize(
    ("asked", "status", "body", "said"),
    [
        pytest.param("bytes=0-9", 206, ODD[:10], f"bytes 0-9/{len(ODD)}", id="the-beginning"),
        pytest.param("bytes=10-", 206, ODD[10:], f"bytes 10-{len(ODD) - 1}/{len(ODD)}", id="rest"),
        pytest.param("bytes=0-9999", 206, ODD, f"bytes 0-{len(ODD) - 1}/{len(ODD)}", id="beyond"),
        pytest.param("bytes=0-1,5-6", 200, ODD, None, id="several-are-not-served"),
        pytest.param("lines=0-9", 200, ODD, None, id="of-something-else"),
    ],
)
def test_a_part_of_a_large_entry_can_be_asked_for(
    http: httpx.Client, run_id: str, asked: str, status: int, body: bytes, said: str | None
) -> None:
    answer = http.get(f"/api/runs/{run_id}/entries/2/raw", headers={"Range": asked})
    assert (answer.status_code, answer.content) == (status, body)
    assert answer.headers.get("content-range") == said


def test_a_part_behind_the_end_is_refused(http: httpx.Client, run_id: str) -> None:
    answer = http.get(f"/api/runs/{run_id}/entries/2/raw", headers={"Range": "bytes=5000-"})
    assert (answer.status_code, answer.json()["error"]["code"]) == (416, "bad_range")


@pytest.mark.parametrize("cursor", ["0", "5", "-1", "two", "1e3", "9" * 30])
def test_a_cursor_without_an_entry_is_refused(http: httpx.Client, run_id: str, cursor: str) -> None:
    answer = http.get(f"/api/runs/{run_id}/entries/{cursor}/raw")
    assert (answer.status_code, answer.json()["error"]["code"]) == (400, "bad_cursor")


def test_a_run_that_never_was_and_one_that_is_gone(
    http: httpx.Client, wb: Workbench, run_id: str
) -> None:
    unknown = http.get("/api/runs/r0000000000000000000000000/entries/1/raw")
    assert (unknown.status_code, unknown.json()["error"]["code"]) == (404, "unknown_run")
    wb.delete(run_id)
    gone = http.get(f"/api/runs/{run_id}/entries/1/raw")
    assert (gone.status_code, gone.json()["error"]["code"]) == (410, "gone")
