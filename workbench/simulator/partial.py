"""What a response had said when it was ended in the middle."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from workbench.simulator.builder import Beat

__all__ = ["partial_output"]


def partial_output(
    beats: Iterable[Beat], planned: Sequence[Mapping[str, Any]]
) -> list[dict[str, Any]]:
    """The output items as far as these beats brought them; open ones are incomplete."""
    items: list[dict[str, Any]] = []
    said: list[dict[int, str]] = []  # for each item: texts by content or summary index
    for beat in beats:
        if beat.item is None:
            continue
        if beat.type == "response.output_item.added":
            items.append(dict(beat.fields["item"]))
            said.append({})
        elif beat.type == "response.output_item.done":
            items[beat.item] = dict(planned[beat.item])
            said[beat.item] = {}
        elif isinstance(delta := beat.fields.get("delta"), str):
            part = beat.fields.get("summary_index", beat.fields.get("content_index", 0))
            texts = said[beat.item]
            texts[part] = texts.get(part, "") + delta
    return [
        _left_open(item, texts) if texts else item for item, texts in zip(items, said, strict=True)
    ]


def _left_open(item: dict[str, Any], texts: dict[int, str]) -> dict[str, Any]:
    whole = [texts[part] for part in sorted(texts)]
    if "status" in item:
        item["status"] = "incomplete"
    match item["type"]:
        case "message":
            item["content"] = [
                {"type": "output_text", "annotations": [], "logprobs": [], "text": text}
                for text in whole
            ]
        case "reasoning":
            item["summary"] = [{"type": "summary_text", "text": text} for text in whole]
        case "function_call" | "mcp_call":
            item["arguments"] = "".join(whole)
        case "custom_tool_call":
            item["input"] = "".join(whole)
        case "code_interpreter_call":
            item["code"] = "".join(whole)
    return item
