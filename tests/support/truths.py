"""What the simulator really generated, against what a log holds of it."""

from typing import Any

import httpx

from workbench import Run, Workbench

__all__ = ["assert_true_to_the_provider", "truth_of", "untruths"]


def truth_of(wb: Workbench, path: str) -> Any:
    """An answer of the simulator's own view at `/__sim/…`."""
    base_url = wb.simulator_url().removesuffix("/v1")
    answer = httpx.get(f"{base_url}/__sim/{path}", trust_env=False)
    assert answer.status_code == 200, answer.text
    return answer.json()


def assert_true_to_the_provider(wb: Workbench, run: Run) -> None:
    """Every authoritative event once and in order, the same text, one end, one create."""
    problems = untruths(wb, run)
    assert not problems, f"run {run.id}: " + "; ".join(problems)


def untruths(wb: Workbench, run: Run) -> list[str]:
    """What is wrong with a log; empty when nothing is."""
    problems: list[str] = []
    entries = run.entries()
    events = [entry.event for entry in entries]
    ends = [n for n, event in enumerate(events, 1) if _is_end(event)]
    if ends != [len(events)]:
        problems.append(f"terminal entries at {ends} of {len(events)}")
    if [entry.cursor for entry in entries] != list(range(1, len(entries) + 1)):
        problems.append("cursors are not dense")
    state = run.state
    if state.response_id is None:
        return [*problems, f"no response: {run.status}, {run.error}"]

    truth = truth_of(wb, f"responses/{state.response_id}")
    problems += _events(events, truth["events"])
    problems += _end(run, truth)
    if truth["creates"] > 1:  # 0 when the process that created it is gone
        problems.append(f"{truth['creates']} creates")
    return problems


def _is_end(event: dict[str, Any]) -> bool:
    kind: str = event["type"]
    return kind.startswith("workbench.run.") and kind != "workbench.run.created"


def _events(events: list[dict[str, Any]], generated: list[dict[str, Any]]) -> list[str]:
    received = [event for event in events if _is_received(event)]
    filled = any(event["type"] == "workbench.filled" for event in events)
    numbers = [event["sequence_number"] for event in received if "sequence_number" in event]
    problems = []
    if numbers != sorted(set(numbers)):
        problems.append(f"numbers out of order or twice: {numbers}")
    expected = [_essence(event) for event in generated]
    known = {essence[0] for essence in expected}
    got = [essence for event in received if (essence := _essence(event))[0] in known]
    if got == expected:
        return problems
    if not filled:
        at = next((n for n, (a, b) in enumerate(zip(got, expected, strict=False)) if a != b), None)
        lost = [essence[:2] for essence in expected if essence not in got][:3]
        said = f"{len(got)} of {len(expected)} events, the first other one at {at}, lost {lost}"
        problems.append(said)
    elif not _is_subsequence(got, expected):
        problems.append("events that were never generated, or in another order")
    return problems


def _essence(event: dict[str, Any]) -> tuple[Any, ...]:
    """What an event says, without what faults may change on the way: numbers, ids, new fields."""
    names = ("type", "delta", "output_index", "content_index", "summary_index", "text", "arguments")
    return tuple(event.get(name) for name in names)


def _is_subsequence(part: list[Any], whole: list[Any]) -> bool:
    rest = iter(whole)
    return all(one in rest for one in part)


def _is_received(event: dict[str, Any]) -> bool:
    filled = event.get("workbench", {}).get("filled", False)
    return not event["type"].startswith("workbench.") and not filled


def _end(run: Run, truth: dict[str, Any]) -> list[str]:
    final = truth["final"]
    if final is None:
        return [f"the provider never ended it, the run is {run.status}"]
    problems = []
    if run.status != final["status"]:
        problems.append(f"the run is {run.status}, the response {final['status']}: {run.error}")
    text = "".join(
        part.get("text", "")
        for item in final["output"]
        if item["type"] == "message"
        for part in item["content"]
    )
    if final["status"] in {"completed", "incomplete"} and run.text != text:
        problems.append(f"text of {len(run.text)} characters, the final object has {len(text)}")
    return problems
