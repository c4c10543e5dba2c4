"""Whose turn it is."""

from workbench.events import RunInfo, RunRequest
from workbench.runner.fair import in_turn


def run(name: str, place: str, created_at: float) -> RunInfo:
    request = RunRequest(input="x", provider="chat", base_url=place)
    return RunInfo(id=name, created_at=created_at, request=request)


def test_the_oldest_run_of_a_base_url_goes_first() -> None:
    waiting = [run("new", "a", 3.0), run("old", "a", 1.0), run("middle", "a", 2.0)]

    assert [info.id for info in in_turn(waiting, [])] == ["old", "middle", "new"]


def test_many_runs_at_one_base_url_do_not_keep_another_waiting() -> None:
    many = [run(f"a{n}", "a", n) for n in range(100)]
    single = run("b", "b", 1000.0)

    assert in_turn([*many, single], [])[1] == single


def test_a_base_url_with_runs_under_way_comes_after_an_idle_one() -> None:
    busy = [run("busy", "a", 0.0)]

    assert [info.id for info in in_turn([run("a", "a", 1.0), run("b", "b", 2.0)], busy)] == [
        "b",
        "a",
    ]
