"""Asking a provider to stop a response, and how that response ended."""

import asyncio
import random

from workbench.errors import CheckpointExpired, ProviderError, RequestRejected
from workbench.events import Event, RunRequest
from workbench.providers.base import Checkpoint, Provider
from workbench.runner.steps import Steps

__all__ = ["stop_upstream"]

_CANCEL_S = 10.0
_PAUSES_S = (0.2, 0.5, 1.0, 2.0, None)


async def stop_upstream(
    provider: Provider, request: RunRequest, checkpoint: Checkpoint, steps: Steps
) -> Event | None:
    """The response as it stands then; None when nobody can say, or this process must let go."""
    for pause in _PAUSES_S:
        try:
            async with asyncio.timeout(_CANCEL_S):
                return await _ask_to_stop(provider, request, checkpoint)
        except CheckpointExpired:
            return None
        except (ProviderError, TimeoutError):
            if pause is None or steps.wish == "lost":
                break
            await asyncio.sleep(random.uniform(pause / 2, pause))
    return None


async def _ask_to_stop(provider: Provider, request: RunRequest, checkpoint: Checkpoint) -> Event:
    try:
        return (await provider.cancel(request, checkpoint)).response
    except (CheckpointExpired, RequestRejected):
        # Nothing to stop any more, or nothing that can be stopped: how did it end?
        return (await provider.retrieve(request, checkpoint)).response
