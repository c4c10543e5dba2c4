"""The providers of this process, made when they are first asked for."""

import asyncio
import threading
from dataclasses import replace
from typing import TYPE_CHECKING

from pydantic import SecretStr

from workbench.events import RunRequest
from workbench.providers.base import Access, Provider, Timeouts
from workbench.providers.capabilities import FileMemory
from workbench.providers.registry import Surroundings, make_provider
from workbench.settings import Settings

if TYPE_CHECKING:
    from workbench.simulator.server import Simulator

__all__ = ["ProviderShelf"]


class ProviderShelf:
    """Providers belong to the event loop that uses them; the simulator to the process."""

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._memory = FileMemory(settings.data / "capabilities.json")
        self._made: dict[str, Provider] = {}
        self._making = asyncio.Lock()
        self._simulator: Simulator | None = None
        self._starting = threading.Lock()

    async def of(self, request: RunRequest) -> tuple[Provider, RunRequest]:
        """The provider, and the request with the base URL that only this process knows."""
        if request.provider == "simulator" and request.base_url is None:
            base_url = await asyncio.to_thread(self.simulator_url)
            request = replace(request, base_url=base_url)
        async with self._making:
            if request.provider not in self._made:
                # Off the loop: the first one imports the official SDK, which takes its time.
                made = await asyncio.to_thread(self._make, request.provider)
                self._made[request.provider] = made
        return self._made[request.provider], request

    def base_url(self, provider: str) -> str | None:
        """Where the settings of this process say that a provider listens."""
        return self._access(provider).base_url

    def simulator_url(self) -> str:
        """Where the simulator of this process listens; started now if it was not yet.

        It keeps its responses in the data folder, so that the simulator of another process
        can go on with them.
        """
        # Loaded when it is needed: readers of runs start faster without.
        from workbench.simulator.app import Application
        from workbench.simulator.create import Options
        from workbench.simulator.server import Simulator

        with self._starting:
            if self._simulator is None:
                options = Options(
                    speed=self._settings.simulator_speed,
                    seed=self._settings.simulator_seed,
                    folder=self._settings.data / "simulator",
                )
                self._simulator = Simulator(application=Application(options)).start()
            return self._simulator.base_url

    def warm(self) -> None:
        """Import and start now what the first simulated run would otherwise wait for."""
        make_provider("simulator", Surroundings(find_simulator=self.simulator_url))
        self.simulator_url()

    async def aclose(self) -> None:
        made, self._made = self._made, {}
        for provider in made.values():
            await provider.aclose()

    def close(self) -> None:
        """Stop the simulator of this process."""
        with self._starting:
            simulator, self._simulator = self._simulator, None
        if simulator is not None:
            simulator.stop()

    def _make(self, name: str) -> Provider:
        surroundings = Surroundings(
            access=self._access(name), memory=self._memory, find_simulator=self.simulator_url
        )
        return make_provider(name, surroundings)

    def _access(self, name: str) -> Access:
        settings = self._settings
        timeouts = Timeouts(
            connect_s=settings.connect_s,
            headers_s=settings.headers_s,
            idle_s=settings.idle_s,
            answer_s=settings.answer_s,
        )
        shared = Access(
            model=settings.model,
            temperature=settings.temperature,
            max_output_tokens=settings.max_output_tokens,
            store=settings.store,
            timeouts=timeouts,
        )
        match name:
            case "openai":
                return replace(
                    shared,
                    api_key=_reveal(settings.openai_api_key),
                    base_url=settings.openai_base_url,
                    organization=settings.openai_organization,
                    project=settings.openai_project,
                )
            case "openrouter":
                return replace(
                    shared,
                    api_key=_reveal(settings.openrouter_api_key),
                    base_url=settings.openrouter_base_url,
                )
            case "chat":
                return replace(
                    shared,
                    api_key=_reveal(settings.chat_api_key),
                    base_url=settings.chat_base_url,
                )
        return shared


def _reveal(secret: SecretStr | None) -> str | None:
    return secret.get_secret_value() if secret else None
