"""The ladder, rung by rung, as pure decisions."""

from dataclasses import replace

import pytest
from hypothesis import given, settings, strategies as st

from workbench.errors import (
    Cause,
    CheckpointExpired,
    ProviderBusy,
    ProviderError,
    ProviderUnreachable,
    RequestRejected,
    StreamInterrupted,
)
from workbench.events import Transport
from workbench.providers.base import Capabilities
from workbench.providers.decide import (
    BACKGROUND_REFUSED,
    Decision,
    Facts,
    GiveUp,
    Limits,
    Mode,
    Poll,
    Restart,
    Resume,
    Wait,
    decide,
)

CREATING = Facts(
    mode="create",
    transport="background",
    response_id=None,
    sequence=None,
    fruitless=1,
    quiet_s=0.0,
    on_lost="interrupt",
    capabilities=Capabilities(),
)
STREAMING = replace(CREATING, response_id="resp_1", sequence=7, fruitless=0)
RESUMING = replace(STREAMING, mode="resume")
POLLING = replace(STREAMING, mode="poll")
CHATTING = replace(
    STREAMING,
    transport="stream",
    sequence=None,
    capabilities=Capabilities(background=False, resume=False, poll=False, cancel=False),
)

LEAVES: list[type[ProviderError]] = [
    CheckpointExpired,
    ProviderBusy,
    ProviderUnreachable,
    RequestRejected,
    StreamInterrupted,
]
REFUSED = ProviderUnreachable("refused", cause="connect", accepted=False)
CUT = StreamInterrupted("cut", cause="cut", accepted=True)


def choose(error: ProviderError, facts: Facts, *, draw: float = 0.5) -> Decision:
    return decide(error, facts, draw=draw)


def limited(retry_after_s: float | None) -> ProviderBusy:
    return ProviderBusy("limited", accepted=False, status=429, retry_after_s=retry_after_s)


def test_every_kind_of_provider_error_has_its_place() -> None:
    assert set(ProviderError.__subclasses__()) == set(LEAVES)
    for facts in (CREATING, STREAMING, RESUMING, POLLING, CHATTING):
        for leaf in LEAVES:
            assert isinstance(choose(leaf("x"), facts), Wait | Resume | Poll | Restart | GiveUp)


@pytest.mark.parametrize("cause", ["cut", "reset", "ended", "idle", "garbled", "gap", "error"])
@pytest.mark.parametrize("facts", [STREAMING, RESUMING], ids=["first", "resumed"])
def test_an_interrupted_background_stream_is_resumed(cause: Cause, facts: Facts) -> None:
    assert isinstance(choose(StreamInterrupted("x", cause=cause), facts), Resume)


@pytest.mark.parametrize("cause", ["not_a_stream", "identity"])
def test_a_stream_that_is_not_this_responses_stream_is_polled_instead(cause: Cause) -> None:
    assert isinstance(choose(StreamInterrupted("x", cause=cause), RESUMING), Poll)


def test_a_stream_without_sequence_numbers_is_polled() -> None:
    assert isinstance(choose(CUT, replace(STREAMING, sequence=None)), Poll)


def test_a_provider_that_cannot_resume_is_polled() -> None:
    facts = replace(STREAMING, capabilities=Capabilities(resume=False))
    assert isinstance(choose(CUT, facts), Poll)


@pytest.mark.parametrize("cause", ["expired", "gone", "status"])
def test_an_expired_checkpoint_leads_to_polling_at_once(cause: Cause) -> None:
    found = choose(CheckpointExpired("x", cause=cause), RESUMING)
    assert isinstance(found, Poll)
    assert found.after_s == 0.0


def test_a_response_that_is_gone_for_the_poll_too_ends_the_run_with_what_arrived() -> None:
    found = choose(CheckpointExpired("x", cause="gone"), POLLING)
    assert isinstance(found, GiveUp)
    assert (found.status, found.code) == ("interrupted", "gone")


def test_a_providers_full_stop_does_not_end_the_sentence_in_the_middle() -> None:
    found = choose(CheckpointExpired("Response 'r' not found.", cause="gone"), POLLING)
    assert isinstance(found, GiveUp)
    assert found.message == "Response 'r' not found; the provider no longer has the response"


def test_resumes_that_bring_nothing_end_in_polling() -> None:
    ended = StreamInterrupted("x", cause="ended")
    kinds = [type(choose(ended, replace(RESUMING, fruitless=n))) for n in range(1, 5)]
    assert kinds == [Resume, Resume, Poll, Poll]


def test_progress_is_what_counts_not_the_number_of_attempts() -> None:
    for _ in range(1000):
        assert isinstance(choose(CUT, replace(RESUMING, fruitless=0)), Resume)


