"""What the pages' Python does, page by page."""

import time
from collections.abc import Callable
from typing import Any, cast

import pytest
from streamlit.testing.v1 import AppTest

from workbench.app import parts
from workbench.app.shown import plain
from workbench.clock import SystemClock
from workbench.events import Arrival, RunInfo, RunRequest
from workbench.log.base import Closing
from workbench.log.disk import DiskLog
from workbench.log.ids import new_run_id
from workbench.log.standby import StandbyLog
from workbench.service import Run, Workbench

PATIENCE_S = 60


def live() -> None:
    from workbench.app.screens import live

    live.page()


def compare() -> None:
    from workbench.app.screens import compare

    compare.page()


def replay() -> None:
    from workbench.app.screens import replay

    replay.page()


def lab() -> None:
    from workbench.app.screens import lab

    lab.page()


def runs() -> None:
    from workbench.app.screens import runs

    runs.page()


def health() -> None:
    from workbench.app.screens import health

    health.page()


def page(script: Callable[[], None], **query: str) -> AppTest:
    """A page as somebody with this address finds it; it must not have failed."""
    app = AppTest.from_function(script, default_timeout=PATIENCE_S)
    for name, value in query.items():
        app.query_params[name] = value
    app.run()
    assert not app.exception, app.exception
    return app


def address(app: AppTest, name: str) -> str:
    """What the address says; it was a list where the page wrote it, a text where the test did."""
    value = app.query_params[name]
    return value if isinstance(value, str) else value[0]


def press(app: AppTest, label: str) -> AppTest:
    found = [button for button in app.button if button.label == label]
    assert found, f"no button {label!r} among {[button.label for button in app.button]}"
    found[0].click().run()
    assert not app.exception, app.exception
    return app


def ended(wb: Workbench, **options: Any) -> Run:
    run = wb.start("Plan a week in Lisbon.", **{"scenario": "short", "speed": 0, **options})
    return run.wait(PATIENCE_S)


@pytest.mark.parametrize("script", [live, compare, replay, lab, runs, health])
def test_every_page_has_something_to_say_of_an_empty_folder(
    wb: Workbench, script: Callable[[], None]
) -> None:
    app = page(script)
    assert app.title or app.info or app.subheader


def test_start_puts_the_run_into_the_address(wb: Workbench) -> None:
    app = press(page(live), "Start a run")
    run = wb.run(address(app, "run"))
    assert run.info.request.scenario == "planner"
    assert run.info.request.transport == "background"
    run.cancel()


def test_the_address_holds_the_settings(wb: Workbench) -> None:
    app = page(live, transport="poll", speed="20", faults="cut@event:12", prompt="Say less.")
    press(app, "Start a run")
    request = wb.runs(limit=1)[0].info.request
    assert request.input == "Say less."
    assert (request.transport, request.speed, request.faults) == ("poll", 20.0, "cut@event:12")


def test_the_address_has_plain_values_and_only_what_is_not_usual(wb: Workbench) -> None:
    app = page(live, speed="5", provider="nobody", scenario="short")
    assert (app.select_slider(key="speed").value, app.selectbox(key="scenario").value) == (
        5.0,
        "short",
    )
    assert app.selectbox(key="provider").value == "simulator"
    app.select_slider(key="speed").set_value(0.5).run()
    assert address(app, "speed") == "0.5"
    app.select_slider(key="speed").set_value(1.0).run()
    assert "speed" not in app.query_params
    app.selectbox(key="provider").set_value("openai").run()
    assert address(app, "provider") == "openai"


def test_an_example_fills_the_prompt(wb: Workbench) -> None:
    app = page(live)
    app.pills(key="example").set_value("A gentle proof").run()
    assert "primes" in str(app.text_area(key="prompt").value)


def test_wrong_faults_keep_start_from_being_pressed(wb: Workbench) -> None:
    app = page(live, faults="explode@dawn")
    start = next(button for button in app.button if button.label == "Start a run")
    assert start.disabled
    assert "explode" in app.code[0].value
    assert app.expander[0].proto.expanded, "what is wrong is folded away"


def test_a_comparison_that_nobody_has_run_shows_what_to_expect(wb: Workbench) -> None:
    assert any("Nothing has run yet" in each.value for each in page(compare).caption)
    run = ended(wb)
    assert not any("Nothing has run yet" in e.value for e in page(compare, runs=run.id).caption)


