"""Comparison, lab and picker without a page: buttons, threads and what comes of them."""

from typing import Any

import pytest
import traitlets as t

from workbench import Workbench
from workbench.errors import UsageError
from workbench.widgets import CompareView, LiveView, ReplayPlayer, ResumeLab, RunPicker


def test_a_comparison_measures_and_gives_a_frame(wb: Workbench) -> None:
    view = CompareView(wb, transports=["stream", "sync"], repeat=1, speed=50)
    assert repr(view) == "CompareView(stream, sync: nothing measured)"
    assert view.measure().wait(60) is view
    frame = view.frame
    assert frame is not None
    assert sorted(frame["lane"]) == ["stream", "sync"]
    assert view.view.options["drawing"]["lanes"][0]["label"] == "stream"
    assert "first words" in view.picture()
    assert repr(view) == "CompareView(stream, sync: 2 runs measured)"
    view.close()


def test_a_race_starts_every_transport_at_once(wb: Workbench) -> None:
    view = CompareView(wb, speed=50)
    assert view.view.layout.display == "none", "there is nothing to show yet"
    runs = view.race()
    assert view.view.layout.display is None
    assert [run.info.request.transport for run in runs] == view.transports
    assert [lane["run"] for lane in view.view.options["runs"]] == [run.id for run in runs]
    view.position = 40
    assert view.view.position == 40
    view.view.set_state({"position": 12, "playing": True})
    assert (view.position, view.playing) == (12, True)
    for run in runs:
        assert run.wait(20).status == "completed"
    view.close()


def test_a_mistake_is_a_sentence_beside_the_buttons(wb: Workbench) -> None:
    view = CompareView(wb, transports=[])
    view.measure().wait(10)
    assert view._word.value == "Choose at least one transport."
    assert view.race() == []
    assert not view.busy
    view.close()


def test_a_stop_ends_a_comparison_between_two_runs(wb: Workbench) -> None:
    view = CompareView(wb, repeat=50, speed=20)
    view.observe(lambda _: view.stop(), "progress")
    view.measure().wait(60)
    assert view._word.value == "Stopped."
    assert view.frame is None
    view.close()


def test_the_lab_draws_every_verdict_and_opens_a_cell(wb: Workbench) -> None:
    lab = ResumeLab(wb, faults=["none", "cut@event:10"], transports=["background"])
    assert repr(lab) == "ResumeLab(not run yet)"
    assert lab.view.layout.display == "none"
    lab.run().wait(60)
    assert repr(lab) == "ResumeLab(2 passed, 0 failed, 0 unknown)"
    assert lab.view.layout.display is None
    assert [cell["verdict"] for cell in lab.view.options["grid"]["cells"]] == ["pass", "pass"]
    frame = lab.frame
    assert frame is not None
    assert list(frame["verdict"]) == ["pass", "pass"]
    lab.view._handle_custom_msg(
        {"type": "event", "name": "cell", "detail": {"row": 1, "column": 0}}, []
    )
    assert lab.selected == (1, 0)
    assert isinstance(lab._player.children[0], ReplayPlayer)
    assert "--fault cut@event:10" in lab._detail.value
    assert "✓" in lab.picture()
    lab.close()


def test_the_lab_says_what_is_missing(wb: Workbench) -> None:
    lab = ResumeLab(wb)
    lab._choices["faults"].value = ()
    lab.run().wait(10)
    assert lab._word.value == "Choose at least one of the faults."
    lab.close()


def test_a_picker_finds_and_chooses_runs_both_ways(wb: Workbench) -> None:
    lisbon, porto = (wb.start(f"A week in {city}").wait(20) for city in ("Lisbon", "Porto"))
    picker = RunPicker(wb, search="lisbon")
    assert picker.run is None
    assert picker.picture() == "<p>1 run, none chosen.</p>"
    assert [run for _, run in picker._list.options] == [lisbon.id]
    picker.selection = [lisbon.id]
    assert picker._list.value == (lisbon.id,)
    assert picker.run == lisbon
    picker.search = ""
    assert {run for _, run in picker._list.options} == {lisbon.id, porto.id}
    assert picker.runs == [lisbon]
    assert repr(picker) == "RunPicker(2 runs, 1 chosen)"
    picker._list.value = (porto.id,)
    assert picker.selection == [porto.id]
    assert "Porto" in picker.picture()
    with pytest.raises(t.TraitError, match="does not show a run 'nope'"):
        picker.selection = ["nope"]
    assert picker.selection == [porto.id]
    picker.close()


@pytest.mark.parametrize(
    ("kind", "given", "sentence"),
    [
        (CompareView, {"transports": ["pigeon"]}, "'pigeon' is no transport"),
        (CompareView, {"scenario": "nope"}, "'nope' is no scenario"),
        (CompareView, {"speed": -1}, "The speed is from 0 to 1000"),
        (CompareView, {"repeat": 0}, "repeats from 1 to 50"),
        (ResumeLab, {"scenarios": ["nope"]}, "'nope' is no scenario"),
        (ResumeLab, {"faults": ["nonsense"]}, "nonsense"),
        (ResumeLab, {"readings": ["aloud"]}, "'aloud' is no reading"),
        (LiveView, {"run": "r1"}, "A run is wanted, .* and not 'r1'"),
        (ReplayPlayer, {"runs": "r1"}, "A run is wanted"),
        (ReplayPlayer, {"runs": [1, 2]}, "A run is wanted"),
        (ReplayPlayer, {"runs": None}, "A run is wanted"),
    ],
)
def test_a_wrong_argument_is_refused_in_a_sentence(
    wb: Workbench, kind: Any, given: dict[str, Any], sentence: str
) -> None:
    bench = {"workbench": wb} if kind in {CompareView, ResumeLab} else {}
    with pytest.raises(UsageError, match=sentence):
        kind(**bench, **given)
