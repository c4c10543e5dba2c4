"""Where things go: data to stdout, everything else to stderr; colours and motion for people."""

import sys
from typing import Any, Final, NoReturn

import orjson
from rich.console import Console

__all__ = ["ReaderLeft", "is_person", "out", "say", "side", "visible", "write", "write_json"]

_WIDE: Final = 100_000
_LINE: Final = orjson.OPT_APPEND_NEWLINE | orjson.OPT_NON_STR_KEYS
# JSON may hold these as they are, and some terminals would obey them.
_ESCAPES: Final = {code: f"\\u{code:04x}" for code in range(0x7F, 0xA0)}
# Whatever a model sends, a terminal must not obey it: control characters become pictures.
_PICTURES: Final = {
    **{code: 0x2400 + code for code in range(0x20) if code not in (0x09, 0x0A)},
    0x7F: 0x2421,
    **dict.fromkeys(range(0x80, 0xA0), 0xFFFD),
}


class ReaderLeft(Exception):
    """Whoever read stdout has had enough."""


class _Stdout(Console):
    def on_broken_pipe(self) -> NoReturn:
        raise ReaderLeft


def is_person() -> bool:
    """Whether somebody looks at stdout; a pipe or a file gets data and nothing else."""
    return sys.stdout.isatty()


def out() -> Console:
    """Stdout as rich sees it; piped, lines are as long as they are."""
    return Console(highlight=False, soft_wrap=not is_person(), width=None if is_person() else _WIDE)


def side() -> Console:
    """Stderr as rich sees it."""
    return Console(stderr=True, highlight=False, soft_wrap=True)


def say(sentence: str) -> None:
    """A remark beside the data."""
    side().print(sentence, markup=False)


def write(data: str | bytes) -> None:
    """Data, as it is, at once."""
    try:
        sys.stdout.flush()
        sys.stdout.buffer.write(data.encode("utf-8", "replace") if isinstance(data, str) else data)
        sys.stdout.buffer.flush()
    except BrokenPipeError as error:
        raise ReaderLeft from error


def write_json(*values: Any) -> None:
    """JSON values, one a line."""
    lines = b"".join(orjson.dumps(value, option=_LINE) for value in values)
    write(lines.decode().translate(_ESCAPES) if is_person() else lines)


def visible(text: str) -> str:
    """Text that no terminal takes for commands."""
    return text.translate(_PICTURES)
