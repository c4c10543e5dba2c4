"""What a create may ask for, and what a wrong one is told."""

import math
from typing import Any

import pytest
from hypothesis import given, settings, strategies as st

from tests.support.asking import Answer, ask
from workbench.errors import InvalidSetting
from workbench.simulator.app import Application, Options
from workbench.simulator.server import Simulator

APP = Application(Options(speed=0))
FIELDS = st.sampled_from(
    ["type", "name", "function", "format", "schema", "properties", "text", "id"]
)


@pytest.fixture
def app() -> Application:
    return Application(Options(speed=0))


def create(app: Application, **body: Any) -> Answer:
    return ask(app, "POST", "/v1/responses", {"model": "sim", "input": "Hello.", **body})


def text_of(answer: Answer) -> str:
    return "".join(
        part.get("text", part.get("refusal", ""))
        for item in answer.json["output"]
        if item["type"] == "message"
        for part in item["content"]
    )


@pytest.mark.parametrize(
    ("body", "status", "param", "message"),
    [
        ({"model": None}, 400, "model", "Missing required parameter: 'model'."),
        ({"input": None}, 400, "input", "Missing required parameter: 'input'."),
        ({"input": 7}, 400, "input", "expected a string or an array"),
        ({"stream": "yes"}, 400, "stream", "expected a boolean"),
        ({"max_output_tokens": 0}, 400, "max_output_tokens", "expected a positive integer"),
        ({"model": "gemini-9"}, 404, "model", "The requested model 'gemini-9' does not exist."),
        ({"model": "sim:opera"}, 404, "model", "The requested model 'sim:opera' does not exist."),
        ({"metadata": {"scenario": "opera"}}, 400, "metadata.scenario", "expected one of"),
        ({"metadata": {"speed": "fast"}}, 400, "metadata.speed", "expected a number"),
        ({"metadata": {"run": 1}}, 400, "metadata.run", "expected a string"),
        ({"tools": [3]}, 400, "tools[0]", "expected an object"),
        ({"metadata": []}, 400, "metadata", "expected an object"),
        (
            {"previous_response_id": "resp_none"},
            400,
            "previous_response_id",
            "Previous response with id 'resp_none' not found.",
        ),
    ],
)
def test_a_wrong_create_is_refused_in_the_providers_words(
    app: Application, body: dict[str, Any], status: int, param: str, message: str
) -> None:
    answer = create(app, **body)
    assert answer.status == status
    assert answer.json["error"]["param"] == param
    assert answer.json["error"]["type"] == "invalid_request_error"
    assert message in answer.json["error"]["message"]
    assert ask(app, "GET", "/__sim/creates").json["total"] == 0


def test_a_body_that_is_no_json_is_refused(app: Application) -> None:
    for body in (b"{", b"[]", b"\xff"):
        answer = ask(app, "POST", "/v1/responses", body)
        assert answer.status == 400
        assert "could not parse the JSON body" in answer.json["error"]["message"]


JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-5, 5) | st.sampled_from(["", "x", "user", "object"]),
    lambda inner: st.lists(inner, max_size=2) | st.dictionaries(FIELDS, inner, max_size=3),
    max_leaves=6,
)
ITEMS = st.lists(
    st.dictionaries(st.sampled_from(["role", "content", "tool_calls", "call_id", "output"]), JSON)
    | st.fixed_dictionaries({"role": st.just("tool"), "tool_call_id": JSON, "content": JSON})
    | st.fixed_dictionaries({"role": st.just("assistant"), "tool_calls": st.lists(JSON)}),
    min_size=1,
    max_size=3,
)


@given(
    st.fixed_dictionaries(
        {"input": ITEMS, "messages": ITEMS, "model": st.sampled_from(["sim", "sim:tools", "a/b"])},
        optional=dict.fromkeys(("tools", "text", "response_format", "reasoning", "metadata"), JSON),
    ),
    st.sampled_from(["/v1/responses", "/v1/chat/completions"]),
)
@settings(max_examples=200, deadline=None)
def test_any_create_is_answered_or_refused(body: dict[str, Any], path: str) -> None:
    assert ask(APP, "POST", path, body).status in {200, 400}


