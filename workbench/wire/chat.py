"""Chat-completion chunks told in the events of the Responses API, so that one vocabulary serves
every provider.

The chunk itself is kept: the first event made from it carries it under `chunk`, and a chunk of
which nothing is made becomes `workbench.chunk`. The events have no `sequence_number`: a chat
stream cannot be resumed, and numbers of our own would look as if it could.

A chat stream says that it is complete with a finish reason, with `[DONE]`, or with both; usage
may follow the finish reason. So the terminal event comes with `[DONE]` or with the end of the
bytes, and only if one of the two was seen. Without either the answer was cut.
"""

from collections.abc import Iterator, Mapping
from typing import Any

import orjson

from workbench.events import Event, Fact
from workbench.state.meaning import unified_error
from workbench.wire.outputs import Call, Message, Output, Reasoning

__all__ = ["ChunkTranslator", "response_from_completion", "usage_from_chat"]

_CUT_SHORT = {
    "length": "max_output_tokens",
    "max_tokens": "max_output_tokens",
    "content_filter": "content_filter",
}


class ChunkTranslator:
    """Feed it chunks in order; each gives the events that it adds."""

    def __init__(self) -> None:
        self._response: Event = {}
        self._outputs: list[Output] = []
        self._choices: dict[int, _Choice] = {}
        self._error: dict[str, Any] | None = None
        self._has_ended = False

    def feed(self, chunk: Event) -> list[Event]:
        events = [] if self._has_ended else self._translate(chunk)
        if not events:
            return [{"type": Fact.CHUNK, "chunk": chunk}]
        return [{**events[0], "chunk": chunk}, *events[1:]]

    def done(self) -> list[Event]:
        """The stream said `[DONE]`: the terminal event, unless it was given."""
        if self._has_ended:
            return []
        self._has_ended = True
        events = [] if self._response else self._begin({})
        for output in self._outputs:
            if output.is_open:
                events += output.close()
        return [*events, self._terminal()]

    def finish(self) -> list[Event]:
        """The bytes ended, however they did: the terminal event if a finish reason was seen."""
        is_finished = any(choice.finish_reason for choice in self._choices.values())
        return self.done() if is_finished or self._error else []

    def _translate(self, chunk: Event) -> list[Event]:
        choices = _objects(chunk.get("choices"))
        events: list[Event] = []
        if (choices or chunk.get("error")) and not self._response:
            events += self._begin(chunk)
        self._describe(chunk)
        for choice in choices:
            events += self._translate_choice(choice)
        error = chunk.get("error") or next((c["error"] for c in choices if c.get("error")), None)
        if error is None and any(c.get("finish_reason") == "error" for c in choices):
            error = {"code": "error", "message": "the provider gave no reason"}
        return events + self._fail(error) if error else events

    def _translate_choice(self, choice: Event) -> list[Event]:
        index = choice.get("index")
        at = index if type(index) is int else 0
        found = self._choices.get(at)
        if found is None:
            found = self._choices[at] = _Choice(self)
        # An empty finish reason is some servers' way of saying null.
        if isinstance(choice.get("finish_reason"), str) and choice["finish_reason"]:
            found.finish_reason = choice["finish_reason"]
        delta = choice.get("delta")
        if not isinstance(delta, dict):
            delta = {"content": choice.get("text")}  # the older completions API
        return list(found.translate(delta))

    def open(self, output: Output) -> Event:
        """Give an item its place; items are told before they grow."""
        self._outputs.append(output)
        return output.added()

    @property
    def next_place(self) -> tuple[int, str]:
        return len(self._outputs), self._response["id"]

    def _begin(self, chunk: Event) -> list[Event]:
        created = chunk.get("created")
        self._response = {
            "id": str(chunk.get("id") or "chatcmpl"),
            "object": "response",
            "created_at": created or None if isinstance(created, int | float) else None,
            "status": "in_progress",
            "model": chunk.get("model"),
            "output": [],
            "usage": None,
            "error": None,
            "incomplete_details": None,
        }
        return [
            {"type": "response.created", "response": {**self._response}},
            {"type": "response.in_progress", "response": {**self._response}},
        ]

    def _describe(self, chunk: Event) -> None:
        if not self._response:
            return
        usage = chunk.get("usage") or _object(chunk.get("x_groq")).get("usage")
        if isinstance(usage, dict):
            self._response["usage"] = usage_from_chat(usage)
        if not self._response["model"]:
            self._response["model"] = chunk.get("model")

    def _fail(self, raw: Any) -> list[Event]:
        if self._error is not None:
            return []
        error = unified_error({"error": raw}) or {"code": None, "message": str(raw)}
        self._error = error
        # A length that was reported first says how the answer ended; the error says why.
        terminal = [] if self._incomplete_reason() else self.done()
        return [{"type": "error", "param": None, **error}, *terminal]

    def _incomplete_reason(self) -> str | None:
        reasons = (_CUT_SHORT.get(c.finish_reason or "") for c in self._choices.values())
        return next((reason for reason in reasons if reason), None)

    def _terminal(self) -> Event:
        reason = self._incomplete_reason()
        status = "incomplete" if reason else "failed" if self._error else "completed"
        response = {
            **self._response,
            "status": status,
            "output": [output.item("completed") for output in self._outputs],
            "error": self._error,
            "incomplete_details": {"reason": reason} if reason else None,
        }
        return {"type": f"response.{status}", "response": response}


