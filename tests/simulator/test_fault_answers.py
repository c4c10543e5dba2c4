"""Faults that answer in the provider's place, or that the provider itself commits."""

import orjson
import pytest

from tests.support.fault_bytes import CANCEL, FRAMES, POLL, RESUME, answers, create
from tests.support.small_provider import SmallProvider
from workbench.simulator.fault_kinds import STATUSES


def test_html_comes_with_status_200() -> None:
    answer = create("html")
    assert answer.status == 200
    assert answer.headers["content-type"].startswith("text/html")
    assert answer.body.startswith(b"<!DOCTYPE html>")


def test_json_comes_where_a_stream_was_asked_for() -> None:
    answer = create("json")
    assert (answer.status, answer.headers["content-type"]) == (200, "application/json")
    assert orjson.loads(answer.body)


@pytest.mark.parametrize("status", STATUSES)
def test_status_is_answered_once_and_nothing_is_done(status: str) -> None:
    provider = SmallProvider()
    first, second = answers(
        f"{status}@create", ("POST", "/v1/responses"), ("POST", "/v1/responses"), provider=provider
    )
    assert first.status == int(status)
    if status in {"502", "504"}:
        assert first.body.startswith(b"<!DOCTYPE html>")
    else:
        assert set(orjson.loads(first.body)["error"]) == {"message", "type", "param", "code"}
    assert second.chunks == FRAMES
    assert len(provider.handled) == 1
    told = provider.endings[0][1]
    assert (told.how, told.faults) == ("refused", (f"{status}@create",))


@pytest.mark.parametrize(
    ("fault", "headers"),
    [
        ("429", {"retry-after": "1"}),
        ("429(retry-after=2)", {"retry-after": "2"}),
        ("429(retry-after=0)", {"retry-after": "0"}),
        ("429(retry-after=86400)", {"retry-after": "86400"}),
        ("429(retry-after-ms=1500)", {"retry-after-ms": "1500"}),
        ("429(retry-after=absent)", {}),
        ("503", {}),
        ("503(5)", {"retry-after": "5"}),
        ("502(retry-after=7)", {"retry-after": "7"}),
    ],
)
def test_status_says_when_to_come_back(fault: str, headers: dict[str, str]) -> None:
    answer = create(fault)
    found = {name: value for name, value in answer.headers.items() if "retry" in name}
    assert found == headers


def test_expire_refuses_to_stream_and_still_answers_polls() -> None:
    resumed, polled, again = answers("expire", ("GET", RESUME), ("GET", POLL), ("GET", RESUME))
    assert (resumed.status, again.status, polled.status) == (400, 400, 200)
    assert b"This response can no longer be streamed" in resumed.body


def test_gone_answers_404_to_all_that_asks_for_the_response() -> None:
    for answer in answers("gone", ("GET", RESUME), ("GET", POLL), ("POST", CANCEL)):
        assert answer.status == 404
        assert b"Response with id 'resp_small' not found." in answer.body


@pytest.mark.parametrize(
    ("fault", "told"),
    [
        ("error@event:5", ("resp_small", 5, True)),
        ("error@created", ("resp_small", 0, True)),
        ("failed@event:7", ("resp_small", 7, False)),
        ("error@50ms", ("resp_small", None, True)),
    ],
)
def test_error_and_failed_have_the_application_fail_the_response(
    fault: str, told: tuple[str, int | None, bool]
) -> None:
    provider = SmallProvider(gap_s=0.01)
    answers(fault, ("POST", "/v1/responses"), provider=provider)
    assert provider.failed == [told]


def test_race_completes_the_response_before_the_cancel() -> None:
    provider = SmallProvider()
    answers("race", ("POST", CANCEL), provider=provider)
    assert provider.completed == ["resp_small"]
    assert provider.handled[0].path == CANCEL
