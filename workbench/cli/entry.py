"""Every verb, and what becomes of their failures: one sentence on stderr and an exit code.

0 all is well; 1 something failed, or a run ended as failed, cancelled or interrupted; 2 the
command was wrong; 130 Ctrl-C. A reader that closes the pipe early has had enough: that is 0.
"""

import os
import sys
from collections.abc import Sequence

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
    try:
        # Without standalone mode nothing is printed or exited behind our back.
        code = commands.app(given, prog_name="workbench", standalone_mode=False)
        sys.stdout.flush()
    except typer.TyperException as error:
        return _complain(error.format_message(), MISUSED)
    except typer.Abort:
        return _complain("Stopped; nothing was done.", 1)
    except KeyboardInterrupt:
        return INTERRUPTED
    except (BrokenPipeError, ReaderLeft):
        _silence_stdout()
        return 0
    except _WRONG_COMMANDS as error:
        return _complain(str(error), MISUSED)
    except WorkbenchError as error:
        return _complain(str(error), 1)
    except OSError as error:
        name = f"{error.filename}: " if error.filename else ""
        return _complain(f"{name}{error.strerror or error}", 1)
    except Exception as error:
        if "WORKBENCH_DEBUG" in os.environ:
            raise
        return _complain(
            f"Something unexpected happened ({type(error).__name__}: {error}). "
            "Set WORKBENCH_DEBUG=1 to see where.",
            1,
        )
    return code if isinstance(code, int) else 0


def _complain(message: str, code: int) -> int:
    sentence = " ".join(message.split()) if code == MISUSED and "^" not in message else message
    sys.stderr.write(f"workbench: {sentence}\n")
    return code


def _silence_stdout() -> None:
    """Whatever is still buffered must not complain at the end of the interpreter."""
    os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
