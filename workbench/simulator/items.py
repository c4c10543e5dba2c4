"""What each kind of step becomes: one function per kind, from step to beats.

Shapes follow recorded traffic where a recording exists, else the SDK's own types.
"""

import base64
from collections.abc import Callable
from typing import Any, Final

import orjson

from workbench.simulator.builder import Builder, tokens_of
from workbench.simulator.steps import Step

__all__ = ["BUILDERS"]


def wait(b: Builder, step: Step) -> None:
    b.silence(step.values["seconds"])


def reasoning(b: Builder, step: Step) -> None:
    summaries: tuple[str, ...] = step.values.get("summaries", ())
    content: tuple[str, ...] = step.values.get("content", ())
    thought = sum(map(tokens_of, (*summaries, *content)))
    # A summary tells about a quarter of what was thought.
    b.reasoning_tokens += step.values.get("tokens", 4 * thought)
    item: dict[str, Any] = {"id": None, "type": "reasoning", "summary": []}
    index = b.open(item)
    summary = []
    b.thinks = True
    for number, text in enumerate(summaries):
        if b.stopped:
            break
        b.silence(step.values.get("gap", 0.0))
        summary.append({"type": "summary_text", "text": _summary(b, step, index, number, text)})
    raw = [_raw(b, step, index, number, text) for number, text in enumerate(content)]
    b.thinks = False
    parts = {"content": [{"type": "reasoning_text", "text": text} for text in raw]} if raw else {}
    b.close(index, {"id": None, "type": "reasoning", "summary": summary, **parts})


def _summary(b: Builder, step: Step, index: int, number: int, text: str) -> str:
    at = {"summary_index": number}
    empty = {"type": "summary_text", "text": ""}
    b.emit("response.reasoning_summary_part.added", {**at, "part": empty}, index)
    said = b.deltas("response.reasoning_summary_text.delta", text, step, index, **at)
    b.emit("response.reasoning_summary_text.done", {**at, "text": said}, index)
    part = {"type": "summary_text", "text": said}
    b.emit("response.reasoning_summary_part.done", {**at, "part": part}, index)
    return said


def _raw(b: Builder, step: Step, index: int, number: int, text: str) -> str:
    said = b.deltas("response.reasoning_text.delta", text, step, index, content_index=number)
    b.emit("response.reasoning_text.done", {"content_index": number, "text": said}, index)
    return said


def text(b: Builder, step: Step) -> None:
    body = _body(step)
    index = b.open(_message("in_progress", []))
    at = {"content_index": 0}
    b.emit("response.content_part.added", {**at, "part": _output_text("", [])}, index)
    said = b.deltas("response.output_text.delta", body, step, index, **at, logprobs=[])
    annotations = step.values.get("annotations") or []
    for number, annotation in enumerate(annotations):
        fields = {**at, "annotation": annotation, "annotation_index": number}
        b.emit("response.output_text.annotation.added", fields, index)
    b.emit("response.output_text.done", {**at, "logprobs": [], "text": said}, index)
    part = _output_text(said, annotations)
    b.emit("response.content_part.done", {**at, "part": part}, index)
    b.close(index, _message(b.status, [part]))


def _body(step: Step) -> str:
    if "json" in step.values:
        option = orjson.OPT_INDENT_2 if step.values.get("indent") else 0
        return orjson.dumps(step.values["json"], option=option).decode()
    body, times = str(step.values["body"]), int(step.values.get("repeat", 1))
    return body * times if times > 1 else body.strip("\n")


def _message(status: str, content: list[Any]) -> dict[str, Any]:
    return {
        "id": None,
        "type": "message",
        "status": status,
        "content": content,
        "role": "assistant",
    }


def _output_text(said: str, annotations: list[Any]) -> dict[str, Any]:
    return {"type": "output_text", "annotations": annotations, "logprobs": [], "text": said}


def refusal(b: Builder, step: Step) -> None:
    index = b.open(_message("in_progress", []))
    at = {"content_index": 0}
    b.emit("response.content_part.added", {**at, "part": {"type": "refusal", "refusal": ""}}, index)
    said = b.deltas("response.refusal.delta", step.values["body"].strip(), step, index, **at)
    b.emit("response.refusal.done", {**at, "refusal": said}, index)
    part = {"type": "refusal", "refusal": said}
    b.emit("response.content_part.done", {**at, "part": part}, index)
    b.close(index, _message(b.status, [part]))


