"""Entries over a WebSocket: contiguous batches, then the end."""

import json
from contextlib import suppress
from typing import Any

import pytest
from websockets.exceptions import ConnectionClosedError
from websockets.sync.client import connect

from workbench.service import Run, Workbench


def read(address: str, path: str) -> tuple[list[dict[str, Any]], list[dict[str, Any]], int]:
    """The entries, the other messages and the close code of one connection."""
    entries: list[dict[str, Any]] = []
    others: list[dict[str, Any]] = []
    with connect(address.replace("http", "ws") + path, open_timeout=20) as socket:
        with suppress(ConnectionClosedError):  # the close code says more, and is returned
            for text in socket:
                message = json.loads(text)
                if isinstance(message, list):
                    entries += message
                else:
                    others.append(message)
        return entries, others, socket.close_code or 0


def test_a_live_run_arrives_once_and_in_order(address: str, wb: Workbench) -> None:
    run = wb.start("Plan", scenario="planner", speed=50)
    entries, others, code = read(address, f"/api/runs/{run.id}/ws")
    assert [entry["cursor"] for entry in entries] == list(range(1, run.cursor + 1))
    assert others[-1] == {"end": True}
    assert code == 1000


def test_a_reader_resumes_behind_its_cursor(address: str, wb: Workbench) -> None:
    run: Run = wb.start("Say hello", scenario="short", speed=0)
    run.wait(timeout=20)
    entries, _, _ = read(address, f"/api/runs/{run.id}/ws?after=3")
    assert [entry["cursor"] for entry in entries] == list(range(4, run.cursor + 1))


@pytest.mark.parametrize(
    ("path", "code"),
    [("/api/runs/unknown/ws", 4404), ("/api/runs/{id}/ws?after=x", 4400)],
)
def test_a_wrong_request_is_closed_with_its_reason(
    address: str, wb: Workbench, path: str, code: int
) -> None:
    run = wb.start("Say hello", scenario="short", speed=0)
    entries, others, closed = read(address, path.format(id=run.id))
    assert (entries, others, closed) == ([], [], code)
