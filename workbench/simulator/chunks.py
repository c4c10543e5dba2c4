"""A script as chat-completion chunks, and as one whole completion."""

from collections.abc import Iterator, Mapping
from typing import Any, Final, NamedTuple

from workbench.simulator.builder import Beat
from workbench.simulator.objects import input_tokens
from workbench.simulator.rendition import Rendition
from workbench.simulator.store import Record

__all__ = ["Chunks", "Timed", "completion"]

_COMMENT: Final = b": OPENROUTER PROCESSING\n\n"
_COMMENT_EVERY_S = 0.5
_DONE: Final = b"data: [DONE]\n\n"
_REASONING: Final = (
    "response.reasoning_summary_text.delta",
    "response.reasoning_summary_part.added",
    "response.reasoning_text.delta",
)


class Timed(NamedTuple):
    """One frame of the stream: a chunk, or raw bytes (a comment, the sentinel)."""

    offset: float  # seconds after acceptance
    type: str | None
    number: int | None
    chunk: dict[str, Any] | None
    raw: bytes = b""


class Chunks:
    """The chunks of one completion in order; iterated again they are the same."""

    def __init__(self, record: Record, rendition: Rendition, *, router: bool) -> None:
        self.record = record
        self.rendition = rendition
        self.router = router
        options = record.request.get("stream_options") or {}
        self._counts = router or bool(options.get("include_usage"))
        self._noisy = not router and options.get("include_obfuscation", True)

    @property
    def end(self) -> float:
        return self.rendition.end

    def __iter__(self) -> Iterator[Timed]:
        number = 0
        previous = self.rendition.accept
        for offset, chunk in self._until_failure():
            yield from self._comments(previous, offset)
            if self._noisy and chunk.get("choices"):
                chunk["obfuscation"] = self.rendition.noise(number, _delta_text(chunk))
            yield Timed(offset, "chat.completion.chunk", number, chunk)
            previous, number = offset, number + 1
        if self.router or self.rendition.ending.status != "failed":
            yield Timed(self.end, "done", None, None, _DONE)

    def _until_failure(self) -> Iterator[tuple[float, dict[str, Any]]]:
        """The planned chunks; where a failure was decreed, that instead of the rest."""
        for number, (offset, chunk) in enumerate(self._timed_chunks()):
            decreed = self.record.failure
            if decreed is not None and number >= decreed["after"]:
                yield max(self.end, decreed["at"] - self.record.started), self._failure()
                return
            yield offset, chunk

    def _timed_chunks(self) -> Iterator[tuple[float, dict[str, Any]]]:
        if not self.router:
            first = {"role": "assistant", "content": "", "refusal": None}
            yield self.rendition.offset(1), self._chunk(first)
        calls: dict[int, int] = {}
        for place, beat in enumerate(self.rendition.script.beats, self.rendition.prologue):
            delta = self._delta(beat, calls)
            if delta is not None:
                yield self.rendition.offset(place), self._chunk(delta)
        yield from self._last()

    def _last(self) -> Iterator[tuple[float, dict[str, Any]]]:
        ending = self.rendition.ending
        if ending.status == "failed":
            yield self.end, self._failure()
            return
        last: dict[str, Any] = {"role": "assistant", "content": ""} if self.router else {}
        chunk = self._chunk(last, finish=self.finish)
        if self.router:
            chunk["usage"] = self.usage()
        yield self.end, chunk
        if self._counts and not self.router:
            yield self.end, {**self._chunk({}), "choices": [], "usage": self.usage()}

    def _comments(self, since: float, until: float) -> Iterator[Timed]:
        """OpenRouter keeps a silent connection alive with comments."""
        if not self.router:
            return
        speed = self.record.speed or 1.0
        for count in range(1, int((until - since) * speed / _COMMENT_EVERY_S) + 1):
            at = since + count * _COMMENT_EVERY_S / speed
            yield Timed(at, None, None, None, _COMMENT)

    def _delta(self, beat: Beat, calls: dict[int, int]) -> dict[str, Any] | None:
        fields, owner = beat.fields, beat.item
        base: dict[str, Any] = {"role": "assistant", "content": ""} if self.router else {}
        if beat.type == "response.output_text.delta":
            return {**base, "content": fields["delta"]}
        if beat.type == "response.refusal.delta":
            return {**base, "refusal": fields["delta"]}
        if beat.type == "response.output_item.added" and owner is not None:
            return self._call(fields["item"], owner, calls)
        if beat.type == "response.function_call_arguments.delta" and owner is not None:
            call = {"index": calls[owner], "function": {"arguments": fields["delta"]}}
            return {**base, "tool_calls": [call]}
        if self.router and beat.type in _REASONING:
            return _reasoning(base, fields)
        return None

    def _call(
        self, item: Mapping[str, Any], owner: int, calls: dict[int, int]
    ) -> dict[str, Any] | None:
        if item["type"] != "function_call":
            return None
        calls[owner] = len(calls)
        function = {"name": item["name"], "arguments": ""}
        call = {"index": calls[owner], "id": self.rendition.call_id(owner), "type": "function"}
        role = {"role": "assistant", "content": None}
        return {**role, "tool_calls": [{**call, "function": function}]}

    def _chunk(self, delta: dict[str, Any], *, finish: str | None = None) -> dict[str, Any]:
        head: dict[str, Any] = {
            "id": self.record.id,
            "object": "chat.completion.chunk",
            "created": self.record.created_at,
            "model": self.record.request["model"],
        }
        choice: dict[str, Any] = {"index": 0, "delta": delta, "finish_reason": finish}
        if self.router:
            choice |= {"native_finish_reason": finish, "logprobs": None}
            return {**head, "provider": "Workbench", "choices": [choice]}
        choice["logprobs"] = None
        more = {"service_tier": "default", "system_fingerprint": "fp_workbench"}
        usage = {"usage": None} if self._counts else {}
        return {**head, **more, "choices": [choice], **usage}

    @property
    def finish(self) -> str:
        ending = self.rendition.ending
        if ending.status == "incomplete":
            return "content_filter" if ending.reason == "content_filter" else "length"
        calls = any(item["type"] == "function_call" for item in self.rendition.script.output)
        return "tool_calls" if calls else "stop"

    def _failure(self) -> dict[str, Any]:
        ending = self.rendition.ending
        if not self.router:
            return {"error": self.error()}
        chunk = self._chunk({"role": "assistant", "content": ""}, finish="error")
        error = {"code": 502, "message": ending.message}
        return {**chunk, "error": error, "usage": self.usage()}

    def error(self) -> dict[str, Any]:
        ending = self.rendition.ending
        message = {"message": ending.message, "type": "server_error"}
        return {**message, "param": None, "code": ending.code}

    def usage(self) -> dict[str, Any]:
        script = self.rendition.script
        read = input_tokens(self.record.request)
        details: dict[str, Any] = {
            "prompt_tokens_details": {"cached_tokens": 0, "audio_tokens": 0},
            "completion_tokens_details": {
                "reasoning_tokens": script.reasoning_tokens,
                "audio_tokens": 0,
                "accepted_prediction_tokens": 0,
                "rejected_prediction_tokens": 0,
            },
        }
        if self.router:
            details |= {"cost": 0, "is_byok": False}
        return {
            "prompt_tokens": read,
            "completion_tokens": script.output_tokens,
            "total_tokens": read + script.output_tokens,
            **details,
        }