def function_call(b: Builder, step: Step) -> None:
    def item(status: str, arguments: str) -> dict[str, Any]:
        return {
            "id": None,
            "type": "function_call",
            "status": status,
            "arguments": arguments,
            "call_id": None,
            "name": step.values["name"],
        }

    arguments = _arguments(step)
    index = b.open(item("in_progress", ""))
    said = b.deltas("response.function_call_arguments.delta", arguments, step, index)
    b.emit("response.function_call_arguments.done", {"arguments": said}, index)
    b.close(index, item(b.status, said))


def _arguments(step: Step) -> str:
    return orjson.dumps(step.values.get("arguments") or {}).decode()


def custom_tool(b: Builder, step: Step) -> None:
    def item(text: str) -> dict[str, Any]:
        name = step.values["name"]
        return {
            "id": None,
            "type": "custom_tool_call",
            "call_id": None,
            "input": text,
            "name": name,
        }

    index = b.open(item(""))
    said = b.deltas(
        "response.custom_tool_call_input.delta", step.values["input"].strip(), step, index
    )
    b.emit("response.custom_tool_call_input.done", {"input": said}, index)
    b.close(index, item(said))


def web_search(b: Builder, step: Step) -> None:
    query = step.values["query"]
    item = {"id": None, "type": "web_search_call", "status": "in_progress"}
    index = b.open({**item, "action": {"type": "search"}})
    _phases(b, index, "web_search_call", ("in_progress", "searching", "completed"))
    action: dict[str, Any] = {"type": "search", "queries": [query], "query": query}
    if sources := step.values.get("sources"):
        action["sources"] = [{"type": "url", "url": url} for url in sources]
    b.close(index, {**item, "status": "completed", "action": action})


def file_search(b: Builder, step: Step) -> None:
    item = {"id": None, "type": "file_search_call", "status": "in_progress"}
    index = b.open({**item, "queries": [], "results": None})
    _phases(b, index, "file_search_call", ("in_progress", "searching", "completed"))
    queries, results = list(step.values["queries"]), step.values.get("results")
    b.close(index, {**item, "status": "completed", "queries": queries, "results": results})


def _phases(b: Builder, index: int, kind: str, phases: tuple[str, ...]) -> None:
    for number, phase in enumerate(phases):
        b.silence(0.3 if number else 0.0)
        b.emit(f"response.{kind}.{phase}", {}, index)


def code_interpreter(b: Builder, step: Step) -> None:
    def item(status: str, code: str, outputs: list[Any] | None) -> dict[str, Any]:
        return {
            "id": None,
            "type": "code_interpreter_call",
            "status": status,
            "code": code,
            "container_id": None,
            "outputs": outputs,
        }

    kind = "code_interpreter_call"
    index = b.open(item("in_progress", "", None))
    _phases(b, index, kind, ("in_progress",))
    said = b.deltas(f"response.{kind}_code.delta", step.values["code"].strip(), step, index)
    b.emit(f"response.{kind}_code.done", {"code": said}, index)
    _phases(b, index, kind, ("interpreting", "completed"))
    logs = step.values.get("logs")
    b.close(index, item(b.status, said, [{"type": "logs", "logs": logs}] if logs else []))


def image_generation(b: Builder, step: Step) -> None:
    kind = "image_generation_call"
    size = step.values.get("bytes", 3000)
    look = {"size": "1024x1024", "quality": "low", "background": "opaque", "output_format": "png"}
    index = b.open({"id": None, "type": kind, "status": "in_progress"})
    _phases(b, index, kind, ("in_progress", "generating"))
    for number in range(step.values.get("partials", 1)):
        b.silence(0.5)
        picture = {"partial_image_index": number, "partial_image_b64": _blob(size, number)}
        b.emit(f"response.{kind}.partial_image", {**picture, **look}, index)
    _phases(b, index, kind, ("completed",))
    result = _blob(size, step.values.get("partials", 1))
    done = {"id": None, "type": kind, "status": "completed", "result": result}
    b.close(index, {**done, **look, "revised_prompt": step.values.get("prompt")})