class _Choice:
    """One of the answers in a stream; nearly always the only one."""

    def __init__(self, translator: ChunkTranslator) -> None:
        self.finish_reason: str | None = None
        self._translator = translator
        self._message: Message | None = None
        self._reasoning: Reasoning | None = None
        self._calls: dict[int, Call] = {}

    def translate(self, delta: Mapping[str, Any]) -> Iterator[Event]:
        for kind, piece in _thoughts(delta):
            yield from self._think(kind, piece)
        for text in _texts(delta.get("content")):
            yield from self._say("output_text", text)
        for text in _texts(delta.get("refusal")):
            yield from self._say("refusal", text)
        for note in _objects(delta.get("annotations")):
            yield from self._annotate(note)
        for call in _objects(delta.get("tool_calls")):
            yield from self._call(call)
        if isinstance(legacy := delta.get("function_call"), dict):
            yield from self._call({"index": 0, "function": legacy})
        audio = _object(delta.get("audio"))
        for field, kind in (("transcript", "audio.transcript"), ("data", "audio")):
            if isinstance(audio.get(field), str) and audio[field]:
                yield {"type": f"response.{kind}.delta", "delta": audio[field]}

    def _think(self, kind: str, piece: str) -> Iterator[Event]:
        if self._reasoning is None:
            self._reasoning = Reasoning(*self._translator.next_place)
            yield self._translator.open(self._reasoning)
        grow = {
            "text": self._reasoning.think,
            "summary": self._reasoning.summarise,
            "sealed": self._reasoning.seal,
        }
        yield from grow[kind](piece)

    def _end_thought(self) -> Iterator[Event]:
        """Whatever comes after thinking ends the thought; thinking again is another one."""
        if self._reasoning is not None:
            thought, self._reasoning = self._reasoning, None
            yield from thought.close()

    def _speak(self) -> Iterator[Event]:
        yield from self._end_thought()
        if self._message is None:
            self._message = Message(*self._translator.next_place)
            yield self._translator.open(self._message)

    def _say(self, kind: str, text: str) -> Iterator[Event]:
        yield from self._speak()
        assert self._message is not None
        yield from self._message.say(kind, text)

    def _annotate(self, note: Event) -> Iterator[Event]:
        yield from self._speak()
        assert self._message is not None
        # Chat nests what a Responses annotation says flat.
        yield from self._message.annotate({**note, **_object(note.get(str(note.get("type"))))})

    def _call(self, raw: Event) -> Iterator[Event]:
        yield from self._end_thought()
        custom = _object(raw.get("custom"))
        asked = custom or _object(raw.get("function"))
        place = self._place(raw, asked)
        call = self._calls.get(place)
        if call is None:
            call = Call(*self._translator.next_place, is_custom=bool(custom))
            call.call_id, call.name = raw.get("id") or None, asked.get("name")
            self._calls[place] = call
            yield self._translator.open(call)
        call.call_id = call.call_id or raw.get("id") or call.id
        call.name = call.name or asked.get("name")
        arguments = asked.get("input" if custom else "arguments")
        if isinstance(arguments, dict):  # a few servers send the object instead of its text
            arguments = orjson.dumps(arguments).decode()
        if isinstance(arguments, str) and arguments:
            yield from call.ask(arguments)

    def _place(self, raw: Event, asked: Event) -> int:
        """Which call a piece belongs to: by index, and by id where indexes are missing or all 0."""
        last = max(self._calls, default=-1)
        index, call_id = raw.get("index"), raw.get("id")
        place = index if type(index) is int else None
        if call_id:
            known = next((at for at, call in self._calls.items() if call.call_id == call_id), None)
            if known is not None:
                return known
            holder = None if place is None else self._calls.get(place)
            is_taken = holder is not None and holder.call_id and asked.get("name")
            return last + 1 if place is None or is_taken else place
        if place is None:
            return last + 1 if asked.get("name") or last < 0 else last
        return place


