"""Entries as server-sent events: resumable from any cursor, ended by the terminal entry."""

import json
from contextlib import ExitStack

import httpx
import pytest

from tests.support.waiting import wait_until
from workbench.gateway import Limits
from workbench.service import Run, Workbench
from workbench.wire.sse import FrameDecoder


def frames(body: bytes) -> list[tuple[str, dict[str, object]]]:
    return [(frame.id, json.loads(frame.data)) for frame in FrameDecoder().feed(body)]


@pytest.fixture
def ended(wb: Workbench) -> Run:
    run = wb.start("Say hello", scenario="short", speed=0)
    run.wait(timeout=20)
    return run


def test_the_sse_id_is_the_cursor(http: httpx.Client, ended: Run) -> None:
    answer = http.get(f"/api/runs/{ended.id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    found = frames(answer.content)
    assert [int(sse_id) for sse_id, _ in found] == list(range(1, ended.cursor + 1))
    assert all(int(sse_id) == entry["cursor"] for sse_id, entry in found)
    assert found[-1][1]["event"]["type"] == "workbench.run.completed"  # type: ignore[index]  # JSON


@pytest.mark.parametrize("how", ["query", "header"])
def test_a_reader_resumes_behind_its_cursor(http: httpx.Client, ended: Run, how: str) -> None:
    after = ended.cursor // 2
    answer = (
        http.get(f"/api/runs/{ended.id}/events", params={"after": after})
        if how == "query"
        else http.get(f"/api/runs/{ended.id}/events", headers={"Last-Event-ID": str(after)})
    )
    assert [int(sse_id) for sse_id, _ in frames(answer.content)] == list(
        range(after + 1, ended.cursor + 1)
    )


def test_a_browser_that_has_everything_is_told_to_stop_asking(
    http: httpx.Client, ended: Run
) -> None:
    answer = http.get(f"/api/runs/{ended.id}/events", headers={"Last-Event-ID": str(ended.cursor)})
    assert answer.status_code == 204


@pytest.mark.parametrize("cursor", ["-1", "x", "1.5", "²", "9" * 30, "999999"])
def test_a_wrong_cursor_is_refused(http: httpx.Client, ended: Run, cursor: str) -> None:
    answer = http.get(f"/api/runs/{ended.id}/events", params={"after": cursor})
    assert answer.status_code == 400
    assert answer.json()["error"]["code"] == "bad_cursor"


def test_a_silent_run_sends_heartbeats(http: httpx.Client, wb: Workbench) -> None:
    run = wb.start("Wait", scenario="planner", faults="stall(20s)@event:3")
    with http.stream("GET", f"/api/runs/{run.id}/events") as answer:
        seen = b""
        for chunk in answer.iter_bytes():
            seen += chunk
            if b"id: 1\n" in seen and b": heartbeat" in seen:
                break
    assert b"id: 1\n" in seen
    assert b": heartbeat\n\n" in seen
    assert not run.state.ended, "it was silent because it waited"
    run.cancel()


def test_readers_who_left_make_room_for_others(
    http: httpx.Client, wb: Workbench, limits: Limits
) -> None:
    run = wb.start("Wait", scenario="planner", faults="stall(20s)@event:3")
    path = f"/api/runs/{run.id}/events"
    with ExitStack() as open_streams:
        answers = [
            open_streams.enter_context(http.stream("GET", path)) for _ in range(limits.followers)
        ]
        # Kept, because httpx closes an answer whose reading is given up.
        reading = [answer.iter_bytes() for answer in answers]
        assert all(map(next, reading))
        assert http.get(path).status_code == 429

    def is_let_in() -> bool:
        with http.stream("GET", path) as answer:
            return answer.status_code == 200

    wait_until(is_let_in, "room for one more reader")
    run.cancel()


def test_a_head_request_does_not_wait_for_the_run(http: httpx.Client, wb: Workbench) -> None:
    run = wb.start("Wait", scenario="planner", faults="stall(20s)@event:3")
    answer = http.head(f"/api/runs/{run.id}/events")
    assert answer.headers["content-type"].startswith("text/event-stream")
    run.cancel()


def test_many_followers_of_a_live_run_see_the_same(http: httpx.Client, wb: Workbench) -> None:
    run = wb.start("Plan", scenario="planner", speed=20)
    wait_until(lambda: run.cursor > 5, "some entries")
    bodies = [http.get(f"/api/runs/{run.id}/events", params={"after": n}).content for n in range(5)]
    whole = frames(bodies[0])
    for after, body in enumerate(bodies):
        assert frames(body) == whole[after:]