@pytest.mark.parametrize("number", ["-1", "x", "²", "9" * 5000])
def test_a_number_that_is_none_is_refused(app: Application, number: str) -> None:
    id_ = create(app, background=True, stream=True).events[0]["response"]["id"]
    for asked in (f"?stream=true&starting_after={number}", f"/input_items?limit={number}"):
        assert ask(app, "GET", f"/v1/responses/{id_}{asked}").status == 400


def test_a_key_in_any_script_is_compared_and_not_choked_on() -> None:
    app = Application(Options(speed=0, require_key="schlüssel"))
    for key, status in (("schlüssel", 200), ("schluessel", 401), ("☃", 401)):
        sent = key.encode().decode("latin-1")  # as a server reads the bytes of a header
        headers = {"authorization": f"Bearer {sent}"}
        assert ask(app, "GET", "/v1/models", headers=headers).status == status


@pytest.mark.parametrize("options", [{"scenario": "opera"}, {"speed": -1.0}, {"speed": math.nan}])
def test_a_simulator_that_cannot_do_as_told_does_not_start(options: dict[str, Any]) -> None:
    with pytest.raises(InvalidSetting):
        Simulator(**options)


def test_unknown_paths_and_methods_are_told_so(app: Application) -> None:
    assert ask(app, "GET", "/v1/music").json["error"]["message"] == "Invalid URL (GET /v1/music)"
    assert ask(app, "PUT", "/v1/responses").status == 405
    assert ask(app, "GET", "/v1/responses/resp_none").status == 404
    assert ask(app, "GET", "/v1/responses/..%2Fpasswd").status == 404


def test_a_key_is_required_when_asked_for() -> None:
    app = Application(Options(require_key="sk-right"))
    answers = {
        given: ask(app, "GET", "/v1/models", headers={"authorization": given})
        for given in ("", "Bearer sk-wrong", "Bearer sk-right")
    }
    assert [answer.status for answer in answers.values()] == [401, 401, 200]
    assert answers["Bearer sk-wrong"].json["error"]["code"] == "invalid_api_key"
    assert b"sk-wrong" not in answers["Bearer sk-wrong"].bytes
    assert ask(Application(Options(require_key=True)), "GET", "/v1/models").status == 401


def test_models_are_the_scenarios(app: Application) -> None:
    ids = [model["id"] for model in ask(app, "GET", "/v1/models").json["data"]]
    assert ids[:1] == ["sim"]
    assert "sim:planner" in ids
    assert ask(app, "GET", "/v1/models/sim:planner").json["owned_by"] == "workbench"
    assert ask(app, "GET", "/v1/models/sim:opera").status == 404


def test_the_object_echoes_what_was_asked(app: Application) -> None:
    asked: dict[str, Any] = {
        "instructions": "Speak softly.",
        "temperature": 0.3,
        "top_p": 0.9,
        "max_output_tokens": 4096,
        "reasoning": {"effort": "low", "summary": "auto"},
        "metadata": {"run": "r1"},
        "parallel_tool_calls": False,
        "user": "someone",
    }
    told = create(app, **asked).json
    assert {name: told[name] for name in asked} == asked
    assert told["text"] == {"format": {"type": "text"}, "verbosity": "medium"}


def test_the_scenario_is_chosen_by_metadata_model_or_server(app: Application) -> None:
    def scenario(app: Application, **body: Any) -> str:
        id_ = create(app, **body).json["id"]
        return str(ask(app, "GET", f"/__sim/responses/{id_}").json["scenario"])

    assert scenario(app) == "short"
    assert scenario(app, reasoning={"effort": "high"}) == "planner"
    assert scenario(app, model="sim:travel") == "travel"
    assert scenario(app, metadata={"scenario": "unicode"}) == "unicode"
    assert scenario(Application(Options(speed=0, scenario="refusal"))) == "refusal"


