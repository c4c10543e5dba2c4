"""Every kind of fault, as one table: what it does, where it may stand, what it takes.

The grammar checks a fault against this table, `docs/simulator.md` prints it, and the code that
does the damage looks its defaults up here.
"""

from dataclasses import dataclass
from typing import Final, Literal

__all__ = ["KINDS", "PLACES", "STATUSES", "Family", "Kind", "Option", "Unit"]

Unit = Literal["seconds", "count", "text", "item or response"]
Family = Literal["break", "insert", "event", "framing", "pace", "answer", "provider"]

# Where in an exchange a fault can stand; those with a number are written `name:number`.
PLACES: Final = {
    "request": "the request was read, nothing was done about it",
    "headers": "the request was accepted, nothing was answered",
    "created": "the headers were sent, no event was (before `response.created`)",
    "event:K": "after the K-th event of this connection; what changes an event changes that one",
    "frame:K": "in the middle of the K-th event's bytes",
    "byte:K": "after K bytes of the body",
    "character:K": "inside the K-th character that takes more than one byte",
    "3s, 250ms": "that long after the headers",
    "last": "just before the terminal event; what changes an event changes the terminal one",
    "end": "after the terminal event, before the end of the body",
}
_NUMBERED = frozenset({"event", "frame", "byte", "character", "after"})
_IN_BODY = _NUMBERED | {"created", "last", "end"}
_ANYWHERE = _IN_BODY | {"request", "headers"}
_AT_EVENT = frozenset({"event", "last"})
_BETWEEN_EVENTS = frozenset({"created", "event", "after", "last"})


@dataclass(frozen=True, slots=True, kw_only=True)
class Option:
    name: str
    unit: Unit
    default: float | str | None
    bare: bool = False  # written without its name


@dataclass(frozen=True, slots=True, kw_only=True)
class Kind:
    """`on` empty: any answer that is a stream. `default_place` None: the whole body, or none."""

    does: str
    family: Family
    options: tuple[Option, ...] = ()
    places: frozenset[str] = frozenset()
    default_place: tuple[str, float] | None = None
    on: frozenset[str] = frozenset()
    connections: tuple[int, int | None] = (1, 1)


_FIRST = (1, 1)
_EVERY = (1, None)
_TENTH = ("event", 10)
_CREATE = frozenset({"create"})
_LATER = frozenset({"resume", "poll", "cancel"})


def _break(does: str, *options: Option, places: frozenset[str] = _ANYWHERE) -> Kind:
    return Kind(does=does, family="break", options=options, places=places, default_place=_TENTH)


def _insert(does: str, *options: Option) -> Kind:
    return Kind(
        does=does, family="insert", options=options, places=_BETWEEN_EVENTS, default_place=_TENTH
    )


def _event(does: str, *options: Option) -> Kind:
    return Kind(does=does, family="event", options=options, places=_AT_EVENT, default_place=_TENTH)


def _whole(does: str, *options: Option, family: Family) -> Kind:
    return Kind(does=does, family=family, options=options, connections=_EVERY)


def _failure(does: str) -> Kind:
    return Kind(
        does=does,
        family="provider",
        places=_BETWEEN_EVENTS - {"last"},
        default_place=_TENTH,
        on=_CREATE,
        connections=_EVERY,
    )


def _seconds(default: float | None) -> Option:
    return Option(name="seconds", unit="seconds", default=default, bare=True)


def _count(default: int, name: str = "count") -> Option:
    return Option(name=name, unit="count", default=default, bare=True)


STATUSES: Final = {
    "400": "invalid request",
    "401": "wrong key",
    "403": "not allowed",
    "404": "not found",
    "408": "request timeout",
    "409": "conflict",
    "413": "too large",
    "422": "cannot be processed",
    "429": "rate limit",
    "500": "server error",
    "502": "bad gateway, as a gateway's HTML page",
    "503": "unavailable",
    "504": "gateway timeout, as a gateway's HTML page",
    "529": "overloaded",
}


