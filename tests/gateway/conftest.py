"""A gateway over a real workbench, served on a real socket."""

from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager
from pathlib import Path

import httpx
import pytest
from starlette.applications import Starlette

from tests.support.asgi import serve
from workbench.gateway import Limits, routes
from workbench.service import Workbench


@pytest.fixture
def wb(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path / "data") as wb:
        yield wb


@pytest.fixture
def limits() -> Limits:
    return Limits(body_bytes=10_000, followers=20, heartbeat_s=0.05)


@pytest.fixture
def address(wb: Workbench, limits: Limits) -> Iterator[str]:
    found, stop_streams = routes(wb, limits=limits)

    @asynccontextmanager
    async def lifespan(_: Starlette) -> AsyncIterator[None]:
        yield
        stop_streams()

    with serve(Starlette(routes=found, lifespan=lifespan)) as url:
        yield url
        stop_streams()


@pytest.fixture
def http(address: str) -> Iterator[httpx.Client]:
    with httpx.Client(base_url=address, timeout=20) as client:
        yield client
