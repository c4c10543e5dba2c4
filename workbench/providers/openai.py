"""The Responses API: OpenAI's own, or any server that speaks it under another base URL."""

from collections.abc import AsyncIterator, Callable, Iterator
from contextlib import asynccontextmanager, contextmanager
from dataclasses import replace
from typing import Any, Final
from urllib.parse import quote, urlsplit

from workbench.errors import CheckpointExpired, ProviderError, RequestRejected
from workbench.events import RunRequest, Transport
from workbench.providers.base import Access, Answer, Capabilities, Checkpoint, Connection
from workbench.providers.capabilities import CapabilityMemory, ProcessMemory
from workbench.providers.chat_params import simulated
from workbench.providers.decide import BACKGROUND_REFUSED
from workbench.providers.errors import Asked
from workbench.providers.http import Http, Target
from workbench.providers.registry import Surroundings
from workbench.wire.translate import ResponsesTranslator

__all__ = ["BASE_URL", "KEY_NAME", "MODEL", "OpenAIProvider", "make", "response_params"]

BASE_URL: Final = "https://api.openai.com/v1"
KEY_NAME: Final = "OPENAI_API_KEY"
MODEL: Final = "gpt-5-mini"
_KEY_HOSTS: Final = frozenset({"api.openai.com"})

_EVERYTHING: Final = Capabilities(
    background=True, resume=True, poll=True, cancel=True, reasoning=True, tools=True
)
_NOTHING_STORED: Final = Capabilities(background=False, resume=False, poll=False, cancel=False)


class OpenAIProvider:
    """`open`, `create`, `resume`, `retrieve` and `cancel` are one HTTP request each."""

    def __init__(
        self,
        access: Access | None = None,
        *,
        name: str = "openai",
        model: str = MODEL,
        memory: CapabilityMemory | None = None,
        find_base_url: Callable[[], str] = lambda: BASE_URL,
        known: Capabilities | None = None,
    ) -> None:
        self.name = name
        self._access = access or Access()
        self._model = self._access.model or model
        self._memory = memory or ProcessMemory()
        self._find_base_url = find_base_url
        self._known = known
        self._http = Http(name, self._access, key_name=KEY_NAME, key_hosts=_KEY_HOSTS)

    def base_url(self, request: RunRequest) -> str:
        return request.base_url or self._access.base_url or self._find_base_url()

    async def capabilities(self, request: RunRequest) -> Capabilities:
        base_url = self.base_url(request)
        self._http.check_key(base_url)
        known = self._known or self._memory.get(base_url) or _documented(base_url)
        return known or await self._probe(request)

    @asynccontextmanager
    async def open(self, request: RunRequest, transport: Transport) -> AsyncIterator[Connection]:
        body = self._params(request, transport) | {"stream": True}
        target = self._target(request, "POST", "/responses", asks="create", body=body)
        with self._learning(request):
            async with self._http.stream(target, ResponsesTranslator) as connection:
                yield connection

    async def create(self, request: RunRequest, transport: Transport) -> Answer:
        body = self._params(request, transport)
        target = self._target(request, "POST", "/responses", asks="create", body=body)
        with self._learning(request):
            return await self._http.fetch(target)

    @asynccontextmanager
    async def resume(
        self, request: RunRequest, checkpoint: Checkpoint
    ) -> AsyncIterator[Connection]:
        query: dict[str, Any] = {"stream": "true"}
        # No cursor means from the beginning, which is not the same as after number 0.
        if checkpoint.sequence is not None:
            query["starting_after"] = checkpoint.sequence
        target = self._target(request, "GET", _path(checkpoint), asks="resume", query=query)
        with self._learning(request), self._keyed(request):
            async with self._http.stream(target, ResponsesTranslator) as connection:
                yield connection

    async def retrieve(self, request: RunRequest, checkpoint: Checkpoint) -> Answer:
        target = self._target(request, "GET", _path(checkpoint), asks="retrieve")
        with self._keyed(request):
            return await self._http.fetch(target)

    async def cancel(self, request: RunRequest, checkpoint: Checkpoint) -> Answer:
        path = _path(checkpoint) + "/cancel"
        return await self._http.fetch(self._target(request, "POST", path, asks="cancel"))

    async def aclose(self) -> None:
        await self._http.aclose()

    def _target(
        self,
        request: RunRequest,
        method: str,
        path: str,
        *,
        asks: Asked,
        body: dict[str, Any] | None = None,
        query: dict[str, Any] | None = None,
    ) -> Target:
        return Target(
            method=method,
            path=path,
            asks=asks,
            base_url=self.base_url(request),
            timeouts=self._access.timeouts.override(request.timeouts),
            body=body,
            query=query or {},
        )

    def _params(self, request: RunRequest, transport: Transport) -> dict[str, Any]:
        return response_params(request, transport, self._access, model=self._model)

    async def _probe(self, request: RunRequest) -> Capabilities:
        """Ask for a response that cannot exist: a server that stores responses says which one
        it does not have, one that does not says that there is no such path. It costs nothing."""
        nowhere = Checkpoint(response_id="resp_workbench_probe")
        found = Capabilities(poll=True)
        try:
            await self._http.fetch(self._target(request, "GET", _path(nowhere), asks="probe"))
        except RequestRejected as error:
            if error.status not in {400, 404, 405}:
                return Capabilities()  # a key that is wrong: the create will say so better
            if error.status != 400 and nowhere.response_id not in str(error):
                found = _NOTHING_STORED
        except ProviderError:
            return Capabilities()  # not there just now; nothing was learned
        self._memory.put(self.base_url(request), found)
        return found

    @contextmanager
    def _learning(self, request: RunRequest) -> Iterator[None]:
        """What a refusal says about the server is remembered, so that it is met only once."""
        try:
            yield
        except CheckpointExpired as error:
            if error.status in {405, 501}:
                self._remember(request, resume=False)
            raise
        except RequestRejected as error:
            if error.status in {400, 422, 501} and "background" in str(error).lower():
                self._remember(request, background=False, resume=False, poll=False, cancel=False)
                error.code = BACKGROUND_REFUSED
            raise

    @contextmanager
    def _keyed(self, request: RunRequest) -> Iterator[None]:
        """A response that exists and is not shown without a key was begun with one."""
        try:
            yield
        except RequestRejected as error:
            if error.status == 401 and not self._known:
                self._http.expect_key(self.base_url(request))
            raise

    def _remember(self, request: RunRequest, **found: bool) -> None:
        if self._known:
            return  # it can, whatever a fault made it say
        base_url = self.base_url(request)
        known = self._memory.get(base_url) or Capabilities()
        self._memory.put(base_url, replace(known, **found))


