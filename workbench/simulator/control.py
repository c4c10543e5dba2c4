"""Faults on demand: the buttons that break what is being sent right now.

POST /__sim/break   {"fault": "cut" | "stall" | "offline 5s" | "expire" | ..., "response_id"?}
"""

import re
from collections.abc import Iterable
from dataclasses import replace
from typing import Protocol

import orjson

from workbench.errors import InvalidFault
from workbench.simulator.connection import Connection, Owner
from workbench.simulator.exchange import Reply, Request
from workbench.simulator.faults import Fault, parse
from workbench.simulator.ledger import Account
from workbench.simulator.refusals import json_reply, refusal

__all__ = ["PATH", "break_by_request", "open_connections", "strike_now"]

PATH = "/__sim/break"
_SPOKEN = re.compile(r"([a-z][a-z0-9-]*) +(\d[\w.]*)")


class Breakable(Owner, Protocol):
    """A server whose connections can be broken."""


def break_by_request(owner: Breakable, request: Request) -> Reply | None:
    """The answer to a request for a fault, None when it is a request for something else."""
    if request.path != PATH or request.method != "POST":
        return None
    try:
        asked = orjson.loads(request.body)
        fault, response_id = asked["fault"], asked.get("response_id")
        struck = strike_now(owner, fault, response_id)
    except (orjson.JSONDecodeError, KeyError, TypeError, AttributeError):
        return refusal(400, 'Send a JSON object with a fault, such as {"fault": "cut"}.')
    except InvalidFault as error:
        return refusal(400, str(error), param="fault", code="invalid_fault")
    return json_reply({"fault": fault, "response_id": response_id, "connections": struck})


def strike_now(owner: Breakable, text: str, response_id: str | None = None) -> int:
    """Let faults happen now, to one response or to all; how many connections they struck."""
    faults = parse(_SPOKEN.sub(r"\1(\2)", text))
    for fault in faults:
        if fault.does.family in {"event", "framing", "pace"} and fault.kind != "trickle":
            raise InvalidFault(f"{fault.kind} cannot happen on demand; ask for it when creating")
    return sum(_strike(owner, fault, response_id) for fault in faults)


def open_connections(owner: Owner, response_id: str | None) -> list[Connection]:
    """Those on which an answer about the response is on its way."""
    return [
        connection
        for connection in list(owner.connections)
        if connection.delivery is not None
        and not connection.delivery.over
        and response_id in {None, connection.delivery.address.response_id}
    ]


def _strike(owner: Breakable, fault: Fault, response_id: str | None) -> int:
    live = open_connections(owner, response_id)
    match fault.does.family:
        case "provider":
            for id_ in _ids(live, response_id):
                _change_course(owner, fault, id_)
            return len(live)
        case "answer":
            for id_ in _ids(live, response_id):
                _arm(owner.ledger.account(id_), fault)
            fault = Fault(kind="cut")
        case _ if fault.kind == "offline":
            owner.go_offline(response_id, fault.number("seconds"))
            return len(live)
        case _ if fault.kind == "forget":
            for id_ in _ids(live, response_id):
                owner.ledger.account(id_).forgotten = True
    return sum(connection.strike(fault) for connection in live)


def _ids(live: Iterable[Connection], response_id: str | None) -> set[str]:
    if response_id is not None:
        return {response_id}
    addresses = (connection.delivery.address for connection in live if connection.delivery)
    return {address.response_id for address in addresses if address.response_id is not None}


def _change_course(owner: Breakable, fault: Fault, response_id: str) -> None:
    match fault.kind:
        case "race":
            owner.application.complete(response_id)
        case "repeat":
            account = owner.ledger.account(response_id)
            account.faults = (*account.faults, fault)
        case _:
            owner.application.fail(response_id, after=None, announced=fault.kind == "error")


def _arm(account: Account, fault: Fault) -> None:
    """From the next request on; one that is no longer created is asked to resume."""
    if fault.on is None and "create" in fault.does.on:
        fault = replace(fault, on="resume")
    on = {fault.on} if fault.on else fault.does.on
    so_far = sum(account.requests[each] for each in on)
    first, last = fault.connections or fault.does.connections
    last = None if last is None else last + so_far
    account.faults = (*account.faults, replace(fault, connections=(first + so_far, last)))