def _reasoning(base: dict[str, Any], fields: Mapping[str, Any]) -> dict[str, Any] | None:
    begins = "part" in fields  # a further summary stands apart from the one before
    text = ("\n\n" if begins and fields["summary_index"] else "") or fields.get("delta")
    if not text:
        return None
    details = [{"type": "reasoning.text", "text": text, "format": None, "index": 0}]
    return {**base, "reasoning": text, "reasoning_details": details}


def _delta_text(chunk: dict[str, Any]) -> str:
    delta = chunk["choices"][0]["delta"]
    return str(delta.get("content") or delta.get("refusal") or "")


def completion(chunks: Chunks) -> tuple[int, dict[str, Any]]:
    """Status and body of the same answer, not streamed."""
    if chunks.rendition.ending.status == "failed":
        return (502 if chunks.router else 500), {"error": chunks.error()}
    message: dict[str, Any] = {"role": "assistant", "content": None, "refusal": None}
    calls: list[dict[str, Any]] = []
    for item in chunks.rendition.output():
        if item["type"] == "message":
            for part in item["content"]:
                name = "refusal" if part["type"] == "refusal" else "content"
                message[name] = (message[name] or "") + part.get("text", part.get("refusal"))
        elif item["type"] == "function_call":
            function = {"name": item["name"], "arguments": item["arguments"]}
            calls.append({"id": item["call_id"], "type": "function", "function": function})
        elif item["type"] == "reasoning" and chunks.router:
            message["reasoning"] = "\n\n".join(part["text"] for part in item["summary"])
    if calls:
        message["tool_calls"] = calls
    choice = {"index": 0, "message": message, "logprobs": None, "finish_reason": chunks.finish}
    return 200, {
        "id": chunks.record.id,
        "object": "chat.completion",
        "created": chunks.record.created_at,
        "model": chunks.record.request["model"],
        "choices": [choice],
        "usage": chunks.usage(),
        "service_tier": "default",
        "system_fingerprint": "fp_workbench",
    }