@pytest.mark.parametrize(
    ("cause", "accepted", "quiet_s", "next_"),
    [
        ("connect", False, 5, Resume),
        ("connect", False, 119, Resume),
        ("connect", False, 120, GiveUp),
        ("reset", None, 5, Resume),
        ("reset", None, 59, Resume),
        ("reset", None, 60, Poll),
        ("cut", None, 59, Resume),
        ("cut", None, 60, Poll),
        ("reset", None, 120, GiveUp),
    ],
)
def test_a_network_that_is_away_is_waited_for_on_the_same_rung(
    cause: Cause, accepted: bool | None, quiet_s: float, next_: type[Decision]
) -> None:
    away = ProviderUnreachable("x", cause=cause, accepted=accepted)
    facts = replace(RESUMING, fruitless=9, away=9, quiet_s=quiet_s)
    assert type(choose(away, facts)) is next_


@pytest.mark.parametrize("cause", ["headers", "garbled", "error"])
def test_a_server_that_leaves_resumes_unanswered_is_polled(cause: Cause) -> None:
    silent = ProviderUnreachable("x", cause=cause)
    kinds = [type(choose(silent, replace(RESUMING, fruitless=n))) for n in range(1, 5)]
    assert kinds == [Resume, Resume, Poll, Poll]


@pytest.mark.parametrize("facts", [STREAMING, RESUMING, POLLING])
def test_without_progress_for_too_long_the_run_is_interrupted(facts: Facts) -> None:
    for error in (CUT, REFUSED, ProviderBusy("x", status=500)):
        found = choose(error, replace(facts, quiet_s=121))
        assert isinstance(found, GiveUp)
        assert found.status == "interrupted"


@pytest.mark.parametrize(
    "error", [REFUSED, ProviderBusy("x", status=500), CUT, ProviderBusy("x", status=429)]
)
def test_a_poll_that_fails_for_now_is_asked_again(error: ProviderError) -> None:
    assert isinstance(choose(error, replace(POLLING, fruitless=9)), Wait)


def test_a_key_that_stops_working_midway_interrupts_the_run() -> None:
    found = choose(RequestRejected("no", status=401, code="invalid_api_key"), POLLING)
    assert isinstance(found, GiveUp)
    assert (found.status, found.code) == ("interrupted", "invalid_api_key")


# Creates: never paid for twice.


@pytest.mark.parametrize("error", [REFUSED, limited(None), limited(1.0)])
def test_a_create_that_was_provably_not_accepted_is_sent_again(error: ProviderError) -> None:
    assert isinstance(choose(error, CREATING), Wait)


@pytest.mark.parametrize(
    "error",
    [
        ProviderUnreachable("no headers", cause="headers"),
        ProviderUnreachable("closed", cause="reset"),
        ProviderBusy("x", status=500),
        ProviderBusy("x", status=502),
        StreamInterrupted("x", cause="cut", accepted=True),
        StreamInterrupted("x", cause="not_a_stream"),
    ],
    ids=lambda one: str(one.status or one.cause),
)
@pytest.mark.parametrize("transport", ["stream", "sync", "background", "poll"])
def test_a_create_of_unknown_outcome_is_never_repeated(
    error: ProviderError, transport: Transport
) -> None:
    found = choose(error, replace(CREATING, transport=transport))
    assert isinstance(found, GiveUp)
    assert (found.status, found.code) == ("interrupted", "unknown_outcome")


def test_a_rejected_create_fails_the_run_at_once() -> None:
    found = choose(RequestRejected("no such model", accepted=False, status=404), CREATING)
    assert isinstance(found, GiveUp)
    assert found.status == "failed"
    assert "no such model" in found.message


def test_only_the_users_wish_starts_a_new_generation() -> None:
    lost = ProviderBusy("x", status=500)
    assert isinstance(choose(lost, CREATING), GiveUp)
    assert isinstance(choose(lost, replace(CREATING, on_lost="regenerate")), Restart)


def test_a_new_generation_is_not_started_for_ever() -> None:
    facts = replace(CHATTING, on_lost="regenerate")
    found = [choose(CUT, replace(facts, restarts=n)) for n in range(4)]
    assert [type(one) for one in found] == [Restart, Restart, Restart, GiveUp]


def test_where_streams_keep_breaking_a_plain_answer_is_tried() -> None:
    facts = replace(CHATTING, on_lost="regenerate")
    found = [choose(CUT, replace(facts, restarts=n)) for n in range(2)]
    assert [one.transport for one in found if isinstance(one, Restart)] == ["stream", "sync"]


def test_a_cut_chat_is_lost_and_says_so() -> None:
    found = choose(CUT, CHATTING)
    assert isinstance(found, GiveUp)
    assert (found.status, found.code) == ("interrupted", "cut")
    assert "cannot be resumed" in found.message


def test_a_cut_foreground_response_is_asked_for_once() -> None:
    facts = replace(STREAMING, transport="stream")
    assert isinstance(choose(CUT, facts), Poll)
    gone = CheckpointExpired("x", cause="gone")
    assert isinstance(choose(gone, replace(facts, mode="poll")), GiveUp)


