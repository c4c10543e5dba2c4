"""What each type of event does to a state: one table, every type of the Responses API in it."""

from collections.abc import Callable
from typing import TYPE_CHECKING, Any, Final, Literal

from workbench.events import ENDED, Event, Fact, Status, terminal_type
from workbench.state.items import Item, Parts, part

if TYPE_CHECKING:
    from workbench.state.run import RunState

__all__ = ["HANDLERS", "Phase", "unified_error"]

# What a badge shows: the status, or what is being done about a missing connection.
Phase = Literal["reconnecting", "polling", "waiting"] | Status

Handler = Callable[["RunState", Event], None]

# The badge while a connection is being made, by the mode of the attempt.
_OPENING: Final[dict[object, Phase]] = {"resume": "reconnecting", "poll": "polling"}
_WAITING: Final[dict[object, Phase]] = {"backoff": "reconnecting", "poll": "polling"}


def unified_error(event: Event) -> dict[str, Any] | None:
    """{code, message} of an error, whether it stands in the event or nested under `error`."""
    nested = event.get("error")
    error = nested if isinstance(nested, dict) else event
    if isinstance(nested, str):
        error = {"message": nested}
    code, message = error.get("code"), error.get("message")
    kind = error.get("type")
    if code is None and kind != event.get("type"):
        code = kind
    if code is None and message is None:
        return None
    return {
        "code": None if code is None else str(code),
        "message": str(message if message is not None else code),
    }


def _lifecycle(state: "RunState", event: Event) -> None:
    response = event.get("response")
    if not isinstance(response, dict):
        return
    if state.response_id is None and isinstance(response.get("id"), str):
        state.response_id = response["id"]
    if isinstance(response.get("model"), str):
        state.model = response["model"]
    if isinstance(response.get("created_at"), int | float):
        state.created_at = response["created_at"]
    if isinstance(response.get("status"), str):
        state.response_status = response["status"]
    if isinstance(response.get("usage"), dict):
        state.usage = response["usage"]


def _progress(state: "RunState", event: Event) -> None:
    _lifecycle(state, event)
    kind = event["type"].removeprefix("response.")
    if kind != "created":
        state.response_status = kind
    _show_response(state)


def _terminal(state: "RunState", event: Event) -> None:
    _lifecycle(state, event)
    response = event.get("response")
    state.final = response if isinstance(response, dict) else {}
    status = state.final.get("status")
    kind = event["type"].removeprefix("response.")
    # A cancelled response may end as response.failed that says `cancelled`.
    state.response_status = status if isinstance(status, str) and status in ENDED else kind
    if error := unified_error(state.final) if state.final.get("error") else None:
        state.error = error
    if state.response_status == "completed":
        state.error = None
    _show_response(state)


def _show_response(state: "RunState") -> None:
    if state.ended or state.mode == "poll":
        return
    state.status = "queued" if state.response_status == "queued" else "in_progress"
    state.phase = state.status


def _error(state: "RunState", event: Event) -> None:
    state.error = unified_error(event) or state.error


def _item_added(state: "RunState", event: Event) -> None:
    raw = event.get("item")
    state.item(event).begin(raw if isinstance(raw, dict) else {})


def _item_done(state: "RunState", event: Event) -> None:
    raw = event.get("item")
    state.corrected += state.item(event).finish(raw if isinstance(raw, dict) else {})


def _part(state: "RunState", event: Event) -> None:
    content = event.get("part")
    if isinstance(content, dict):
        state.corrected += state.item(event).settle_part(event.get("content_index"), content)


def _summary_part(state: "RunState", event: Event) -> None:
    content = event.get("part")
    summary = part(state.item(event, "reasoning").summaries, event.get("summary_index"))
    if isinstance(content, dict):
        state.corrected += summary.settle(content.get("text"))


def _grows(kind: str, parts: Callable[[Item], Parts], index: str = "content_index") -> Handler:
    """A delta of one indexed part."""

    def grow(state: "RunState", event: Event) -> None:
        delta = event.get("delta")
        if isinstance(delta, str):
            part(parts(state.item(event, kind)), event.get(index)).add(delta)

    return grow