def _thoughts(delta: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Reasoning in a delta as (kind, piece). Several fields may repeat one thought: take one."""
    thoughts = []
    for detail in _objects(delta.get("reasoning_details")):
        for field, kind in (("text", "text"), ("summary", "summary"), ("data", "sealed")):
            if isinstance(detail.get(field), str) and detail[field]:
                thoughts.append((kind, detail[field]))
    if any(kind != "sealed" for kind, _ in thoughts):
        return thoughts
    for field in ("reasoning_content", "reasoning"):
        if isinstance(delta.get(field), str) and delta[field]:
            return [*thoughts, ("text", delta[field])]
    for content in _objects(delta.get("content")):
        thoughts += [("text", text) for text in _texts(content.get("thinking"))]
    return thoughts


def _texts(content: object) -> list[str]:
    """Visible text: a string, or a list with parts of text among others."""
    if isinstance(content, str):
        return [content] if content else []
    parts = (part.get("text") for part in _objects(content) if part.get("type") == "text")
    return [text for text in parts if isinstance(text, str) and text]


def usage_from_chat(usage: Mapping[str, Any]) -> dict[str, Any]:
    """Token counts under the names of the Responses API; what a provider adds is kept."""
    prompt, completion = _count(usage, "prompt_tokens"), _count(usage, "completion_tokens")
    asked = _object(usage.get("prompt_tokens_details"))
    answered = _object(usage.get("completion_tokens_details"))
    reasoning = _count(answered, "reasoning_tokens")
    total = _count(usage, "total_tokens") or prompt + completion
    if reasoning and total == prompt + completion + reasoning:
        completion += reasoning  # some count thoughts beside the answer, not in it
    cached = _count(asked, "cached_tokens") or _count(usage, "prompt_cache_hit_tokens")
    return {
        "input_tokens": prompt,
        "input_tokens_details": {"cached_tokens": cached},
        "output_tokens": completion,
        "output_tokens_details": {"reasoning_tokens": reasoning},
        "total_tokens": total,
        **({"cost": usage["cost"]} if isinstance(usage.get("cost"), int | float) else {}),
    }


def response_from_completion(completion: Event) -> Event:
    """A completion that came in one piece, as a response object."""
    translator = ChunkTranslator()
    choices = [
        {**choice, "delta": _object(choice.get("message"))} if "message" in choice else choice
        for choice in _objects(completion.get("choices"))
    ]
    events = translator.feed({**completion, "choices": choices}) + translator.done()
    response: Event = events[-1]["response"]
    return response


def _object(value: object) -> dict[str, Any]:
    return value if isinstance(value, dict) else {}


def _objects(value: object) -> list[dict[str, Any]]:
    return [one for one in value if isinstance(one, dict)] if isinstance(value, list) else []


def _count(usage: Mapping[str, Any], name: str) -> int:
    value = usage.get(name)
    return value if type(value) is int else 0
