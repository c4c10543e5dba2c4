"""A run's request in the words of each API."""

from typing import Any

import pytest

from workbench.errors import InvalidSetting
from workbench.events import RunRequest, Transport
from workbench.providers.base import Access
from workbench.providers.chat import ANY, OPENROUTER, ChatProvider
from workbench.providers.openai import response_params

WEATHER = {
    "type": "function",
    "name": "weather",
    "description": "The weather in a place",
    "parameters": {"type": "object", "properties": {"place": {"type": "string"}}},
    "strict": True,
}
SCHEMA = {"type": "json_schema", "name": "plan", "schema": {"type": "object"}, "strict": True}


def responses(transport: Transport = "stream", access: Access | None = None, **more: Any) -> Any:
    request = RunRequest(**{"input": "hi", "transport": transport, **more})
    return response_params(request, transport, access or Access(), model="m")


def chat(dialect: Any = ANY, access: Access | None = None, **more: Any) -> Any:
    given = access or Access(base_url="https://host/v1", model="m")
    request = RunRequest(**{"input": "hi", "provider": dialect.name, **more})
    return ChatProvider(given, dialect)._target(request, {}).body


# Responses API.


def test_only_what_was_asked_for_is_sent() -> None:
    assert responses() == {"model": "m", "input": "hi"}


@pytest.mark.parametrize("transport", ["background", "poll"])
def test_a_background_response_asks_to_be_stored(transport: Transport) -> None:
    sent = responses(transport)
    assert sent["background"] is True
    assert sent["store"] is True


def test_an_account_that_may_not_store_says_so_everywhere() -> None:
    access = Access(store=False)
    assert responses("background", access)["store"] is False
    assert responses("stream", access)["store"] is False


def test_reasoning_comes_with_its_summaries() -> None:
    sent = responses(reasoning_effort="high")
    assert sent["reasoning"] == {"effort": "high", "summary": "auto"}


def test_a_stored_prompt_brings_its_own_model() -> None:
    prompt = {"id": "pmpt_1", "version": "2", "variables": {"city": "Lisbon"}}
    assert responses(prompt=prompt) == {"input": "hi", "prompt": prompt}
    assert responses(prompt=prompt, model="other")["model"] == "other"


def test_everything_that_was_asked_for_is_sent() -> None:
    items = [{"role": "developer", "content": "be brief"}, {"role": "user", "content": "hi"}]
    sent = responses(
        input=items,
        model="gpt-x",
        instructions="be kind",
        temperature=0.0,
        max_output_tokens=9,
        tools=[WEATHER],
        text_format=SCHEMA,
        previous_response_id="resp_0",
        metadata={"mine": "1"},
        extra={"service_tier": "flex"},
    )
    assert sent == {
        "model": "gpt-x",
        "input": items,
        "instructions": "be kind",
        "temperature": 0.0,
        "max_output_tokens": 9,
        "tools": [WEATHER],
        "text": {"format": SCHEMA},
        "previous_response_id": "resp_0",
        "metadata": {"mine": "1"},
        "service_tier": "flex",
    }


def test_what_chooses_a_simulated_exchange_travels_as_metadata() -> None:
    sent = responses(scenario="plan", faults="cut@5", speed=4.0, seed=7, metadata={"run": "r1"})
    assert sent["metadata"] == {
        "scenario": "plan", "faults": "cut@5", "speed": "4.0", "seed": "7", "run": "r1",
    }  # fmt: skip


def test_defaults_come_from_the_settings_and_yield_to_the_request() -> None:
    access = Access(temperature=0.3, max_output_tokens=100)
    assert responses(access=access)["temperature"] == 0.3
    sent = responses(access=access, temperature=0.0, max_output_tokens=5)
    assert (sent["temperature"], sent["max_output_tokens"]) == (0.0, 5)


# Chat completions.


def test_a_text_becomes_a_message_of_the_user() -> None:
    assert chat() == {"model": "m", "messages": [{"role": "user", "content": "hi"}]}


def test_instructions_and_developers_speak_as_the_system() -> None:
    items = [{"role": "developer", "content": "be brief"}, {"role": "user", "content": "hi"}]
    assert chat(instructions="be kind", input=items)["messages"] == [
        {"role": "system", "content": "be kind"},
        {"role": "system", "content": "be brief"},
        {"role": "user", "content": "hi"},
    ]


