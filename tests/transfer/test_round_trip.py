"""What is exported can be read elsewhere, and jsonl and sse can be read back."""

import io
import json
from collections.abc import Iterator
from pathlib import Path

import orjson
import pandas as pd
import pytest

from tests.support.needs import recordings
from workbench.errors import InvalidSetting
from workbench.service import Run, Workbench
from workbench.transfer import reading
from workbench.transfer.export import FORMATS
from workbench.transfer.sse import provider_events
from workbench.transfer.table import COLUMNS
from workbench.wire.sse import FrameDecoder


@pytest.fixture
def wb(tmp_path: Path) -> Iterator[Workbench]:
    with Workbench(tmp_path / "data") as wb:
        yield wb


@pytest.fixture
def run(wb: Workbench) -> Run:
    return wb.start("Say hello", scenario="short", speed=0).wait(timeout=30)


def test_jsonl_brings_every_entry_back_with_its_time(wb: Workbench, run: Run) -> None:
    again = wb.import_run(wb.export(run.id, "jsonl"))
    assert again.id != run.id
    assert again.entries() == run.entries()
    assert (again.status, again.text) == (run.status, run.text)
    assert again.seams() == run.seams()


def test_an_imported_run_can_be_exported_again(wb: Workbench, run: Run) -> None:
    once = wb.import_run(wb.export(run.id, "jsonl"))
    twice = wb.import_run(wb.export(once.id, "jsonl"))
    assert twice.entries() == run.entries()


def test_sse_is_the_providers_stream_and_reads_back_to_the_same_text(
    wb: Workbench, run: Run
) -> None:
    stream = wb.export(run.id, "sse")
    sent = [json.loads(frame.data) for frame in FrameDecoder().feed(stream)]
    assert sent == list(provider_events(run.entries()))
    assert not any(event["type"].startswith("workbench.") for event in sent)
    again = wb.import_run(stream)
    assert (again.status, again.text) == ("completed", run.text)


def test_a_recorded_chat_stream_becomes_a_run(wb: Workbench) -> None:
    recorded = min((recordings() / "deepseek").glob("chat--*.sse"))
    run = wb.import_run(recorded.read_bytes())
    assert run.status == "completed"
    assert run.text


def test_a_table_has_a_row_for_each_entry_and_typed_columns(wb: Workbench, run: Run) -> None:
    as_csv = pd.read_csv(io.BytesIO(wb.export(run.id, "csv")))
    as_parquet = pd.read_parquet(io.BytesIO(wb.export(run.id, "parquet")))
    assert list(as_csv.columns) == list(as_parquet.columns) == list(COLUMNS)
    assert list(as_csv.cursor) == list(as_parquet.cursor) == list(range(1, run.cursor + 1))
    assert {name: str(kind) for name, kind in as_parquet.dtypes.items()} == {
        name: kind for name, (kind, _) in COLUMNS.items()
    }
    texts = as_parquet.loc[as_parquet.type == "response.output_text.delta", "text"]
    assert "".join(texts) == run.text


def test_har_has_an_exchange_for_each_attempt(wb: Workbench) -> None:
    run = wb.start("Plan", scenario="planner", speed=0, faults="cut@event:40").wait(timeout=60)
    archive = orjson.loads(wb.export(run.id, "har"))["log"]
    assert archive["version"] == "1.2"
    assert len(archive["entries"]) == len(run.seams().attempts) > 1
    messages = [one for each in archive["entries"] for one in each["_eventSourceMessages"]]
    assert len(messages) == len(list(provider_events(run.entries())))


