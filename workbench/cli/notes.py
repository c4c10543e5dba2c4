"""What happened on the way, one sentence for each fact that a reader should hear of."""

from collections.abc import Callable, Mapping
from typing import Any, Final

from workbench.events import Entry, Fact

__all__ = ["note"]

Fields = Mapping[str, Any]

_BARE: Final = frozenset({"cut", "reset", "ended", "idle", "headers", "handover", "cancel"})


def note(entry: Entry) -> str | None:
    """A sentence, or None when the entry is everyday."""
    teller = _TELLERS.get(entry.event["type"])
    return teller(entry.event, entry.cursor) if teller else None


def _adapted(event: Fields, _: int) -> str:
    reason = f": {event['reason']}" if event.get("reason") else ""
    return f"used {event.get('used')} instead of {event.get('wanted')}{reason}"


def _interrupted(event: Fields, cursor: int) -> str:
    # Of a connection that broke there is no more to say than how.
    told = event.get("message") if event.get("cause") not in _BARE else None
    message = f": {told}" if told else ""
    return f"connection {event.get('attempt')} lost at cursor {cursor} ({event['cause']}){message}"


def _resumed(event: Fields, cursor: int) -> str:
    after = event.get("starting_after")
    where = "" if after is None else f", after the provider's event {after}"
    return f"resumed at cursor {cursor}{where}"


def _waiting(event: Fields, _: int) -> str | None:
    if event.get("reason") == "poll" or (event.get("seconds") or 0) < 1:
        return None
    reason = str(event.get("reason")).replace("_", " ")
    return f"waiting {event['seconds']:.1f} s ({reason})"


def _gap(event: Fields, _: int) -> str:
    return f"events {event.get('expected')} to {event.get('got')} are missing: {event['action']}"


def _filled(event: Fields, _: int) -> str | None:
    if not event.get("characters"):
        return None
    return f"{event['characters']} characters filled in from the provider's final object"


def _repaired(event: Fields, _: int) -> str:
    return f"the provider's final object says otherwise and wins: {event.get('reason')}"


_TELLERS: Final[dict[str, Callable[[Fields, int], str | None]]] = {
    Fact.ADAPTED: _adapted,
    Fact.ATTEMPT_INTERRUPTED: _interrupted,
    Fact.ATTEMPT_RESUMED: _resumed,
    Fact.WAITING: _waiting,
    Fact.GAP: _gap,
    Fact.FILLED: _filled,
    Fact.REPAIRED: _repaired,
    Fact.GARBLED: lambda event, cursor: f"entry {cursor} is no event: {event.get('reason')}",
    Fact.FAULT: lambda event, _: f"broken on purpose: {event.get('fault')}",
    Fact.UNLOGGED: lambda event, _: f"the store was away for {event.get('seconds')} s",
    Fact.CANCEL_REQUESTED: lambda *_: "asked to stop",
}
