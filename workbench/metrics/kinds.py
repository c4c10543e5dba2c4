"""Which provider events carry output, and of what kind."""

from typing import Any, Final, Literal

__all__ = ["ANSWER", "DELTAS", "DONE_TEXT", "REASONING", "Kind", "shows_activity"]

Kind = Literal["text", "refusal", "summary", "reasoning", "tool"]

# Events that carry a piece of output in `delta`. A chunk is not a token: only usage counts those.
DELTAS: Final[dict[str, Kind]] = {
    "response.output_text.delta": "text",
    "response.refusal.delta": "refusal",
    "response.reasoning_summary_text.delta": "summary",
    "response.reasoning_text.delta": "reasoning",
    "response.function_call_arguments.delta": "tool",
    "response.custom_tool_call_input.delta": "tool",
    "response.mcp_call_arguments.delta": "tool",
    "response.code_interpreter_call_code.delta": "tool",
    "response.shell_call_command.delta": "tool",
}

# Events that repeat the whole of what their deltas brought, and in which field; some providers
# send only these.
DONE_TEXT: Final[dict[str, str]] = {
    "response.output_text.done": "text",
    "response.refusal.done": "refusal",
    "response.reasoning_summary_text.done": "text",
    "response.reasoning_text.done": "text",
    "response.function_call_arguments.done": "arguments",
    "response.custom_tool_call_input.done": "input",
    "response.mcp_call_arguments.done": "arguments",
    "response.code_interpreter_call_code.done": "code",
    "response.shell_call_command.done": "command",
}

# What `output_tokens - reasoning_tokens` counts, and what `reasoning_tokens` hides.
ANSWER: Final[frozenset[Kind]] = frozenset({"text", "refusal", "tool"})
REASONING: Final[frozenset[Kind]] = frozenset({"summary", "reasoning"})

_ACTIVITY: Final = (
    "response.web_search_call.",
    "response.file_search_call.",
    "response.code_interpreter_call.",
    "response.image_generation_call.",
    "response.mcp_call.",
    "response.mcp_list_tools.",
)
_SILENT_ITEMS: Final = ("message", "reasoning")


def shows_activity(event: dict[str, Any]) -> bool:
    """Whether a screen shows something new for this event although it carries no output."""
    type_ = event["type"]
    if type_ == "response.output_item.added":
        item = event.get("item")
        return isinstance(item, dict) and item.get("type") not in _SILENT_ITEMS
    return bool(type_.startswith(_ACTIVITY))
