"""Answers that are errors, with the bodies that the real provider sends."""

from collections.abc import Mapping
from typing import Any

import orjson

from workbench.simulator.exchange import Address, Reply

__all__ = [
    "bad_key",
    "expired",
    "invalid",
    "json_reply",
    "missing",
    "no_key",
    "no_model",
    "not_background",
    "not_found",
    "refusal",
]

JSON = {"content-type": "application/json"}


def json_reply(
    body: Any,
    *,
    status: int = 200,
    address: Address | None = None,
    headers: Mapping[str, str] | None = None,
) -> Reply:
    return Reply(
        status=status,
        headers={**JSON, **(headers or {})},
        body=orjson.dumps(body),
        address=address or Address(kind="other"),
    )


def refusal(
    status: int,
    message: str,
    *,
    param: str | None = None,
    code: str | None = None,
    type_: str = "invalid_request_error",
) -> Reply:
    error = {"message": message, "type": type_, "param": param, "code": code}
    return json_reply({"error": error}, status=status)


def missing(param: str) -> Reply:
    return refusal(
        400,
        f"Missing required parameter: '{param}'.",
        param=param,
        code="missing_required_parameter",
    )


def invalid(param: str, expected: str, *, code: str = "invalid_type") -> Reply:
    return refusal(
        400, f"Invalid value for '{param}': expected {expected}.", param=param, code=code
    )


def no_model(model: str, *, chat: bool) -> Reply:
    message = (
        f"The model `{model}` does not exist or you do not have access to it."
        if chat
        else f"The requested model '{model}' does not exist."
    )
    return refusal(404, message, param=None if chat else "model", code="model_not_found")


def no_key() -> Reply:
    return refusal(
        401,
        "You didn't provide an API key. You need to provide your API key in an Authorization "
        "header using Bearer auth (i.e. Authorization: Bearer YOUR_KEY).",
    )


def bad_key() -> Reply:
    return refusal(401, "Incorrect API key provided.", code="invalid_api_key")


def not_found(id_: str) -> Reply:
    return refusal(404, f"Response with id '{id_}' not found.")


def not_background() -> Reply:
    return refusal(
        400,
        "This response cannot be streamed because it was not created with background=true.",
        param="stream",
        code="invalid_request_error",
    )


def expired(minutes: float) -> Reply:
    return refusal(
        400,
        f"This response can no longer be streamed because it is more than {minutes:g} minutes old.",
        param="stream",
        code="invalid_request_error",
    )
