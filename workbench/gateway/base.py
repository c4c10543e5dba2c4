"""What the gateway needs of a workbench, and how errors become answers."""

from collections.abc import Sequence
from typing import Any, Protocol

from starlette.responses import JSONResponse

from workbench.errors import (
    CorruptEntry,
    InvalidCursor,
    KeyTaken,
    LeaseError,
    LogError,
    LogUnavailable,
    MissingKey,
    ProviderBusy,
    ProviderError,
    RunGone,
    UnknownRun,
    UsageError,
    WorkbenchError,
)
from workbench.events import Status
from workbench.log.base import Log
from workbench.wire.stored import Stored

__all__ = ["ApiError", "RunLike", "WorkbenchLike", "answer_error", "as_api_error", "parse_cursor"]


class RunLike(Protocol):
    @property
    def id(self) -> str: ...

    def to_dict(self) -> dict[str, Any]:
        """The full form: what `show --json` prints."""

    def to_row(self) -> dict[str, Any]:
        """The short form: what `runs --json` prints one of."""

    def raw(self, cursor: int) -> Stored:
        """The stored text of one event; InvalidCursor when the log has none there."""

    def cancel(self) -> None: ...


class WorkbenchLike(Protocol):
    @property
    def log(self) -> Log: ...

    def start(self, input: str | list[dict[str, Any]], **options: Any) -> RunLike: ...  # noqa: A002 - the public name

    def run(self, run_id: str) -> RunLike: ...

    def runs(
        self, status: Sequence[Status] | None = None, limit: int = 50, before: str | None = None
    ) -> Sequence[RunLike]: ...

    def delete(self, run_id: str) -> None: ...


class ApiError(Exception):
    """An answer that is not the one hoped for."""

    def __init__(self, status: int, code: str, message: str) -> None:
        super().__init__(message)
        self.status = status
        self.code = code
        self.message = message


# First match wins, so a class stands before the classes it inherits from.
_ANSWERS: tuple[tuple[type[WorkbenchError], int, str], ...] = (
    (InvalidCursor, 400, "bad_cursor"),
    (RunGone, 410, "gone"),
    (UnknownRun, 404, "unknown_run"),
    (KeyTaken, 409, "key_taken"),
    (MissingKey, 400, "missing_key"),
    (UsageError, 400, "bad_request"),
    (LeaseError, 409, "conflict"),
    (LogUnavailable, 503, "log_unavailable"),
    (CorruptEntry, 500, "corrupt_entry"),
    (LogError, 409, "conflict"),
    (ProviderBusy, 429, "limited"),
    (ProviderError, 502, "provider_failed"),
    (WorkbenchError, 500, "failed"),
)


def as_api_error(error: WorkbenchError) -> ApiError:
    for kind, status, code in _ANSWERS:
        if isinstance(error, kind):
            return ApiError(status, code, str(error))
    raise AssertionError(f"{type(error).__name__} is not in the table") from error


def answer_error(error: ApiError) -> JSONResponse:
    return JSONResponse(
        {"error": {"code": error.code, "message": error.message}}, status_code=error.status
    )


def parse_cursor(text: str | None) -> int:
    """A cursor as it stands in a URL or a Last-Event-ID header."""
    if text is None or text == "":
        return 0
    if not (text.isascii() and text.isdigit()) or len(text) > 15:
        raise InvalidCursor(f"A cursor is a whole number from 0 on, got {text[:40]!r}.")
    return int(text)
