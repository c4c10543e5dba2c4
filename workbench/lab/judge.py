"""The verdict on one cell: the run against what was promised and what the provider knows."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Literal

from workbench.events import ENDED, Entry
from workbench.lab.cells import Cell, Promise, asked_of
from workbench.lab.truth import truth_of
from workbench.metrics.seams import SeamReport, report
from workbench.state import RunState, fold

__all__ = ["CHECKS", "Check", "Evidence", "Verdict", "judge"]

Verdict = Literal["pass", "fail", "unknown"]

CHECKS = {
    "terminal": "exactly one terminal entry, and nothing after it",
    "in time": "it ended within the bound",
    "once": "every event exactly once",
    "in order": "events in the provider's order",
    "true": "every event as the provider generated it",
    "text": "text, summaries and tool arguments equal the provider's",
    "status": "it ended as promised",
    "met": "a fault that was asked for happened",
    "paid once": "one generation was paid for",
    "read once": "every reader saw every entry once, in order",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One question; `holds` is null when it cannot be answered."""

    name: str
    holds: bool | None
    reason: str | None = None

    def to_dict(self) -> dict[str, Any]:
        return {"name": self.name, "holds": self.holds, "reason": self.reason}


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was seen of a run from outside."""

    cell: Cell
    promise: Promise
    entries: Sequence[Entry]
    seconds: float
    bound_s: float
    truth: Mapping[str, Any] | None = None  # the simulator's account; None of a real provider
    creates: int | None = None
    misread: Sequence[str] = field(default_factory=tuple)  # what was wrong with the readers


def judge(evidence: Evidence) -> tuple[Verdict, list[Check]]:
    """`unknown` when nothing is refuted and something promised cannot be known."""
    state, seams = fold(evidence.entries), report(evidence.entries)
    checks = [
        Check(name="terminal", holds=seams.terminal is True, reason="the run has no single end"),
        Check(
            name="in time",
            holds=evidence.seconds <= evidence.bound_s and state.status in ENDED,
            reason=f"{evidence.seconds:.1f} s, the bound is {evidence.bound_s:.1f} s",
        ),
        _once(evidence, seams),
        Check(
            name="in order",
            holds=seams.in_order is not False,
            reason="; ".join(seams.reasons),
        ),
        _true(evidence),
        _text(evidence, state, seams),
        _status(evidence, state),
        _met(evidence),
        _paid(evidence),
        Check(name="read once", holds=not evidence.misread, reason="; ".join(evidence.misread)),
    ]
    checks = [
        Check(name=c.name, holds=c.holds, reason=None if c.holds else c.reason) for c in checks
    ]
    if any(check.holds is False for check in checks):
        return "fail", checks
    return ("unknown" if any(check.holds is None for check in checks) else "pass"), checks


def _once(evidence: Evidence, seams: SeamReport) -> Check:
    reason = "; ".join(seams.reasons)
    if seams.once is None and evidence.promise == "ended":
        # Nothing was stored twice; that something is missing at the end was allowed.
        return Check(name="once", holds=True)
    return Check(name="once", holds=seams.once, reason=reason)


def _true(evidence: Evidence) -> Check:
    if evidence.truth is None or evidence.cell.alters_events:
        return Check(name="true", holds=True)
    generated = {event["sequence_number"]: event for event in evidence.truth["events"]}
    for entry in evidence.entries:
        event = entry.event
        number = event.get("sequence_number")
        if number is None or event["type"].startswith("workbench."):
            continue
        if number not in generated:
            return Check(name="true", holds=False, reason=f"event {number} was never generated")
        # Padding against eavesdroppers; it differs on every connection.
        if {k: v for k, v in event.items() if k != "obfuscation"} != generated[number]:
            return Check(name="true", holds=False, reason=f"event {number} is another one")
    return Check(name="true", holds=True)


def _text(evidence: Evidence, state: RunState, seams: SeamReport) -> Check:
    if evidence.truth is None:
        whole = evidence.promise == "ended" or seams.equal
        return Check(name="text", holds=whole, reason="; ".join(seams.reasons))
    truth = truth_of(evidence.truth)
    if state.status in {"completed", "incomplete"}:
        return Check(name="text", holds=_same(state, truth), reason=_difference(state, truth))
    return Check(
        name="text",
        holds=truth.text.startswith(state.text),
        reason="what was kept is not a beginning of the provider's text",
    )


def _same(state: RunState, truth: RunState) -> bool:
    return (
        state.text == truth.text
        and state.summaries == truth.summaries
        and _calls(state) == _calls(truth)
    )


def _calls(state: RunState) -> list[tuple[str | None, str]]:
    return [(tool.name, tool.arguments) for tool in state.tools]


def _difference(state: RunState, truth: RunState) -> str:
    if state.text != truth.text:
        pairs = zip(state.text, truth.text, strict=False)
        at = next((i for i, (a, b) in enumerate(pairs) if a != b), None)
        at = min(len(state.text), len(truth.text)) if at is None else at
        return f"{len(state.text)} of {len(truth.text)} characters, different from character {at}"
    if state.summaries != truth.summaries:
        return f"{len(state.summaries)} summaries, the provider has {len(truth.summaries)}"
    return "tool arguments differ"


def _status(evidence: Evidence, state: RunState) -> Check:
    if evidence.promise == "ended":
        return Check(name="status", holds=state.status in ENDED, reason=_said(state))
    final = (evidence.truth or {}).get("final") or {}
    wanted = final.get("status") or "completed"
    return Check(
        name="status",
        holds=state.status == wanted,
        reason=f"{_said(state)}, the provider's response is {wanted}",
    )


def _said(state: RunState) -> str:
    code = (state.error or {}).get("code")
    return f"it is {state.status} ({code})" if code else f"it is {state.status}"


def _met(evidence: Evidence) -> Check:
    """A run that no fault befell proves nothing about it."""
    faults = evidence.cell.parsed()
    if not faults or evidence.truth is None or "random:" in evidence.cell.faults:
        return Check(name="met", holds=True)  # what is drawn may well be nothing
    # A refused create belongs to no response, so the response's connections do not show it.
    refused = any("create" in asked_of(fault) for fault in faults)
    struck = any(connection["faults"] for connection in evidence.truth["connections"])
    reason = "no fault happened: the response has no such place"
    return Check(name="met", holds=True if refused or struck else None, reason=reason)


def _paid(evidence: Evidence) -> Check:
    if evidence.creates is None:
        return Check(name="paid once", holds=True)
    reason = f"{evidence.creates} generations were paid for"
    return Check(name="paid once", holds=evidence.creates <= 1, reason=reason)
