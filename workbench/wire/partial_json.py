"""JSON that is still arriving: feed it text as it comes, look at the value so far at any time.

Each character is read once, so the cost is linear in the length, however small the pieces. A
growing string shows as far as it came; a key shows with its value, and a number or a literal
once its end is known, because 12 may become 123. Containers in the value grow in place.

The grammar is RFC 8259 and nothing more: what `json.loads` reads as NaN is refused. Half of a
surrogate pair, legal to write and impossible to encode, reads as U+FFFD.
"""

import re
from collections.abc import Callable
from typing import Any, Final, TypeAlias

from workbench.errors import MalformedJson

__all__ = ["MAX_DEPTH", "PartialJson"]

# As deep as what we read must be written again: orjson encodes 254 levels.
MAX_DEPTH: Final = 250

Path: TypeAlias = tuple[str | int, ...]
Step: TypeAlias = Callable[[str, int], int]  # from a position in the text to the next one

_RUN = re.compile(r'[^"\\\x00-\x1f]+').match
_SPACE = re.compile(r"[ \t\n\r]*").match
_NUMBER_RUN = re.compile(r"[-+.0-9eE]*").match
_NUMBER = re.compile(r"-?(?:0|[1-9][0-9]*)(\.[0-9]+)?([eE][-+]?[0-9]+)?").fullmatch
_WHITE = frozenset(" \t\n\r")
_HEX = frozenset("0123456789abcdefABCDEF")
_LITERALS: Final = {"true": True, "false": False, "null": None}
_ESCAPES: Final = {
    '"': '"', "\\": "\\", "/": "/", "b": "\b", "f": "\f", "n": "\n", "r": "\r", "t": "\t"
}  # fmt: skip
_LONE = "\N{REPLACEMENT CHARACTER}"


