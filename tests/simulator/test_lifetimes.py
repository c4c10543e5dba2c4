"""How long a response lives: on schedule, cancelled, deleted, expired, forgotten, continued."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.asking import Answer, ask
from workbench.clock import ManualClock
from workbench.simulator.app import Application, Options
from workbench.simulator.exchange import Ending, Request
from workbench.simulator.scenario import parse

# In the background: in progress at 2 s, deltas at 4, 5 and 6 s, completed at 6 s.
SLOW = parse(
    "title: Slow\ndescription: Three words.\n"
    "timing: {accept: 0, queued: 2, first: 1, pace: 1, jitter: 0}\n"
    "steps:\n  - text: one two three\n",
    name="slow",
)


@pytest.fixture
def clock() -> ManualClock:
    return ManualClock()


@pytest.fixture
def app(clock: ManualClock) -> Application:
    return application(clock)


def application(clock: ManualClock, **options: Any) -> Application:
    return Application(Options(scenarios={"slow": SLOW}, **options), clock)


def create(app: Application, **body: Any) -> Answer:
    """A background response; its first two events are due at once."""
    asked = {"model": "sim:slow", "input": "Count.", "background": True, "stream": True, **body}
    return ask(app, "POST", "/v1/responses", asked, take=2 if asked["stream"] else None)


def new_id(app: Application, **body: Any) -> str:
    return str(create(app, **body).events[0]["response"]["id"])


def get(app: Application, id_: str, query: str = "") -> Answer:
    return ask(app, "GET", f"/v1/responses/{id_}{query}")


def stream(app: Application, id_: str, after: int | None = None) -> Answer:
    cursor = "" if after is None else f"&starting_after={after}"
    return get(app, id_, f"?stream=true{cursor}")


def truth(app: Application, id_: str) -> Any:
    return ask(app, "GET", f"/__sim/responses/{id_}").json


def message_of(answer: Answer) -> str:
    return str(answer.json["error"]["message"])


def test_a_poll_follows_the_schedule(app: Application, clock: ManualClock) -> None:
    answer = create(app, stream=False)
    id_ = answer.json["id"]
    assert answer.json["status"] == "queued"
    clock.advance(2.5)
    polled = get(app, id_)
    assert (polled.json["status"], polled.json["output"]) == ("in_progress", [])
    assert polled.reply.headers["openai-poll-after-ms"] == "1000"
    clock.advance(3.5)
    assert get(app, id_).json["output"][0]["content"][0]["text"] == "one two three"


def test_a_cancel_clears_the_output_and_may_be_repeated(
    app: Application, clock: ManualClock
) -> None:
    id_ = new_id(app)
    clock.advance(4.5)
    first = ask(app, "POST", f"/v1/responses/{id_}/cancel")
    second = ask(app, "POST", f"/v1/responses/{id_}/cancel")
    assert first.json == second.json
    assert (first.json["status"], first.json["output"], first.json["usage"]) == (
        "cancelled",
        [],
        None,
    )
    clock.advance(10)
    assert get(app, id_).json["status"] == "cancelled"


def test_a_stream_after_a_cancel_ends_where_the_cancel_fell(
    app: Application, clock: ManualClock
) -> None:
    id_ = new_id(app)
    clock.advance(4.5)
    ask(app, "POST", f"/v1/responses/{id_}/cancel")
    events = stream(app, id_).events
    assert [e["delta"] for e in events if "delta" in e] == ["one"]
    assert events[-1]["type"] == "response.failed"
    assert events[-1]["response"]["status"] == "cancelled"
    assert [e["sequence_number"] for e in events] == list(range(len(events)))


@pytest.mark.parametrize(
    ("after_cancel", "last"),
    [("end", "response.output_text.delta"), ("continue", "response.completed")],
)
def test_what_a_stream_does_after_a_cancel_can_be_chosen(
    clock: ManualClock, after_cancel: str, last: str
) -> None:
    app = application(clock, after_cancel=after_cancel)
    id_ = new_id(app)
    clock.advance(4.5)
    ask(app, "POST", f"/v1/responses/{id_}/cancel")
    clock.advance(10)
    assert stream(app, id_).types[-1] == last


def test_what_is_completed_cannot_be_cancelled(app: Application, clock: ManualClock) -> None:
    id_ = new_id(app)
    clock.advance(6)
    refused = ask(app, "POST", f"/v1/responses/{id_}/cancel")
    assert (refused.status, message_of(refused)) == (400, "Cannot cancel a completed response.")


def test_a_deleted_response_is_not_found(app: Application) -> None:
    id_ = new_id(app)
    assert ask(app, "DELETE", f"/v1/responses/{id_}").json["deleted"] is True
    gone = get(app, id_)
    assert (gone.status, message_of(gone)) == (404, f"Response with id '{id_}' not found.")
    assert truth(app, id_)["state"]["deleted"] is True


def test_after_five_minutes_it_is_no_longer_streamed_but_still_polled(
    app: Application, clock: ManualClock
) -> None:
    id_ = new_id(app)
    clock.advance(301)
    late = stream(app, id_, 2)
    assert late.status == 400
    assert message_of(late) == (
        "This response can no longer be streamed because it is more than 5 minutes old."
    )
    assert get(app, id_).json["status"] == "completed"


def test_streaming_can_be_ended_by_decree(app: Application) -> None:
    id_ = new_id(app)
    assert ask(app, "POST", f"/__sim/responses/{id_}/expire").json["expired"] is True
    assert stream(app, id_, 0).status == 400
    assert ask(app, "POST", "/__sim/responses/resp_none/expire").status == 404


def test_ten_minutes_after_its_end_a_response_is_gone_unless_it_was_to_be_stored(
    app: Application, clock: ManualClock
) -> None:
    passing, stored = new_id(app), new_id(app, store=True)
    clock.advance(6 + 601)
    assert get(app, passing).status == 404
    assert get(app, stored).status == 200


def test_only_what_was_created_in_the_background_and_streamed_can_be_streamed(
    app: Application, clock: ManualClock
) -> None:
    polled = create(app, stream=False).json["id"]
    assert "not created with stream=true" in message_of(stream(app, polled))
    foreground = create(app, background=False).events[0]["response"]["id"]
    clock.advance(5)
    assert stream(app, foreground).status == 404  # its only connection was left


def test_a_foreground_response_dies_with_its_connection(
    app: Application, clock: ManualClock
) -> None:
    asked = {"model": "sim:slow", "input": "Count.", "stream": True}
    answer = ask(app, "POST", "/v1/responses", asked, take=2)
    id_ = answer.events[0]["response"]["id"]
    assert truth(app, id_)["state"]["killed"] is True
    clock.advance(60)
    assert get(app, id_).status == 404
    assert len(truth(app, id_)["events"]) == 2


def test_a_finished_foreground_response_is_kept_if_stored(
    app: Application, clock: ManualClock
) -> None:
    def finished(**body: Any) -> str:
        asked = {"model": "sim:slow", "input": "Count.", "metadata": {"speed": "0"}, **body}
        return str(ask(app, "POST", "/v1/responses", asked).json["id"])

    kept, lost = finished(), finished(store=False)
    assert get(app, kept).json["status"] == "completed"
    assert get(app, lost).status == 404
    refused = stream(app, kept)
    assert message_of(refused) == (
        "This response cannot be streamed because it was not created with background=true."
    )
    cancelled = ask(app, "POST", f"/v1/responses/{kept}/cancel")
    assert message_of(cancelled) == "Cannot cancel a synchronous response."


def test_a_provider_that_forgets_knows_no_response(app: Application) -> None:
    id_ = new_id(app)
    assert ask(app, "POST", "/__sim/forget").json == {"forgotten": 1}
    assert get(app, id_).status == 404
    assert truth(app, id_)["state"]["forgotten"] is True
    assert new_id(app) != id_


def test_another_process_on_the_folder_continues_the_same_response(
    tmp_path: Path, clock: ManualClock
) -> None:
    first = application(clock, folder=tmp_path)
    id_ = new_id(first, metadata={"faults": "cut@event=3"})
    clock.advance(4.2)
    second = application(clock, folder=tmp_path)
    assert get(second, id_).json["status"] == "in_progress"
    clock.advance(2)
    assert stream(second, id_, 3).bytes == stream(first, id_, 3).bytes
    address = second.address(Request(method="GET", path=f"/v1/responses/{id_}"))
    assert address.faults == "cut@event=3"
    # One create, one poll and two resumes happened, in two processes.
    assert address.connection == 5


def test_a_cancel_in_one_process_is_seen_in_the_other(tmp_path: Path, clock: ManualClock) -> None:
    first, second = (application(clock, folder=tmp_path) for _ in range(2))
    id_ = new_id(first)
    clock.advance(4.5)
    ask(second, "POST", f"/v1/responses/{id_}/cancel")
    assert get(first, id_).json["status"] == "cancelled"
    assert stream(first, id_).bytes == stream(second, id_).bytes


def test_a_new_process_gives_no_id_twice(tmp_path: Path, clock: ManualClock) -> None:
    ids = {new_id(application(clock, folder=tmp_path)) for _ in range(3)}
    assert len(ids) == 3
    assert ask(application(clock, folder=tmp_path), "GET", "/__sim/creates").json["total"] == 3


def test_a_half_written_note_is_read_when_it_is_whole(tmp_path: Path, clock: ManualClock) -> None:
    id_ = new_id(application(clock, folder=tmp_path))
    journal = tmp_path / f"{id_}.jsonl"
    whole = journal.read_bytes()
    journal.write_bytes(whole + b'{"marks":{"deleted":')
    reader = application(clock, folder=tmp_path)
    assert get(reader, id_).status == 200
    assert not list(tmp_path.glob("*.tmp"))


def test_a_failure_by_decree_ends_the_stream_after_so_many_events(
    app: Application, clock: ManualClock
) -> None:
    id_ = new_id(app)
    app.fail(id_, after=6, announced=True)
    clock.advance(6)
    events = stream(app, id_).events
    assert [event["type"] for event in events[5:]] == [
        "response.output_text.delta",
        "error",
        "response.failed",
    ]
    failed = events[-1]["response"]
    assert (failed["status"], failed["error"]["code"]) == ("failed", "server_error")
    assert failed["output"][0]["content"][0]["text"] == "one"
    assert get(app, id_).json["output"] == failed["output"]


def test_a_failure_now_keeps_what_was_said(app: Application, clock: ManualClock) -> None:
    id_ = new_id(app)
    clock.advance(5.5)
    app.fail(id_, after=None, announced=False)
    events = stream(app, id_).events
    assert [e["delta"] for e in events if "delta" in e] == ["one", " two"]
    assert events[-1]["type"] == "response.failed"


def test_a_response_can_be_hurried_to_its_end(app: Application, clock: ManualClock) -> None:
    id_ = new_id(app)
    clock.advance(4.5)
    app.complete(id_)
    assert stream(app, id_).types[-1] == "response.completed"
    assert get(app, id_).json["status"] == "completed"
    assert app.cancel(id_) is False


def test_the_truth_names_events_so_far_and_every_connection(
    app: Application, clock: ManualClock
) -> None:
    id_ = new_id(app)
    clock.advance(4.5)
    told = truth(app, id_)
    assert (len(told["events"]), told["expected_events"], told["ended"]) == (6, 12, False)
    clock.advance(5)
    stream(app, id_, 6)
    told = truth(app, id_)
    assert told["ended"] is True
    assert told["final"]["status"] == "completed"
    assert [(c["kind"], c["starting_after"], c["events"]) for c in told["connections"]] == [
        ("create", None, 2),
        ("resume", 6, 5),
    ]
    assert [c["closed"] for c in told["connections"]] == ["left", "complete"]


def test_creates_are_counted_per_run(app: Application) -> None:
    for run in ("run_a", "run_a", "run_b"):
        new_id(app, metadata={"run": run})
    counted = ask(app, "GET", "/__sim/creates").json
    assert (counted["total"], counted["by_run"]) == (3, {"run_a": 2, "run_b": 1})


def test_an_address_names_the_response_that_a_create_will_make(app: Application) -> None:
    body = b'{"model":"sim:slow","input":"Count.","background":true,"metadata":{"faults":"429"}}'
    request = Request(method="POST", path="/v1/responses", body=body)
    before = app.address(request)
    assert before == app.address(request)
    app.refused(before, Ending(how="refused", faults=("429",)))
    again = app.address(request)
    assert (again.response_id, again.connection) == (before.response_id, 2)
    assert ask(app, "POST", "/v1/responses", body).json["id"] == before.response_id
    assert truth(app, str(before.response_id))["creates"] == 1
    counted = ask(app, "GET", "/__sim/creates").json
    assert (counted["total"], len(counted["refused"])) == (1, 1)
