"""An answer that is an error status, as ours: whose fault, whether it passes, what to do. Pure."""

import re
from collections.abc import Mapping
from typing import Any, Literal

from workbench.errors import Cause, CheckpointExpired, ProviderBusy, ProviderError, RequestRejected
from workbench.providers.retry_after import retry_after_s

__all__ = ["Asked", "message_of", "refusal"]

Asked = Literal["create", "resume", "retrieve", "cancel", "probe"]

_UNSTREAMABLE = re.compile(
    r"(?i)no longer be streamed|minutes old|has expired|cannot be streamed|not created with"
)
_NO_MONEY = re.compile(r"(?i)insufficient_quota|billing|credits?\b|exceeded your current quota")
_LONGEST_MESSAGE = 600


def refusal(
    provider: str,
    asks: Asked,
    status: int,
    *,
    headers: Mapping[str, str],
    body: Any,
    key_name: str,
    now: float,
) -> ProviderError:
    """`headers` has lower-case names; `body` is decoded JSON or text, free of keys."""
    said, code = message_of(body)
    kind, cause, advice = _kind(asks, status, f"{code} {said}", key_name)
    wait_s = retry_after_s(headers, said, now=now)
    sentence = f"{provider} answered {status}" + (f": {said}" if said else "") + advice
    return kind(
        sentence,
        cause=cause,
        accepted=None if _may_have_begun(status, headers) else False,
        status=status,
        code=code,
        retry_after_s=wait_s,
        request_id=headers.get("x-request-id") or headers.get("apim-request-id"),
        body=body,
    )


def message_of(body: Any) -> tuple[str, str | None]:
    """What the provider says, and its code, wherever it puts them."""
    error = body.get("error", body) if isinstance(body, dict) else body
    if isinstance(error, dict):
        said = error.get("message") or error.get("detail") or ""
        code = error.get("code") or error.get("type")
    else:
        said, code = error or "", None
    text = " ".join(str(said).split())
    if len(text) > _LONGEST_MESSAGE:
        text = text[:_LONGEST_MESSAGE] + " …"
    return text, None if code is None else str(code)


def _kind(
    asks: Asked, status: int, said: str, key_name: str
) -> tuple[type[ProviderError], Cause, str]:
    if asks in {"resume", "retrieve", "cancel"} and status in {404, 410}:
        return CheckpointExpired, "gone", ""
    if asks == "resume" and status in {400, 405, 422, 501}:
        return CheckpointExpired, "expired" if _UNSTREAMABLE.search(said) else "status", ""
    if status == 429 and _NO_MONEY.search(said):
        return RequestRejected, "status", "; the account has no quota left, waiting will not help"
    if asks == "cancel" and status == 409:
        return RequestRejected, "status", ""  # it has ended: asking again changes nothing
    if status >= 500 or status in {408, 409, 425, 429}:
        return ProviderBusy, "status", ""
    return RequestRejected, "status", _advice(status, key_name)


def _advice(status: int, key_name: str) -> str:
    """What a user can do about a request that is refused for good."""
    match status:
        case 401:
            return f"; set {key_name} to a key that is valid there"
        case 403:
            return f"; the key in {key_name} may not do this, or not from this region"
        case 402:
            return "; the account has no credit left"
        case 404:
            return "; check the model, and that the base URL is right"
        case _ if status < 400:
            return "; a redirect is not followed: set the base URL to where it leads"
        case _:
            return ""


def _may_have_begun(status: int, headers: Mapping[str, str]) -> bool:
    """A 503 with a time to come back was refused at the door; any other 5xx may be half done."""
    if status == 503:
        return not headers.keys() & {"retry-after", "retry-after-ms"}
    return status >= 500 or status == 408
