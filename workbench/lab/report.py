"""What the lab found: one result per cell, as JSON, as JUnit XML, as text."""

from collections import Counter
from dataclasses import dataclass
from typing import Any
from xml.etree.ElementTree import Element, SubElement, tostring

from workbench.lab.cells import Cell, Promise
from workbench.lab.judge import Check, Evidence, Verdict, judge
from workbench.state import fold
from workbench.views import labgrid, static_html

__all__ = ["CellResult", "LabReport", "result_of"]


@dataclass(frozen=True, slots=True, kw_only=True)
class CellResult:
    cell: Cell
    promise: Promise
    verdict: Verdict
    checks: tuple[Check, ...]
    run: str | None
    status: str | None
    seconds: float
    attempts: int
    command: str

    @property
    def reasons(self) -> list[str]:
        """What does not hold, or cannot be known."""
        return [f"{c.name}: {c.reason}" for c in self.checks if c.holds is not True]

    def to_dict(self) -> dict[str, Any]:
        return {
            **self.cell.to_dict(),
            "promise": self.promise,
            "verdict": self.verdict,
            "reasons": self.reasons,
            "checks": [check.to_dict() for check in self.checks],
            "run": self.run,
            "status": self.status,
            "seconds": round(self.seconds, 3),
            "attempts": self.attempts,
            "command": self.command,
        }


def result_of(evidence: Evidence, *, run: str, command: str) -> CellResult:
    """What was seen of a cell, judged."""
    verdict, checks = judge(evidence)
    state = fold(evidence.entries)
    return CellResult(
        cell=evidence.cell,
        promise=evidence.promise,
        verdict=verdict,
        checks=tuple(checks),
        run=run,
        status=state.status,
        seconds=evidence.seconds,
        attempts=state.attempt,
        command=command,
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class LabReport:
    results: tuple[CellResult, ...]
    seed: int
    speed: float
    seconds: float

    @property
    def failed(self) -> list[CellResult]:
        return [result for result in self.results if result.verdict == "fail"]

    @property
    def is_ok(self) -> bool:
        """Whether there were cells, and none was refuted or left open."""
        return bool(self.results) and all(result.verdict == "pass" for result in self.results)

    def counts(self) -> dict[str, int]:
        found = Counter(result.verdict for result in self.results)
        return {verdict: found[verdict] for verdict in ("pass", "fail", "unknown")}

    def to_dict(self) -> dict[str, Any]:
        results = [result.to_dict() for result in self.results]
        return {
            "ok": self.is_ok,
            "counts": self.counts(),
            "seed": self.seed,
            "speed": self.speed,
            "seconds": round(self.seconds, 3),
            "results": results,
            "grid": labgrid.grid(results, results),
        }

    def to_junit(self) -> str:
        """JUnit XML: a test case per cell, with the command that shows it again."""
        counts = self.counts()
        suite = Element(
            "testsuite",
            name="workbench lab",
            tests=str(len(self.results)),
            failures=str(counts["fail"]),
            skipped=str(counts["unknown"]),
            errors="0",
            time=f"{self.seconds:.3f}",
        )
        for result in self.results:
            cell = result.cell
            case = SubElement(
                suite,
                "testcase",
                classname=f"lab.{cell.scenario}.{cell.transport}",
                name=cell.faults if cell.reading == "fresh" else f"{cell.reading}: {cell.faults}",
                time=f"{result.seconds:.3f}",
            )
            if result.verdict != "pass":
                tag = "failure" if result.verdict == "fail" else "skipped"
                said = SubElement(case, tag, message=_xml_text("; ".join(result.reasons)))
                said.text = result.command
        return '<?xml version="1.0" encoding="utf-8"?>\n' + tostring(suite, encoding="unicode")

    def __repr__(self) -> str:
        return "<LabReport: {pass} passed, {fail} failed, {unknown} unknown>".format(
            **self.counts()
        )

    def _repr_html_(self) -> str:
        return static_html.grid_table(self.to_dict()["grid"])

    def __str__(self) -> str:
        counts = self.counts()
        lines = [labgrid.text(self.to_dict()["grid"]), ""]
        for result in self.results:
            if result.verdict != "pass":
                lines += [
                    f"{result.verdict}: {result.cell.name}",
                    *[f"  {reason}" for reason in result.reasons],
                    f"  {result.command}",
                ]
        lines.append(
            f"{counts['pass']} passed, {counts['fail']} failed, {counts['unknown']} unknown "
            f"in {self.seconds:.1f} s"
        )
        return "\n".join(lines)


def _xml_text(text: str) -> str:
    """XML has no way to write most control characters."""
    return "".join(c if c in "\t\n\r" or c >= " " else "\ufffd" for c in text)
