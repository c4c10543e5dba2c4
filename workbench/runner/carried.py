"""A run in the hands of a runner."""

import asyncio
import logging
from collections.abc import Mapping
from dataclasses import dataclass, replace
from typing import Any, Protocol

from workbench.clock import Clock
from workbench.errors import InvalidSetting, MissingKey, UsageError, WorkbenchError
from workbench.events import Fact, RunInfo, RunRequest
from workbench.log.base import Lease
from workbench.providers.base import Provider
from workbench.providers.circuit import Circuits
from workbench.runner import ending
from workbench.runner.disturb import Disturbance, Disturbed
from workbench.runner.ladder import Ladder, LadderLimits
from workbench.runner.steps import Steps
from workbench.runner.writer import Writer

__all__ = ["Carried", "Providers", "Rules"]

_logger = logging.getLogger(__name__)
# How long a run that nobody has begun waits for a process that has its key.
_UNBEGUN_S = 10.0


class Providers(Protocol):
    """Where a runner gets the provider of a request; chosen by the service."""

    async def of(self, request: RunRequest) -> tuple[Provider, RunRequest]:
        """The provider, and the request with what only this process knows (a base URL)."""

    async def aclose(self) -> None:
        """Let go of every provider."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Rules:
    """What all runs of one runner are carried by."""

    clock: Clock
    circuits: Circuits
    limits: LadderLimits


@dataclass(slots=True)
class Carried:
    info: RunInfo
    lease: Lease
    steps: Steps
    is_ours: bool = False  # it was started here, or given to this process by name
    writer: Writer | None = None
    task: "asyncio.Task[None] | None" = None
    disturbance: Disturbance | None = None
    disturbed: object = None  # the last mark that was obeyed, or that was meant for another runner

    @property
    def is_unlogged(self) -> bool:
        """Whether what is new of it is only in this process."""
        is_sheltered = "unlogged" in self.info.marks
        return is_sheltered or (self.writer is not None and self.writer.is_away)

    @property
    def is_bound_to_us(self) -> bool:
        """Whether nobody else could go on with it."""
        in_foreground = self.info.request.transport in {"stream", "sync"}
        return in_foreground or "unlogged" in self.info.marks

    async def heed(self, marks: Mapping[str, Any]) -> None:
        """Do what a button that breaks things asks for, once."""
        wanted = marks.get("disturb")
        if wanted is None or wanted == self.disturbed or self.disturbance is None:
            return
        self.disturbed = wanted
        await self.disturbance.begin(wanted["fault"])

    async def climb(self, writer: Writer, providers: Providers, rules: Rules) -> None:
        """Carry the run as far as it goes; whatever breaks, no reader is left waiting for ever."""
        try:
            _refuse_imports(self.info)
            provider, request = await providers.of(self.info.request)
            self.disturbance = Disturbance(request, writer, self.steps, rules.clock)
            ladder = Ladder(
                self.info,
                request,
                Disturbed(provider, self.disturbance),
                writer,
                rules.clock,
                steps=self.steps,
                circuits=rules.circuits,
                limits=_as_patient(rules.limits, request),
            )
            await ladder.climb()
        except MissingKey as error:
            if await self._leave_to_others(writer, rules):
                raise
            said = {"code": "MissingKey", "message": str(error)}
            await self._end(
                writer, "interrupted" if writer.progress.attempt else "failed", said, rules
            )
        except UsageError as error:
            # No key, a setting that the provider refuses: nothing was sent, nothing will be.
            said = {"code": type(error).__name__, "message": str(error)}
            await self._end(writer, "failed", said, rules)
        except WorkbenchError:
            raise
        except Exception as error:
            _logger.exception("Run %s broke its runner", self.info.id)
            said = {"code": "internal", "message": f"The runner failed: {error!r}"}
            await self._end(writer, "interrupted", said, rules)

    async def _end(
        self, writer: Writer, status: ending.Ended, error: dict[str, str], rules: Rules
    ) -> None:
        summary = ending.summary(writer, self.info, rules.clock.now(), error)
        response_id = writer.progress.response_id
        await writer.close(status, summary, response_id=response_id, error=error)

    async def _leave_to_others(self, writer: Writer, rules: Rules) -> bool:
        """Without the key nothing can be done here, but perhaps elsewhere; not for ever, though."""
        progress = writer.progress
        if self.is_ours and not progress.attempt:
            return False
        patience_s = rules.limits.patience.lost_after_s if progress.attempt else _UNBEGUN_S
        if progress.keyless_since is None:
            writer.fact(Fact.WAITING, reason="key", seconds=patience_s)
            await writer.settled()
            return True
        return rules.clock.now() - progress.keyless_since < patience_s


def _refuse_imports(info: RunInfo) -> None:
    """What a file says is not continued by asking a provider."""
    if "imported_at" in info.marks:
        raise InvalidSetting("The import of this run did not come to its end.")


def _as_patient(limits: LadderLimits, request: RunRequest) -> LadderLimits:
    """The limits with the patience that one run asks for."""
    if request.lost_after_s is None:
        return limits
    return replace(limits, patience=replace(limits.patience, lost_after_s=request.lost_after_s))