def test_the_token_limit_cuts_the_answer(app: Application) -> None:
    told = create(app, model="sim:short", max_output_tokens=150).json
    assert told["status"] == "incomplete"
    assert told["incomplete_details"] == {"reason": "max_output_tokens"}
    assert told["usage"]["output_tokens"] <= 150
    assert told["output"][-1]["status"] == "incomplete"


def outputs_for(answer: Answer, *texts: str) -> list[dict[str, Any]]:
    calls = [item for item in answer.json["output"] if item["type"] == "function_call"]
    return [
        {"type": "function_call_output", "call_id": call["call_id"], "output": text}
        for call, text in zip(calls, texts, strict=True)
    ]


def test_an_answer_continues_with_the_outputs_of_its_tools(app: Application) -> None:
    first = create(app, model="sim:tools")
    second = create(
        app,
        model="sim:tools",
        previous_response_id=first.json["id"],
        input=outputs_for(first, "Sunny, 24 degrees."),
    )
    assert [item["name"] for item in second.json["output"] if "name" in item] == ["find_ferry"]
    third = create(
        app,
        model="sim:tools",
        previous_response_id=second.json["id"],
        input=outputs_for(second, "17:45 from quay 2."),
    )
    assert "17:45 from quay 2." in text_of(third)
    assert third.json["previous_response_id"] == second.json["id"]


def test_a_client_that_keeps_the_history_itself_is_understood(app: Application) -> None:
    history: list[dict[str, Any]] = [{"role": "user", "content": "A boat?"}]
    for output in ("Sunny.", "17:45."):
        answer = create(app, model="sim:tools", input=history, store=False)
        history += answer.json["output"] + outputs_for(answer, output)
    last = text_of(create(app, model="sim:tools", input=history, store=False))
    assert "The forecast says: Sunny." in last
    assert "I found this: 17:45." in last


def test_parallel_calls_are_answered_together(app: Application) -> None:
    first = create(app, model="sim:parallel")
    outputs = outputs_for(first, "Lisbon: sun", "Porto: rain", "08:30")
    more = {"model": "sim:parallel", "previous_response_id": first.json["id"]}
    refused = create(app, **more, input=outputs[:2])
    assert refused.status == 400
    assert "No tool output found for function call call_" in refused.json["error"]["message"]
    assert "Lisbon: sun\nPorto: rain\n08:30" in text_of(create(app, **more, input=outputs))


def test_a_function_that_no_scenario_knows_is_called_and_its_output_told(
    app: Application,
) -> None:
    parameters = {
        "type": "object",
        "properties": {
            "city": {"type": "string", "minLength": 3},
            "unit": {"enum": ["celsius", "kelvin"]},
            "days": {"type": "array", "items": {"type": "integer", "minimum": 4}},
        },
    }
    tools = [{"type": "function", "name": "measure", "parameters": parameters}]
    first = create(app, tools=tools)
    (call,) = first.json["output"]
    assert (call["name"], call["arguments"]) == (
        "measure",
        '{"city":"an example","unit":"celsius","days":[4,4]}',
    )
    second = create(
        app, previous_response_id=first.json["id"], input=outputs_for(first, "minus three")
    )
    assert "minus three" in text_of(second)


def test_input_items_are_listed_newest_first_in_pages(app: Application) -> None:
    said = [{"role": "user", "content": word} for word in ("one", "two", "three")]
    id_ = create(app, input=said).json["id"]

    def words(query: str) -> list[str]:
        page = ask(app, "GET", f"/v1/responses/{id_}/input_items{query}").json
        return [item["content"][0]["text"] for item in page["data"]]

    assert words("") == ["three", "two", "one"]
    assert words("?order=asc&limit=2") == ["one", "two"]
    first = ask(app, "GET", f"/v1/responses/{id_}/input_items?limit=1").json
    assert first["has_more"] is True
    assert words(f"?after={first['last_id']}") == ["two", "one"]
    assert ask(app, "GET", f"/v1/responses/{id_}/input_items?limit=0").status == 400