def test_no_export_holds_a_key(wb: Workbench, run: Run, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("OPENAI_API_KEY", "sk-secret-of-the-test")
    for name in FORMATS:
        assert b"sk-secret-of-the-test" not in wb.export(run.id, name)


@pytest.mark.parametrize("name", ["har", "parquet"])
def test_an_export_for_other_tools_is_not_read_back(wb: Workbench, run: Run, name: str) -> None:
    with pytest.raises(InvalidSetting, match="only jsonl and sse"):
        wb.import_run(wb.export(run.id, name))


def test_an_unknown_format_is_refused_with_the_known_ones(wb: Workbench, run: Run) -> None:
    with pytest.raises(InvalidSetting, match="jsonl, csv, parquet, sse, har"):
        wb.export(run.id, "docx")


ENTRY = '{"cursor": 1, "at": 1.0, "event": {"type": "x"}}'
END = '{"cursor": 1, "at": 1.0, "event": {"type": "workbench.run.completed"}}'
HEAD = '{"workbench": 1, "run": {"request": {"input": "x"}}}'


@pytest.mark.parametrize(
    ("text", "says"),
    [
        pytest.param("", "empty", id="empty"),
        pytest.param("hello", "no event", id="something-else"),
        pytest.param("{", "Line 1 is not JSON", id="broken"),
        pytest.param("{}", "does not describe a run", id="no-head"),
        pytest.param('{"workbench": 2, "run": {}}', "format 2", id="newer"),
        pytest.param(HEAD, "none of its entries", id="no-entries"),
        pytest.param(f"{HEAD}\n[]", "Line 2 is not a JSON object", id="not-an-object"),
        pytest.param(f"{HEAD}\n{ENTRY}\n{ENTRY}", "cursor 1 where 2", id="repeated-cursor"),
        pytest.param(f'{HEAD}\n{{"cursor": 1}}', "needs `at` and `event`", id="no-event"),
        pytest.param(
            f'{HEAD}\n{{"cursor": 1, "at": 1, "event": {{}}}}', "without a type", id="no-type"
        ),
        pytest.param(
            f"{HEAD}\n{ENTRY.replace('1.0', '1e300')}", "no calendar", id="beyond-all-dates"
        ),
        pytest.param(
            HEAD + "".join(f"\n{END.replace('1,', f'{n},', 1)}" for n in (1, 2)),
            "ends at cursor 1, and more",
            id="two-ends",
        ),
        pytest.param(
            '{"workbench": 1, "run": {"request": [1]}}\n' + ENTRY,
            "not a JSON object",
            id="no-request",
        ),
        pytest.param(
            '{"workbench": 1, "run": {"request": {"input": [7]}}}\n' + ENTRY,
            "input cannot be",
            id="request-of-another-kind",
        ),
    ],
)
def test_a_wrong_file_is_refused_whole(wb: Workbench, text: str, says: str) -> None:
    with pytest.raises(InvalidSetting, match=says):
        wb.import_run(text.encode())
    assert wb.runs() == []


def test_an_export_of_a_live_run_reads_back_as_interrupted(wb: Workbench, run: Run) -> None:
    lines = wb.export(run.id, "jsonl").splitlines(keepends=True)
    again = wb.import_run(b"".join(lines[: len(lines) // 2]))
    assert again.status == "interrupted"


@pytest.mark.parametrize("kind", ["jsonl", "sse"])
def test_a_file_of_more_entries_than_any_run_has_is_refused_early(
    wb: Workbench, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(reading, "MOST_ENTRIES", 3)
    lines = {
        "jsonl": "\n".join([HEAD, *(ENTRY.replace("1,", f"{n},", 1) for n in range(1, 6))]),
        "sse": 'data: {"type": "x"}\n\n' * 5,
    }
    with pytest.raises(InvalidSetting, match="more than 3 entries"):
        wb.import_run(lines[kind].encode())
    assert wb.runs() == []


def test_lists_show_of_a_file_only_what_they_can_show(wb: Workbench) -> None:
    told = {"usage": "much", "characters": 5, "model": ["m"], "invented": 1}
    head = {"workbench": 1, "run": {"request": {"input": "x"}, "summary": told}}
    run = wb.import_run(f"{json.dumps(head)}\n{END}".encode())
    assert run.info.summary == {"characters": 5}