def _settles(
    kind: str, parts: Callable[[Item], Parts], field: str, index: str = "content_index"
) -> Handler:
    """The whole of one indexed part."""

    def settle(state: "RunState", event: Event) -> None:
        found = part(parts(state.item(event, kind)), event.get(index))
        state.corrected += found.settle(event.get(field))

    return settle


def _arguments_grow(kind: str) -> Handler:
    def grow(state: "RunState", event: Event) -> None:
        delta = event.get("delta")
        if isinstance(delta, str):
            state.item(event, kind).arguments.add(delta)

    return grow


def _arguments_settle(kind: str, field: str) -> Handler:
    def settle(state: "RunState", event: Event) -> None:
        state.corrected += state.item(event, kind).arguments.settle(event.get(field))

    return settle


def _annotation(state: "RunState", event: Event) -> None:
    state.item(event, "message").annotate(
        event.get("content_index"), event.get("annotation_index"), event.get("annotation")
    )


def _stage(kind: str, status: str) -> Handler:
    """A step in the life of a tool call."""

    def step(state: "RunState", event: Event) -> None:
        state.item(event, kind).status = status

    return step


def _partial_image(state: "RunState", event: Event) -> None:
    state.images[state.item(event, "image_generation_call").index] += 1


def _shell_output(state: "RunState", event: Event) -> None:
    at = event.get("command_index")
    outputs = state.item(event, "shell_call_output").command_outputs
    held = outputs.setdefault(at if type(at) is int else 0, [])
    if event["type"].endswith(".done"):
        held[:] = [event.get("output")]
    else:
        held.append(event.get("delta"))


def _audio(state: "RunState", event: Event) -> None:
    delta = event.get("delta")
    state.audio_characters += len(delta) if isinstance(delta, str) else 0


def _transcript(state: "RunState", event: Event) -> None:
    delta = event.get("delta")
    if isinstance(delta, str):
        state.transcript.add(delta)


def _nothing(_state: "RunState", _event: Event) -> None:
    """Known, and of no meaning to a state."""


def _run_created(state: "RunState", _event: Event) -> None:
    state.status = state.phase = "queued"


def _attempt_started(state: "RunState", event: Event) -> None:
    attempt, mode = event.get("attempt"), event.get("mode")
    state.attempt = attempt if isinstance(attempt, int) else state.attempt + 1
    state.mode = mode if isinstance(mode, str) else None
    if state.mode == "restart":
        state.begin_response()
        state.error = None
    opening: Phase = "reconnecting" if state.attempt > 1 else "queued"
    state.phase = _OPENING.get(state.mode, opening)


def _attempt_connected(state: "RunState", _event: Event) -> None:
    state.phase = "polling" if state.mode == "poll" else state.status


def _attempt_interrupted(state: "RunState", _event: Event) -> None:
    state.phase = "reconnecting"


def _waiting(state: "RunState", event: Event) -> None:
    reason = event.get("reason")
    state.phase = _WAITING.get(reason, "waiting") if isinstance(reason, str) else "waiting"


def _polled(state: "RunState", event: Event) -> None:
    state.phase = "polling"
    if event.get("status") in ("queued", "in_progress"):
        state.status = event["status"]


def _repaired(state: "RunState", event: Event) -> None:
    index = event.get("output_index")
    if event.get("removed") and type(index) is int:
        state.items.pop(index, None)


def _run_ended(state: "RunState", event: Event) -> None:
    state.status = state.phase = event["type"].removeprefix(Fact.RUN_ENDED)
    state.ended = True
    if isinstance(event.get("response_id"), str):
        state.response_id = event["response_id"]
    if state.status == "completed":
        state.error = None
    elif isinstance(event.get("error"), dict):
        state.error = unified_error(event)


def _texts(item: Item) -> Parts:
    return item.texts


def _refusals(item: Item) -> Parts:
    return item.refusals


def _summaries(item: Item) -> Parts:
    return item.summaries


def _reasoning(item: Item) -> Parts:
    return item.reasoning


def _commands(item: Item) -> Parts:
    return item.commands


