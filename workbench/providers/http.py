"""Calls to one provider: the official SDK builds and authorises them, we read their bytes."""

import time
from collections.abc import AsyncIterator, Callable, Mapping
from contextlib import asynccontextmanager, suppress
from dataclasses import dataclass, field
from typing import Any, Final, cast
from urllib.parse import urlsplit

import httpx2
import openai
import orjson

from workbench.errors import (
    InvalidSetting,
    MissingKey,
    ProviderBusy,
    ProviderError,
    StreamInterrupted,
)
from workbench.events import Event
from workbench.providers.aio import AioTransport, Body
from workbench.providers.base import Access, Answer, Connection, Timeouts, Translator
from workbench.providers.errors import Asked, Call, translated
from workbench.providers.redact import redact
from workbench.providers.retry_after import poll_after_s
from workbench.providers.statuses import message_of, refusal
from workbench.providers.whole import WholeConnection, is_whole
from workbench.wire.sse import MAX_FRAME_BYTES

__all__ = ["Http", "HttpConnection", "Target"]

_STREAM_HEADERS: Final = {
    "Accept": "text/event-stream",
    "Accept-Encoding": "identity",  # a proxy that compresses also gathers
    "Cache-Control": "no-store",
}
_NONE: Final[Mapping[str, str]] = {}
_BEGINNING: Final = 64 * 1024  # of a body that should not be there: enough to tell what it is
_LOOPBACK: Final = {"localhost", "127.0.0.1", "::1"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Target:
    """One HTTP request."""

    method: str
    path: str
    asks: Asked
    base_url: str
    timeouts: Timeouts
    body: Mapping[str, Any] | None = None
    query: Mapping[str, Any] = field(default_factory=dict)
    headers: Mapping[str, str] = field(default_factory=dict)


class HttpConnection:
    """An answered request whose body streams."""

    def __init__(
        self, response: httpx2.Response, call: Call, make_translator: Callable[[], Translator]
    ) -> None:
        self.status = response.status_code
        self.request_id = _request_id(response.headers)
        self.translator = make_translator
        self._body = _body(response)
        self._call = call

    async def chunks(self) -> AsyncIterator[bytes]:
        with translated(self._call, in_body=True):
            async for chunk in self._body:
                yield chunk


class Http:
    """The connections of one provider, a pool for each base URL."""

    def __init__(
        self, provider: str, access: Access, *, key_name: str, key_hosts: frozenset[str]
    ) -> None:
        self._provider = provider
        self._key_name = key_name
        self._key_hosts = key_hosts  # where nothing works without a key
        self._access = access
        self._key = _clean(access.api_key, key_name)
        self._clients: dict[str, openai.AsyncOpenAI] = {}

    @asynccontextmanager
    async def stream(
        self,
        target: Target,
        make_translator: Callable[[], Translator],
        to_response: Callable[[Event], Event] = lambda response: response,
    ) -> AsyncIterator[Connection]:
        """An open event stream, or a whole answer instead of one (`to_response` reads it); a 200
        of any other kind is refused with its beginning kept."""
        call = self._call(target)
        longest_s = target.timeouts.headers_s
        response = await self._send(target, call, read_s=longest_s, headers=_STREAM_HEADERS)
        try:
            _body(response).idle_s = target.timeouts.idle_s
            kind = response.headers.get("content-type", "").partition(";")[0].strip().lower()
            if kind == "text/event-stream":
                yield HttpConnection(response, call, make_translator)
                return
            is_json = kind == "application/json"
            body = await _beginning(response, call, MAX_FRAME_BYTES if is_json else _BEGINNING)
            if not is_json or not is_whole(_parsed(body)):
                raise _not_a_stream(body, response, call, kind)
            yield WholeConnection(
                body,
                status=response.status_code,
                request_id=_request_id(response.headers),
                to_response=to_response,
            )
        finally:
            await response.aclose()

    async def fetch(self, target: Target) -> Answer:
        """A whole JSON object."""
        call = self._call(target)
        is_create = target.asks == "create"
        longest_s = target.timeouts.answer_s if is_create else target.timeouts.headers_s
        response = await self._send(target, call, read_s=longest_s)
        try:
            with translated(call, in_body=True):
                body = await response.aread()
        finally:
            await response.aclose()
        found = _object(body, call)
        if error := _error_inside(found, response, call):
            raise error
        return Answer(
            response=found,
            size=len(body),
            request_id=_request_id(response.headers),
            poll_after_s=poll_after_s(response.headers),
        )

    async def aclose(self) -> None:
        clients, self._clients = self._clients, {}
        for client in clients.values():
            await client.close()

    async def _send(
        self, target: Target, call: Call, *, read_s: float, headers: Mapping[str, str] = _NONE
    ) -> httpx2.Response:
        authorization = {} if self._key else {"Authorization": openai.omit}
        options: dict[str, Any] = {
            "headers": {**headers, **target.headers, **authorization},
            "params": dict(target.query),
            "timeout": httpx2.Timeout(None, connect=target.timeouts.connect_s, read=read_s),
            "max_retries": 0,
            "follow_redirects": False,
        }
        client = self._client(target.base_url)
        with translated(call):
            # `stream` leaves the body unread, and the plain response comes as it is: the SDK
            # names the decoder it would have used, and never builds it.
            if target.method == "GET":
                response: Any = await client.get(
                    target.path,
                    cast_to=httpx2.Response,
                    options=cast(Any, options),
                    stream=True,
                    stream_cls=openai.AsyncStream[Any],
                )
            else:
                response = await client.post(
                    target.path,
                    cast_to=httpx2.Response,
                    body=dict(target.body) if target.body is not None else None,
                    options=cast(Any, options),
                    stream=True,
                    stream_cls=openai.AsyncStream[Any],
                )
        return cast(httpx2.Response, response)

    def check_key(self, base_url: str) -> None:
        """MissingKey where nothing works without one and none is set."""
        if self._key is None and self._host(base_url) in self._key_hosts:
            raise MissingKey(
                f"{self._provider} needs an API key: set {self._key_name}, in the environment "
                "or in .env"
            )

    def expect_key(self, base_url: str) -> None:
        """What is there asked for a key: without one, nothing is asked there again."""
        if self._key is None:
            self._key_hosts |= {self._host(base_url)}

    def _call(self, target: Target) -> Call:
        self.check_key(target.base_url)
        return Call(
            provider=self._provider,
            base_url=redact(target.base_url, self._key),
            asks=target.asks,
            key_name=self._key_name,
            api_key=self._key,
        )

    def _host(self, base_url: str) -> str:
        with suppress(ValueError):
            parts = urlsplit(base_url)
            if parts.scheme in {"http", "https"} and parts.hostname:
                return parts.hostname
        raise InvalidSetting(
            f"the base URL of {self._provider} must look like https://host/v1, "
            f"not {redact(base_url)!r}"
        )

    def _client(self, base_url: str) -> openai.AsyncOpenAI:
        if base_url not in self._clients:
            is_local = self._host(base_url) in _LOOPBACK
            self._clients[base_url] = openai.AsyncOpenAI(
                api_key=self._key or "none",
                organization=self._access.organization,
                project=self._access.project,
                base_url=base_url,
                max_retries=0,
                http_client=httpx2.AsyncClient(transport=AioTransport(trust_env=not is_local)),
            )
        return self._clients[base_url]


async def _beginning(response: httpx2.Response, call: Call, limit: int) -> bytes:
    """What can be had of a body that is no stream; how it ends does not matter."""
    found = bytearray()
    with suppress(ProviderError), translated(call, in_body=True):
        async for chunk in _body(response):
            found += chunk
            if len(found) >= limit:
                break
    return bytes(found[:limit])


def _parsed(body: bytes) -> Any:
    try:
        return orjson.loads(body)
    except orjson.JSONDecodeError:
        return body[:_BEGINNING].decode("utf-8", "replace")


def _not_a_stream(body: bytes, response: httpx2.Response, call: Call, kind: str) -> ProviderError:
    """What a proxy's page or an error in a 200 says."""
    found = _parsed(body)
    if error := _error_inside(found, response, call):
        return error
    found = redact(found, call.api_key)
    said, code = message_of(found)
    return StreamInterrupted(
        f"{call.provider} answered with {kind or 'no content type'} where an event stream was "
        f"expected, at {call.base_url}: {said[:200] or 'an empty body'}",
        cause="not_a_stream",
        status=response.status_code,
        code=code,
        request_id=_request_id(response.headers),
        body=found,
    )


def _error_inside(body: Any, response: httpx2.Response, call: Call) -> ProviderError | None:
    """Routers answer 200 and put the error of the server behind them into the body."""
    if not isinstance(body, dict) or not body.get("error") or body.keys() & {"object", "choices"}:
        return None
    error = body["error"]
    code = error.get("code") if isinstance(error, dict) else None
    status = int(code) if isinstance(code, int | str) and str(code).isdecimal() else 0
    return refusal(
        call.provider,
        call.asks,
        status if 400 <= status < 600 else 502,
        headers=response.headers,
        body=redact(body, call.api_key),
        key_name=call.key_name,
        now=time.time(),
    )


def _body(response: httpx2.Response) -> Body:
    """Its own bytes: the layers that httpx2 puts around them cost more than our decoding."""
    body = response.extensions["workbench.body"]
    assert isinstance(body, Body)
    return body


def _object(body: bytes, call: Call) -> Event:
    try:
        found = orjson.loads(body)
    except orjson.JSONDecodeError as error:
        beginning = redact(body[:200].decode("utf-8", "replace"), call.api_key)
        raise ProviderBusy(
            f"{call.provider} answered with no JSON at {call.base_url}: {beginning!r}",
            cause="garbled",
            body=beginning,
        ) from error
    if not isinstance(found, dict):
        raise ProviderBusy(
            f"{call.provider} answered with JSON that is no object at {call.base_url}",
            cause="garbled",
        )
    return found


def _request_id(headers: httpx2.Headers) -> str | None:
    for name in ("x-request-id", "apim-request-id", "x-generation-id"):
        if found := headers.get(name):
            return str(found)
    return None


def _clean(key: str | None, key_name: str) -> str | None:
    """A key as it may stand in a header; a stray line end is the most common mistake."""
    key = (key or "").strip()
    if not key.isascii() or not key.isprintable() or " " in key:
        raise InvalidSetting(f"{key_name} holds characters that no API key has")
    return key or None
