"""How one answer went: what was sent of it, what struck it, told to the application once."""

from functools import partial
from typing import Literal

from workbench.simulator.apply import Applier
from workbench.simulator.exchange import Address, Ending, Reply, Served
from workbench.simulator.faults import Fault
from workbench.simulator.ledger import Armed

__all__ = ["Delivery"]


class Delivery:
    """One answer on its way."""

    def __init__(self, application: Served, address: Address) -> None:
        self.address = address
        self.reply: Reply | None = None
        self.applier: Applier | None = None
        self.chunked = False
        self.over = False  # nothing more will be sent
        self.how: Literal["complete", "left", "broken"] = "left"
        self._application = application
        self._before: list[Fault] = []  # struck before the body, or in the application
        self._length: int | None = None

    def note(self, fault: Fault) -> None:
        self._before.append(fault)

    def begin(self, armed: Armed, now: float) -> None:
        """The head is about to be sent."""
        assert self.reply is not None
        if self.reply.pieces is None:
            self._length = len(self.reply.body)
        if id_ := self.address.response_id:
            armed.account.numbering.told = partial(self._application.take, id_)
        self.applier = Applier(
            armed.in_body,
            started=now,
            numbering=armed.account.numbering,
            is_stream=self.reply.pieces is not None,
        )

    def finish(self) -> None:
        """The body ended; short of its length that is a break."""
        assert self.applier is not None
        short = self._length is not None and self.applier.bytes < self._length
        self.how = "broken" if short else "complete"
        self.over = True

    async def close(self) -> None:
        """Let go of the pieces, and tell the application."""
        reply, applier = self.reply, self.applier
        struck = [*self._before, *(applier.applied if applier else [])]
        faults = tuple(str(fault) for fault in struck)
        if reply is None:
            if faults:
                self._application.refused(self.address, Ending(how="refused", faults=faults))
            return
        aclose = getattr(reply.pieces, "aclose", None)
        if aclose is not None:
            await aclose()
        if reply.closed is not None:
            reply.closed(
                Ending(
                    how=self.how,
                    events=applier.events if applier else 0,
                    bytes=applier.bytes if applier else 0,
                    faults=faults,
                )
            )
