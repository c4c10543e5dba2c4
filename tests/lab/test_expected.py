from workbench.events import TRANSPORTS
from workbench.lab.expected import expected
from workbench.service.workbench import Workbench
from workbench.simulator.scenario import load_all

SPEED = 20.0
# What a socket, a log and a busy machine add to the scenario's own times.
LATE_S = 1.5


def test_a_scenario_promises_what_its_runs_then_do(workbench: Workbench) -> None:
    promised = expected(load_all()["short"], TRANSPORTS, speed=SPEED, poll_s=0.1)
    for lane in promised["lanes"]:
        run = workbench.start("Say it", scenario="short", transport=lane["transport"], speed=SPEED)
        clock = run.wait(60).metrics().reader()
        assert clock is not None
        assert 0 <= clock.starts_s - lane["reader"]["from"] < LATE_S, lane["label"]
        assert 0 <= clock.ends_s - lane["reader"]["to"] < LATE_S, lane["label"]


def test_only_a_streamed_lane_shows_words_before_it_is_complete() -> None:
    lanes = {lane["label"]: lane for lane in expected(load_all()["planner"], TRANSPORTS)["lanes"]}
    kinds = {name: [phase["kind"] for phase in lane["phases"]] for name, lane in lanes.items()}
    assert kinds["stream"] == kinds["background"] == ["wait", "think", "write"]
    assert kinds["sync"] == kinds["poll"] == ["wait"]
    assert lanes["poll"]["reader"]["from"] > lanes["sync"]["reader"]["from"]


def test_a_scenario_without_text_promises_no_reader() -> None:
    scenario = load_all()["refusal"]
    assert [lane["reader"] for lane in expected(scenario, ["sync"])["lanes"]] == [None]
