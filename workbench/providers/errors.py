"""Other people's exceptions and statuses, as ours: one table each.

What matters about a failure is whether the provider may have begun the work (a create must
not be paid for twice) and why the connection ended (what to try next depends on it).
"""

import asyncio
import socket
import ssl
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import Final

import aiohttp
import aiohttp.http_exceptions
import httpx2
import openai

from workbench.errors import (
    Cause,
    InvalidSetting,
    ProviderUnreachable,
    StreamInterrupted,
    WorkbenchError,
)
from workbench.providers.redact import redact
from workbench.providers.statuses import Asked, refusal

__all__ = [
    "FOREIGN",
    "MEANINGS",
    "Asked",
    "Call",
    "Meaning",
    "meaning_of",
    "translate",
    "translated",
]


@dataclass(frozen=True, slots=True, kw_only=True)
class Call:
    """What was asked of whom: the facts that an error's sentence needs."""

    provider: str
    base_url: str
    asks: Asked
    key_name: str
    api_key: str | None = field(default=None, repr=False)


@dataclass(frozen=True, slots=True)
class Meaning:
    """Why the connection ended; `unsent` when the request provably never left."""

    cause: Cause
    says: str
    unsent: bool = False
    error: type[WorkbenchError] | None = None  # instead of the one its phase suggests


_UNSENT = Meaning("connect", "could not be connected to", unsent=True)
_DNS = Meaning("connect", "has an address that cannot be found", unsent=True)
_TLS = Meaning("connect", "could not be trusted (TLS)", unsent=True)
_SLOW = Meaning("connect", "did not accept the connection in time", unsent=True)
_RESET = Meaning("reset", "reset the connection")
_CUT = Meaning("cut", "closed the connection in the middle of its answer")
_LEFT = Meaning("reset", "closed the connection without an answer")
_SILENT = Meaning("headers", "did not answer in time")
_GARBLED = Meaning("garbled", "sent bytes that are not HTTP")
_ODD = Meaning("error", "failed")
_URL = Meaning("connect", "has a base URL that cannot be used", unsent=True, error=InvalidSetting)

# Looked up along the class hierarchy, so a more exact row beats a more general one.
MEANINGS: Final[Mapping[type[BaseException], Meaning]] = {
    # the system
    OSError: _ODD,
    ConnectionError: _RESET,
    ConnectionRefusedError: _UNSENT,
    socket.gaierror: _DNS,
    TimeoutError: _SILENT,
    asyncio.IncompleteReadError: _CUT,
    ssl.SSLError: _RESET,
    ssl.SSLCertVerificationError: _TLS,
    UnicodeError: _URL,  # a host name that no encoding of names can hold
    # aiohttp, which carries the bytes
    aiohttp.ClientError: _ODD,
    aiohttp.ClientConnectionError: _RESET,
    aiohttp.ClientConnectorError: _UNSENT,
    aiohttp.ClientConnectorDNSError: _DNS,
    aiohttp.ClientSSLError: _TLS,
    aiohttp.ClientConnectorCertificateError: _TLS,
    aiohttp.ServerFingerprintMismatch: _TLS,
    aiohttp.ServerDisconnectedError: _LEFT,
    aiohttp.ServerTimeoutError: _SILENT,
    aiohttp.ConnectionTimeoutError: _SLOW,
    aiohttp.ClientPayloadError: _CUT,
    aiohttp.ClientResponseError: _GARBLED,
    aiohttp.ClientHttpProxyError: _UNSENT,
    aiohttp.InvalidURL: _URL,
    aiohttp.NonHttpUrlClientError: _URL,
    aiohttp.EofStream: _CUT,
    aiohttp.WSMessageTypeError: _ODD,
    aiohttp.WebSocketError: _ODD,
    aiohttp.http_exceptions.HttpProcessingError: _GARBLED,
    aiohttp.http_exceptions.PayloadEncodingError: _CUT,
    aiohttp.http_exceptions.ContentEncodingError: _GARBLED,
    aiohttp.http_exceptions.DecompressSizeError: _GARBLED,
    # httpx2, which the official SDK is built on
    httpx2.HTTPError: _ODD,
    httpx2.InvalidURL: _URL,
    httpx2.UnsupportedProtocol: _URL,
    httpx2.CookieConflict: _ODD,
    httpx2.StreamError: _ODD,
    httpx2.TimeoutException: _SILENT,
    httpx2.ConnectTimeout: _SLOW,
    httpx2.PoolTimeout: _SLOW,
    httpx2.NetworkError: _RESET,
    httpx2.ConnectError: _UNSENT,
    httpx2.ProxyError: _UNSENT,
    httpx2.LocalProtocolError: Meaning("error", "was asked in a way HTTP forbids", unsent=True),
    httpx2.RemoteProtocolError: _CUT,
    httpx2.DecodingError: _GARBLED,
    # the SDK; its status errors are read by `statuses.refusal`
    openai.OpenAIError: _ODD,
    openai.APITimeoutError: _SILENT,
    openai.APIConnectionError: _ODD,
    openai.APIResponseValidationError: _GARBLED,
    openai.InvalidWebhookSignatureError: _ODD,
}
FOREIGN: Final = tuple(MEANINGS)


