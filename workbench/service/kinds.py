"""Whether the fields of a request are of the kinds they are declared to be.

A request may come from anybody who can post JSON or hand over a file; one field of another kind
would be stored, and break every list that shows the run.
"""

from sys import float_info
from types import UnionType
from typing import Any, Final, Literal, Union, get_args, get_origin, get_type_hints

from workbench.errors import InvalidSetting
from workbench.events import RunRequest

__all__ = ["check_kinds", "is_of"]

_KINDS: Final = get_type_hints(RunRequest)
_ONE: Final = {
    str: "text",
    int: "a whole number",
    float: "a number",
    list: "a list",
    dict: "an object",
}
_MANY: Final = {str: "texts", float: "numbers", list: "lists", dict: "objects"}


def check_kinds(request: RunRequest) -> None:
    """InvalidSetting, naming the first field that holds something else than it declares."""
    for name, kind in _KINDS.items():
        value = getattr(request, name)
        if not is_of(value, kind):
            raise InvalidSetting(f"{name} cannot be {value!r:.60}; it takes {_words(kind)}.")


def is_of(value: object, kind: Any) -> bool:
    """Whether a value read from JSON is of a declared kind."""
    origin, inner = get_origin(kind), get_args(kind)
    if kind is Any:
        return True
    if origin in (Union, UnionType):
        return any(is_of(value, one) for one in inner)
    if origin is Literal:
        return isinstance(value, str)  # which one it is has a sentence of its own
    if origin is list:
        return isinstance(value, list) and all(is_of(one, inner[0]) for one in value)
    if origin is dict:
        return isinstance(value, dict) and all(
            isinstance(name, str) and is_of(one, inner[1]) for name, one in value.items()
        )
    if isinstance(value, bool):
        return kind is bool
    if kind is float:
        return isinstance(value, int | float) and abs(value) <= float_info.max  # NaN is not
    return isinstance(value, kind)


def _words(kind: Any) -> str:
    origin, inner = get_origin(kind), get_args(kind)
    if origin in (Union, UnionType):
        return " or ".join(_words(one) for one in inner if one is not type(None))
    if origin in _MANY:
        one = _MANY.get(get_origin(inner[-1]) or inner[-1])
        return f"{_ONE[origin]} of {one}" if one else _ONE[origin]
    return "text" if origin is Literal else _ONE[kind]