def _blob(size: int, number: int) -> str:
    """Base64 of `size` bytes that look like the beginning of a PNG."""
    head = b"\x89PNG\r\n\x1a\n"
    body = bytes((number * 31 + place * 7) % 256 for place in range(256))
    return base64.b64encode((head + body * (size // 256 + 1))[:size]).decode()


def mcp_list_tools(b: Builder, step: Step) -> None:
    kind, error = "mcp_list_tools", step.values.get("error")
    item = {"id": None, "type": kind, "server_label": step.values["server"], "tools": []}
    index = b.open(item)
    _phases(b, index, kind, ("in_progress", "failed" if error else "completed"))
    tools = [] if error else step.values.get("tools") or []
    b.close(index, {**item, "tools": tools, **({"error": error} if error else {})})


def mcp_call(b: Builder, step: Step) -> None:
    kind, error = "mcp_call", step.values.get("error")
    failure = {"type": "mcp_tool_execution_error", "content": error} if error else None
    item = {
        "id": None,
        "type": kind,
        "status": "in_progress",
        "approval_request_id": None,
        "arguments": "",
        "error": None,
        "name": step.values["name"],
        "output": None,
        "server_label": step.values["server"],
    }
    index = b.open(item)
    _phases(b, index, kind, ("in_progress",))
    said = b.deltas("response.mcp_call_arguments.delta", _arguments(step), step, index)
    b.emit("response.mcp_call_arguments.done", {"arguments": said}, index)
    _phases(b, index, kind, ("failed" if error else "completed",))
    status = "failed" if error else b.status
    output = None if error else step.values.get("output", "")
    done = {"status": status, "arguments": said, "error": failure, "output": output}
    b.close(index, {**item, **done})


def shell(b: Builder, step: Step) -> None:
    """The command, then what it printed, as two items."""
    command, stdout = step.values["command"], step.values.get("stdout", "")
    call = {"id": None, "type": "shell_call", "status": "in_progress", "call_id": None}
    index = b.open({**call, "action": {"commands": []}})
    at = {"command_index": 0}
    b.emit("response.shell_call_command.added", {**at, "command": ""}, index)
    said = b.deltas("response.shell_call_command.delta", command, step, index, **at)
    b.emit("response.shell_call_command.done", {**at, "command": said}, index)
    action = {"commands": [said], "max_output_length": None, "timeout_ms": None}
    b.close(index, {**call, "status": b.status, "action": action})

    result = {"id": None, "type": "shell_call_output", "status": "in_progress", "call_id": index}
    there = b.open({**result, "output": []})
    printed = {"delta": {"stdout": stdout, "stderr": ""}}
    b.emit("response.shell_call_output_content.delta", {**at, **printed}, there)
    outcome = {"type": "exit", "exit_code": 0}
    output = [{"stdout": stdout, "stderr": "", "outcome": outcome}]
    b.emit("response.shell_call_output_content.done", {**at, "output": output}, there)
    b.close(there, {**result, "status": "completed", "output": output})


def compaction(b: Builder, step: Step) -> None:
    sealed = _blob(step.values.get("bytes", 300), 1)
    item = {"id": None, "type": "compaction", "encrypted_content": sealed}
    index = b.open(item)
    b.emit("response.compaction.compacting", {}, index)
    b.silence(0.5)
    b.close(index, item)


def audio(b: Builder, step: Step) -> None:
    """Sound and its transcript; these events belong to no output item."""
    for number in range(3):
        b.silence(0.1)
        b.emit("response.audio.delta", {"delta": _blob(120, number)})
    b.deltas("response.audio.transcript.delta", step.values["transcript"], step, None)
    b.emit("response.audio.transcript.done", {})
    b.emit("response.audio.done", {})


def item(b: Builder, step: Step) -> None:
    """An output item of any type, known or not, between its two events."""
    index = b.open(step.values.get("added", step.values["done"]))
    b.silence(0.3)
    b.close(index, step.values["done"])


def error(b: Builder, step: Step) -> None:
    """A complaint in passing; what ends a response is the turn's ending."""
    fields = {"code": step.values["code"], "message": step.values["message"], "param": None}
    b.emit("error", fields)


BUILDERS: Final[dict[str, Callable[[Builder, Step], None]]] = {
    function.__name__: function
    for function in (
        wait, reasoning, text, refusal, function_call, custom_tool, web_search, file_search,
        code_interpreter, image_generation, mcp_list_tools, mcp_call, shell, compaction, audio,
        item, error,
    )
}  # fmt: skip
