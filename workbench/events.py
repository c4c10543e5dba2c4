"""Facts: what arrives, what is stored, what is asked for. Pure values without behaviour.

An Event is a JSON object with a `type`, kept as it came: the Responses API's own vocabulary
serves every provider, and what happened to the connection stands beside it as events whose
type begins with `workbench.`. Unknown types and fields are legal everywhere.

Entry and Arrival are named tuples, not dataclasses: reading a log makes one per entry, and a
frozen dataclass costs three times as much to make.
"""

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from typing import Any, Final, Literal, NamedTuple, TypeAlias, get_args

__all__ = [
    "ENDED",
    "RESPONSE_TERMINALS",
    "RESPONSE_TYPES",
    "TRANSPORTS",
    "Arrival",
    "Entry",
    "Event",
    "Fact",
    "OnLost",
    "RunInfo",
    "RunRequest",
    "Status",
    "Translated",
    "Transport",
    "terminal_type",
]

Event: TypeAlias = dict[str, Any]

Transport = Literal["stream", "sync", "background", "poll"]
TRANSPORTS: Final[tuple[Transport, ...]] = get_args(Transport)

OnLost = Literal["interrupt", "regenerate"]

Status = Literal[
    "queued", "in_progress", "completed", "incomplete", "failed", "cancelled", "interrupted"
]
# A run in one of these has its one terminal entry and never changes again.
ENDED: Final[frozenset[Status]] = frozenset(
    {"completed", "incomplete", "failed", "cancelled", "interrupted"}
)


class Arrival(NamedTuple):
    """An event on its way into a log: stamped when its last byte arrived, kept as it came."""

    at: float
    json: bytes


class Translated(NamedTuple):
    """One event made from received bytes: its JSON text to store, and the same decoded."""

    json: bytes
    event: Event


class Entry(NamedTuple):
    """An event as stored."""

    cursor: int
    at: float
    event: Event


@dataclass(frozen=True, slots=True, kw_only=True)
class RunRequest:
    """What was asked for: everything another process needs to carry the run on, and no key."""

    input: str | list[dict[str, Any]]
    provider: str = "simulator"
    model: str | None = None
    transport: Transport = "background"
    base_url: str | None = None
    instructions: str | None = None
    reasoning_effort: str | None = None
    temperature: float | None = None
    max_output_tokens: int | None = None
    tools: list[dict[str, Any]] | None = None
    text_format: dict[str, Any] | None = None
    previous_response_id: str | None = None
    prompt: dict[str, Any] | None = None  # a stored prompt template: {id, version?, variables?}
    metadata: dict[str, str] = field(default_factory=dict)
    scenario: str | None = None
    faults: str | None = None
    speed: float | None = None
    seed: int | None = None
    on_lost: OnLost = "interrupt"
    lost_after_s: float | None = None  # without progress; None leaves it to who carries the run
    timeouts: dict[str, float] = field(default_factory=dict)  # connect_s, headers_s, idle_s
    extra: dict[str, Any] = field(default_factory=dict)  # passed to the provider untouched

    def to_dict(self) -> dict[str, Any]:
        """Only what differs from the default, so that logs and pages stay short."""
        default = RunRequest(input="")
        return {
            name: value
            for name, value in asdict(self).items()
            if name in {"input", "provider", "transport"} or value != getattr(default, name)
        }

    @classmethod
    def from_dict(cls, data: Mapping[str, Any]) -> "RunRequest":
        """Fields of a newer version are left out rather than refused."""
        known = cls.__dataclass_fields__
        return cls(**{name: value for name, value in data.items() if name in known})


