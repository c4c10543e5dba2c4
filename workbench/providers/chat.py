"""Chat completions: OpenRouter, or any server that speaks them, by its base URL.

Such a server stores nothing. A cut stream cannot be resumed and there is nothing to poll or to
cancel but the connection itself, whose end stops the generation.
"""

from collections.abc import AsyncIterator
from contextlib import AbstractAsyncContextManager, asynccontextmanager
from dataclasses import dataclass
from typing import Any, Final, Literal, NoReturn
from urllib.parse import urlsplit

from workbench.errors import CheckpointExpired, InvalidSetting
from workbench.events import RunRequest, Transport
from workbench.providers.base import Access, Answer, Capabilities, Checkpoint, Connection
from workbench.providers.chat_params import chat_params
from workbench.providers.http import Http, Target
from workbench.providers.registry import Surroundings
from workbench.wire.chat import response_from_completion
from workbench.wire.translate import ChatTranslator

__all__ = ["ANY", "OPENROUTER", "ChatProvider", "Dialect", "make_chat", "make_openrouter"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Dialect:
    """In what the servers differ."""

    name: str
    key_name: str
    base_url: str | None = None
    key_hosts: frozenset[str] = frozenset()
    model: str | None = None
    reasoning: Literal["nested", "flat"] = "flat"


OPENROUTER: Final = Dialect(
    name="openrouter",
    key_name="OPENROUTER_API_KEY",
    base_url="https://openrouter.ai/api/v1",
    key_hosts=frozenset({"openrouter.ai"}),
    model="openrouter/auto",
    reasoning="nested",
)
ANY: Final = Dialect(name="chat", key_name="WORKBENCH_CHAT_API_KEY")

_CAN: Final = Capabilities(stream=True, background=False, resume=False, poll=False, cancel=False)


class ChatProvider:
    """`open` and `create` are one HTTP request each; there is nothing else."""

    def __init__(self, access: Access | None = None, dialect: Dialect = ANY) -> None:
        self.name = dialect.name
        self._access = access or Access()
        self._dialect = dialect
        self._http = Http(
            dialect.name,
            self._access,
            key_name=dialect.key_name,
            key_hosts=dialect.key_hosts,
        )

    def base_url(self, request: RunRequest) -> str:
        found = request.base_url or self._access.base_url or self._dialect.base_url
        if found is None:
            raise InvalidSetting(
                "the provider chat needs a base URL: set WORKBENCH_CHAT_BASE_URL or name one"
            )
        return found

    async def capabilities(self, request: RunRequest) -> Capabilities:
        self._http.check_key(self.base_url(request))
        return _CAN

    @asynccontextmanager
    async def open(
        self,
        request: RunRequest,
        transport: Transport,  # noqa: ARG002 - there is but one way to stream
    ) -> AsyncIterator[Connection]:
        streamed = {"stream": True, "stream_options": {"include_usage": True}}
        target = self._target(request, streamed)
        async with self._http.stream(
            target, ChatTranslator, response_from_completion
        ) as connection:
            yield connection

    async def create(
        self,
        request: RunRequest,
        transport: Transport,  # noqa: ARG002 - nor is there another way not to
    ) -> Answer:
        answer = await self._http.fetch(self._target(request, {}))
        return answer._replace(response=response_from_completion(answer.response))

    def resume(
        self, request: RunRequest, checkpoint: Checkpoint
    ) -> AbstractAsyncContextManager[Connection]:
        return self._forgotten(request, checkpoint)

    async def retrieve(self, request: RunRequest, checkpoint: Checkpoint) -> Answer:
        return self._forgotten(request, checkpoint)

    async def cancel(self, request: RunRequest, checkpoint: Checkpoint) -> Answer:
        return self._forgotten(request, checkpoint)

    async def aclose(self) -> None:
        await self._http.aclose()

    def _forgotten(self, request: RunRequest, checkpoint: Checkpoint) -> NoReturn:
        raise CheckpointExpired(
            f"{self.name} at {self.base_url(request)} speaks chat completions and stores none: "
            f"{checkpoint.response_id} ended with its connection",
            cause="gone",
        )

    def _target(self, request: RunRequest, more: dict[str, Any]) -> Target:
        base_url = self.base_url(request)
        model = request.model or self._access.model or self._dialect.model
        params = chat_params(request, self._access, model=model)
        asked = params | self._differences(request, base_url) | more | request.extra
        return Target(
            method="POST",
            path="/chat/completions",
            asks="create",
            base_url=base_url,
            timeouts=self._access.timeouts.override(request.timeouts),
            # Null takes a field away that a strict server would stumble over.
            body={name: value for name, value in asked.items() if value is not None},
        )

    def _differences(self, request: RunRequest, base_url: str) -> dict[str, Any]:
        params: dict[str, Any] = {}
        longest = request.max_output_tokens or self._access.max_output_tokens
        if longest is not None:
            is_openai = urlsplit(base_url).hostname == "api.openai.com"
            params["max_completion_tokens" if is_openai else "max_tokens"] = longest
        if effort := request.reasoning_effort:
            is_nested = self._dialect.reasoning == "nested"
            params |= (
                {"reasoning": {"effort": effort}} if is_nested else {"reasoning_effort": effort}
            )
        if self._dialect is OPENROUTER:
            params["usage"] = {"include": True}
        return params


def make_openrouter(surroundings: Surroundings) -> ChatProvider:
    return ChatProvider(surroundings.access, OPENROUTER)


def make_chat(surroundings: Surroundings) -> ChatProvider:
    return ChatProvider(surroundings.access, ANY)
