"""What can be refused before anything is stored or sent."""

from collections.abc import Collection
from dataclasses import asdict
from typing import get_args
from urllib.parse import urlsplit

from workbench.errors import InvalidSetting, KeyTaken, UnknownProvider
from workbench.events import TRANSPORTS, OnLost, RunInfo, RunRequest
from workbench.providers.registry import PROVIDERS
from workbench.service.kinds import check_kinds

__all__ = ["check_key", "check_request", "check_same"]

# What settings choose when a caller does not, and they may have changed since.
_CHOSEN = frozenset({"base_url", "on_lost", "provider", "transport"})


def check_key(key: object) -> None:
    if key is not None and not isinstance(key, str):
        raise InvalidSetting(f"key cannot be {key!r:.60}; it takes text.")


def check_request(request: RunRequest) -> None:
    """InvalidSetting or UnknownProvider, with a sentence that names the field."""
    check_kinds(request)
    if not request.input and not request.prompt:
        raise InvalidSetting("The input is empty: say something, or name a stored prompt.")
    if request.provider not in PROVIDERS:
        raise UnknownProvider(
            f"There is no provider {request.provider!r}; there are {', '.join(PROVIDERS)}."
        )
    if request.base_url:
        check_address(request.base_url)
    if request.transport not in TRANSPORTS:
        raise InvalidSetting(
            f"There is no transport {request.transport!r}; there are {', '.join(TRANSPORTS)}."
        )
    if request.on_lost not in get_args(OnLost):
        raise InvalidSetting(
            f"on_lost is {' or '.join(get_args(OnLost))}, not {request.on_lost!r}."
        )
    _check_numbers(request)
    if request.faults:
        from workbench.simulator.faults import parse

        parse(request.faults)
    if request.scenario and request.base_url is None:
        check_scenario(request.scenario)


def _check_numbers(request: RunRequest) -> None:
    if request.speed is not None and request.speed < 0:
        raise InvalidSetting(
            f"The speed is 0 (as fast as possible) or more, not {request.speed:g}."
        )
    if request.lost_after_s is not None and not request.lost_after_s > 0:
        raise InvalidSetting(f"lost_after_s is more than 0 seconds, not {request.lost_after_s:g}.")
    if request.max_output_tokens is not None and request.max_output_tokens < 1:
        raise InvalidSetting(
            f"max_output_tokens must be at least 1, not {request.max_output_tokens}."
        )


def check_same(first: RunInfo, request: RunRequest, options: Collection[str]) -> None:
    """Whether a key is used again for what it was used for; nothing else may share its run."""
    asked, now = asdict(first.request), asdict(request)
    differing = [
        name
        for name in sorted(asked)
        if asked[name] != now[name] and (name in options or name not in _CHOSEN)
    ]
    if differing:
        raise KeyTaken(
            f"The key {first.key!r} belongs to run {first.id}, which was asked for something else"
            f" ({', '.join(differing)}). Take another key, or ask as before to get that run."
        )


def check_address(url: str) -> None:
    try:
        place = urlsplit(url).netloc
    except ValueError as error:
        raise InvalidSetting(f"The base URL is no address: {error}.") from error
    if "@" in place:
        raise InvalidSetting(
            "The base URL holds a user or a password, and is stored with the run:"
            " keys belong in the environment."
        )


def check_scenario(name: str) -> None:
    from workbench.simulator.scenario import load_all

    known = load_all()
    if name not in known:
        raise InvalidSetting(
            f"There is no scenario {name!r}; there are {', '.join(sorted(known))}."
        )
