"""The provider's side of the wire without the wire: requests in, replies out.

The paths and bodies are those of the provider that this imitates; `/__sim` beside them tells
the truth about what was really generated, asked and sent.
"""

import hmac
import math
import re
from collections.abc import Awaitable, Callable, Sequence
from dataclasses import replace
from typing import Final

from workbench.clock import Clock, SystemClock
from workbench.errors import InvalidSetting
from workbench.simulator.chat import Chat
from workbench.simulator.create import Options
from workbench.simulator.exchange import Address, Ending, Reply, Request
from workbench.simulator.refusals import bad_key, no_key, refusal
from workbench.simulator.responses import Responses
from workbench.simulator.scenario import load_all
from workbench.simulator.store import Store
from workbench.simulator.truth import Truth

__all__ = ["Application", "Options"]

Handler = Callable[[Request, str], Awaitable[Reply]]
_ID: Final = r"(?P<id>[A-Za-z0-9_-]+)"


class Application:
    """Answers requests; see `workbench.simulator.exchange` for how the server uses it."""

    def __init__(self, options: Options | None = None, clock: Clock | None = None) -> None:
        options = options or Options()
        if not options.scenarios:
            options = replace(options, scenarios=load_all())
        if options.scenario is not None and options.scenario not in options.scenarios:
            known = ", ".join(options.scenarios)
            raise InvalidSetting(f"there is no scenario {options.scenario!r}; there are {known}")
        if not 0 <= options.speed < math.inf:
            raise InvalidSetting(f"a speed is a number of at least 0, not {options.speed}")
        self.options = options
        self.store = Store(options.folder)
        clock = clock or SystemClock()
        self.responses = Responses(options, self.store, clock)
        self.chat = Chat(options, self.store, clock)
        self.truth = Truth(options, self.store, self.responses, self.chat)
        self._routes = self._make_routes()

    def _make_routes(self) -> list[tuple[re.Pattern[str], dict[str, Handler]]]:
        responses, truth = self.responses, self.truth
        routes: dict[str, dict[str, Handler]] = {
            "/v1/responses": {"POST": responses.create},
            f"/v1/responses/{_ID}": {"GET": responses.retrieve, "DELETE": responses.delete},
            f"/v1/responses/{_ID}/cancel": {"POST": responses.cancel},
            f"/v1/responses/{_ID}/input_items": {"GET": responses.input_items},
            "/v1/chat/completions": {"POST": self.chat.create},
            "/v1/models": {"GET": truth.models},
            r"/v1/models/(?P<id>.+)": {"GET": truth.model},
            "/__sim": {"GET": truth.overview},
            "/__sim/scenarios": {"GET": truth.scenarios},
            "/__sim/creates": {"GET": truth.creates},
            "/__sim/forget": {"POST": truth.forget},
            f"/__sim/responses/{_ID}": {"GET": truth.response},
            f"/__sim/responses/{_ID}/expire": {"POST": truth.expire},
        }
        return [(re.compile(path), methods) for path, methods in routes.items()]

    def address(self, request: Request) -> Address:
        """Which response the request is about, before anything happens."""
        path, method = request.path.rstrip("/"), request.method
        if method == "POST" and path == "/v1/responses":
            return self.responses.address_of_create(request)
        if method == "POST" and path == "/v1/chat/completions":
            return self.chat.address_of_create(request)
        match = re.fullmatch(f"/v1/responses/{_ID}", path)
        if method == "GET" and match:
            return self.responses.address_of_retrieve(request, match["id"])
        match = re.fullmatch(f"/v1/responses/{_ID}/cancel", path)
        if method == "POST" and match:
            return self.responses.address_of_cancel(match["id"])
        return Address(kind="other")

    async def handle(self, request: Request) -> Reply:
        path = request.path.rstrip("/") or "/"
        if path.startswith("/v1") and (refused := self._check_key(request)):
            return refused
        for pattern, methods in self._routes:
            if match := pattern.fullmatch(path):
                if handler := methods.get(request.method):
                    return await handler(request, match.groupdict().get("id", ""))
                return refusal(405, f"Not allowed to {request.method} on {path}.")
        return refusal(404, f"Invalid URL ({request.method} {path})")

    def refused(self, address: Address, ending: Ending) -> None:
        """A fault answered in the provider's stead: nothing happened, except that it was asked."""
        self.store.refuse(address, ending, self.responses.now())

    def forget(self) -> int:
        """Lose all responses, as a provider that restarts; says how many."""
        return self.store.forget()

    def expire(self, response_id: str) -> bool:
        """No longer stream this response; False when there is none."""
        return self.responses.expire(response_id)

    def take(self, response_id: str, numbers: Sequence[int]) -> None:
        """Remember the sequence numbers that insertions used up so far, for good."""
        if record := self.store.get(response_id):
            self.store.mark(record, taken=list(numbers))

    def complete(self, response_id: str) -> None:
        """Let the response complete this instant, ahead of its schedule."""
        self.responses.complete(response_id)

    def fail(self, response_id: str, *, after: int | None, announced: bool) -> None:
        """End the response as failed after its first `after` events, or now."""
        self.responses.fail(response_id, after=after, announced=announced)

    def cancel(self, response_id: str) -> bool:
        """Cancel as a client would; False when there is nothing to cancel."""
        return self.responses.cancel_now(response_id)

    def _check_key(self, request: Request) -> Reply | None:
        wanted = self.options.require_key
        if wanted is False:
            return None
        scheme, _, key = request.headers.get("authorization", "").partition(" ")
        if scheme.lower() != "bearer" or not key.strip():
            return no_key()
        given = key.strip().encode("latin-1")  # as headers are decoded: these are the bytes sent
        if isinstance(wanted, str) and not hmac.compare_digest(given, wanted.encode()):
            return bad_key()
        return None
