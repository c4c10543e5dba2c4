"""docs/simulator.md tells the truth about scenarios."""

import re
from pathlib import Path

from workbench.simulator.scenario import load_all, parse

PAGE = (Path(__file__).parents[2] / "docs" / "simulator.md").read_text(encoding="utf-8")


def test_the_table_lists_every_scenario_with_its_size() -> None:
    rows = re.findall(r"^\| `(\w+)` \| (.+?) \| (\d+) \| (\d+) s \|$", PAGE, re.MULTILINE)
    told = {name: (title, int(events), int(seconds)) for name, title, events, seconds in rows}
    assert told == {
        each.name: (each.title, each.expected_events, round(each.duration))
        for each in load_all().values()
    }


def test_the_example_is_a_valid_scenario() -> None:
    (example,) = re.findall(r"```yaml\n(title: .+?)```", PAGE, re.DOTALL)
    scenario = parse(example, name="example")
    assert [len(turn.steps) for turn in scenario.turns] == [3, 1]
    assert scenario.turns[1].variables == {"output.get_weather", "input"}
