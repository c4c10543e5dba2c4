"""The simulator's faults before a real provider."""

from typing import Final

from workbench.errors import InvalidFault, InvalidSetting
from workbench.simulator.faults import parse
from workbench.simulator.forward import Forwarder
from workbench.simulator.listener import Listener

__all__ = ["FaultProxy"]

_DECREED: Final = frozenset({"error", "failed", "race"})


class FaultProxy(Listener):
    """Forwards every request to a base URL, byte for byte, and breaks what comes back.

    What only a provider can do (`error`, `failed`, `race`) is refused. Keys pass through and
    are kept nowhere.
    """

    def __init__(
        self, target_base_url: str, faults: str | None = None, *, host: str = "127.0.0.1",
        port: int = 0,
    ) -> None:  # fmt: skip
        if not target_base_url.startswith(("http://", "https://")):
            raise InvalidSetting(
                f"a base URL begins with http:// or https://, not {target_base_url!r}"
            )
        parsed = parse(faults or "")
        for fault in parsed:
            if fault.kind in _DECREED:
                raise InvalidFault(
                    f"{fault.kind} is for a simulator: it changes what the provider does"
                )
        self._forwarder = Forwarder(target_base_url, self._named)
        self.base_path = self._forwarder.base_path
        super().__init__(self._forwarder, parsed, host, port)

    def _named(self, before: str, after: str) -> None:
        self.ledger.rename(before, after)

    async def astop(self) -> None:
        await super().astop()
        await self._forwarder.close()
