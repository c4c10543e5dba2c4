"""Run ids: they sort by the time of their making, cannot be guessed, and are safe in any path."""

import re
import secrets

from workbench.clock import Clock
from workbench.errors import InvalidSetting

__all__ = ["check_run_id", "is_run_id", "new_run_id"]

_SAFE = re.compile(r"[A-Za-z0-9][A-Za-z0-9_-]{0,99}")
# Digits in the order of their characters, without the ones that are easily misread.
_DIGITS = "0123456789abcdefghjkmnpqrstvwxyz"
_TIME_DIGITS = 11  # microseconds: enough until the year 3111
_RANDOM_DIGITS = 14  # 70 bits: an id is also what a stranger would have to guess


def new_run_id(clock: Clock) -> str:
    microseconds = round(clock.now() * 1e6)
    stamp = "".join(
        _DIGITS[microseconds >> 5 * place & 31] for place in reversed(range(_TIME_DIGITS))
    )
    return "r" + stamp + "".join(secrets.choice(_DIGITS) for _ in range(_RANDOM_DIGITS))


def is_run_id(text: str) -> bool:
    return _SAFE.fullmatch(text) is not None


def check_run_id(text: str) -> None:
    if not is_run_id(text):
        raise InvalidSetting(
            f"{text[:120]!r} cannot name a run: use up to 100 letters, digits, - and _"
        )
