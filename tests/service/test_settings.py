"""Where settings come from, and which of them wins."""

from pathlib import Path

import pytest
from pydantic import SecretStr

from workbench.settings import Settings


@pytest.fixture(autouse=True)
def _somewhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.chdir(tmp_path)
    lines = ["WORKBENCH_LEASE_S=9", "WORKBENCH_POLL_S=9", "WORKBENCH_IDLE_S=9"]
    (tmp_path / ".env").write_text("\n".join(lines))
    monkeypatch.setenv("WORKBENCH_POLL_S", "8")
    monkeypatch.setenv("WORKBENCH_IDLE_S", "8")
    monkeypatch.setenv("OPENAI_API_KEY", "sk-theirs")
    monkeypatch.setenv("OPENROUTER_API_KEY", "sk-theirs")
    monkeypatch.setenv("WORKBENCH_OPENROUTER_API_KEY", "sk-ours")


def test_arguments_win_over_the_environment_and_that_over_a_file() -> None:
    settings = Settings(idle_s=7)
    assert (settings.idle_s, settings.poll_s, settings.lease_s) == (7, 8, 9)


def test_an_argument_wins_over_the_names_of_other_tools_and_those_yield_to_ours() -> None:
    assert Settings(openai_api_key=SecretStr("sk-mine")).openai_api_key == SecretStr("sk-mine")
    assert Settings(openai_api_key=None).openai_api_key is None
    assert Settings().openai_api_key == SecretStr("sk-theirs")
    assert Settings().openrouter_api_key == SecretStr("sk-ours")