def _status(code: str, meaning: str) -> Kind:
    return Kind(
        does=f"answers {code} ({meaning}) and does nothing",
        family="answer",
        options=(
            Option(name="retry-after", unit="text", default="1" if code == "429" else "absent"),
            Option(name="retry-after-ms", unit="text", default="absent"),
        ),
        on=_CREATE,
    )


KINDS: Final[dict[str, Kind]] = {
    "cut": _break("closes the connection (FIN) in the middle of the body"),
    "reset": _break("resets the connection (RST)"),
    "truncate": _break("announces a chunk, brings part of it, and closes", places=_IN_BODY),
    "end": _break("ends the body in order, without a terminal event", places=_IN_BODY),
    "stall": _break("keeps silent with the socket open; without seconds, for good", _seconds(None)),
    "offline": _break("resets, and resets all that comes for this response meanwhile", _seconds(5)),
    "forget": _break("resets; from then on the response is unknown (404), as after a restart"),
    "ping": _insert("inserts `event: ping` without data"),
    "retry": _insert("inserts a bare `retry:` field", _count(3000, "ms")),
    "comments": _insert("inserts a storm of comments", _count(20)),
    "keepalive": _insert("inserts a `keepalive` event, which uses up a sequence number"),
    "unknown": _insert("inserts an event of an unknown type, which uses up a sequence number"),
    "duplicate": _event("sends the event again", _count(1)),
    "reorder": _event("sends the event after the one that follows it"),
    "gap": _event("withholds the event, and those after it up to the count", _count(1)),
    "garble": _event("overwrites part of the event's data"),
    "invalid-utf8": _event("puts bytes that are no UTF-8 into the event's data"),
    "fields": _whole("adds unknown fields to every event", family="event"),
    "unnumbered": _whole("leaves the sequence numbers out", family="event"),
    "rotate": _whole(
        "gives the item, or the response, another id in every event",
        Option(name="what", unit="item or response", default="item", bare=True),
        family="event",
    ),
    "repeat": Kind(
        does="ignores the cursor: sends everything again, or that many events of it",
        family="provider",
        options=(Option(name="events", unit="count", default=None, bare=True),),
        on=frozenset({"resume"}),
        connections=_EVERY,
    ),
    "ids": _whole("adds `id:` lines, and a comment block after each", family="framing"),
    "crlf": _whole("ends lines with CR LF", family="framing"),
    "cr": _whole("ends lines with CR", family="framing"),
    "bom": _whole("begins with a byte order mark", family="framing"),
    "unframed": _whole("sends no chunks: the body ends with the connection", family="pace"),
    "split": _whole("writes that many bytes at a time", _count(1, "bytes"), family="pace"),
    "buffer": _whole("holds bytes back and lets them go in blocks", _seconds(2), family="pace"),
    "trickle": Kind(
        does="sends a few bytes at a time, for a while",
        family="pace",
        options=(
            _count(1, "bytes"),
            Option(name="every", unit="seconds", default=0.005),
            Option(name="length", unit="count", default=2048),
        ),
        places=_IN_BODY - {"last", "end"},
        default_place=("created", 0),
    ),
    "html": Kind(does="answers 200 with an HTML page", family="answer", on=_CREATE),
    "json": Kind(does="answers 200 with a JSON object", family="answer", on=_CREATE),
    **{code: _status(code, meaning) for code, meaning in STATUSES.items()},
    "expire": Kind(
        does="answers 400: the response can no longer be streamed",
        family="answer",
        on=frozenset({"resume"}),
        connections=_EVERY,
    ),
    "gone": Kind(
        does="answers 404: the response is not found",
        family="answer",
        on=_LATER,
        connections=_EVERY,
    ),
    "error": _failure("the response fails: an `error` event, then `response.failed`"),
    "failed": _failure("the response fails: `response.failed` alone"),
    "race": Kind(
        does="the response completes just before the cancel",
        family="provider",
        on=frozenset({"cancel"}),
    ),
}  # fmt: skip
