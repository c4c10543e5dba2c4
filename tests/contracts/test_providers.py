"""The providers that ship keep the contract."""

from tests.contracts.provider_contract import BackgroundContract, ForegroundContract
from workbench.providers.base import Access, Provider
from workbench.providers.chat import OPENROUTER, ChatProvider
from workbench.providers.openai import OpenAIProvider
from workbench.providers.registry import Surroundings, make_provider


class TestOpenAI(BackgroundContract):
    def make(self, access: Access) -> Provider:
        return OpenAIProvider(access)


class TestSimulator(BackgroundContract):
    def make(self, access: Access) -> Provider:
        return make_provider("simulator", Surroundings(access=access))


class TestChat(ForegroundContract):
    def make(self, access: Access) -> Provider:
        return ChatProvider(access)


class TestOpenRouter(ForegroundContract):
    def make(self, access: Access) -> Provider:
        return ChatProvider(access, OPENROUTER)
