"""The folder of a disk log: private, marked with its format, and made once by however many."""

import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

from workbench.errors import IncompatibleFolder

__all__ = ["FORMAT", "prepare"]

FORMAT = 1
_MARK = "workbench log, format "
_FORMAT_FILE = "format"
_DATABASE = "cache.db"


@contextmanager
def prepare(folder: Path) -> Iterator[None]:
    """Make or check the folder; whoever opens it holds out everybody else meanwhile."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)
    with _alone(folder / "opening"):
        mark = folder / _FORMAT_FILE
        if mark.exists():
            _check(folder, mark.read_text(encoding="utf-8"))
        elif (folder / _DATABASE).exists() and (folder / _DATABASE).stat().st_size:
            raise IncompatibleFolder(
                f"{folder} holds a database that the workbench did not make; choose another folder"
            )
        else:
            _create(folder / _DATABASE)
            # Whole or not at all: a full disk or a kill must not leave a folder nobody can open.
            new = _create(mark.with_suffix(".new"))
            new.write_text(f"{_MARK}{FORMAT}\n", encoding="utf-8")
            new.replace(mark)
        yield


def _check(folder: Path, text: str) -> None:
    number = text.strip().removeprefix(_MARK)
    if not text.startswith(_MARK) or not number.isdigit():
        raise IncompatibleFolder(f"{folder} is not a folder of the workbench; choose another one")
    if int(number) > FORMAT:
        raise IncompatibleFolder(
            f"{folder} was written by a newer workbench (format {number}; this one reads"
            f" {FORMAT}): update the workbench, or choose another folder"
        )


def _create(path: Path) -> Path:
    """Private from the first moment; SQLite gives its other files the mode of the database."""
    os.close(os.open(path, os.O_CREAT | os.O_RDWR, 0o600))
    return path


@contextmanager
def _alone(path: Path) -> Iterator[None]:
    if find_spec("fcntl") is None:  # Windows: there two first openings at once may fail
        yield
        return
    import fcntl

    lock = os.open(path, os.O_CREAT | os.O_RDWR, 0o600)
    try:
        fcntl.flock(lock, fcntl.LOCK_EX)
        yield
    finally:
        with suppress(OSError):
            os.close(lock)
