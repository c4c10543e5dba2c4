import json

import pytest

from tests.metrics.handmade import HandMade, cut_and_resumed, plain
from workbench.events import Fact
from workbench.metrics import seams


def test_an_undisturbed_run_is_proven() -> None:
    report = seams.report(plain().entries)
    assert report.holds is True
    assert report.sentence == "Exactly once, in order, equal to the provider's final object."
    assert report.seams == ()
    assert [(a.attempt, a.outcome, a.events) for a in report.attempts] == [(1, "ended", 12)]


def test_a_seam_tells_the_cause_the_outage_and_what_came_after() -> None:
    report = seams.report(cut_and_resumed().entries)
    assert report.holds is True
    (seam,) = report.seams
    assert (seam.cause, seam.after_attempt, seam.attempt, seam.mode) == ("cut", 1, 3, "resume")
    assert seam.tries == 2
    assert (seam.last_cursor, seam.first_cursor) == (7, 15)
    assert (seam.last_sequence, seam.starting_after, seam.first_sequence) == (3, 3, 4)
    assert seam.outage_s == pytest.approx(0.30)
    assert seam.silence_s == pytest.approx(0.35)
    assert seam.waited_s == pytest.approx(0.2)
    assert seam.recovery_s == pytest.approx(0.05)
    assert seam.burst_events == 3
    assert seam.burst_s == pytest.approx(0.01)
    assert (report.duplicates, report.bytes, report.bytes_twice) == (1, 900, 60)


def test_each_attempt_knows_its_first_and_last_cursor() -> None:
    report = seams.report(cut_and_resumed().entries)
    assert [(a.first_cursor, a.last_cursor) for a in report.attempts] == [
        (4, 7),
        (None, None),
        (15, 20),
    ]


def test_a_number_stored_twice_is_refuted() -> None:
    run = HandMade().start(0.0).created(0.1).piece(0.2, "a").piece(0.3, "b")
    run.sequence = 2
    run.piece(0.4, "b").completed(0.5).closed(0.5)
    report = seams.report(run.entries)
    assert report.once is False
    assert report.holds is False
    assert "sequence number 2 is stored twice" in report.sentence


def test_numbers_that_go_back_are_not_in_order() -> None:
    run = HandMade().start(0.0).created(0.1)
    for number in (2, 1, 3):
        run.sequence = number
        run.piece(0.2, "a")
    report = seams.report(run.closed(0.3).entries)
    assert report.in_order is False


def test_a_missing_number_is_excused_by_an_equal_text_and_not_without_it() -> None:
    def run(equal: bool | None) -> HandMade:
        made = HandMade().start(0.0).created(0.1).piece(0.2, "a")
        made.add(0.3, Fact.GAP, expected=2, got=3, action="accept")
        made.sequence = 3
        return made.piece(0.3, "b").completed(0.4).closed(0.4, equal=equal)

    assert seams.report(run(True).entries).holds is True
    assert seams.report(run(None).entries).once is None
    assert seams.report(run(False).entries).holds is False
    (gap,) = seams.report(run(True).entries).gaps
    assert (gap.expected, gap.got, gap.action, gap.filled) == (2, 3, "accept", False)


def test_an_interrupted_run_is_not_proven_and_says_why() -> None:
    run = HandMade().start(0.0).created(0.1).piece(0.2, "a").interrupted(0.3)
    run.add(0.4, Fact.RUN_ENDED + "interrupted", response_id="resp_1", error={"code": "lost"})
    report = seams.report(run.entries)
    assert report.holds is None
    assert report.equal is None
    assert "could not be had" in report.sentence
    (seam,) = report.seams
    assert (seam.attempt, seam.outage_s, seam.recovery_s) == (None, None, None)


def test_a_process_that_died_leaves_a_seam_without_a_cause() -> None:
    run = HandMade().start(0.0).created(0.1).piece(0.2, "a")
    run.start(1.2, "resume", after=1).piece(1.3, "b").completed(1.4).ended(1.4).closed(1.4)
    (seam,) = seams.report(run.entries).seams
    assert seam.cause is None
    assert seam.outage_s == pytest.approx(1.1)


def test_a_tail_taken_from_the_final_object_heals_a_seam() -> None:
    run = HandMade().start(0.0).created(0.1).piece(0.2, "a").interrupted(0.3, "expired")
    run.start(0.4, "poll").add(0.5, Fact.POLLED, status="completed", bytes=70)
    run.add(0.5, Fact.FILLED, reason="expired", characters=2, events=2)
    run.event(0.5, "response.output_text.delta", filled=True, delta="bc")
    run.completed(0.5, filled=True).closed(0.5)
    report = seams.report(run.entries)
    (seam,) = report.seams
    assert seam.mode == "poll"
    assert seam.outage_s == pytest.approx(0.2)
    assert (report.filled_characters, report.filled_events) == (2, 2)
    assert report.holds is True


def test_entries_after_the_terminal_one_are_refuted() -> None:
    run = plain().piece(2.0, "late")
    report = seams.report(run.entries)
    assert report.terminal is False
    assert report.holds is False


def test_events_without_numbers_are_judged_by_the_text() -> None:
    run = HandMade().start(0.0)
    for at in (0.1, 0.2):
        run.add(at, "response.output_text.delta", delta="a")
    run.closed(0.3)
    assert seams.report(run.entries).holds is True
    run = HandMade().start(0.0).add(0.1, "response.output_text.delta", delta="a")
    run.interrupted(0.2).start(0.3, "restart")
    run.add(0.4, "response.output_text.delta", delta="a").closed(0.5, equal=None)
    assert seams.report(run.entries).once is None


def test_the_report_is_plain_json() -> None:
    data = seams.report(cut_and_resumed().entries).to_dict()
    assert json.loads(json.dumps(data)) == data
    assert data["seams"][0]["cause"] == "cut"


def test_a_cancel_is_no_seam() -> None:
    run = HandMade().start(0.0).created(0.1).piece(0.2, "a").interrupted(0.3, "cancel")
    assert seams.report(run.closed(0.3, "cancelled", equal=None).entries).seams == ()


def test_an_imported_run_is_compared_with_its_own_final_object() -> None:
    def imported(said: str) -> HandMade:
        run = HandMade().created(0.1).piece(0.2, "Lis").piece(0.3, "bon")
        run.event(
            0.4,
            "response.output_item.done",
            output_index=2,
            item={"type": "message", "content": [{"type": "output_text", "text": "Lisbon"}]},
        )
        output = [{"type": "message", "content": [{"type": "output_text", "text": said}]}]
        response = {"id": "resp_1", "status": "completed", "output": output}
        run.event(0.5, "response.completed", response=response)
        return run.add(0.5, Fact.RUN_ENDED + "completed", error=None)

    assert seams.report(imported("Lisbon").entries).equal is True
    assert seams.report(imported("Porto").entries).equal is False
