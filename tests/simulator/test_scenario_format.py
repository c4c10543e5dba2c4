"""Scenario files: what they may say, and what a wrong one is told."""

from pathlib import Path

import pytest
from hypothesis import given, strategies as st

from workbench.errors import InvalidScenario
from workbench.simulator.builder import chunks_of
from workbench.simulator.scenario import folder_of_scenarios, load_all, load_file, parse

HEAD = "title: A test\ndescription: For a test.\n"


def test_every_scenario_that_ships_is_valid_and_says_what_it_is() -> None:
    scenarios = load_all()
    assert {"planner", "short", "silent", "travel", "tools", "parallel"} <= set(scenarios)
    assert {"refusal", "incomplete", "failed", "every_event"} <= set(scenarios)
    assert {"unicode", "huge", "tiny"} <= set(scenarios)
    for scenario in scenarios.values():
        assert scenario.title
        assert scenario.description.endswith(".")
        assert scenario.expected_events > 4
        assert scenario.duration > 0


def test_the_planner_thinks_in_eight_summaries_and_writes_1500_deltas() -> None:
    types = [beat.type for beat in load_all()["planner"].first_script.beats]
    assert types.count("response.reasoning_summary_part.done") == 8
    assert types.count("response.output_text.delta") >= 1500


def test_tiny_has_twenty_thousand_deltas_and_huge_one_of_two_megabytes() -> None:
    tiny = [beat.type for beat in load_all()["tiny"].first_script.beats]
    assert tiny.count("response.output_text.delta") == 20_000
    deltas = [beat.fields.get("delta", "") for beat in load_all()["huge"].first_script.beats]
    assert max(len(delta.encode()) for delta in deltas) > 2_000_000


def test_the_folder_is_found() -> None:
    assert (folder_of_scenarios() / "planner.yaml").is_file()
    assert load_file(folder_of_scenarios() / "short.yaml").name == "short"


def test_a_line_break_in_a_paragraph_is_a_space_and_lists_keep_theirs() -> None:
    body = "  - text: |\n      # Head\n      one\n      two\n\n      - three\n      - four\n"
    scenario = parse(f"{HEAD}steps:\n{body}", name="x")
    (message,) = scenario.first_script.output
    assert message["content"][0]["text"] == "# Head\none two\n\n- three\n- four"


@pytest.mark.parametrize(
    ("text", "complaint"),
    [
        ("", "scenario, line 1: the file is empty"),
        ("title: x\n  y: [", "scenario, line 2: not YAML"),
        ("- title", "line 1, document: expected a mapping"),
        ("title: x", "line 1, document: the field description is missing"),
        (f"{HEAD}step: []", "line 3, step: unknown field; known are title"),
        ("title: !mine x\ndescription: y\nsteps: []", "line 1, title: not understood"),
        (f"{HEAD}steps:\n  - wait: .inf", "line 4, steps[0].wait: JSON has no such value"),
        (
            f"{HEAD}steps:\n  - text: {{json: 2026-01-01}}",
            "line 4, steps[0].text.json: JSON has no",
        ),
        (f"{HEAD}steps:\n  - text: {{json: &a [*a]}}", "line 4, steps[0].text.json: JSON has no"),
        (f"{HEAD}title: y\nsteps: []", "line 3, title: the field is given twice"),
        (f"{HEAD}steps: []", "line 3, steps: expected at least one step"),
        (f"{HEAD}steps:\n  - sing: la", "line 4, steps[0].sing: unknown step; known are wait"),
        (f"{HEAD}steps:\n  - wait: soon", "line 4, steps[0].wait: expected a number, got 'soon'"),
        (f"{HEAD}steps:\n  - wait: -1", "line 4, steps[0].wait: expected at least 0"),
        (f"{HEAD}steps:\n  - text: ''", "line 4, steps[0].text: expected text"),
        (
            f"{HEAD}steps:\n  - text: {{body: x, json: 1}}",
            "line 4, steps[0].text: give either body or json",
        ),
        (
            f"{HEAD}steps:\n  - text:\n      body: x\n      chunk: lines",
            "line 6, steps[0].text.chunk: expected one of words, characters, whole, got 'lines'",
        ),
        (
            f"{HEAD}steps:\n  - text: 'so {{{{secret}}}}'",
            "line 4, steps[0].text: unknown placeholder {{secret}}",
        ),
        (
            f"{HEAD}steps:\n  - function_call: {{arguments: {{}}}}",
            "steps[0].function_call: the field name is missing",
        ),
        (
            f"{HEAD}timing: {{jitter: 2}}\nsteps:\n  - text: x",
            "line 3, timing.jitter: a gap varies by a share of at most 1",
        ),
        (
            f"{HEAD}timing: {{burst: 1.5}}\nsteps:\n  - text: x",
            "line 3, timing.burst: expected a whole number, got 1.5",
        ),
        (f"{HEAD}ending: soon\nsteps:\n  - text: x", "line 3, ending: expected one of completed"),
        (
            f"{HEAD}ending: {{failed: {{code: x}}}}\nsteps:\n  - text: x",
            "line 3, ending.failed: the field message is missing",
        ),
        (
            f"{HEAD}ending: {{incomplete: tired}}\nsteps:\n  - text: x",
            "line 3, ending.incomplete: expected one of max_output_tokens, content_filter",
        ),
        (
            f"{HEAD}steps:\n  - text: {{body: x, stop: 1}}",
            "line 4, steps: a step stops early, but the turn has no ending",
        ),
        (f"{HEAD}then: 1\nsteps:\n  - text: x", "line 3, then: expected a list"),
        (
            f"{HEAD}steps:\n  - text: x\nthen:\n  - ending: failed",
            "line 6, then[0]: the field steps is missing",
        ),
    ],
)
def test_a_wrong_file_is_told_file_line_and_field(text: str, complaint: str) -> None:
    with pytest.raises(InvalidScenario) as caught:
        parse(text, name="wrong")
    assert complaint in str(caught.value)
    assert "scenario, line" in str(caught.value)


@pytest.mark.parametrize(
    ("content", "complaint"),
    [
        (b"title: x\ntitle: \xff\n", "mine.yaml, line 2: not UTF-8 text"),
        (b"title: \x01\n", "mine.yaml: not YAML"),
        (None, "mine.yaml cannot be read: No such file"),
    ],
)
def test_a_file_that_cannot_be_read_is_told_so(
    tmp_path: Path, content: bytes | None, complaint: str
) -> None:
    file = tmp_path / "mine.yaml"
    if content is not None:
        file.write_bytes(content)
    with pytest.raises(InvalidScenario) as caught:
        load_file(file)
    assert complaint in str(caught.value)


@given(st.text(), st.one_of(st.sampled_from(["words", "characters", "whole"]), st.integers(1, 9)))
def test_no_character_is_lost_between_chunks(text: str, chunk: str | int) -> None:
    assert "".join(chunks_of(text, chunk)) == text