def make(surroundings: Surroundings) -> OpenAIProvider:
    return OpenAIProvider(surroundings.access, memory=surroundings.memory)


def _documented(base_url: str) -> Capabilities | None:
    """Documented abilities need no question."""
    host = urlsplit(base_url).hostname or ""
    if host == "api.openai.com" or host.endswith(".openai.azure.com"):
        return _EVERYTHING
    return _NOTHING_STORED if host == "openrouter.ai" else None


def _path(checkpoint: Checkpoint) -> str:
    return f"/responses/{quote(checkpoint.response_id, safe='')}"


def response_params(
    request: RunRequest, transport: Transport, access: Access, *, model: str
) -> dict[str, Any]:
    """The body of a create, without `stream`: only what was asked for, so that a server which
    knows less is not confused."""
    is_background = transport in {"background", "poll"}
    params: dict[str, Any] = {
        # A stored prompt template brings its own model.
        "model": request.model or (None if request.prompt else model),
        "input": request.input,
        "instructions": request.instructions,
        "temperature": _either(request.temperature, access.temperature),
        "max_output_tokens": _either(request.max_output_tokens, access.max_output_tokens),
        "tools": request.tools,
        "previous_response_id": request.previous_response_id,
        "prompt": request.prompt,
        "metadata": simulated(request) | request.metadata or None,
    }
    if request.reasoning_effort is not None:
        params["reasoning"] = {"effort": request.reasoning_effort, "summary": "auto"}
    if request.text_format is not None:
        params["text"] = {"format": request.text_format}
    if is_background:
        params["background"] = True
        # Left out, a background response may be deleted minutes after its end.
        params["store"] = True if access.store is None else access.store
    elif access.store is not None:
        params["store"] = access.store
    asked = {name: value for name, value in params.items() if value is not None}
    return asked | request.extra


def _either(first: Any, second: Any) -> Any:
    return second if first is None else first
