"""Error statuses: whose fault, whether they pass, what to do."""

import json
from typing import Any

import pytest

from tests.support.needs import recordings
from workbench.errors import CheckpointExpired, ProviderBusy, ProviderError, RequestRejected
from workbench.providers.redact import redact
from workbench.providers.retry_after import poll_after_s, retry_after_s
from workbench.providers.statuses import Asked, refusal

NOON = 1_700_000_000.0  # Tue, 14 Nov 2023 22:13:20 GMT


def refused(
    status: int,
    message: str = "no",
    *,
    asks: Asked = "create",
    code: str | None = None,
    headers: dict[str, str] | None = None,
) -> ProviderError:
    body = {"error": {"message": message, "code": code, "type": None}}
    return refusal(
        "openai", asks, status, headers=headers or {}, body=body, key_name="A_KEY", now=NOON
    )


@pytest.mark.parametrize(
    ("asks", "status", "message", "kind", "cause"),
    [
        ("resume", 400, "Can no longer be streamed: old", CheckpointExpired, "expired"),
        ("resume", 400, "Cannot be streamed: foreground", CheckpointExpired, "expired"),
        ("resume", 400, "unknown parameter: starting_after", CheckpointExpired, "status"),
        ("resume", 405, "Method Not Allowed", CheckpointExpired, "status"),
        ("resume", 404, "Response with id 'resp_1' not found.", CheckpointExpired, "gone"),
        ("retrieve", 404, "Response with id 'resp_1' not found.", CheckpointExpired, "gone"),
        ("cancel", 410, "Gone", CheckpointExpired, "gone"),
        ("cancel", 400, "Cannot cancel a completed response.", RequestRejected, "status"),
        ("create", 404, "The model 'x' does not exist", RequestRejected, "status"),
        ("create", 400, "Invalid value", RequestRejected, "status"),
        ("create", 401, "Incorrect API key provided", RequestRejected, "status"),
        ("create", 302, "", RequestRejected, "status"),
        ("create", 409, "Conflict", ProviderBusy, "status"),
        ("create", 429, "Rate limit reached", ProviderBusy, "status"),
        ("create", 500, "The server had an error", ProviderBusy, "status"),
        ("retrieve", 502, "Bad gateway", ProviderBusy, "status"),
        ("create", 529, "Overloaded", ProviderBusy, "status"),
    ],
)  # fmt: skip
def test_a_status_means_what_was_asked_makes_it_mean(
    asks: Asked, status: int, message: str, kind: type[ProviderError], cause: str
) -> None:
    error = refused(status, message, asks=asks)
    assert type(error) is kind
    assert error.cause == cause
    assert error.status == status
    assert message in str(error)


@pytest.mark.parametrize(
    ("status", "headers", "accepted"),
    [
        (400, {}, False),
        (401, {}, False),
        (409, {}, False),
        (429, {}, False),
        (503, {"retry-after": "1"}, False),
        (503, {"retry-after-ms": "10"}, False),
        (503, {}, None),
        (500, {"retry-after": "1"}, None),
        (502, {}, None),
        (504, {}, None),
        (408, {}, None),
    ],
)
def test_only_a_refusal_at_the_door_proves_that_nothing_began(
    status: int, headers: dict[str, str], accepted: bool | None
) -> None:
    assert refused(status, headers=headers).accepted is accepted


@pytest.mark.parametrize(
    ("status", "advice"),
    [(401, "set A_KEY"), (403, "A_KEY"), (402, "credit"), (404, "base URL"), (307, "redirect")],
)
def test_a_refusal_tells_a_person_what_to_do(status: int, advice: str) -> None:
    assert advice in str(refused(status))


def test_a_spent_quota_is_no_rate_limit() -> None:
    error = refused(429, "You exceeded your current quota", code="insufficient_quota")
    assert isinstance(error, RequestRejected)
    assert error.code == "insufficient_quota"


