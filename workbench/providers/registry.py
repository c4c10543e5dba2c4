"""Providers by name. Another one is one file and one line here.

A factory imports its module only when it is called: the official SDK takes longer to import
than everything else together, and a page that shows a log needs none of it.
"""

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from importlib import import_module
from typing import Final, cast

from workbench.errors import UnknownProvider
from workbench.providers.base import Access, Provider
from workbench.providers.capabilities import CapabilityMemory, ProcessMemory

__all__ = ["CHAT", "PROVIDERS", "Surroundings", "make_provider"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Surroundings:
    """What a provider is given from outside."""

    access: Access = field(default_factory=Access)
    memory: CapabilityMemory = field(default_factory=ProcessMemory)
    # The base URL of the simulator for runs that name none; starts one when there is none yet.
    find_simulator: Callable[[], str] | None = None


# Each names a module and a function in it that makes the provider from its surroundings.
PROVIDERS: Final[Mapping[str, str]] = {
    "simulator": "workbench.providers.simulator:make",
    "openai": "workbench.providers.openai:make",
    "openrouter": "workbench.providers.chat:make_openrouter",
    "chat": "workbench.providers.chat:make_chat",
}

# Those that speak chat completions: what they send is stored as events of the Responses API.
CHAT: Final = frozenset({"openrouter", "chat"})


def make_provider(name: str, surroundings: Surroundings | None = None) -> Provider:
    """A provider for the event loop that will first use it; UnknownProvider lists the names."""
    if name not in PROVIDERS:
        raise UnknownProvider(f"no provider is called {name!r}; there are {', '.join(PROVIDERS)}")
    module, _, function = PROVIDERS[name].partition(":")
    make = cast("Callable[[Surroundings], Provider]", getattr(import_module(module), function))
    return make(surroundings or Surroundings())
