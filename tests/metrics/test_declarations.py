"""A metric is declared once; the documentation says the same as the code."""

import json
from pathlib import Path

import pytest

from tests.metrics.handmade import cut_and_resumed, plain
from workbench.metrics import GROUPS, METRICS, measure
from workbench.metrics.otel import otel_attributes, otel_metrics
from workbench.metrics.others import OTHERS

DOCS = Path(__file__).parents[2] / "docs" / "metrics.md"


@pytest.mark.parametrize("name", METRICS)
def test_the_documentation_has_the_declared_formula(name: str) -> None:
    metric = METRICS[name]
    row = (
        f"| `{name}` | {metric.title} | {metric.unit} | {metric.formula} | {metric.excludes} "
        f"| {metric.null or '—'} |"
    )
    assert row in DOCS.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("key", OTHERS)
def test_the_documentation_has_the_formulas_of_other_tools(key: str) -> None:
    row = f"| `{key}` | {OTHERS[key].unit} | {OTHERS[key].formula} |"
    assert row in DOCS.read_text(encoding="utf-8").splitlines()


@pytest.mark.parametrize("name", METRICS)
def test_a_metric_has_a_sentence_for_a_formula_and_a_unit_in_its_name(name: str) -> None:
    metric = METRICS[name]
    assert metric.formula.endswith(".")
    assert name.endswith("_per_s") == (metric.unit == "1/s")
    assert (name.endswith("_s") and not name.endswith("_per_s")) == (metric.unit == "s")


def test_values_come_in_the_order_of_the_groups() -> None:
    groups = [METRICS[name].group for name in measure(plain().entries)]
    assert groups == sorted(groups, key=list(GROUPS).index)


def test_the_result_is_plain_json_with_the_declared_names() -> None:
    data = measure(cut_and_resumed().entries).to_dict()
    assert json.loads(json.dumps(data)) == data
    assert set(data) == {*METRICS, "few_samples", "others", "otel"}
    assert set(data["others"]) == set(OTHERS)
    assert data["otel"]["gen_ai.response.time_to_first_chunk"] == data["first_event_s"]


def test_exports_use_the_names_of_open_telemetry() -> None:
    metrics = measure(plain(pieces=3, every=0.1, first=0.5).entries)
    exported = otel_metrics(metrics, metrics.trace)
    assert exported["gen_ai.client.operation.time_to_first_chunk"] == pytest.approx(0.1)
    assert exported["gen_ai.client.operation.duration"] == pytest.approx(0.8)
    assert exported["gen_ai.client.operation.time_per_output_chunk"] == pytest.approx(
        [0.4, 0.1, 0.1, 0.1]
    )
    assert exported["gen_ai.client.token.usage"] == {"input": 7, "output": 3}
    attributes = otel_attributes(metrics, metrics.trace)
    assert attributes["gen_ai.response.id"] == "resp_1"
    assert attributes["gen_ai.response.finish_reasons"] == ["stop"]
    assert attributes["gen_ai.usage.output_tokens"] == 3


def test_a_run_that_was_not_streamed_exports_no_time_to_first_chunk() -> None:
    metrics = measure(plain().entries[:3])
    exported = otel_metrics(metrics, metrics.trace)
    assert exported == {}