@pytest.mark.parametrize(
    ("headers", "message", "seconds"),
    [
        ({}, "no", None),
        ({"retry-after": "3"}, "no", 3.0),
        ({"retry-after": "0"}, "no", 0.0),
        ({"retry-after": "1.5"}, "no", 1.5),
        ({"retry-after": "86400"}, "no", 86400.0),
        ({"retry-after-ms": "250", "retry-after": "9"}, "no", 0.25),
        ({"retry-after-ms": "0"}, "no", 0.0),
        ({"retry-after": "Tue, 14 Nov 2023 22:14:20 GMT"}, "no", 60.0),
        ({"retry-after": "Tue, 14 Nov 2023 22:10:00 GMT"}, "no", 0.0),
        (
            {
                "retry-after": "Tue, 14 Nov 2023 09:00:10 GMT",
                "date": "Tue, 14 Nov 2023 09:00:00 GMT",
            },
            "no",
            10.0,
        ),
        ({"retry-after": "soon"}, "no", None),
        ({"retry-after": "-5"}, "no", None),
        ({"retry-after": "nan"}, "no", None),
        ({"retry-after": "inf"}, "no", None),
        ({}, "Rate limit reached for gpt. Please try again in 6.57s. Visit", 6.57),
        ({}, "Please try again in 20ms.", 0.02),
        ({}, "Please try again in 7m12s.", 432.0),
        ({}, "Please retry after 2 seconds.", 2.0),
        ({}, "Try again in 1h2m3s", 3723.0),
        ({}, "You have 3 seconds of audio", None),
    ],
)
def test_a_wish_to_wait_is_understood_in_every_form(
    headers: dict[str, str], message: str, seconds: float | None
) -> None:
    found = retry_after_s(headers, message, now=NOON)
    assert found == (None if seconds is None else pytest.approx(seconds))


def test_a_hint_when_to_poll_again_is_milliseconds() -> None:
    assert poll_after_s({"openai-poll-after-ms": "1500"}) == 1.5
    assert poll_after_s({"retry-after": "4"}) == 4.0
    assert poll_after_s({}) is None


@pytest.mark.parametrize(
    "text",
    [
        "Incorrect API key provided: sk-proj-abc123XYZ_-456. You can find",
        "Authorization: Bearer abcdefgh12345",
        "https://host/v1?api-key=abcdefgh&x=1",
        'the header {"api_key": "abcdefgh"} is wrong',
        "gsk_abcdefgh12345678 is no key",
        "Incorrect API key provided: sk-abcde***************6789.",
    ],
)
def test_what_looks_like_a_key_is_hidden(text: str) -> None:
    hidden = redact(text)
    assert "[key]" in hidden
    assert not any(part in hidden for part in ("abc", "6789", "XYZ"))


def test_the_key_in_use_is_hidden_whatever_it_looks_like() -> None:
    body = {"error": {"message": "hunter2 is wrong", "tried": ["hunter2", 3, None]}}
    assert "hunter2" not in json.dumps(redact(body, "hunter2"))


def test_ordinary_words_are_not_hidden() -> None:
    text = "the risk-averse task sk- was asked in ask_me"
    assert redact(text) == text


@pytest.mark.recordings
def test_recorded_refusals_are_told_with_the_providers_own_words() -> None:
    lines = (recordings() / "http_exchanges.jsonl").read_text(encoding="utf-8").splitlines()
    exchanges: list[dict[str, Any]] = [json.loads(line) for line in lines]
    refusals = [one for one in exchanges if one["status"] >= 400]
    assert len(refusals) > 20
    for one in refusals:
        error = refusal(
            one["provider"], "create", one["status"],
            headers=one["headers"], body=redact(one["body"]), key_name="A_KEY", now=NOON,
        )  # fmt: skip
        assert str(one["status"]) in str(error)
        said = str(error).partition(": ")[2]
        assert said, one
        if one["status"] in {401, 403, 404, 400}:
            assert isinstance(error, RequestRejected)
            assert error.accepted is False
