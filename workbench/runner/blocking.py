"""Blocking calls of the log, off the event loop."""

import asyncio
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import ParamSpec, TypeVar

__all__ = ["Blocking"]

_T = TypeVar("_T")
_P = ParamSpec("_P")


class Blocking:
    """Threads of its own: the loop's pool may be full of name lookups."""

    def __init__(self) -> None:
        self._pool = ThreadPoolExecutor(max_workers=2, thread_name_prefix="workbench-log")

    async def __call__(self, call: Callable[_P, _T], *args: _P.args, **kwargs: _P.kwargs) -> _T:
        loop = asyncio.get_running_loop()
        try:
            future = loop.run_in_executor(self._pool, partial(call, *args, **kwargs))
        except RuntimeError:
            return call(*args, **kwargs)  # the interpreter is ending and starts no more threads
        return await future

    def shutdown(self) -> None:
        self._pool.shutdown(wait=False)