@pytest.mark.parametrize(("asked", "nearest"), [("background", "stream"), ("poll", "sync")])
def test_a_server_that_refuses_background_is_asked_in_the_foreground(
    asked: Transport, nearest: Transport
) -> None:
    refused = RequestRejected("unknown field background", accepted=False, status=400)
    refused.code = BACKGROUND_REFUSED
    found = choose(refused, replace(CREATING, transport=asked))
    assert isinstance(found, Restart)
    assert found.transport == nearest


# Waiting.


def test_a_wish_to_wait_is_honoured_and_spread_a_little() -> None:
    for draw in (0.0, 0.5, 1.0):
        found = choose(limited(20.0), CREATING, draw=draw)
        assert isinstance(found, Wait)
        assert 20.0 <= found.after_s <= 22.0
        assert found.why == "rate_limit"


def test_a_wish_to_come_back_at_once_still_backs_off() -> None:
    found = choose(limited(0.0), replace(CREATING, fruitless=4), draw=1.0)
    assert isinstance(found, Wait)
    assert found.after_s > 1.0


def test_a_huge_wish_to_wait_ends_a_create_and_says_how_long() -> None:
    found = choose(limited(86400.0), CREATING)
    assert isinstance(found, GiveUp)
    assert found.status == "failed"
    assert "24 hours" in found.message


def test_a_huge_wish_to_wait_is_cut_short_for_a_response_that_is_running() -> None:
    found = choose(limited(86400.0), POLLING, draw=0.0)
    assert isinstance(found, Wait)
    assert found.after_s == Limits().longest_wait_s


def test_a_provider_that_asks_to_wait_is_given_more_patience() -> None:
    assert isinstance(choose(limited(30.0), replace(CREATING, quiet_s=300)), Wait)
    assert isinstance(choose(limited(30.0), replace(CREATING, quiet_s=901)), GiveUp)
    assert isinstance(choose(limited(None), replace(CREATING, quiet_s=300)), GiveUp)


@settings(max_examples=100)
@given(
    fruitless=st.integers(0, 10_000),
    draw=st.floats(0, 1),
    asked=st.one_of(st.none(), st.floats(0, 1e9)),
)
def test_no_pause_is_longer_than_its_limit_or_shorter_than_asked(
    fruitless: int, draw: float, asked: float | None
) -> None:
    busy = ProviderBusy("x", status=503, retry_after_s=asked)
    found = decide(busy, replace(POLLING, fruitless=fruitless), draw=draw)
    assert isinstance(found, Wait)
    limits = Limits()
    assert found.after_s >= min(asked or 0.0, limits.longest_wait_s)
    assert found.after_s <= max(limits.longest_wait_s * 1.1, limits.longest_backoff_s)


def test_backoff_doubles_up_to_its_ceiling_with_full_jitter() -> None:
    def pause(fruitless: int, draw: float) -> float:
        found = choose(CUT, replace(POLLING, fruitless=fruitless), draw=draw)
        assert isinstance(found, Wait)
        return found.after_s

    assert [pause(n, 1.0) for n in range(5)] == [0.25, 0.5, 1.0, 2.0, 4.0]
    assert pause(50, 1.0) == Limits().longest_backoff_s
    assert pause(50, 0.0) == 0.0


@pytest.mark.parametrize("facts", [CREATING, RESUMING, POLLING], ids=["create", "resume", "poll"])
def test_who_was_away_is_met_soon_after_coming_back(facts: Facts) -> None:
    found = [choose(REFUSED, replace(facts, away=n), draw=1.0) for n in (1, 2, 3, 4, 50)]
    assert [one.after_s for one in found if not isinstance(one, GiveUp)] == [
        0.5,
        1.0,
        2.0,
        2.0,
        2.0,
    ]


@settings(max_examples=200)
@given(
    leaf=st.sampled_from(LEAVES),
    accepted=st.sampled_from([None, True, False]),
    status=st.sampled_from([None, 400, 404, 429, 500, 503]),
    transport=st.sampled_from(["stream", "sync", "background", "poll"]),
    mode=st.sampled_from(["create", "resume", "poll", "restart"]),
    response_id=st.sampled_from([None, "resp_1"]),
    sequence=st.sampled_from([None, 0, 9]),
    fruitless=st.integers(0, 9),
    quiet_s=st.floats(0, 1000),
)
def test_nothing_is_created_again_unless_it_was_never_accepted(
    leaf: type[ProviderError],
    accepted: bool | None,
    status: int | None,
    transport: Transport,
    mode: Mode,
    response_id: str | None,
    sequence: int | None,
    fruitless: int,
    quiet_s: float,
) -> None:
    error = leaf("x", accepted=accepted, status=status)
    facts = Facts(
        mode=mode,
        transport=transport,
        response_id=response_id,
        sequence=sequence,
        fruitless=fruitless,
        quiet_s=quiet_s,
        on_lost="interrupt",
        capabilities=Capabilities(),
    )
    found = decide(error, facts, draw=0.5)
    assert not isinstance(found, Restart)
    if isinstance(found, Wait) and response_id is None:
        assert accepted is False
    if isinstance(found, Resume | Poll):
        assert response_id is not None
