"""Chat completions, streamed and not."""

from workbench.simulator.exchange import Reply, Request
from workbench.simulator.generation import Generation
from workbench.simulator.refusals import refusal

__all__ = ["Chat"]


class Chat(Generation):
    """`/v1/chat/completions`."""

    api = "chat"
    prefix = "chatcmpl-"

    async def create(self, request: Request, _: str) -> Reply:
        asked = self.read(request)
        return asked if isinstance(asked, Reply) else refusal(501, "Not yet.")
