"""Work that a page began and that goes on without it."""

from collections.abc import Callable
from typing import Any

import pytest

from workbench.app.background import Work, begin, find
from workbench.errors import InvalidSetting


def ended(name: str, task: Callable[[Work], Any]) -> Work:
    work = begin(name, task)
    assert work.ended.wait(10)
    return work


def fails(error: Exception) -> Callable[[Work], Any]:
    def task(_: Work) -> Any:
        raise error

    return task


@pytest.mark.parametrize(
    ("error", "says"),
    [
        (InvalidSetting("Name a transport."), "Name a transport."),
        (ZeroDivisionError("by zero"), "It failed unexpectedly: ZeroDivisionError('by zero')"),
    ],
)
def test_whatever_goes_wrong_is_told_to_the_page(error: Exception, says: str) -> None:
    assert ended("wrong", fails(error)).error == says


def test_what_ended_long_ago_is_forgotten() -> None:
    for n in range(12):
        ended(f"work-{n}", lambda _: 1)
    assert find("work-0") is None
    assert find("work-11") is not None
