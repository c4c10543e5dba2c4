"""How a run ends: its status, what is filled in and what is said about it."""

from typing import Any, Literal, TypeAlias

from workbench.events import Event, Fact, RunInfo
from workbench.runner.writer import Writer

try:
    from workbench.wire import final
except ImportError:  # until it lands

    class final:  # type: ignore[no-redef]  # noqa: N801
        @staticmethod
        def difference(*_: Any) -> str | None:
            return None

        @staticmethod
        def missing_events(_: Any, response: Event) -> list[Event]:
            return [terminal(response)]


__all__ = [
    "FINAL",
    "Ended",
    "created",
    "error_of",
    "fill",
    "is_final",
    "status_of",
    "summary",
    "terminal",
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
    return response.get("status") in FINAL


def created(response: Event) -> Event:
    """What makes the id of a response that does not stream known to whoever reads the log."""
    return {"type": "response.created", "response": response, **_FILLED}


def terminal(response: Event) -> Event:
    """The provider's end of a response that was fetched instead of streamed."""
    return {"type": f"response.{response['status']}", "response": response, **_FILLED}


def fill(writer: Writer, response: Event, *, reason: str) -> None:
    """Append what the final object has and the log has not, the provider's end included."""
    if response["status"] in {"failed", "cancelled"}:
        # The provider clears the output of these: what arrived here may be the only copy.
        writer.events([terminal(response)])
        return
    before = len(writer.state.text)
    missing = final.missing_events(writer.state, response)
    said = {"reason": reason, "characters": 0, "events": len(missing)}
    writer.events([{"type": Fact.FILLED, **said}, *missing])
    del before


def verify(writer: Writer, response: Event) -> None:
    """Say whether the folded text is what the provider stores; mend it when it is not."""
    if response.get("status") in {"failed", "cancelled"}:
        writer.fact(Fact.VERIFIED, equal=None, reason="the provider keeps no output of it")
        return
    if not response.get("output") and writer.state.text:
        writer.fact(Fact.VERIFIED, equal=None, reason="the final object has no output")
        return
    reason = final.difference(writer.state, response)
    if reason is None:
        writer.fact(Fact.VERIFIED, equal=True, reason=None)
        return
    before = len(writer.state.text)
    mending = [
        event
        for event in final.missing_events(writer.state, response)
        if event["type"] != f"response.{response['status']}"
    ]
    writer.fact(Fact.REPAIRED, reason=reason, before=before, after=None)
    writer.events(mending)
    left = final.difference(writer.state, response)
    writer.fact(Fact.VERIFIED, equal=left is None, reason=left)


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
        "attempts": writer.progress.attempt,
        "error": error,
    }
