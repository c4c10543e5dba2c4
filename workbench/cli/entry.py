"""Every verb, and what becomes of their failures: one sentence on stderr and an exit code.

0 all is well; 1 something failed, or a run ended as failed, cancelled or interrupted; 2 the
command was wrong; 130 Ctrl-C. A reader that closes the pipe early has had enough: that is 0.
"""

import os
import sys
from collections.abc import Sequence
from io import TextIOWrapper

import typer

from workbench.cli import commands
from workbench.cli.screen import ReaderLeft
from workbench.errors import (
    InvalidCursor,
    InvalidFault,
    InvalidScenario,
    InvalidSetting,
    UnknownProvider,
    WorkbenchError,
)

__all__ = ["INTERRUPTED", "MISUSED", "enter"]

MISUSED = 2
INTERRUPTED = 130
_WRONG_COMMANDS = (InvalidCursor, InvalidFault, InvalidScenario, InvalidSetting, UnknownProvider)


def enter(arguments: Sequence[str] | None = None) -> int:
    given = list(sys.argv[1:] if arguments is None else arguments)
    for stream in (sys.stdout, sys.stderr):
        if isinstance(stream, TextIOWrapper):
            stream.reconfigure(errors="replace")  # a narrow encoding is no reason to fail
    try:
        # Without standalone mode nothing is printed or exited behind our back.
        code = commands.app(given, prog_name="workbench", standalone_mode=False)
        sys.stdout.flush()
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BrokenPipeError, ReaderLeft):
        _silence_stdout()
        return 0
    except Exception as error:
        if "WORKBENCH_DEBUG" in os.environ:
            raise
        return _failed(error)
    return code if isinstance(code, int) else 0


def _failed(error: Exception) -> int:
    match error:
        case typer.TyperException():
            message = " ".join(error.format_message().split())
            # Without a verb the help was shown, and there is nothing to add.
            return _complain(message, MISUSED) if message else MISUSED
        case typer.Abort():
            return _complain("Stopped; nothing was done.", 1)
        case WorkbenchError():
            return _complain(str(error), MISUSED if isinstance(error, _WRONG_COMMANDS) else 1)
        case OSError():
            name = f"{error.filename}: " if error.filename else ""
            return _complain(f"{name}{error.strerror or error}", 1)
    unexpected = f"Something unexpected happened ({type(error).__name__}: {error})."
    return _complain(f"{unexpected} Set WORKBENCH_DEBUG=1 to see where.", 1)


def _complain(message: str, code: int) -> int:
    sys.stderr.write(f"workbench: {message}\n")
    return code


def _silence_stdout() -> None:
    """Whatever is still buffered must not complain at the end of the interpreter."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
