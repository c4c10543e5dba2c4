"""The judge against runs that were spoilt on purpose: each defect must be found."""

from collections.abc import Callable, Sequence
from copy import deepcopy
from dataclasses import replace
from itertools import count

import pytest

from workbench.events import Entry, Fact
from workbench.lab.cells import Cell
from workbench.lab.judge import CHECKS, Evidence, Verdict, judge
from workbench.lab.lab import PROMPT
from workbench.lab.truth import Truth, truth_of
from workbench.service.workbench import Workbench
from workbench.simulator.server import Simulator

Spoil = Callable[[list[Entry]], list[Entry]]


@pytest.fixture(scope="module")
def good(workbench: Workbench) -> Evidence:
    """A run that was cut and resumed, and came out whole."""
    cell = Cell(scenario="short", faults="cut@event:40")
    with Simulator() as simulator:
        run = workbench.start(
            PROMPT, base_url=simulator.base_url, scenario="short", faults=cell.faults, speed=100
        )
        run.wait(30)
        truth = Truth(simulator.base_url)
        account = truth.response(run.state.response_id or "")
        truth.close()
    return Evidence(
        cell=cell, promise="whole", entries=run.entries(), seconds=1, bound_s=30,
        truth=account, creates=1,
    )  # fmt: skip


def refuted(evidence: Evidence) -> tuple[Verdict, set[str]]:
    verdict, checks = judge(evidence)
    return verdict, {check.name for check in checks if check.holds is not True}


def numbered(entries: Sequence[Entry]) -> list[Entry]:
    """Cursors dense again, as a log would have them."""
    cursors = count(1)
    return [Entry(next(cursors), entry.at, entry.event) for entry in entries]


def text_deltas(entries: Sequence[Entry]) -> list[int]:
    return [i for i, e in enumerate(entries) if e.event["type"] == "response.output_text.delta"]


def doubled(entries: list[Entry]) -> list[Entry]:
    at = text_deltas(entries)[20]
    return [*entries[: at + 1], entries[at], *entries[at + 1 :]]


def lost(entries: list[Entry]) -> list[Entry]:
    keep = set(text_deltas(entries)[20:24])
    settled = {"response.output_text.done", "response.content_part.done",
               "response.output_item.done"}  # fmt: skip
    return [e for i, e in enumerate(entries) if i not in keep and e.event["type"] not in settled]


def swapped(entries: list[Entry]) -> list[Entry]:
    a, b = text_deltas(entries)[20:22]
    entries[a], entries[b] = entries[b], entries[a]
    return entries


def invented(entries: list[Entry]) -> list[Entry]:
    at = text_deltas(entries)[20]
    entries[at].event["delta"] += " (hm)"
    return entries


def unfinished(entries: list[Entry]) -> list[Entry]:
    return entries[:-1]


def ended_twice(entries: list[Entry]) -> list[Entry]:
    return [*entries, entries[-1]]


def gave_up(entries: list[Entry]) -> list[Entry]:
    return [*entries[:-1], Entry(0, entries[-1].at, {"type": f"{Fact.RUN_ENDED}interrupted"})]


def test_the_run_as_it_was_passes_every_check(good: Evidence) -> None:
    verdict, checks = judge(good)
    assert verdict == "pass"
    assert [check.name for check in checks] == list(CHECKS)


@pytest.mark.parametrize(
    ("spoil", "found"),
    [
        (doubled, "once"),
        (lost, "text"),
        (swapped, "in order"),
        (invented, "true"),
        (unfinished, "terminal"),
        (ended_twice, "terminal"),
        (gave_up, "status"),
    ],
)
def test_a_spoilt_run_is_found_out(good: Evidence, spoil: Spoil, found: str) -> None:
    entries = numbered(spoil(deepcopy(list(good.entries))))
    verdict, names = refuted(replace(good, entries=entries))
    assert verdict == "fail"
    assert found in names


@pytest.mark.parametrize(
    ("change", "found"),
    [
        ({"creates": 2}, "paid once"),
        ({"seconds": 31.0}, "in time"),
        ({"misread": ("the second tab saw nothing",)}, "read once"),
    ],
)
def test_what_was_seen_from_outside_counts_as_well(
    good: Evidence, change: dict[str, object], found: str
) -> None:
    verdict, names = refuted(replace(good, **change))  # type: ignore[arg-type]
    assert (verdict, names) == ("fail", {found})


def test_a_partial_text_is_allowed_only_as_a_true_beginning(good: Evidence) -> None:
    entries = list(good.entries)
    half = [*entries[: text_deltas(entries)[20]], entries[-1]]
    end = Entry(0, entries[-1].at, {"type": f"{Fact.RUN_ENDED}interrupted"})
    ended = replace(good, promise="ended", entries=numbered([*half[:-1], end]))
    assert judge(ended)[0] == "pass"
    spoilt = invented(deepcopy(list(good.entries)))
    half = [*spoilt[: text_deltas(spoilt)[20] + 1], end]
    verdict, names = refuted(replace(good, promise="ended", entries=numbered(half)))
    assert verdict == "fail"
    assert {"true", "text"} <= names


def test_without_the_providers_account_equality_must_be_verified(good: Evidence) -> None:
    assert judge(replace(good, truth=None))[0] == "pass"
    final = {Fact.VERIFIED, "response.completed"}
    silent = [e for e in good.entries if e.event["type"] not in final]
    verdict, names = refuted(replace(good, truth=None, entries=numbered(silent)))
    assert verdict == "unknown"
    assert names == {"text"}


def test_the_account_folds_to_the_text_that_the_run_has(good: Evidence) -> None:
    assert good.truth is not None
    assert truth_of(good.truth).text.startswith("A cursor is a bookmark")