_ARGUMENTS = {  # prefix of the events: type of the item, field of the whole
    "response.function_call_arguments": ("function_call", "arguments"),
    "response.mcp_call_arguments": ("mcp_call", "arguments"),
    "response.custom_tool_call_input": ("custom_tool_call", "input"),
    "response.code_interpreter_call_code": ("code_interpreter_call", "code"),
}
_STAGES = {
    "code_interpreter_call": ("in_progress", "interpreting", "completed"),
    "file_search_call": ("in_progress", "searching", "completed"),
    "image_generation_call": ("in_progress", "generating", "completed"),
    "mcp_call": ("in_progress", "completed", "failed"),
    "mcp_list_tools": ("in_progress", "completed", "failed"),
    "web_search_call": ("in_progress", "searching", "completed"),
    "compaction": ("compacting",),
}

# Facts that stand in the log for readers; a state does not change with them.
_SILENT = (
    Fact.ADAPTED,
    Fact.ATTEMPT_ENDED,
    Fact.ATTEMPT_RESUMED,
    Fact.CANCEL_REQUESTED,
    Fact.CHUNK,
    Fact.FAULT,
    Fact.FILLED,
    Fact.GAP,
    Fact.GARBLED,
    Fact.UNLOGGED,
    Fact.VERIFIED,
)

HANDLERS: Final[dict[str, Handler]] = {
    "error": _error,
    "response.created": _progress,
    "response.queued": _progress,
    "response.in_progress": _progress,
    "response.completed": _terminal,
    "response.incomplete": _terminal,
    "response.failed": _terminal,
    "response.cancelled": _terminal,
    "response.output_item.added": _item_added,
    "response.output_item.done": _item_done,
    "response.content_part.added": _part,
    "response.content_part.done": _part,
    "response.output_text.delta": _grows("message", _texts),
    "response.output_text.done": _settles("message", _texts, "text"),
    "response.output_text.annotation.added": _annotation,
    "response.refusal.delta": _grows("message", _refusals),
    "response.refusal.done": _settles("message", _refusals, "refusal"),
    "response.reasoning_text.delta": _grows("reasoning", _reasoning),
    "response.reasoning_text.done": _settles("reasoning", _reasoning, "text"),
    "response.reasoning_summary_part.added": _summary_part,
    "response.reasoning_summary_part.done": _summary_part,
    "response.reasoning_summary_text.delta": _grows("reasoning", _summaries, "summary_index"),
    "response.reasoning_summary_text.done": _settles(
        "reasoning", _summaries, "text", "summary_index"
    ),
    "response.shell_call_command.added": _settles(
        "shell_call", _commands, "command", "command_index"
    ),
    "response.shell_call_command.delta": _grows("shell_call", _commands, "command_index"),
    "response.shell_call_command.done": _settles(
        "shell_call", _commands, "command", "command_index"
    ),
    "response.shell_call_output_content.delta": _shell_output,
    "response.shell_call_output_content.done": _shell_output,
    "response.image_generation_call.partial_image": _partial_image,
    "response.audio.delta": _audio,
    "response.audio.done": _nothing,
    "response.audio.transcript.delta": _transcript,
    "response.audio.transcript.done": _nothing,
    **{f"{name}.delta": _arguments_grow(kind) for name, (kind, _) in _ARGUMENTS.items()},
    **{f"{name}.done": _arguments_settle(*about) for name, about in _ARGUMENTS.items()},
    **{
        f"response.{kind}.{stage}": _stage(kind, stage)
        for kind, stages in _STAGES.items()
        for stage in stages
    },
    Fact.RUN_CREATED: _run_created,
    Fact.ATTEMPT_STARTED: _attempt_started,
    Fact.ATTEMPT_CONNECTED: _attempt_connected,
    Fact.ATTEMPT_INTERRUPTED: _attempt_interrupted,
    Fact.WAITING: _waiting,
    Fact.POLLED: _polled,
    Fact.REPAIRED: _repaired,
    **dict.fromkeys(_SILENT, _nothing),
    **{terminal_type(status): _run_ended for status in ENDED},
}
