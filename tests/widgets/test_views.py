"""Live view and player without a page: what a view would send and get."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import pytest
import traitlets as t

from tests.support.waiting import wait_until
from workbench import Run, Workbench
from workbench.errors import InvalidSetting
from workbench.static import module
from workbench.widgets import LiveView, ReplayPlayer
from workbench.widgets.screen import Screen

VIEW = "application/vnd.jupyter.widget-view+json"


@contextmanager
def heard(screen: Screen) -> Iterator[list[int]]:
    """The cursors that a page would get, in the order of their arrival."""
    cursors: list[int] = []

    def send(message: dict[str, Any], buffers: object = None) -> None:
        cursors.extend(entry["cursor"] for entry in message.get("entries", []))

    for feed in screen._feeds.values():
        feed._send = send
    yield cursors
    screen.close()


def say(screen: Screen, **message: Any) -> None:
    """What the page says arrives like this."""
    screen._handle_custom_msg(message, [])


def every(run: Run) -> list[int]:
    return list(range(1, run.cursor + 1))


def test_a_live_view_grows_with_its_run(wb: Workbench) -> None:
    run = wb.start("Plan a week")
    view = LiveView(run)
    with heard(view) as cursors:
        say(view, type="sync", run=run.id, after=0)
        run.wait(20)
        wait_until(lambda: cursors == every(run), "every entry came once, in order")
        assert view.position is None


def test_a_view_reads_the_stored_text_of_an_entry(wb: Workbench) -> None:
    run = wb.start("Plan a week").wait(20)
    view = ReplayPlayer(run)
    answers: list[dict[str, Any]] = []
    view.send = answers.append
    stored = run.raw(5)
    say(view, type="raw", run=run.id, cursor=5, ask=1)
    say(view, type="raw", run=run.id, cursor=5, ask=2, most=10)
    say(view, type="raw", run=run.id, cursor=run.cursor + 1, ask=3)
    say(view, type="raw", run="another", cursor=1, ask=4)
    wb.delete(run.id)
    say(view, type="raw", run=run.id, cursor=1, ask=5)
    whole, head, beyond, other, gone = answers
    told = {"type": "raw", "run": run.id, "bytes": len(stored.json), "source": stored.source}
    assert whole == {**told, "ask": 1, "text": stored.text}
    assert head == {**told, "ask": 2, "text": stored.text[:10]}
    assert beyond["error"].startswith("There is no entry")
    assert other["error"] == "This view does not show that run."
    assert "deleted" in gone["error"]
    view.close()


def test_the_state_of_a_widget_holds_no_entries(wb: Workbench) -> None:
    run = wb.start("Plan a week").wait(20)
    view = LiveView(run)
    state = view.get_state()
    assert len(repr(state)) < 5000
    assert run.text[:40] not in repr(state)
    view.close()


def test_the_page_gets_the_code_of_the_view_when_it_is_shown_and_when_it_asks(
    wb: Workbench,
) -> None:
    view = LiveView(wb.start("Plan a week").wait(20))
    told: list[dict[str, Any]] = []
    view.send = told.append
    view.push()
    say(view, type="module")
    assert [each["text"] for each in told if each["type"] == "module"] == [module(), module()]
    assert told[0]["type"] == "module"
    view.close()


def test_what_is_shown_brings_a_picture_for_pages_without_a_kernel(wb: Workbench) -> None:
    run = wb.start("Plan a week").wait(20)
    view = LiveView(run)
    picture, widget = view._still(), view._repr_mimebundle_()
    assert "Completed" in picture["text/html"]
    assert "<script" not in picture["text/html"]
    assert picture["text/plain"] == repr(view)
    assert run.id in repr(view)
    assert widget[VIEW]["model_id"] == view.model_id
    assert (widget["text/plain"], widget["text/html"]) == ("", "")
    view.close()


def test_stop_in_the_view_cancels_the_run_and_closing_does_not(wb: Workbench) -> None:
    run, other = (wb.start("Plan a week", scenario="planner", speed=1) for _ in range(2))
    view, closed = LiveView(run), LiveView(other)
    closed.close()
    say(view, type="event", name="stop", run=run.id, detail={})
    assert run.wait(20).status == "cancelled"
    assert not other.is_ended
    other.cancel()
    other.wait(20)
    view.close()


def test_a_view_of_another_run_gets_nothing(wb: Workbench) -> None:
    run, other = (wb.start("Plan a week").wait(20) for _ in range(2))
    view = LiveView(run)
    with heard(view) as cursors:
        say(view, type="sync", run=other.id, after=0)
        say(view, type="sync", run=run.id, after=run.cursor - 2)
        wait_until(lambda: len(cursors) == 2, "only its own last entries came")


def test_position_speed_and_selection_are_checked(wb: Workbench) -> None:
    player = ReplayPlayer(wb.start("Plan a week").wait(20), speed=4)
    player.position, player.speed, player.selection = 30, 0, [10, 20]
    for name, wrong in (("speed", 3), ("selection", [5, 5]), ("position", -1)):
        with pytest.raises(t.TraitError):
            setattr(player, name, wrong)
    assert (player.position, player.speed, player.selection) == (30, 0, [10, 20])
    player.close()


def test_what_a_person_does_in_the_page_is_in_the_traits(wb: Workbench) -> None:
    player = ReplayPlayer(wb.start("Plan a week").wait(20))
    seen: list[int] = []
    player.observe(lambda change: seen.append(change["new"]), "position")
    player.set_state({"position": 12, "playing": True, "selection": [3, 9]})
    assert (seen, player.playing, player.selection) == ([12], True, [3, 9])
    player.close()


def test_a_player_of_several_runs_labels_them_by_what_tells_them_apart(wb: Workbench) -> None:
    runs = [wb.start("Plan", transport=each).wait(20) for each in ("stream", "sync")]
    player = ReplayPlayer(runs)
    assert player.mode == "compare"
    assert [lane["label"] for lane in player.options["runs"]] == ["stream", "sync"]
    with heard(player) as cursors:
        for run in runs:
            say(player, type="sync", run=run.id, after=0)
        wait_until(lambda: len(cursors) == sum(run.cursor for run in runs), "all of both came")
    twins = ReplayPlayer([runs[0], runs[0]])
    assert [lane["label"] for lane in twins.options["runs"]] == ["stream 1", "stream 2"]
    picture = twins.picture()
    assert "<h4>stream 1</h4>" in picture
    assert "<h4>stream 2</h4>" in picture
    twins.close()


def test_a_player_of_no_run_is_refused() -> None:
    with pytest.raises(InvalidSetting, match="at least one run"):
        ReplayPlayer([])


def test_a_closed_workbench_is_said_and_no_thread_stays(wb: Workbench) -> None:
    run = wb.start("Plan a week").wait(20)
    view = LiveView(run)
    said: list[str] = []
    view._feeds[run.id]._send = lambda message: said.append(message["type"])
    wb.close()
    say(view, type="sync", run=run.id, after=0)
    wait_until(lambda: said, "the view was told")
    assert said == ["trouble"]
    view.send = lambda message: said.append(message["message"])
    say(view, type="event", name="stop", run=run.id, detail={})
    assert "closed" in said[-1]
    view.close()
