"""How a run ends: its status, what is filled in and what is said about it."""

from typing import Any, Literal, TypeAlias

from workbench.events import Event, Fact, RunInfo
from workbench.runner.writer import Writer
from workbench.wire import final

__all__ = [
    "FINAL",
    "Ended",
    "created",
    "error_of",
    "fill",
    "is_final",
    "status_of",
    "summary",
    "verify",
]

Ended: TypeAlias = Literal["completed", "incomplete", "failed", "cancelled", "interrupted"]

FINAL: dict[str, Ended] = {
    "completed": "completed",
    "incomplete": "incomplete",
    "failed": "failed",
    "cancelled": "cancelled",
}
_FILLED = {"workbench": {"filled": True}}


def is_final(response: Event) -> bool:
    return final.terminal_status(response) is not None


def created(response: Event) -> Event:
    """What makes the id of a response that does not stream known to whoever reads the log."""
    return {"type": "response.created", "response": response, **_FILLED}


def fill(writer: Writer, response: Event, *, reason: str) -> None:
    """Append what the final object has and the log has not, the provider's end included.

    One append: a process that dies leaves all of it behind, or nothing.
    """
    missing = final.missing_events(writer.state, response)
    characters = final.filled_characters(missing)
    said = {"reason": reason, "characters": characters, "events": len(missing)}
    writer.events([{"type": Fact.FILLED, **said}, *missing])


def verify(writer: Writer, response: Event) -> None:
    """Say whether the folded text is what the provider stores; mend it when it is not."""
    equal, reason = _compare(writer, response)
    if equal is False:
        fill(writer, response, reason=reason or "the final object differs")
        left = final.difference(writer.state, response)
        equal, reason = left is None, left or reason
    writer.fact(Fact.VERIFIED, equal=equal, reason=reason)


def _compare(writer: Writer, response: Event) -> tuple[bool | None, str | None]:
    status = final.terminal_status(response)
    if status in {"failed", "cancelled"}:
        return None, f"the provider keeps no output of a {status} response"
    if not response.get("output") and writer.state.text:
        return None, "the final object has no output"
    reason = final.difference(writer.state, response)
    return reason is None, reason


def status_of(event: Event, error: Event | None) -> tuple[Ended, dict[str, Any] | None]:
    """The status of a run by the provider's own end of its response, and its error."""
    response = event["response"]
    status = FINAL.get(response.get("status") or event["type"].rpartition(".")[2], "failed")
    if status != "failed":
        return status, None
    return status, error_of(response) or error_of(error or {}) or error_of({"error": {}})


def error_of(holder: Event) -> dict[str, Any]:
    """Code and message, from a failed response or an `error` event, nested or flat."""
    said = holder.get("error", holder)
    if not isinstance(said, dict) or holder.get("error", holder) is None:
        return {}
    return {
        "code": str(said.get("code") or said.get("type") or "failed"),
        "message": str(said.get("message") or "The provider failed without saying why."),
    }


def summary(
    writer: Writer, info: RunInfo, now: float, error: dict[str, Any] | None
) -> dict[str, Any]:
    """What lists show of a run without reading its entries."""
    state = writer.state
    return {
        "usage": state.usage,
        "duration_s": round(now - info.created_at, 3),
        "characters": len(state.text),
        "response_id": writer.progress.response_id,
        "model": state.model,
        "attempts": writer.progress.attempt,
        "error": error,
    }
