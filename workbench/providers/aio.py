"""The official SDK's requests over aiohttp, with clocks and errors that can be told apart.

The SDK ships a transport of this kind. It is not used because it reports a connection that
broke after the request was sent as one that never connected, which would make a create look
safe to repeat, and because one timeout covers both waiting for the answer and its silences.
"""

import asyncio
from collections.abc import AsyncIterator
from types import SimpleNamespace
from typing import Final

import aiohttp
import httpx2

__all__ = ["AioTransport", "Body"]

# Shorter than the five seconds after which common servers drop an idle connection: a create
# sent into one that is being closed could not be told from one that was accepted.
_KEEP_IDLE_S: Final = 2.0
# All that has gathered may be hundreds of events, which are decoded at twice the cost of few.
_CHUNK_BYTES: Final = 16 * 1024


class Body(httpx2.AsyncByteStream):
    """The bytes of an answer as they arrive, decompressed; a silence raises TimeoutError."""

    def __init__(self, response: aiohttp.ClientResponse, idle_s: float | None) -> None:
        self._response = response
        self.idle_s = idle_s

    async def __aiter__(self) -> AsyncIterator[bytes]:
        content = self._response.content
        silence = _Silence(content, self.idle_s)
        try:
            while True:
                silence.begin()
                try:
                    chunk = await content.read(_CHUNK_BYTES)
                except (aiohttp.ClientError, OSError):
                    # What came before the break is still in the reader, which would drop it.
                    if rest := content._read_nowait(-1):  # noqa: SLF001 - no public way to it
                        yield rest
                    raise
                silence.end()
                if not chunk:
                    return
                yield chunk
        finally:
            silence.close()

    async def aclose(self) -> None:
        # A body that was not read to its end closes its connection instead of being pooled.
        self._response.release()


class _Silence:
    """One timer for a whole body: it looks at how long the present wait lasts, instead of
    being set anew for each chunk, which would cost more than reading the chunk."""

    def __init__(self, content: aiohttp.StreamReader, longest_s: float | None) -> None:
        self._content = content
        self._longest_s = longest_s
        self._loop = asyncio.get_running_loop()
        self._since: float | None = None
        self._timer: asyncio.TimerHandle | None = None
        if longest_s is not None:
            self._timer = self._loop.call_later(longest_s, self._look, longest_s)

    def begin(self) -> None:
        self._since = self._loop.time()

    def end(self) -> None:
        self._since = None

    def close(self) -> None:
        if self._timer is not None:
            self._timer.cancel()

    def _look(self, longest_s: float) -> None:
        waited_s = 0.0 if self._since is None else self._loop.time() - self._since
        if waited_s < longest_s:
            self._timer = self._loop.call_later(longest_s - waited_s, self._look, longest_s)
        else:
            self._content.set_exception(TimeoutError(f"no bytes for {longest_s:g} s"))


class AioTransport(httpx2.AsyncBaseTransport):
    """One pool of connections, for the event loop that first uses it.

    The request's timeout means: `connect` until TCP and TLS stand, `read` from then until the
    headers arrive, and between two chunks of a body unless its reader sets another.
    """

    def __init__(self, *, trust_env: bool) -> None:
        self._trust_env = trust_env
        self._session: aiohttp.ClientSession | None = None

    async def handle_async_request(self, request: httpx2.Request) -> httpx2.Response:
        wanted = request.extensions.get("timeout", {})
        connect_s, read_s = wanted.get("connect"), wanted.get("read")
        try:
            async with asyncio.timeout(None) as patience:
                response = await self._open().request(
                    request.method,
                    str(request.url),
                    headers=request.headers,
                    data=await request.aread() or None,
                    allow_redirects=False,
                    timeout=aiohttp.ClientTimeout(connect=connect_s, sock_connect=connect_s),
                    trace_request_ctx=(patience, read_s),
                )
        except TimeoutError as error:
            if not patience.expired():
                raise
            raise TimeoutError(f"no headers for {read_s:g} s") from error
        headers = [
            (name, value)
            for name, value in response.raw_headers
            if name.lower() != b"content-encoding"  # undone already
        ]
        body = Body(response, read_s)
        return httpx2.Response(
            response.status,
            headers=headers,
            stream=body,
            request=request,
            extensions={"workbench.body": body},
        )

    async def aclose(self) -> None:
        if self._session is not None:
            await self._session.close()

    def _open(self) -> aiohttp.ClientSession:
        if self._session is None:
            trace = aiohttp.TraceConfig()
            trace.on_request_headers_sent.append(_start_patience)
            self._session = aiohttp.ClientSession(
                connector=aiohttp.TCPConnector(limit=0, keepalive_timeout=_KEEP_IDLE_S),
                trace_configs=[trace],
                trust_env=self._trust_env,
            )
        return self._session


async def _start_patience(
    _session: aiohttp.ClientSession,
    context: SimpleNamespace,
    _sent: aiohttp.TraceRequestHeadersSentParams,
) -> None:
    """The wait for headers begins when the request is on its way, not when it was wished for."""
    patience, longest_s = context.trace_request_ctx
    if longest_s is not None:
        patience.reschedule(asyncio.get_running_loop().time() + longest_s)
