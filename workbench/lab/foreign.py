"""Somebody else's client under the same faults: a command that prints the final text.

Every cell has a simulator of its own, whose base URL the command gets in place of `{base_url}`
and as OPENAI_BASE_URL. A client may fail where the transport it chose cannot survive a fault, as
long as it says so; what it may never do is to print half an answer, or two, and call it success.
"""

import os
import shlex
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from itertools import count
from typing import Any

from workbench.errors import InvalidSetting
from workbench.events import Transport
from workbench.lab.base import Progress
from workbench.lab.cells import FAULTS, Cell, matrix, promise
from workbench.lab.judge import Check, Verdict
from workbench.lab.report import CellResult, LabReport
from workbench.lab.truth import Truth, truth_of
from workbench.simulator.server import Simulator

__all__ = ["judge_client"]

_PLACE = "{base_url}"


@dataclass(frozen=True, slots=True, kw_only=True)
class _Outcome:
    """What the command did."""

    printed: str
    complained: str
    exit_code: int | None  # None: it was still running when the time was up
    seconds: float


def judge_client(
    command: str,
    *,
    scenarios: Sequence[str] = ("short",),
    faults: Sequence[str] = FAULTS,
    seed: int = 0,
    speed: float = 50.0,
    timeout_s: float = 30.0,
    parallel: int = 2,
    progress: Progress | None = None,
) -> LabReport:
    """Run the command under every fault and judge what it prints."""
    words = shlex.split(command)
    if not words:
        raise InvalidSetting("the client's command is empty")
    cells = matrix(scenarios, faults, ["background"])
    began, done = time.monotonic(), count(1)

    def one(cell: Cell) -> CellResult:
        result = _cell(cell, words, command, seed=seed, speed=speed, timeout_s=timeout_s)
        if progress:
            progress(next(done), len(cells), f"{cell.name}: {result.verdict}")
        return result

    with ThreadPoolExecutor(parallel, thread_name_prefix="lab-client") as threads:
        results = tuple(threads.map(one, cells))
    return LabReport(results=results, seed=seed, speed=speed, seconds=time.monotonic() - began)


def _cell(
    cell: Cell, words: list[str], command: str, *, seed: int, speed: float, timeout_s: float
) -> CellResult:
    with Simulator(
        seed=seed, speed=speed, scenario=cell.scenario, faults=cell.fault_text
    ) as simulator:
        outcome = _run([word.replace(_PLACE, simulator.base_url) for word in words],
                       simulator.base_url, timeout_s)  # fmt: skip
        truth = Truth(simulator.base_url)
        creates = truth.creates()
        account = truth.response(creates["ids"][-1]) if creates["ids"] else None
        truth.close()
    cell = replace(cell, transport=_transport(account))
    checks = _checks(cell, outcome, account, creates["total"], timeout_s)
    held: Verdict = "pass" if all(check.holds for check in checks) else "fail"
    again = ["workbench", "lab", "--client", command, "--scenario", cell.scenario,
             "--fault", cell.faults, "--seed", str(seed), "--speed", f"{speed:g}"]  # fmt: skip
    return CellResult(
        cell=cell,
        promise=promise(cell),
        verdict=held,
        checks=tuple(checks),
        run=None,
        status=_status(outcome),
        seconds=outcome.seconds,
        attempts=len(account["connections"]) if account else 0,
        command=shlex.join(again),
    )


def _run(words: list[str], base_url: str, timeout_s: float) -> _Outcome:
    began = time.monotonic()
    environment = {**os.environ, "OPENAI_BASE_URL": base_url, "OPENAI_API_KEY": "simulator"}
    try:
        ran = subprocess.run(  # noqa: S603 - the command is the user's own
            words, capture_output=True, timeout=timeout_s, env=environment, check=False
        )
    except OSError as error:
        raise InvalidSetting(
            f"the client cannot be started: {words[0]}: {error.strerror}"
        ) from error
    except subprocess.TimeoutExpired as error:
        return _Outcome(
            printed=_decoded(error.stdout),
            complained=_decoded(error.stderr),
            exit_code=None,
            seconds=time.monotonic() - began,
        )
    return _Outcome(
        printed=_decoded(ran.stdout),
        complained=_decoded(ran.stderr),
        exit_code=ran.returncode,
        seconds=time.monotonic() - began,
    )


def _decoded(output: bytes | None) -> str:
    return (output or b"").decode("utf-8", "replace")


def _transport(account: dict[str, Any] | None) -> Transport:
    """What the client chose; a promise is only as good as the transport."""
    events = account["events"] if account else []
    created = events[0].get("response") or {} if events else {}
    return "background" if created.get("background") else "stream"


def _status(outcome: _Outcome) -> str:
    return "hung" if outcome.exit_code is None else f"exit {outcome.exit_code}"


def _checks(
    cell: Cell,
    outcome: _Outcome,
    account: dict[str, Any] | None,
    creates: int,
    timeout_s: float,
) -> list[Check]:
    text = truth_of(account).text if account else ""
    claims = outcome.exit_code == 0
    wrong = _wrong(outcome.printed.strip(), text.strip())
    if claims:
        said = Check(name="text", holds=wrong is None, reason=wrong)
    else:
        last = (outcome.complained.strip().splitlines() or ["it said nothing"])[-1][:200]
        allowed = promise(cell) == "ended" and outcome.exit_code is not None
        said = Check(name="text", holds=allowed, reason=f"it failed: {last}")
    return [
        Check(
            name="in time",
            holds=outcome.exit_code is not None,
            reason=f"it was still running after {timeout_s:g} s",
        ),
        said,
        Check(
            name="paid once",
            holds=creates <= 1,
            reason=f"{creates} generations were paid for",
        ),
    ]


def _wrong(printed: str, text: str) -> str | None:
    """What is wrong with the text it printed and called success."""
    if printed == text:
        return None
    if not printed:
        return "it printed nothing and called it success"
    if text.startswith(printed):
        return f"it printed {len(printed)} of {len(text)} characters and called it success"
    if len(printed) > len(text):
        return f"it printed {len(printed)} characters, the provider's text has {len(text)}"
    return "it printed another text than the provider's"
