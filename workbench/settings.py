"""What can be set from outside: environment variables, an `.env` file, or arguments.

Every name is `WORKBENCH_` plus the field's name in capitals; the keys and base URLs of
providers are also read from the names their own tools use. Keys are secrets: no repr, log or
error shows them.
"""

from pathlib import Path
from typing import Any, Literal

import platformdirs
from pydantic import AliasChoices, Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, SettingsConfigDict

from workbench.errors import InvalidSetting
from workbench.events import OnLost, Transport

__all__ = ["Settings", "load_settings"]


def _also(name: str) -> AliasChoices:
    """The name of another tool, after our own."""
    return AliasChoices(f"WORKBENCH_{name}", name)


class Settings(BaseSettings):
    """One frozen value; make another one to change it."""

    model_config = SettingsConfigDict(
        env_prefix="WORKBENCH_",
        env_file=".env",
        env_file_encoding="utf-8",
        extra="ignore",
        frozen=True,
        populate_by_name=True,
    )

    # Where the runs are kept; every process with the same folder sees the same runs.
    data: Path = Field(default_factory=lambda: Path(platformdirs.user_data_dir("workbench")))
    durability: Literal["normal", "full"] = "normal"

    # What a run gets when it does not say.
    provider: str = "simulator"
    model: str | None = None
    transport: Transport = "background"
    on_lost: OnLost = "interrupt"
    temperature: float | None = None
    max_output_tokens: int | None = Field(default=None, gt=0)
    # None leaves it to the provider's rule; False is for those who may not have anything stored.
    store: bool | None = None
    connect_s: float = Field(default=10, gt=0)
    headers_s: float = Field(default=120, gt=0)
    idle_s: float = Field(default=300, gt=0)
    answer_s: float = Field(default=900, gt=0)  # a whole answer that does not stream

    openai_api_key: SecretStr | None = Field(default=None, validation_alias=_also("OPENAI_API_KEY"))
    openai_base_url: str | None = Field(default=None, validation_alias=_also("OPENAI_BASE_URL"))
    openai_organization: str | None = Field(default=None, validation_alias=_also("OPENAI_ORG_ID"))
    openai_project: str | None = Field(default=None, validation_alias=_also("OPENAI_PROJECT_ID"))
    openrouter_api_key: SecretStr | None = Field(
        default=None, validation_alias=_also("OPENROUTER_API_KEY")
    )
    openrouter_base_url: str = Field(
        default="https://openrouter.ai/api/v1", validation_alias=_also("OPENROUTER_BASE_URL")
    )
    chat_api_key: SecretStr | None = None
    chat_base_url: str | None = None

    # The simulator that is started in this process when a run names no base URL.
    simulator_speed: float = Field(default=1.0, ge=0)
    simulator_seed: int = 0

    # The dashboard, when somebody else than this machine may connect.
    token: SecretStr | None = None
    hosts: tuple[str, ...] = ()  # names it is reached by, besides those of loopback

    # The runner.
    lease_s: float = Field(default=3.0, gt=0.1)
    concurrency: int = Field(default=64, gt=0)
    unwritten_mb: float = Field(default=32.0, gt=0)  # per run, while the store is slow or away
    lost_after_s: float = Field(default=120.0, gt=0)  # without any progress a run is given up
    longest_s: float = Field(default=6 * 3600.0, gt=0)  # however long a provider takes
    poll_s: float = Field(default=1.0, gt=0)
    drain_s: float = Field(default=5.0, ge=0)


def load_settings(**changes: Any) -> Settings:
    """The settings of this environment with some of them changed; a wrong one is named."""
    try:
        return Settings(**changes)
    except ValidationError as error:
        first = error.errors(include_input=False, include_url=False)[0]
        name = ".".join(str(part) for part in first["loc"])
        raise InvalidSetting(f"The setting {name} is wrong: {first['msg']}.") from error
