"""Answers that a fault gives in the provider's place. Pure."""

from typing import Final

from workbench.simulator.exchange import Address, Reply
from workbench.simulator.fault_kinds import STATUSES
from workbench.simulator.faults import Fault
from workbench.simulator.refusals import expired, json_reply, not_found, refusal

__all__ = ["answer", "wrong_faults"]

_HTML: Final = {"content-type": "text/html; charset=utf-8"}
_PAGE: Final = """<!DOCTYPE html>
<html><head><title>{title}</title></head>
<body><h1>{title}</h1><p>This page was sent by something between you and the provider.</p></body>
</html>
"""
_TYPES: Final = {
    "401": "invalid_request_error",
    "429": "rate_limit_error",
    "500": "server_error",
    "503": "server_error",
    "529": "overloaded_error",
}
_MESSAGES: Final = {
    "400": "The request is invalid.",
    "401": "Incorrect API key provided.",
    "403": "You are not allowed to use this model.",
    "404": "Not found.",
    "408": "The request took too long.",
    "409": "The request conflicts with another one.",
    "413": "The request is too large.",
    "422": "The request cannot be processed.",
    "429": "Rate limit reached. Please try again later.",
    "500": "The server had an error while processing your request. Sorry about that!",
    "503": "The engine is currently overloaded, please try again later.",
    "529": "Overloaded.",
}
_CODES: Final = {"401": "invalid_api_key", "429": "rate_limit_exceeded", "500": "server_error"}


def answer(fault: Fault, address: Address) -> Reply:
    """The reply of a fault of the family that answers."""
    match fault.kind:
        case "html":
            return _page(200, "Please sign in")
        case "json":
            return json_reply({"object": "notice", "message": "Not a stream."})
        case "expire":
            return expired(5)
        case "gone":
            return not_found(address.response_id or "")
        case "502" | "504":
            return _retry(_page(int(fault.kind), STATUSES[fault.kind].partition(",")[0]), fault)
        case code:
            reply = refusal(
                int(code),
                _MESSAGES[code],
                code=_CODES.get(code),
                type_=_TYPES.get(code, "invalid_request_error"),
            )
            return _retry(reply, fault)


def wrong_faults(message: str) -> Reply:
    """The answer to a create that asks for faults that do not exist."""
    return refusal(
        400,
        f"Invalid value for 'metadata.faults': {message}",
        param="metadata.faults",
        code="invalid_value",
    )


def _page(status: int, title: str) -> Reply:
    body = _PAGE.format(title=title.capitalize())
    return Reply(status=status, headers=_HTML, body=body.encode())


def _retry(reply: Reply, fault: Fault) -> Reply:
    """With the headers that say when to come back: those given, or else the kind's own."""
    names = [name for name, _ in fault.options] or ["retry-after"]
    given = {name: str(fault.option(name)) for name in names}
    headers = {name: value for name, value in given.items() if value != "absent"}
    return Reply(status=reply.status, headers={**reply.headers, **headers}, body=reply.body)
