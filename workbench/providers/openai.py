"""The Responses API: OpenAI's own, or any server that speaks it under another base URL."""

from collections.abc import Callable
from contextlib import AbstractAsyncContextManager
from typing import Any, Final
from urllib.parse import quote

from workbench.events import RunRequest, Transport
from workbench.providers.base import (
    Access,
    Answer,
    Capabilities,
    Checkpoint,
    Connection,
    Timeouts,
)
from workbench.providers.errors import Asked
from workbench.providers.http import Http, Target
from workbench.wire.translate import ResponsesTranslator

__all__ = ["BASE_URL", "KEY_NAME", "MODEL", "OpenAIProvider", "response_params"]

BASE_URL: Final = "https://api.openai.com/v1"
KEY_NAME: Final = "OPENAI_API_KEY"
MODEL: Final = "gpt-5-mini"


class OpenAIProvider:
    """`open`, `create`, `resume`, `retrieve` and `cancel` are one HTTP request each."""

    def __init__(
        self,
        access: Access | None = None,
        *,
        name: str = "openai",
        find_base_url: Callable[[], str] | None = None,
    ) -> None:
        self.name = name
        self._access = access or Access()
        self._find_base_url = find_base_url
        self._http = Http(name, self._access, key_name=KEY_NAME, key_hosts={"api.openai.com"})

    async def capabilities(self, request: RunRequest) -> Capabilities:  # noqa: ARG002 - soon
        return Capabilities(
            background=True, resume=True, poll=True, cancel=True, reasoning=True, tools=True
        )

    def open(
        self, request: RunRequest, transport: Transport
    ) -> AbstractAsyncContextManager[Connection]:
        body = response_params(request, transport, self._access) | {"stream": True}
        return self._http.stream(
            self._target(request, "POST", "/responses", asks="create", body=body),
            ResponsesTranslator,
        )

    async def create(self, request: RunRequest, transport: Transport) -> Answer:
        body = response_params(request, transport, self._access)
        return await self._http.fetch(
            self._target(request, "POST", "/responses", asks="create", body=body)
        )

    def resume(
        self, request: RunRequest, checkpoint: Checkpoint
    ) -> AbstractAsyncContextManager[Connection]:
        query: dict[str, Any] = {"stream": "true"}
        # No cursor means from the beginning, which is not the same as after number 0.
        if checkpoint.sequence is not None:
            query["starting_after"] = checkpoint.sequence
        return self._http.stream(
            self._target(request, "GET", _path(checkpoint), asks="resume", query=query),
            ResponsesTranslator,
        )

    async def retrieve(self, request: RunRequest, checkpoint: Checkpoint) -> Answer:
        return await self._http.fetch(
            self._target(request, "GET", _path(checkpoint), asks="retrieve")
        )

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
            base_url=self._base_url(request),
            timeouts=self._timeouts(request),
            body=body,
            query=query or {},
        )

    def _base_url(self, request: RunRequest) -> str:
        if chosen := request.base_url or self._access.base_url:
            return chosen
        return self._find_base_url() if self._find_base_url else BASE_URL

    def _timeouts(self, request: RunRequest) -> Timeouts:
        return self._access.timeouts.override(request.timeouts)


def _path(checkpoint: Checkpoint) -> str:
    return f"/responses/{quote(checkpoint.response_id, safe='')}"


def response_params(request: RunRequest, transport: Transport, access: Access) -> dict[str, Any]:
    """The body of a create, without `stream`: only what was asked for, so that a server which
    knows less is not confused."""
    is_background = transport in {"background", "poll"}
    params: dict[str, Any] = {
        "model": _model(request, access),
        "input": request.input,
        "instructions": request.instructions,
        "temperature": _either(request.temperature, access.temperature),
        "max_output_tokens": _either(request.max_output_tokens, access.max_output_tokens),
        "tools": request.tools,
        "previous_response_id": request.previous_response_id,
        "prompt": request.prompt,
        "metadata": _metadata(request) or None,
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


def _model(request: RunRequest, access: Access) -> str | None:
    # A stored prompt template brings its own model.
    return request.model or access.model or (None if request.prompt else MODEL)


def _metadata(request: RunRequest) -> dict[str, str]:
    """The user's own, and what chooses a simulated exchange: any other server ignores it."""
    chosen = {
        "scenario": request.scenario,
        "faults": request.faults,
        "speed": request.speed,
        "seed": request.seed,
    }
    return {
        name: str(value) for name, value in chosen.items() if value is not None
    } | request.metadata


def _either(first: Any, second: Any) -> Any:
    return second if first is None else first
