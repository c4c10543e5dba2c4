"""The simulator's own account of what it generated and was paid for."""

from collections.abc import Mapping
from typing import Any
from urllib.parse import urlsplit, urlunsplit

import httpx

from workbench.errors import ProviderUnreachable
from workbench.state import RunState

__all__ = ["Truth", "truth_of"]


# On a busy machine it may be late with its account; that says nothing of the run it is about.
_PATIENCE_S = 60.0


class Truth:
    """Asks the simulator at a base URL; one connection, kept open."""

    def __init__(self, base_url: str) -> None:
        parts = urlsplit(base_url)
        self._http = httpx.Client(
            base_url=urlunsplit((parts.scheme, parts.netloc, "", "", "")),
            timeout=_PATIENCE_S,
        )

    def response(self, response_id: str) -> dict[str, Any] | None:
        """Everything about one response; None when it was never created."""
        return self._get(f"/__sim/responses/{response_id}")

    def creates(self) -> dict[str, Any]:
        """Every accepted create: `total`, `ids`, `by_client_key`."""
        return self._get("/__sim/creates") or {}

    def close(self) -> None:
        self._http.close()

    def _get(self, path: str) -> dict[str, Any] | None:
        try:
            answer = self._http.get(path)
        except httpx.TransportError as error:
            raise ProviderUnreachable(
                f"the simulator at {self._http.base_url} does not answer: {error}"
            ) from error
        found: dict[str, Any] | None = answer.json() if answer.status_code == 200 else None
        return found


def truth_of(account: Mapping[str, Any]) -> RunState:
    """The whole response, folded as any run is."""
    state = RunState()
    final = account.get("final") or {}
    for index, item in enumerate(final.get("output") or account["output"]):
        state.add_event({"type": "response.output_item.done", "output_index": index, "item": item})
    return state
