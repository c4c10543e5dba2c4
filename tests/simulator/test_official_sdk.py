"""The official Python SDK, unmodified, meets the simulator as if it were the provider."""

import asyncio
import json
from collections.abc import Iterator
from typing import Any

import pytest
from openai import (
    APIConnectionError,
    APIError,
    AsyncOpenAI,
    BadRequestError,
    NotFoundError,
    OpenAI,
    RateLimitError,
)
from openai.types.responses import (
    FunctionToolParam,
    Response,
    ResponseInputParam,
    ResponseStreamEvent,
)
from pydantic import BaseModel, ConfigDict, TypeAdapter

from workbench.simulator.server import Simulator

EVENT: TypeAdapter[Any] = TypeAdapter(ResponseStreamEvent, config=ConfigDict(strict=True))
WEATHER: FunctionToolParam = {
    "type": "function",
    "name": "get_weather",
    "strict": False,
    "parameters": {"type": "object", "properties": {"city": {"type": "string"}}},
}
FERRY: FunctionToolParam = {**WEATHER, "name": "find_ferry"}


@pytest.fixture
def client(simulator: Simulator) -> Iterator[OpenAI]:
    with OpenAI(base_url=simulator.base_url, api_key="any", max_retries=0) as made:
        yield made


def finished(client: OpenAI, id_: str) -> Response:
    response = client.responses.retrieve(id_)
    while response.status in {"queued", "in_progress"}:
        response = client.responses.retrieve(id_)
    return response


def test_a_create_answers_with_the_whole_response(client: OpenAI) -> None:
    response = client.responses.create(model="sim:short", input="What is a cursor?")
    assert response.status == "completed"
    assert response.output_text
    assert response.usage
    assert response.usage.output_tokens > 0
    assert response.usage.output_tokens_details.reasoning_tokens >= 0


def test_a_stream_adds_up_to_the_final_response(client: OpenAI) -> None:
    with client.responses.stream(model="sim:short", input="What is a cursor?") as stream:
        text = "".join(e.delta for e in stream if e.type == "response.output_text.delta")
        final = stream.get_final_response()
    assert text == final.output_text != ""


def test_every_event_is_one_of_the_sdks_own_strictly(client: OpenAI) -> None:
    stream = client.responses.create(
        model="sim:every_event", input="Everything", background=True, stream=True
    )
    types = set()
    for event in stream:
        EVENT.validate_json(event.to_json(), strict=True)
        types.add(event.type)
    assert len(types) > 40


def test_a_background_response_is_polled_to_its_end(client: OpenAI) -> None:
    queued = client.responses.create(
        model="sim:short", input="Hello", background=True, metadata={"speed": "5"}
    )
    assert queued.status == "queued"
    assert finished(client, queued.id).status == "completed"


def test_a_stream_is_resumed_after_a_cursor_with_the_same_events(client: OpenAI) -> None:
    stream = client.responses.create(
        model="sim:planner", input="A week in Lisbon", background=True, stream=True
    )
    first = []
    for event in stream:
        first.append(event)
        if len(first) == 30:
            break
    stream.close()
    created = first[0]
    assert created.type == "response.created"
    resumed = list(client.responses.retrieve(created.response.id, stream=True, starting_after=29))
    again = list(client.responses.retrieve(created.response.id, stream=True))
    assert [event.sequence_number for event in resumed] == list(range(30, len(again)))
    assert [e.to_dict() for e in [*first, *resumed]] == [e.to_dict() for e in again]


@pytest.mark.parametrize("fault", ["cut@event:40", "reset@event:40", "truncate@event:41"])
def test_a_broken_stream_is_a_connection_error_and_can_be_resumed(
    client: OpenAI, fault: str
) -> None:
    cursor, id_, text = -1, "", ""
    with pytest.raises(APIConnectionError):  # noqa: PT012 - the stream breaks while it is read
        for event in client.responses.create(
            model="sim:short",
            input="Hello",
            background=True,
            stream=True,
            metadata={"faults": fault},
        ):
            cursor = event.sequence_number
            id_ = event.response.id if event.type == "response.created" else id_
            text += event.delta if event.type == "response.output_text.delta" else ""
    assert cursor == 39
    for event in client.responses.retrieve(id_, stream=True, starting_after=cursor):
        text += event.delta if event.type == "response.output_text.delta" else ""
    assert text == finished(client, id_).output_text


def test_a_cancel_stops_and_may_be_repeated(client: OpenAI) -> None:
    response = client.responses.create(
        model="sim:planner", input="A week", background=True, metadata={"speed": "1"}
    )
    for _ in range(2):
        assert client.responses.cancel(response.id).status == "cancelled"
    assert client.responses.retrieve(response.id).status == "cancelled"


def test_a_cancel_that_comes_too_late_is_refused(client: OpenAI) -> None:
    response = client.responses.create(
        model="sim:planner",
        input="A week",
        background=True,
        metadata={"speed": "1", "faults": "race"},
    )
    with pytest.raises(BadRequestError, match="Cannot cancel a completed response"):
        client.responses.cancel(response.id)
    assert finished(client, response.id).status == "completed"


def test_a_deleted_response_is_not_found(client: OpenAI) -> None:
    response = client.responses.create(model="sim:short", input="Hello")
    client.responses.delete(response.id)
    with pytest.raises(NotFoundError):
        client.responses.retrieve(response.id)


