"""Wait for a described condition, never for an amount of time."""

import asyncio
import time
from collections.abc import Callable
from typing import TypeVar

__all__ = ["await_until", "wait_until"]

T = TypeVar("T")
_STEP_S = 0.005


def wait_until(condition: Callable[[], T], what: str, *, timeout_s: float = 20.0) -> T:
    """The first true value of the condition; too late, a failure that says what was awaited."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{timeout_s:g} s went by without: {what}")
        time.sleep(_STEP_S)
    return value


async def await_until(condition: Callable[[], T], what: str, *, timeout_s: float = 20.0) -> T:
    """The same without blocking the event loop."""
    deadline = time.monotonic() + timeout_s
    while not (value := condition()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{timeout_s:g} s went by without: {what}")
        await asyncio.sleep(_STEP_S)
    return value
