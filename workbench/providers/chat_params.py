"""A run's request in the words of chat completions. Pure."""

from collections.abc import Iterator
from typing import Any

from workbench.errors import InvalidSetting
from workbench.events import RunRequest
from workbench.providers.base import Access

__all__ = ["chat_params"]


def chat_params(request: RunRequest, access: Access, *, model: str | None) -> dict[str, Any]:
    """The body of a chat completion but for what differs between servers."""
    _check(request)
    if model is None:
        raise InvalidSetting(f"{request.provider} has no model of its own: name one")
    params: dict[str, Any] = {
        "model": model,
        "messages": list(_messages(request)),
        "temperature": access.temperature if request.temperature is None else request.temperature,
        "tools": [_tool(tool) for tool in request.tools] if request.tools else None,
        "response_format": _response_format(request.text_format),
        "metadata": simulated(request) | request.metadata or None,
    }
    return {name: value for name, value in params.items() if value is not None}


def simulated(request: RunRequest) -> dict[str, str]:
    """What chooses a simulated exchange; it travels as metadata, so other servers ignore it."""
    chosen = {
        "scenario": request.scenario,
        "faults": request.faults,
        "speed": request.speed,
        "seed": request.seed,
    }
    return {name: str(value) for name, value in chosen.items() if value is not None}


def _check(request: RunRequest) -> None:
    for name in ("previous_response_id", "prompt"):
        if getattr(request, name):
            raise InvalidSetting(
                f"{request.provider} speaks chat completions, which store nothing: "
                f"{name} needs a provider of the Responses API"
            )


def _messages(request: RunRequest) -> Iterator[dict[str, Any]]:
    if request.instructions:
        yield {"role": "system", "content": request.instructions}
    if isinstance(request.input, str):
        yield {"role": "user", "content": request.input}
        return
    calls: list[dict[str, Any]] = []
    for item in request.input:
        # Calls stand side by side as items, and together in one message.
        if item.get("type") == "function_call":
            calls.append(_call(item))
            continue
        if calls:
            yield {"role": "assistant", "content": None, "tool_calls": calls}
            calls = []
        if message := _message(item):
            yield message
    if calls:
        yield {"role": "assistant", "content": None, "tool_calls": calls}


def _message(item: dict[str, Any]) -> dict[str, Any] | None:
    match item.get("type", "message"):
        case "message":
            role = {"developer": "system"}.get(item.get("role", ""), item.get("role", "user"))
            return {"role": role, "content": _content(item.get("content", ""))}
        case "function_call_output":
            output = item.get("output", "")
            content = output if isinstance(output, str) else _content(output)
            return {"role": "tool", "tool_call_id": item.get("call_id"), "content": content}
        case "reasoning":
            return None  # a model's thoughts are its provider's own
        case other:
            raise InvalidSetting(f"an input item of type {other!r} has no place in a chat")


def _content(content: Any) -> Any:
    if not isinstance(content, list):
        return content
    parts = [_part(part) for part in content]
    # Many servers take nothing but a text; parts are sent only where there is something else.
    if all(part["type"] == "text" for part in parts):
        return "".join(part["text"] for part in parts)
    return parts


def _part(part: dict[str, Any]) -> dict[str, Any]:
    match part.get("type"):
        case "input_text" | "output_text" | "text":
            return {"type": "text", "text": part.get("text", "")}
        case "refusal":
            return {"type": "text", "text": part.get("refusal", "")}
        case "input_image":
            image = {"url": part.get("image_url"), "detail": part.get("detail")}
            return {"type": "image_url", "image_url": {k: v for k, v in image.items() if v}}
        case "input_file":
            file = {
                name: part[name] for name in ("file_id", "filename", "file_data") if name in part
            }
            return {"type": "file", "file": file}
        case _:
            return part


def _call(item: dict[str, Any]) -> dict[str, Any]:
    function = {"name": item.get("name"), "arguments": item.get("arguments", "")}
    return {"id": item.get("call_id"), "type": "function", "function": function}


def _tool(tool: dict[str, Any]) -> dict[str, Any]:
    if tool.get("type") != "function":
        raise InvalidSetting(f"chat completions know function tools only, not {tool.get('type')!r}")
    if "function" in tool:
        return tool
    function = {name: value for name, value in tool.items() if name != "type"}
    return {"type": "function", "function": function}


def _response_format(text_format: dict[str, Any] | None) -> dict[str, Any] | None:
    if text_format is None or text_format.get("type") != "json_schema":
        return text_format
    schema = {name: value for name, value in text_format.items() if name != "type"}
    return {"type": "json_schema", "json_schema": schema}