def test_tools_are_called_one_after_the_other_until_there_is_an_answer(client: OpenAI) -> None:
    outputs = {"get_weather": "Sunny, 22 degrees", "find_ferry": "17:45 from Cais do Sodré"}
    called: list[str] = []
    given: str | ResponseInputParam = "Ferry on Friday?"
    previous: str | None = None
    while True:
        response = client.responses.create(
            model="sim:tools", input=given, tools=[WEATHER, FERRY], previous_response_id=previous
        )
        calls = [item for item in response.output if item.type == "function_call"]
        if not calls:
            break
        called += [call.name for call in calls]
        assert all(isinstance(json.loads(call.arguments), dict) for call in calls)
        previous = response.id
        given = [
            {"type": "function_call_output", "call_id": c.call_id, "output": outputs[c.name]}
            for c in calls
        ]
    assert called == ["get_weather", "find_ferry"]
    assert all(output in response.output_text for output in outputs.values())


class Answer(BaseModel):
    title: str
    steps: list[str]
    sure: bool


def test_a_structured_answer_is_parsed_into_its_model(client: OpenAI) -> None:
    response = client.responses.parse(model="gpt-5", input="Plan", text_format=Answer)
    assert isinstance(response.output_parsed, Answer)


@pytest.mark.parametrize("stream", [True, False])
def test_chat_completions_answer_with_and_without_a_stream(client: OpenAI, stream: bool) -> None:
    if stream:
        chunks = list(
            client.chat.completions.create(
                model="sim:short",
                messages=[{"role": "user", "content": "Hello"}],
                stream=True,
                stream_options={"include_usage": True},
            )
        )
        text = "".join(c.choices[0].delta.content or "" for c in chunks if c.choices)
        assert chunks[-1].usage
        assert [c.choices[0].finish_reason for c in chunks if c.choices][-1] == "stop"
    else:
        completion = client.chat.completions.create(
            model="sim:short", messages=[{"role": "user", "content": "Hello"}]
        )
        text = completion.choices[0].message.content or ""
        assert completion.usage
    assert text


def test_a_chat_stream_can_be_cut_too(client: OpenAI) -> None:
    stream = client.chat.completions.create(
        model="sim:short",
        messages=[{"role": "user", "content": "Hello"}],
        stream=True,
        metadata={"faults": "cut@event:5"},
    )
    assert [next(stream).object for _ in range(5)] == ["chat.completion.chunk"] * 5
    with pytest.raises(APIConnectionError):
        next(stream)


def failing(client: OpenAI, fault: str) -> tuple[str, Iterator[Any]]:
    stream = client.responses.create(
        model="sim:planner",
        input="A week",
        background=True,
        stream=True,
        metadata={"faults": fault},
    )
    created = next(stream)
    assert created.type == "response.created"
    return created.response.id, stream


def test_a_response_fails_where_the_fault_says(client: OpenAI) -> None:
    id_, stream = failing(client, "failed@event:20")
    events = list(stream)
    assert len(events) == 20
    assert events[-1].type == "response.failed"
    assert finished(client, id_).status == "failed"


def test_an_error_event_is_raised_and_the_failure_behind_it_can_be_fetched(client: OpenAI) -> None:
    id_, stream = failing(client, "error@event:20")
    assert [next(stream).sequence_number for _ in range(19)] == list(range(1, 20))
    with pytest.raises(APIError):
        next(stream)
    assert finished(client, id_).status == "failed"


def test_an_expired_response_can_still_be_polled(client: OpenAI) -> None:
    stream = client.responses.create(
        model="sim:short",
        input="Hello",
        background=True,
        stream=True,
        metadata={"faults": "cut@event:3;expire"},
    )
    id_ = ""
    with pytest.raises(APIConnectionError):  # noqa: PT012 - the stream breaks while it is read
        for event in stream:
            id_ = event.response.id if event.type == "response.created" else id_
    with pytest.raises(BadRequestError, match="can no longer be streamed"):
        client.responses.retrieve(id_, stream=True, starting_after=2)
    assert finished(client, id_).output_text


def test_the_sdk_retries_a_refused_create_once_and_pays_once(simulator: Simulator) -> None:
    client = OpenAI(base_url=simulator.base_url, api_key="any", max_retries=1)
    response = client.responses.create(
        model="sim:short", input="Hi", metadata={"faults": "429(retry-after=0)@create"}
    )
    assert response.status == "completed"
    refused = OpenAI(base_url=simulator.base_url, api_key="any", max_retries=0)
    with pytest.raises(RateLimitError):
        refused.responses.create(model="sim:short", input="Hi", metadata={"faults": "429"})


def test_models_are_listed(client: OpenAI) -> None:
    assert "sim:planner" in {model.id for model in client.models.list()}


async def _without_blocking(base_url: str) -> None:
    async with AsyncOpenAI(base_url=base_url, api_key="any", max_retries=0) as client:
        stream = await client.responses.create(
            model="sim:short", input="Hello", background=True, stream=True
        )
        seen = [event async for event in stream]
        assert [event.sequence_number for event in seen] == list(range(len(seen)))
        first = seen[0]
        assert first.type == "response.created"
        id_ = first.response.id
        tail = await client.responses.retrieve(
            id_, stream=True, starting_after=seen[-3].sequence_number
        )
        assert [event.to_dict() async for event in tail] == [e.to_dict() for e in seen[-2:]]
        final = await client.responses.retrieve(id_)
        assert final.output_text

        slow = await client.responses.create(
            model="sim:planner", input="Hello", background=True, metadata={"speed": "1"}
        )
        assert (await client.responses.cancel(slow.id)).status == "cancelled"

        parsed = await client.responses.parse(model="gpt-5", input="x", text_format=Answer)
        assert isinstance(parsed.output_parsed, Answer)

        chat = await client.chat.completions.create(
            model="sim:short", messages=[{"role": "user", "content": "Hello"}], stream=True
        )
        assert [chunk async for chunk in chat]


def test_the_async_client_does_all_of_it_too(simulator: Simulator) -> None:
    asyncio.run(_without_blocking(simulator.base_url))
