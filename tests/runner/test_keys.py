"""A process without the key does not end the runs of one that has it."""

from pathlib import Path
from typing import Any

import pytest

from tests.support.benches import open_bench
from tests.support.waiting import wait_until
from workbench.errors import InvalidSetting
from workbench.events import Entry
from workbench.providers import openai
from workbench.service.doctor import examine
from workbench.simulator.server import Simulator


@pytest.fixture(autouse=True)
def _loopback_needs_a_key(monkeypatch: pytest.MonkeyPatch) -> None:
    """Only the provider's own host does otherwise, and it is not to be asked here."""
    monkeypatch.setattr(openai, "_KEY_HOSTS", frozenset({"127.0.0.1"}))


def _waits_for_a_key(entry: Entry) -> bool:
    return (entry.event["type"], entry.event.get("reason")) == ("workbench.waiting", "key")


def test_a_run_that_a_keyless_process_takes_over_waits_for_one_with_the_key(tmp_path: Path) -> None:
    with Simulator(speed=0.5, scenario="short") as simulator:
        with open_bench(tmp_path, openai_api_key="sk-any") as first:
            run_id = first.start("Go", provider="openai", base_url=simulator.base_url).id
            wait_until(lambda: first.run(run_id).text, "some text")

        with open_bench(tmp_path, openai_api_key=None) as keyless:
            run = keyless.run(run_id)
            wait_until(lambda: any(map(_waits_for_a_key, run.entries())), "a wait for the key")
            assert run.status == "in_progress"

        with open_bench(tmp_path, openai_api_key="sk-any") as last:
            run = last.run(run_id).wait(30)
            assert run.status == "completed"
            assert run.seams().holds


def test_nobody_waits_for_a_key_that_never_comes(tmp_path: Path) -> None:
    with Simulator(speed=0.5, scenario="short") as simulator:
        with open_bench(tmp_path, openai_api_key="sk-any") as first:
            run_id = first.start("Go", provider="openai", base_url=simulator.base_url).id
            wait_until(lambda: first.run(run_id).text, "some text")

        with open_bench(tmp_path, openai_api_key=None, lost_after_s=1.0) as keyless:
            run = keyless.run(run_id).wait(30)

            assert run.status == "interrupted"
            assert run.error is not None
            assert run.error["code"] == "MissingKey"
            assert run.text
            assert sum(map(_waits_for_a_key, run.entries())) == 1


def test_a_keyless_process_that_is_refused_hands_the_run_back(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Nobody knows of a server of one's own that it wants a key, before it says so."""
    monkeypatch.setattr(openai, "_KEY_HOSTS", frozenset[str]())
    with Simulator(speed=0.5, scenario="short", require_key=True) as simulator:
        with open_bench(tmp_path, openai_api_key="sk-any") as first:
            run_id = first.start("Go", provider="openai", base_url=simulator.base_url).id
            wait_until(lambda: first.run(run_id).text, "some text")

        with open_bench(tmp_path, openai_api_key=None, lease_s=0.2) as keyless:
            run = keyless.run(run_id)
            wait_until(lambda: any(map(_waits_for_a_key, run.entries())), "a wait for the key")
            seen = run.cursor
            wait_until(lambda: keyless.log.holder(run_id) is None, "the lease is given back")
            wait_until(lambda: keyless.log.holder(run_id) is not None, "it is claimed again")
            wait_until(lambda: keyless.log.holder(run_id) is None, "and given back again")
            assert (run.status, run.cursor) == ("in_progress", seen), "it is asked once only"

        with open_bench(tmp_path, openai_api_key="sk-any") as last:
            run = last.run(run_id).wait(30)
            assert run.status == "completed"
            assert run.seams().holds


def test_a_start_without_the_key_fails_at_once_with_what_to_set(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(openai, "_KEY_HOSTS", frozenset[str]())
    with (
        Simulator(speed=0, scenario="short", require_key=True) as simulator,
        open_bench(tmp_path, openai_api_key=None) as keyless,
    ):
        run = keyless.start("Go", provider="openai", base_url=simulator.base_url).wait(30)
        assert run.status == "failed"
        assert "set OPENAI_API_KEY" in str((run.error or {})["message"])


def test_a_run_goes_on_where_it_was_begun_whatever_the_settings_of_its_next_process(
    tmp_path: Path,
) -> None:
    with Simulator(speed=0.5, scenario="short") as simulator:
        here: dict[str, Any] = {"openai_api_key": "sk-any", "openai_base_url": simulator.base_url}
        with open_bench(tmp_path, **here) as first:
            run_id = first.start("Go", provider="openai").id
            wait_until(lambda: first.run(run_id).text, "some text")

        with open_bench(tmp_path, openai_api_key="sk-any", openai_base_url=None) as second:
            assert second.run(run_id).wait(30).status == "completed"


def test_a_base_url_with_a_password_is_refused_before_it_is_stored(tmp_path: Path) -> None:
    place = "http://me:hush-hush@127.0.0.1:9/v1"
    with open_bench(tmp_path, openai_api_key="sk-any", openai_base_url=place) as wb:
        with pytest.raises(InvalidSetting, match="keys belong in the environment") as refusal:
            wb.start("Go", provider="openai")

        assert "hush" not in str(refusal.value)
        assert wb.runs() == []


def test_the_doctor_does_not_show_a_password_of_a_base_url(tmp_path: Path) -> None:
    place = "http://me:hush-hush@127.0.0.1:9/v1"
    with open_bench(tmp_path, openai_api_key="sk-any", openai_base_url=place) as wb:
        said = [finding.message for finding in examine(wb)]

    assert any("127.0.0.1:9" in message for message in said)
    assert "hush" not in str(said)


def test_a_list_names_the_model_that_answered(tmp_path: Path) -> None:
    with Simulator(speed=0, scenario="short") as simulator:
        here: dict[str, Any] = {"openai_api_key": "sk-any", "openai_base_url": simulator.base_url}
        with open_bench(tmp_path, **here) as wb:
            run = wb.start("Go", provider="openai").wait(30)

            assert run.to_row()["model"] == run.to_dict()["model"] is not None