class PartialJson:
    """A parser whose state is the value so far."""

    def __init__(self) -> None:
        # The whole value stands in a list of one, so that everything has a container.
        self._top: Any = []
        self._outer: list[dict[str, Any] | list[Any]] = []
        self._keys: list[str] = []  # of the open objects, the key whose value comes now
        self._step: Step = self._value
        self._read = 0  # characters of earlier feeds
        self._pieces: list[str] = []  # of the string in progress
        self._place: Any = None  # where in its container that string shows; None for a key
        self._token = ""  # of the number, literal or escape in progress
        self._high = 0  # the first half of a surrogate pair
        self._error: MalformedJson | None = None

    def feed(self, text: str) -> None:
        """Read on; MalformedJson says where the text stopped being JSON, then and ever after."""
        at, end = 0, len(text)
        while at < end:
            at = self._step(text, at)
        self._read += end

    def finish(self) -> Any:
        """The whole value; MalformedJson when the text ended before it did."""
        if self._step == self._number and not self._outer:
            self.feed(" ")
        if self._error is not None:
            raise self._error
        if not self.is_complete:
            raise self._break(
                f"the text ends at character {self._read}, before its value does", self._read
            )
        return self.value

    @property
    def is_complete(self) -> bool:
        return self._step == self._nothing

    @property
    def value(self) -> Any:
        """What has arrived so far; None while nothing has."""
        if len(self._pieces) > 1 and self._place is not None:
            self._pieces = ["".join(self._pieces)]
            self._top[self._place] = self._pieces[0]
        root: Any = self._outer[0] if self._outer else self._top
        return root[0] if root else None

    @property
    def open_path(self) -> Path:
        """Where in the value it still grows: the keys and places that lead there."""
        keys = iter(self._keys)
        path: list[str | int] = [
            next(keys) if isinstance(container, dict) else len(container) - 1
            for container in [*self._outer, self._top]
        ]
        # The innermost container has no growing member unless that is a string.
        return tuple(path[1:] if self._pieces and self._place is not None else path[1:-1])

    def finished(self, *path: str | int) -> int:
        """How many members of the container at a path are whole; 0 while there is none."""
        found = self.value
        for step in path:
            try:
                found = found[step]
            except (KeyError, IndexError, TypeError):
                return 0
        if not isinstance(found, dict | list):
            return 0
        growing = self.open_path
        is_open = len(growing) > len(path) and growing[: len(path)] == path
        return len(found) - is_open

    def _put(self, value: Any) -> None:
        """Give a new value its place."""
        if isinstance(self._top, list):
            self._top.append(value)
        else:
            self._top[self._keys[-1]] = value

    def _fail(self, text: str, at: int, wanted: str) -> MalformedJson:
        where = self._read + at
        return self._break(f"wanted {wanted} at character {where}, got {text[at]!r}", where)

    def _break(self, sentence: str, where: int) -> MalformedJson:
        self._error = MalformedJson(sentence, at=where)
        self._step = self._broken
        return self._error

    def _broken(self, _text: str, _at: int) -> int:
        assert self._error is not None
        raise self._error

    def _enter(self, container: dict[str, Any] | list[Any], then: Step, at: int) -> None:
        if len(self._outer) >= MAX_DEPTH:
            raise self._break(f"deeper than {MAX_DEPTH} levels", self._read + at)
        self._put(container)
        self._outer.append(self._top)
        self._top = container
        self._step = then

    def _leave(self) -> None:
        if isinstance(self._top, dict):
            self._keys.pop()
        self._top = self._outer.pop()
        self._end_value()

    def _end_value(self) -> None:
        self._step = self._after if self._outer else self._nothing

    # The steps: each reads what it knows from a position and says where it stopped.

    def _value(self, text: str, at: int) -> int:
        first = text[at]
        if first == '"':
            self._put("")
            self._begin_string(
                len(self._top) - 1 if isinstance(self._top, list) else self._keys[-1]
            )
        elif first in _WHITE:
            return _space(text, at)
        elif first in "-0123456789":
            self._step = self._number
            return at
        elif first == "{":
            self._enter({}, self._first_key, at)
            self._keys.append("")
        elif first == "[":
            self._enter([], self._first_element, at)
        elif first in "tfn":
            self._step = self._literal
            return at
        else:
            raise self._fail(text, at, "a value")
        return at + 1

    def _begin_string(self, place: str | int | None) -> None:
        self._pieces = [""]
        self._place = place
        self._step = self._string

    def _string(self, text: str, at: int) -> int:
        if run := _RUN(text, at):
            self._pieces.append(run[0])
            at = run.end()
            if at == len(text):
                return at
        if text[at] == '"':
            self._end_string()
        elif text[at] == "\\":
            self._step = self._escape
        else:
            raise self._fail(text, at, "an escape for a control character")
        return at + 1

    def _end_string(self) -> None:
        whole = "".join(self._pieces)
        self._pieces = []
        if self._place is None:
            self._keys[-1] = whole
            self._step = self._colon
        else:
            self._top[self._place] = whole
            self._end_value()

    def _escape(self, text: str, at: int) -> int:
        escaped = text[at]
        if escaped == "u":
            self._step = self._unicode
        elif escaped in _ESCAPES:
            self._add(_ESCAPES[escaped])
            self._step = self._string
        else:
            raise self._fail(text, at, "an escape")
        return at + 1

    def _unicode(self, text: str, at: int) -> int:
        if text[at] not in _HEX:
            raise self._fail(text, at, "four hexadecimal digits")
        self._token += text[at]
        if len(self._token) == 4:
            code, self._token = int(self._token, 16), ""
            if 0xDC00 <= code < 0xE000 and self._high:
                high, self._high = self._high, 0
                self._pieces.append(chr(0x10000 + ((high - 0xD800) << 10) + (code - 0xDC00)))
                self._step = self._string
            elif 0xD800 <= code < 0xDC00:
                self._add("")
                self._high = code
                self._step = self._half
            else:
                self._add(_LONE if 0xDC00 <= code < 0xE000 else chr(code))
                self._step = self._string
        return at + 1

    def _half(self, text: str, at: int) -> int:
        """After the first half of a pair only an escape can bring the second."""
        if text[at] == "\\":
            self._step = self._escape
            return at + 1
        self._add("")
        self._step = self._string
        return at

    def _add(self, piece: str) -> None:
        """A piece that is not the second half of a pair: the first half stays alone."""
        if self._high:
            self._high = 0
            self._pieces.append(_LONE)
        self._pieces.append(piece)

    def _number(self, text: str, at: int) -> int:
        run = _NUMBER_RUN(text, at)
        assert run is not None
        self._token += run[0]
        at = run.end()
        if at < len(text):
            token, self._token = self._token, ""
            if (number := _NUMBER(token)) is None:
                where = self._read + at
                raise self._break(
                    f"wanted a number before character {where}, got {token[:40]!r}",
                    where - len(token),
                )
            self._put(float(token) if number[1] or number[2] else _integer(token))
            self._end_value()
        return at

    def _literal(self, text: str, at: int) -> int:
        token = self._token + text[at]
        if not any(literal.startswith(token) for literal in _LITERALS):
            raise self._fail(text, at, "true, false or null")
        self._token = token
        if token in _LITERALS:
            self._token = ""
            self._put(_LITERALS[token])
            self._end_value()
        return at + 1

    def _first_element(self, text: str, at: int) -> int:
        if text[at] == "]":
            self._leave()
            return at + 1
        if text[at] not in _WHITE:
            self._step = self._value
            return at
        return _space(text, at)

    def _first_key(self, text: str, at: int) -> int:
        if text[at] == "}":
            self._leave()
            return at + 1
        return self._key(text, at)

    def _key(self, text: str, at: int) -> int:
        if text[at] == '"':
            self._begin_string(None)
            return at + 1
        if text[at] not in _WHITE:
            raise self._fail(text, at, "a key in quotes")
        return _space(text, at)

    def _colon(self, text: str, at: int) -> int:
        if text[at] == ":":
            self._step = self._value
            return _space(text, at + 1)
        if text[at] not in _WHITE:
            raise self._fail(text, at, "a colon")
        return _space(text, at)

    def _after(self, text: str, at: int) -> int:
        is_list = isinstance(self._top, list)
        after = text[at]
        if after == ",":
            self._step = self._value if is_list else self._key
        elif after == ("]" if is_list else "}"):
            self._leave()
        elif after not in _WHITE:
            kind = "array" if is_list else "object"
            raise self._fail(text, at, f"a comma or the end of the {kind}")
        return _space(text, at + 1)

    def _nothing(self, text: str, at: int) -> int:
        if text[at] not in _WHITE:
            raise self._fail(text, at, "the end of the text")
        return _space(text, at)


def _space(text: str, at: int) -> int:
    run = _SPACE(text, at)
    assert run is not None
    return run.end()


def _integer(token: str) -> int | float:
    # Python refuses to read thousands of digits, and no reader of JSON holds them either.
    return int(token) if len(token) < 400 else float(token)
