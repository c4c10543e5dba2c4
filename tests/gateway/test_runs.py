"""Runs over HTTP."""

import httpx
import pytest

from tests.support.waiting import wait_until
from workbench.service import Workbench

QUICK = {"input": "Say hello", "scenario": "short", "speed": 0}


def start(http: httpx.Client, **more: object) -> str:
    answer = http.post("/api/runs", json={**QUICK, **more})
    assert answer.status_code == 201, answer.text
    return str(answer.json()["id"])


def test_a_start_answers_at_once_with_an_id_and_a_cursor(http: httpx.Client) -> None:
    answer = http.post("/api/runs", json=QUICK)
    assert answer.status_code == 201
    assert set(answer.json()) == {"id", "status", "cursor"}


def test_a_run_shows_its_text_when_it_is_done(http: httpx.Client, wb: Workbench) -> None:
    run_id = start(http)
    wb.run(run_id).wait(timeout=20)
    shown = http.get(f"/api/runs/{run_id}").json()
    assert shown["status"] == "completed"
    assert shown["text"] == wb.run(run_id).text != ""
    assert shown["seams"]["holds"] is True


def test_the_same_key_starts_one_run(http: httpx.Client) -> None:
    first = start(http, key="once")
    assert start(http, key="once") == first
    other = http.post("/api/runs", json={"input": "Something else", "key": "once"})
    assert other.status_code == 409
    assert other.json()["error"]["code"] == "key_taken"
    assert first in other.json()["error"]["message"]


def test_runs_are_listed_newest_first_and_by_page(http: httpx.Client, wb: Workbench) -> None:
    ids = [start(http) for _ in range(3)]
    for run_id in ids:
        wb.run(run_id).wait(timeout=20)
    page = http.get("/api/runs", params={"limit": 2, "status": "completed"}).json()
    assert [row["id"] for row in page] == ids[:0:-1]
    rest = http.get("/api/runs", params={"before": page[-1]["id"]}).json()
    assert [row["id"] for row in rest] == ids[:1]


def test_a_cancel_keeps_the_partial_text_and_ends_the_run(
    http: httpx.Client, wb: Workbench
) -> None:
    run_id = start(http, scenario="planner", speed=2)
    wait_until(lambda: wb.run(run_id).cursor > 10, "some entries")
    assert http.post(f"/api/runs/{run_id}/cancel").status_code == 202
    wb.run(run_id).wait(timeout=20)
    assert http.get(f"/api/runs/{run_id}").json()["status"] == "cancelled"


def test_a_deleted_run_is_gone(http: httpx.Client, wb: Workbench) -> None:
    run_id = start(http)
    wb.run(run_id).wait(timeout=20)
    assert http.delete(f"/api/runs/{run_id}").status_code == 204
    answer = http.get(f"/api/runs/{run_id}")
    assert (answer.status_code, answer.json()["error"]["code"]) == (410, "gone")
    assert http.get(f"/api/runs/{run_id}/events").status_code == 410


def test_a_live_run_cannot_be_deleted(http: httpx.Client, wb: Workbench) -> None:
    run_id = start(http, scenario="planner", speed=1)
    answer = http.delete(f"/api/runs/{run_id}")
    assert answer.status_code == 409
    assert answer.json()["error"]["code"] == "conflict"
    wb.run(run_id).cancel()


@pytest.mark.parametrize(
    ("body", "status"),
    [
        pytest.param(b"{", 400, id="not-json"),
        pytest.param(b"[]", 400, id="not-an-object"),
        pytest.param(b"{}", 400, id="no-input"),
        pytest.param(b'{"input": ""}', 400, id="empty-input"),
        pytest.param(b'{"input": 7}', 400, id="input-of-another-kind"),
        pytest.param(b'{"input": "x", "colour": "red"}', 400, id="unknown-field"),
        pytest.param(b'{"input": "x", "base_url": "http://e/v1"}', 400, id="base-url"),
        pytest.param(b'{"input": "x", "provider": "nobody"}', 400, id="unknown-provider"),
        pytest.param(b'{"input": "x", "transport": "pigeon"}', 400, id="unknown-transport"),
        pytest.param(b'{"input": "x", "scenario": "none"}', 400, id="unknown-scenario"),
        pytest.param(b'{"input": "x", "faults": "cut@"}', 400, id="wrong-fault"),
        pytest.param(b'{"input": [[[]]]}', 400, id="input-items-of-another-kind"),
        pytest.param(b'{"input": "x", "timeouts": 7}', 400, id="option-of-another-kind"),
        pytest.param(
            b'{"input": [{"a": %b}]}' % (b"[" * 600 + b"]" * 600), 400, id="nested-too-deeply"
        ),
        pytest.param(b'{"input": "%s"}' % (b"x" * 20_000), 413, id="too-large"),
    ],
)
def test_a_wrong_start_is_refused_before_anything_runs(
    http: httpx.Client, wb: Workbench, body: bytes, status: int
) -> None:
    answer = http.post("/api/runs", content=body)
    assert answer.status_code == status, answer.text
    assert set(answer.json()["error"]) == {"code", "message"}
    assert list(wb.runs()) == []


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", "/api/nothing"),
        ("OPTIONS", "/api/runs"),
        ("TRACE", "/api/nothing"),
        ("PATCH", "/api/runs"),
        ("GET", "/api"),
        ("GET", "/api/runs/unknown"),
        ("DELETE", "/api/runs/unknown"),
        ("POST", "/api/runs/unknown/cancel"),
        ("GET", "/api/runs/unknown/events"),
        ("GET", "/api/runs/..%2f..%2fetc"),
    ],
)
def test_what_is_not_there_is_404_in_json(http: httpx.Client, method: str, path: str) -> None:
    answer = http.request(method, path)
    assert answer.status_code == 404
    assert "message" in answer.json()["error"]


@pytest.mark.parametrize("limit", ["0", "201", "-1", "1.5", "²", "9" * 5000, ""])
def test_wrong_paging_is_refused(http: httpx.Client, limit: str) -> None:
    answer = http.get("/api/runs", params={"limit": limit})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_request"


def test_an_unknown_status_is_refused(http: httpx.Client) -> None:
    assert http.get("/api/runs", params={"status": "sleepy"}).status_code == 400
