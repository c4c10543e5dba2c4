"""A server on a raw socket that breaks what it serves: in its own thread, or in a running loop."""

import asyncio
import threading
from typing import Self

from workbench.errors import InvalidSetting
from workbench.simulator.connection import Connection
from workbench.simulator.control import break_by_request, open_connections, strike_now
from workbench.simulator.exchange import Reply, Request, Served
from workbench.simulator.faults import Fault
from workbench.simulator.ledger import Ledger

__all__ = ["Listener"]

_BACKLOG = 1024


class Listener:
    """Serves an application, with faults between it and its clients."""

    base_path = "/v1"

    def __init__(
        self, application: Served, faults: tuple[Fault, ...], host: str, port: int
    ) -> None:
        self.host = host
        self.port = port
        self.application = application
        self.ledger = Ledger(faults)
        self.offline_until = 0.0
        self.connections: set[Connection] = set()
        self._server: asyncio.Server | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None

    @property
    def base_url(self) -> str:
        """What a client takes as its base URL."""
        host = f"[{self.host}]" if ":" in self.host else self.host
        return f"http://{host}:{self.port}{self.base_path}"

    def command(self, request: Request) -> Reply | None:
        """The answer to a request that is about the server itself."""
        return break_by_request(self, request)

    def go_offline(self, response_id: str | None, seconds: float) -> None:
        """Reset everything about a response, or about all, now and for that long."""
        until = asyncio.get_running_loop().time() + seconds
        if response_id is None:
            self.offline_until = until
        else:
            self.ledger.account(response_id).offline_until = until
        for connection in open_connections(self, response_id):
            connection.reset()

    def strike(self, faults: str, response_id: str | None = None) -> int:
        """Let faults happen now, to one response or to all; how many connections they struck.

        May be called from any thread but its own.
        """
        if self._loop is None:
            return strike_now(self, faults, response_id)

        async def there() -> int:
            return strike_now(self, faults, response_id)

        return asyncio.run_coroutine_threadsafe(there(), self._loop).result()

    async def astart(self) -> Self:
        loop = asyncio.get_running_loop()
        try:
            self._server = await loop.create_server(
                lambda: Connection(self), self.host, self.port, backlog=_BACKLOG
            )
        except OSError as error:
            raise InvalidSetting(
                f"cannot listen on {self.host} port {self.port}: {error.strerror}"
            ) from error
        self.port = self._server.sockets[0].getsockname()[1]
        return self

    async def astop(self) -> None:
        """Prompt, whatever is still being streamed."""
        if self._server is None:
            return
        server, self._server = self._server, None
        server.close()
        open_now = list(self.connections)
        for connection in open_now:
            connection.abort()
        if open_now:
            await asyncio.wait([connection.task for connection in open_now])
        await server.wait_closed()

    def start(self) -> Self:
        if self._thread is not None:
            return self
        started = threading.Event()
        failure: list[BaseException] = []

        def run() -> None:
            with asyncio.Runner() as runner:
                self._loop = runner.get_loop()
                try:
                    runner.run(self.astart())
                except InvalidSetting as error:
                    failure.append(error)
                    return
                finally:
                    started.set()
                self._loop.run_forever()

        self._thread = threading.Thread(target=run, name=type(self).__name__.lower(), daemon=True)
        self._thread.start()
        started.wait()
        if failure:
            self._thread.join()
            self._thread = None
            raise failure[0]
        return self

    def stop(self) -> None:
        if self._thread is None or self._loop is None:
            return
        asyncio.run_coroutine_threadsafe(self.astop(), self._loop).result()
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join()
        self._thread = self._loop = None

    def __enter__(self) -> Self:
        return self.start()

    def __exit__(self, *_: object) -> None:
        self.stop()

    async def __aenter__(self) -> Self:
        return await self.astart()

    async def __aexit__(self, *_: object) -> None:
        await self.astop()