def meaning_of(kind: type[BaseException]) -> Meaning | None:
    """The row of the nearest class above."""
    return next((MEANINGS[one] for one in kind.__mro__ if one in MEANINGS), None)


def translate(error: BaseException, call: Call, *, in_body: bool = False) -> WorkbenchError:
    """Our error for theirs. `in_body`: the answer had begun, so the request was accepted."""
    if isinstance(error, openai.APIStatusError):
        return refusal(
            call.provider,
            call.asks,
            error.status_code,
            headers={name.lower(): value for name, value in error.response.headers.items()},
            body=redact(error.body, call.api_key),
            key_name=call.key_name,
            now=time.time(),
        )
    meaning, link = _telling(error)
    detail = redact(_words(link) or _words(error) or type(link).__name__, call.api_key)
    sentence = f"{call.provider} at {call.base_url} {meaning.says}: {detail}"
    if meaning.error is not None:
        return meaning.error(sentence)
    if in_body:
        cause: Cause = "idle" if meaning.cause == "headers" else meaning.cause
        return StreamInterrupted(sentence, cause=cause, accepted=True)
    return ProviderUnreachable(
        sentence, cause=meaning.cause, accepted=False if meaning.unsent else None
    )


@contextmanager
def translated(call: Call, *, in_body: bool = False) -> Iterator[None]:
    """Raise our errors where theirs would come out."""
    try:
        yield
    except FOREIGN as error:
        ours = translate(error, call, in_body=in_body)
        # A traceback shows the whole chain; one that quotes the key is cut off.
        if any(redact(str(link), call.api_key) != str(link) for link in _chain(error)):
            raise ours from None
        raise ours from error


def _telling(error: BaseException) -> tuple[Meaning, BaseException]:
    """The link of the chain that says most: proof of never having been sent, else the root."""
    # aiohttp names a reset in the middle of a body only in the text of what it raises.
    if isinstance(error, aiohttp.ClientPayloadError) and "ConnectionResetError" in str(error):
        return _RESET, error
    known = [(found, link) for link in _chain(error) if (found := meaning_of(type(link)))]
    unsent = [one for one in known if one[0].unsent]
    exact = [one for one in known if one[0] is not _ODD]
    return (unsent or exact[-1:] or known or [(_ODD, error)])[0]


def _words(error: BaseException) -> str:
    """What it says, in one line; aiohttp puts a status that nobody sent before its own words."""
    if isinstance(error, aiohttp.http_exceptions.HttpProcessingError):
        return " ".join(error.message.split())
    return " ".join(str(error).split())


def _chain(error: BaseException | None) -> Iterator[BaseException]:
    while error is not None:
        yield error
        error = error.__cause__