def start_of(app: AppTest) -> Any:
    return next(button for button in app.button if button.label == "Start a run")


@pytest.mark.parametrize("url", ["", "ht!tp://no where", "http://[", "ftp://127.0.0.1", "http://"])
def test_a_server_that_cannot_be_asked_keeps_start_from_being_pressed(
    wb: Workbench, url: str
) -> None:
    app = page(live, provider="chat", model="any")
    app.text_input(key="base_url").set_value(url).run()
    assert start_of(app).disabled
    assert any("where it listens" in each.value for each in app.caption)


def test_a_server_of_ones_own_needs_a_model(wb: Workbench) -> None:
    app = page(live, provider="chat")
    app.text_input(key="base_url").set_value("http://127.0.0.1:9/v1").run()
    assert start_of(app).disabled
    assert any("Name a model" in each.value for each in app.caption)
    app.text_input(key="model").set_value("any").run()
    assert not start_of(app).disabled


def test_without_a_key_nothing_is_asked_of_who_needs_one(
    wb: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    app = page(live)
    monkeypatch.setattr("workbench.app.screens.live_form.has_key", lambda _: False)
    app.selectbox(key="provider").set_value("openai").run()
    assert start_of(app).disabled
    assert any("OPENAI_API_KEY" in each.value for each in app.caption)


def test_an_imported_run_took_no_longer_than_its_original(wb: Workbench) -> None:
    from workbench.app.screens.runs import duration

    original = ended(wb)
    taken = wb.import_run(wb.export(original.id, "jsonl"))
    assert original.info.closed_at != taken.info.closed_at
    assert duration(taken.info) == duration(original.info)


@pytest.mark.parametrize("script", [compare, lab])
def test_a_result_that_is_gone_is_said(wb: Workbench, script: Callable[[], None]) -> None:
    [warning] = page(script, result="r0nothing").warning
    assert warning.value == "That result is not in this folder any more."


def test_an_unknown_run_is_said(wb: Workbench) -> None:
    assert plain("no-such-run") in page(live, run="no-such-run").warning[0].value


def test_an_ended_run_shows_its_numbers_and_its_proof(wb: Workbench) -> None:
    run = ended(wb, faults="cut@event:10")
    app = page(live, run=run.id)
    assert app.success[0].value == plain(run.seams().sentence)
    order = [each.type for each in app.main]
    assert order.index("success") < order.index("bidi_component"), "the proof stands below"
    labels = [metric.label for metric in app.metric]
    assert {"First sign", "First text", "Done", "Outage", "Attempts"} <= set(labels)
    assert any("Left out" in (metric.help or "") for metric in app.metric)
    starred = [metric for metric in app.metric if metric.value.endswith("*")]
    assert all("A star" in (metric.help or "") for metric in starred)


def test_a_break_button_disturbs_the_run(wb: Workbench) -> None:
    run = wb.start("Plan.", scenario="planner", speed=1)
    app = press(page(live, run=run.id), "Cut the wire")
    assert "watch the seam" in app.toast[0].value
    assert run.info.marks["disturb"]["fault"] == "cut"
    run.cancel()


def test_escape_in_the_view_cancels(wb: Workbench) -> None:
    run = wb.start("Plan.", scenario="planner", speed=1)
    app = page(live, run=run.id)
    app.session_state[f"live-{run.id}"] = {"event": {"name": "stop", "run": run.id}}
    app.run()
    assert run.wait(PATIENCE_S).status == "cancelled"


def test_more_lanes_than_fit_are_refused(wb: Workbench) -> None:
    app = page(compare, models="a,b,c,d")
    side_by_side = next(b for b in app.button if b.label == "Run them side by side")
    assert side_by_side.disabled


def test_side_by_side_starts_a_run_for_each_lane(wb: Workbench) -> None:
    app = press(page(compare, speed="20"), "Run them side by side")
    started = address(app, "runs").split(",")
    transports = [wb.run(run).info.request.transport for run in started]
    assert sorted(transports) == ["background", "poll", "stream", "sync"]


def test_differences_of_two_runs(wb: Workbench) -> None:
    one, other = ended(wb), ended(wb, scenario="refusal")
    app = page(replay, **{"run": one.id, "with": other.id})
    assert any(code.value.startswith("---") for code in app.code)


def test_a_run_is_compared_with_any_other_and_not_with_itself(
    wb: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    from workbench.app.screens import replay as screen

    older, newer = ended(wb), ended(wb)
    monkeypatch.setattr(screen, "SHOWN", 1)
    app = page(replay, **{"run": newer.id, "with": older.id})
    box = app.selectbox(key="replay_other")
    assert box.value == older.id, "also one that is not among the newest"
    assert [label[-6:] for label in box.options] == ["othing", older.id[-6:]]


def test_replay_follows_the_address(wb: Workbench) -> None:
    older, _newer = ended(wb), ended(wb)
    app = page(replay, run=older.id, at="17", speed="4", loop="3-9")
    assert app.selectbox(key="replay_run").value == older.id
    assert address(app, "at") == "17"


def test_the_lab_counts_what_it_would_run(wb: Workbench) -> None:
    app = page(lab)
    assert any(button.label == "Run 10 cells" for button in app.button)
    app.multiselect(key="faults").set_value([]).run()
    nothing = next(button for button in app.button if button.label == "Run 0 cells")
    assert nothing.disabled


def many_runs(wb: Workbench, count: int) -> None:
    clock = SystemClock()
    for n in range(count):
        run = new_run_id(clock)
        request = RunRequest(input=f"prompt {n}", scenario="short")
        wb.log.create(RunInfo(id=run, created_at=clock.now(), request=request))
        lease = wb.log.claim(run, owner="test", ttl_s=60)
        arrival = Arrival(clock.now(), b'{"type":"workbench.run.completed"}')
        wb.log.append(lease, [arrival], after=0, closing=Closing(status="completed"))


def test_thousands_of_runs_are_paged_and_searched(wb: Workbench) -> None:
    wb.runner.stop()
    many_runs(wb, 5000)
    began = time.monotonic()
    app = page(runs)
    first_s = time.monotonic() - began
    assert "prompt 4999" in set(app.dataframe[0].value["prompt"])
    assert len(app.dataframe[0].value) == 100
    press(app, "Older")
    assert app.dataframe[0].value["prompt"].iloc[0] == "prompt 4899"
    began = time.monotonic()
    app = page(runs, search="prompt 7")
    assert len(app.dataframe[0].value) == 100
    assert first_s < 10
    assert time.monotonic() - began < 10


def test_cleaning_up_deletes_what_ended(wb: Workbench) -> None:
    run = ended(wb)
    app = page(runs)
    app.selectbox[0].set_value("no time").run()
    press(app, "Delete them")
    assert [each.id for each in wb.runs()] == []
    assert page(live, run=run.id).warning


def test_health_counts_and_examines(wb: Workbench) -> None:
    ended(wb)
    app = page(health)
    shown = {metric.label: metric.value for metric in app.metric}
    assert shown["Success"] == "100%"
    assert any("doctor" in each.value for each in app.subheader)


def test_a_run_that_is_only_in_memory_says_so(wb: Workbench) -> None:
    disk = cast("DiskLog", cast("StandbyLog", wb.log).store)
    disk.store._writer.execute("PRAGMA query_only = on")
    run = wb.start("Go", scenario="short", speed=0).wait(20)
    [warning] = page(live, run=run.id).warning
    assert "kept in memory only" in warning.value
    assert "not writable" in warning.value


def test_the_next_newer_run_is_found_among_thousands(
    wb: Workbench, monkeypatch: pytest.MonkeyPatch
) -> None:
    wb.runner.stop()
    many_runs(wb, 12)
    monkeypatch.setattr(parts, "NEIGHBOURS", 5)
    ids = [info.id for info in wb.log.runs(limit=12)]
    assert [parts.newer_than(run) for run in ids] == [None, *ids[:-1]]


def test_a_claim_of_a_cell_is_a_sentence_with_its_reason_where_it_does_not_hold() -> None:
    from workbench.app.screens.lab import CLAIMS, held

    assert held({"name": "once", "holds": True, "reason": None}).endswith(CLAIMS["once"])
    broken = held({"name": "text", "holds": False, "reason": "3 characters *less*"})
    assert ":red[" in broken
    assert plain("3 characters *less*") in broken


def test_every_claim_that_a_judge_makes_has_its_words(wb: Workbench) -> None:
    from workbench.app.screens.lab import CLAIMS

    report = wb.lab(scenarios=["tiny"], faults=["none"], transports=["background"], speed=50)
    names = {check["name"] for cell in report.to_dict()["results"] for check in cell["checks"]}
    assert names
    assert names <= set(CLAIMS)