def test_calls_and_their_outputs_become_messages() -> None:
    items: list[dict[str, Any]] = [
        {"role": "user", "content": [{"type": "input_text", "text": "weather?"}]},
        {"type": "reasoning", "id": "rs_1", "summary": []},
        {"type": "function_call", "call_id": "a", "name": "weather", "arguments": "{}"},
        {"type": "function_call", "call_id": "b", "name": "weather", "arguments": "{}"},
        {"type": "function_call_output", "call_id": "a", "output": "sun"},
        {"type": "function_call_output", "call_id": "b", "output": "rain"},
    ]
    function = {"name": "weather", "arguments": "{}"}
    assert chat(input=items)["messages"] == [
        {"role": "user", "content": "weather?"},
        {
            "role": "assistant",
            "content": None,
            "tool_calls": [
                {"id": "a", "type": "function", "function": function},
                {"id": "b", "type": "function", "function": function},
            ],
        },
        {"role": "tool", "tool_call_id": "a", "content": "sun"},
        {"role": "tool", "tool_call_id": "b", "content": "rain"},
    ]


def test_pictures_keep_their_place_between_texts() -> None:
    parts = [
        {"type": "input_text", "text": "what is this?"},
        {"type": "input_image", "image_url": "data:image/png;base64,AA", "detail": "low"},
        {"type": "input_file", "filename": "a.pdf", "file_data": "data:..."},
    ]
    [message] = chat(input=[{"role": "user", "content": parts}])["messages"]
    assert message["content"] == [
        {"type": "text", "text": "what is this?"},
        {"type": "image_url", "image_url": {"url": "data:image/png;base64,AA", "detail": "low"}},
        {"type": "file", "file": {"filename": "a.pdf", "file_data": "data:..."}},
    ]


def test_tools_and_schemas_are_nested_one_level_deeper() -> None:
    sent = chat(tools=[WEATHER], text_format=SCHEMA)
    [tool] = sent["tools"]
    assert tool["function"]["name"] == "weather"
    assert tool["function"]["strict"] is True
    assert sent["response_format"] == {
        "type": "json_schema",
        "json_schema": {"name": "plan", "schema": {"type": "object"}, "strict": True},
    }
    assert chat(text_format={"type": "json_object"})["response_format"] == {"type": "json_object"}
    assert chat(tools=[tool])["tools"] == [tool]


@pytest.mark.parametrize(
    ("dialect", "expected"),
    [(ANY, {"reasoning_effort": "low"}), (OPENROUTER, {"reasoning": {"effort": "low"}})],
)
def test_reasoning_is_asked_for_in_the_servers_own_way(
    dialect: Any, expected: dict[str, Any]
) -> None:
    sent = chat(dialect, reasoning_effort="low")
    assert {name: sent[name] for name in expected} == expected


def test_the_longest_answer_is_named_as_the_server_knows_it() -> None:
    assert chat(max_output_tokens=5)["max_tokens"] == 5
    openai = chat(max_output_tokens=5, base_url="https://api.openai.com/v1")
    assert openai["max_completion_tokens"] == 5
    assert "max_tokens" not in openai


def test_openrouter_is_asked_to_count() -> None:
    assert chat(OPENROUTER)["usage"] == {"include": True}
    assert "usage" not in chat()


def test_an_extra_null_takes_a_field_away() -> None:
    assert "usage" not in chat(OPENROUTER, extra={"usage": None})


def test_openrouter_chooses_a_model_and_others_must_be_told() -> None:
    assert chat(OPENROUTER, Access())["model"] == "openrouter/auto"
    with pytest.raises(InvalidSetting, match="model"):
        chat(access=Access(base_url="https://host/v1"))


@pytest.mark.parametrize(
    "more",
    [
        {"previous_response_id": "resp_0"},
        {"prompt": {"id": "pmpt_1"}},
        {"tools": [{"type": "web_search"}]},
        {"input": [{"type": "computer_call", "id": "c"}]},
    ],
    ids=str,
)
def test_what_a_chat_cannot_say_is_refused_before_anything_is_sent(more: dict[str, Any]) -> None:
    with pytest.raises(InvalidSetting):
        chat(**more)


def test_a_chat_without_a_base_url_is_told_how_to_name_one() -> None:
    with pytest.raises(InvalidSetting, match="WORKBENCH_CHAT_BASE_URL"):
        ChatProvider(Access(model="m")).base_url(RunRequest(input="x"))
