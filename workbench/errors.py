"""Every exception of the workbench; one root, split by whose fault it is.

WorkbenchError
├─ UsageError                  the caller broke a rule
│  ├─ InvalidCursor            a cursor that no log can have
│  ├─ InvalidFault             a fault that cannot be parsed; shows where
│  ├─ InvalidScenario          a scenario file with a wrong field; names file, line and field
│  ├─ InvalidSetting           a setting, option or argument with a wrong value
│  ├─ KeyTaken                 the key of a start belongs to a run that was asked for something else
│  ├─ MissingKey               a provider needs an API key and none is set
│  ├─ UnknownProvider          no provider of that name
│  └─ UnknownRun               no run of that id in this folder
│     └─ RunGone               there was one; it was deleted or has expired
├─ WireError                   the peer broke a rule
│  ├─ FrameTooLarge            more bytes than the limit without the end of a frame
│  ├─ MalformedEvent           a frame that holds no event
│  └─ MalformedJson            a text that is no JSON; shows where
├─ ProviderError               a provider refused, failed or went away
│  ├─ ProviderUnreachable      no response at all
│  ├─ StreamInterrupted        bytes ended or stalled before a terminal event
│  ├─ ProviderBusy             429, 5xx, overloaded
│  ├─ RequestRejected          4xx, authentication: never retried
│  └─ CheckpointExpired        the provider no longer streams, or forgot, this response
├─ LogError                    the store, or the way it was used
│  ├─ LogUnavailable           storage did not answer; an append may or may not have happened
│  ├─ AppendConflict           the fence is right, the position is not
│  ├─ LogClosed                an append after the terminal entry
│  ├─ CorruptEntry             stored bytes that are not entries; carries the cursor range
│  └─ IncompatibleFolder       a folder written by a newer format, or not by the workbench
└─ LeaseError
   ├─ LeaseHeld                somebody else may write; carries owner and until
   └─ LeaseLost                the fence was overtaken: stop writing, never try again

An exception is for the caller of this call. What befalls a run becomes an event in its log.
"""

from typing import Any, Literal

__all__ = [
    "AppendConflict",
    "Cause",
    "CheckpointExpired",
    "CorruptEntry",
    "FrameTooLarge",
    "IncompatibleFolder",
    "InvalidCursor",
    "InvalidFault",
    "InvalidScenario",
    "InvalidSetting",
    "KeyTaken",
    "LeaseError",
    "LeaseHeld",
    "LeaseLost",
    "LogClosed",
    "LogError",
    "LogUnavailable",
    "MalformedEvent",
    "MalformedJson",
    "MissingKey",
    "ProviderBusy",
    "ProviderError",
    "ProviderUnreachable",
    "RequestRejected",
    "RunGone",
    "StreamInterrupted",
    "UnknownProvider",
    "UnknownRun",
    "UsageError",
    "WireError",
    "WorkbenchError",
]


# Why a connection ended before its response did; docs/events.md explains each.
Cause = Literal[
    "cut",
    "reset",
    "ended",
    "idle",
    "connect",
    "headers",
    "not_a_stream",
    "status",
    "expired",
    "gone",
    "garbled",
    "identity",
    "gap",
    "cancel",
    "handover",
    "error",
]


class WorkbenchError(Exception):
    """The root: catch it to catch everything of ours; it is never raised itself."""

    def __new__(cls, *args: object, **kwargs: object) -> "WorkbenchError":  # noqa: ARG004 - __init__ takes them
        if cls in _ABSTRACT:
            raise TypeError(f"{cls.__name__} names a group of errors; raise one of its members")
        return super().__new__(cls, *args)


class UsageError(WorkbenchError):
    """The caller broke a rule."""


class InvalidCursor(UsageError):
    """A cursor that no log can have."""


class InvalidFault(UsageError):
    """A fault that cannot be parsed."""


class InvalidScenario(UsageError):
    """A scenario that breaks the format."""


class InvalidSetting(UsageError):
    """A setting, option or argument with a wrong value."""


class KeyTaken(UsageError):
    """The key of a start belongs to a run that was asked for something else."""


class MissingKey(UsageError):
    """A provider needs an API key and none is set."""


class UnknownProvider(UsageError):
    """No provider of that name."""


class UnknownRun(UsageError):
    """No run of that id in this folder."""


class RunGone(UnknownRun):
    """There was a run of that id; it was deleted or has expired."""


class WireError(WorkbenchError):
    """The peer broke a rule."""


class FrameTooLarge(WireError):
    """The peer sent more than the limit without finishing a frame."""


class MalformedEvent(WireError):
    """A frame that holds no event."""


class MalformedJson(WireError):
    """A text that is no JSON from some character on."""

    def __init__(self, message: str, *, at: int) -> None:
        super().__init__(message)
        self.at = at


class ProviderError(WorkbenchError):
    """A provider refused, failed or went away.

    `accepted` says whether the provider may have begun the work: False only when it provably
    has not, None when that cannot be known, which is the reason not to ask twice.
    """

    def __init__(
        self,
        message: str,
        *,
        cause: Cause = "error",
        accepted: bool | None = None,
        status: int | None = None,
        code: str | None = None,
        retry_after_s: float | None = None,
        request_id: str | None = None,
        body: Any = None,
    ) -> None:
        super().__init__(message)
        self.cause: Cause = cause
        self.accepted = accepted
        self.status = status
        self.code = code
        self.retry_after_s = retry_after_s
        self.request_id = request_id
        self.body = body


class ProviderUnreachable(ProviderError):
    """No response at all."""


class StreamInterrupted(ProviderError):
    """Bytes ended or stalled before a terminal event."""


class ProviderBusy(ProviderError):
    """The provider asks to come back later, or failed in a way that passes."""


class RequestRejected(ProviderError):
    """The provider will never accept this request."""


class CheckpointExpired(ProviderError):
    """The provider no longer streams, or forgot, this response."""


class LogError(WorkbenchError):
    """The store, or the way it was used."""


class LogUnavailable(LogError):
    """Storage did not answer; an append may or may not have happened, so append again."""


class AppendConflict(LogError):
    """The fence is right, the position is not."""


class LogClosed(LogError):
    """An append after the terminal entry."""


class CorruptEntry(LogError):
    """Stored bytes that are not entries; from 0 to 0 when it is what is known of the run itself."""

    def __init__(self, message: str, *, run: str, first: int, last: int) -> None:
        super().__init__(message)
        self.run = run
        self.first = first
        self.last = last


class IncompatibleFolder(LogError):
    """A folder written by a newer format, or not by the workbench."""


class LeaseError(WorkbenchError):
    """The right to append."""


class LeaseHeld(LeaseError):
    """Somebody else may write."""

    def __init__(self, message: str, *, owner: str, remaining_s: float) -> None:
        super().__init__(message)
        self.owner = owner
        self.remaining_s = remaining_s


class LeaseLost(LeaseError):
    """The fence was overtaken: stop writing, never try again."""


_ABSTRACT = {WorkbenchError, UsageError, WireError, ProviderError, LogError, LeaseError}