@dataclass(frozen=True, slots=True, kw_only=True)
class RunInfo:
    """The row of one run: what a list needs without reading its entries."""

    id: str
    created_at: float
    status: Status = "queued"
    key: str | None = None
    request: RunRequest
    closed_at: float | None = None
    cursor: int = 0
    # Written with the terminal entry: usage, duration_s, characters, response_id, attempts, error.
    summary: dict[str, Any] = field(default_factory=dict)
    # Wishes of other processes, such as cancel_requested_at; merged, never replaced.
    marks: dict[str, Any] = field(default_factory=dict)

    @property
    def is_ended(self) -> bool:
        return self.status in ENDED


class Fact:
    """Types of the events that the workbench itself writes; docs/events.md has their fields."""

    RUN_CREATED: Final = "workbench.run.created"
    ADAPTED: Final = "workbench.adapted"
    ATTEMPT_STARTED: Final = "workbench.attempt.started"
    ATTEMPT_CONNECTED: Final = "workbench.attempt.connected"
    ATTEMPT_RESUMED: Final = "workbench.attempt.resumed"
    ATTEMPT_INTERRUPTED: Final = "workbench.attempt.interrupted"
    ATTEMPT_ENDED: Final = "workbench.attempt.ended"
    WAITING: Final = "workbench.waiting"
    POLLED: Final = "workbench.polled"
    GAP: Final = "workbench.gap"
    FILLED: Final = "workbench.filled"
    REPAIRED: Final = "workbench.repaired"
    VERIFIED: Final = "workbench.verified"
    CHUNK: Final = "workbench.chunk"
    GARBLED: Final = "workbench.garbled"
    FAULT: Final = "workbench.fault"
    UNLOGGED: Final = "workbench.unlogged"
    CANCEL_REQUESTED: Final = "workbench.cancel.requested"
    RUN_ENDED: Final = "workbench.run."  # followed by the status


def terminal_type(status: Status) -> str:
    if status not in ENDED:
        raise ValueError(f"{status} is not an end")
    return Fact.RUN_ENDED + status


# The provider's own ends of a response. A bare `error` is not one: `response.failed` may follow.
RESPONSE_TERMINALS: Final = frozenset(
    {"response.completed", "response.incomplete", "response.failed", "response.cancelled"}
)

RESPONSE_TYPES: Final = frozenset(
    """
    error
    response.audio.delta
    response.audio.done
    response.audio.transcript.delta
    response.audio.transcript.done
    response.code_interpreter_call.completed
    response.code_interpreter_call.in_progress
    response.code_interpreter_call.interpreting
    response.code_interpreter_call_code.delta
    response.code_interpreter_call_code.done
    response.compaction.compacting
    response.completed
    response.content_part.added
    response.content_part.done
    response.created
    response.custom_tool_call_input.delta
    response.custom_tool_call_input.done
    response.failed
    response.file_search_call.completed
    response.file_search_call.in_progress
    response.file_search_call.searching
    response.function_call_arguments.delta
    response.function_call_arguments.done
    response.image_generation_call.completed
    response.image_generation_call.generating
    response.image_generation_call.in_progress
    response.image_generation_call.partial_image
    response.in_progress
    response.incomplete
    response.mcp_call.completed
    response.mcp_call.failed
    response.mcp_call.in_progress
    response.mcp_call_arguments.delta
    response.mcp_call_arguments.done
    response.mcp_list_tools.completed
    response.mcp_list_tools.failed
    response.mcp_list_tools.in_progress
    response.output_item.added
    response.output_item.done
    response.output_text.annotation.added
    response.output_text.delta
    response.output_text.done
    response.queued
    response.reasoning_summary_part.added
    response.reasoning_summary_part.done
    response.reasoning_summary_text.delta
    response.reasoning_summary_text.done
    response.reasoning_text.delta
    response.reasoning_text.done
    response.refusal.delta
    response.refusal.done
    response.shell_call_command.added
    response.shell_call_command.delta
    response.shell_call_command.done
    response.shell_call_output_content.delta
    response.shell_call_output_content.done
    response.web_search_call.completed
    response.web_search_call.in_progress
    response.web_search_call.searching
    """.split()
)
