"""The simulator as a provider: the Responses API at a base URL that is found when needed."""

from typing import Final

from workbench.errors import InvalidSetting
from workbench.providers.base import Capabilities
from workbench.providers.openai import OpenAIProvider
from workbench.providers.registry import Surroundings

__all__ = ["make"]

_ALL: Final = Capabilities(
    background=True, resume=True, poll=True, cancel=True, reasoning=True, tools=True
)


def make(surroundings: Surroundings) -> OpenAIProvider:
    return OpenAIProvider(
        surroundings.access,
        name="simulator",
        model="sim",
        memory=surroundings.memory,
        find_base_url=surroundings.find_simulator or _no_simulator,
        known=_ALL,
    )


def _no_simulator() -> str:
    raise InvalidSetting("no simulator is running here: name its base URL")
