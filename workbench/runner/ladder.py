"""The way through failures: stream, resume, poll, fill the tail, verify, close exactly once.

What comes next after a failure is decided by `providers.decide`; this module carries it out.
"""

import asyncio
import random
from collections.abc import Coroutine
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from typing import Any

from workbench.clock import Clock
from workbench.errors import CheckpointExpired, MissingKey, ProviderError
from workbench.events import Event, Fact, RunInfo, RunRequest, Transport
from workbench.providers.base import Capabilities, Provider
from workbench.providers.capabilities import adapt
from workbench.providers.circuit import Circuits
from workbench.providers.decide import (
    Facts,
    GiveUp,
    Limits,
    Mode,
    Poll,
    Restart,
    Resume,
    decide,
)
from workbench.runner import ending
from workbench.runner.attempt import Attempt
from workbench.runner.progress import GONE
from workbench.runner.steps import Steps, Stopped
from workbench.runner.stopping import stop_upstream
from workbench.runner.writer import Writer

__all__ = ["Ladder", "LadderLimits"]

# How long a create may take to tell the response's id, without which nothing can be cancelled.
_IDENTIFY_S = 10.0
# A foreground response may have ended just before its connection broke; it never goes on after.
_FOREGROUND_POLLS = 3
# For a run that is carried on after its time: what has gathered meanwhile can still be had.
_LATE_S = 1.0
_UNFINISHED = "the provider still calls the response unfinished"


@dataclass(frozen=True, slots=True, kw_only=True)
class LadderLimits:
    """How long to go on."""

    patience: Limits = field(default_factory=Limits)
    poll_s: float = 1.0
    longest_s: float = 6 * 3600.0  # however long a provider calls a response unfinished


class Ladder:
    """Carries one claimed run to its end, or to where somebody else goes on with it."""

    def __init__(
        self,
        info: RunInfo,
        request: RunRequest,
        provider: Provider,
        writer: Writer,
        clock: Clock,
        *,
        steps: Steps,
        circuits: Circuits,
        limits: LadderLimits,
    ) -> None:
        self._info = info
        self._request = request
        self._provider = provider
        self._writer = writer
        self._progress = writer.progress
        self._clock = clock
        self._circuits = circuits
        self._limits = limits
        self._poll_s = limits.poll_s
        self._place = request.base_url or request.provider
        self._carried_since = clock.now()
        self._transport: Transport = self._progress.transport or request.transport
        self._capabilities = Capabilities()
        self._attempt: Attempt | None = None
        self._verdict: GiveUp | None = None
        self._steps = steps

    async def climb(self) -> bool:
        """True when the run has its terminal entry, False when somebody else must go on."""
        try:
            await self._climb()
        except Stopped:
            if self._steps.wish == "cancel":
                await self._cancel()
            else:
                await self._let_go()
        return self._writer.state.ended

    async def _climb(self) -> None:
        """One rung after the other, until the response has its end or nothing can be had."""
        self._steps.check()
        self._capabilities = await self._steps.do(self._provider.capabilities(self._request))
        rung = await self._first()
        while rung is not None and self._progress.terminal is None:
            try:
                await self._stand_on(rung)
            except ProviderError as failure:
                await self._check_key(failure)
                if self._attempt and not self._attempt.is_over:
                    self._attempt.failed(failure)
                self._circuits.failed(self._place, failure)
                rung = await self._next(failure)
        if self._progress.terminal is None:
            await self._give_up()
        else:
            await self._finish()

    async def _check_key(self, failure: ProviderError) -> None:
        """A key that this process lacks ends no run: another process has begun it with one."""
        if failure.status != 401 or self._progress.response_id is None:
            return
        try:
            await self._steps.do(self._provider.capabilities(self._request))
        except MissingKey as missing:
            if self._attempt and not self._attempt.is_over:
                self._attempt.interrupted("handover", str(missing))
            raise

    async def _first(self) -> Mode | None:
        """Where to begin: with a create, or where a runner before this one stopped."""
        progress = self._progress
        if progress.attempt == 0:
            self._adapt()
            return "create"
        failure = progress.interruption
        if progress.open:
            cause = "handover"
            self._writer.fact(
                Fact.ATTEMPT_INTERRUPTED, attempt=progress.attempt, cause=cause, message=GONE
            )
        if failure is None:
            return "poll" if progress.checkpoint else "create"
        return await self._next(failure, draw=0.0)

    def _adapt(self) -> None:
        used, reason = adapt(self._request, self._capabilities)
        if reason is not None:
            self._use(used, reason)

    def _use(self, transport: Transport, reason: str) -> None:
        """Another transport than the one asked for, and why."""
        self._writer.fact(Fact.ADAPTED, wanted=self._transport, used=transport, reason=reason)
        self._transport = transport

    async def _stand_on(self, rung: Mode) -> None:
        if rung == "poll":
            await self._poll()
        elif rung != "resume" and self._transport in {"sync", "poll"}:
            await self._ask(rung)
        else:
            await self._stream(rung)

    async def _stream(self, mode: Mode) -> None:
        attempt = await self._begin(mode)
        checkpoint = self._progress.checkpoint
        if mode == "resume":
            assert checkpoint is not None, "only a response with an id is resumed"
            opening = self._provider.resume(self._request, checkpoint)
        else:
            opening = self._provider.open(self._request, self._transport)
        await self._steps.do(
            self._in_time(attempt.stream(opening)),
            unless=None if mode == "resume" else self._identified,
        )
        attempt.end()
        self._circuits.answered(self._place)

    async def _in_time(self, streaming: Coroutine[object, object, None]) -> None:
        """Heartbeats keep a stream open for ever, also when there is nobody behind them."""
        left_s = self._info.created_at + self._limits.longest_s - self._clock.now()
        try:
            async with asyncio.timeout(max(left_s, _LATE_S)):
                await streaming
        except TimeoutError as error:
            raise CheckpointExpired(_UNFINISHED, cause="idle", accepted=True) from error

    async def _ask(self, mode: Mode) -> None:
        """Create without streaming: the answer is final (`sync`) or has an id to poll (`poll`)."""
        attempt = await self._begin(mode)
        answer = await self._steps.do(
            self._provider.create(self._request, self._transport), unless=self._identified
        )
        attempt.connected(200, answer.request_id)
        attempt.counts.bytes += answer.size
        if ending.is_final(answer.response):
            ending.fill(self._writer, answer.response, reason=self._transport)
            attempt.end()
            return
        self._writer.events([ending.created(answer.response)])
        attempt.end()
        await self._pause("poll", answer.poll_after_s or self._poll_s)
        await self._poll()

    async def _poll(self) -> None:
        """Ask for the stored response until it is final, then fill in what is missing."""
        attempt = await self._begin("poll")
        checkpoint = self._progress.checkpoint
        assert checkpoint is not None, "only a response with an id is polled"
        asked = 0
        while True:
            answer = await self._steps.do(self._provider.retrieve(self._request, checkpoint))
            self._circuits.answered(self._place)
            if not asked:
                attempt.connected(200, answer.request_id)
            asked += 1
            attempt.counts.bytes += answer.size
            self._writer.fact(Fact.POLLED, status=answer.response.get("status"), bytes=answer.size)
            if ending.is_final(answer.response):
                ending.fill(self._writer, answer.response, reason="poll")
                attempt.end()
                return
            self._check_patience(asked)
            # Long generations are asked for less and less often, up to five times the interval.
            pause = answer.poll_after_s or self._poll_s * min(1 + asked / 10, 5)
            await self._pause("poll", pause)

    def _check_patience(self, asked: int) -> None:
        """Nobody waits for ever: not for a response whose stream was its life, nor for any."""
        is_dead = self._transport == "stream" and asked >= _FOREGROUND_POLLS
        if is_dead or self._clock.now() - self._info.created_at > self._limits.longest_s:
            raise CheckpointExpired(_UNFINISHED, cause="gone", accepted=True)

    async def _begin(self, mode: Mode) -> Attempt:
        self._steps.check()
        while (seconds := self._circuits.wait_s(self._place)) > 0:
            await self._pause("circuit", seconds)
        can_resume = self._transport == "background" and self._capabilities.resume is not False
        self._attempt = Attempt(
            self._writer,
            self._clock,
            mode,
            can_resume=can_resume,
            on_answer=partial(self._circuits.answered, self._place),
        )
        await self._attempt.begin()
        return self._attempt

    async def _next(self, failure: ProviderError, draw: float | None = None) -> Mode | None:
        """Carry out what is decided about a failure; None when nothing more can be had."""
        decision = decide(
            failure,
            self._facts(),
            draw=random.random() if draw is None else draw,
            limits=self._limits.patience,
        )
        if isinstance(decision, GiveUp):
            self._verdict = decision
            return None
        if decision.after_s > 0:
            await self._pause(decision.why, decision.after_s)
        match decision:
            case Resume():
                return "resume"
            case Poll():
                return "poll"
            case Restart():
                if decision.transport != self._transport:
                    self._use(decision.transport, decision.reason)
                return "restart"
        return self._facts().mode

    def _facts(self) -> Facts:
        progress = self._progress
        since = max(progress.progress_at, self._carried_since)
        return Facts(
            mode=progress.mode or "create",
            transport=self._transport,
            response_id=progress.response_id,
            sequence=progress.sequence,
            fruitless=progress.fruitless,
            away=progress.away,
            quiet_s=self._clock.now() - since,
            on_lost=self._request.on_lost,
            capabilities=self._capabilities,
            restarts=progress.restarts,
        )

    async def _finish(self) -> None:
        """Compare what was folded with what the provider stores, mend it, and close."""
        terminal = self._progress.terminal
        assert terminal is not None, "a response is finished by its terminal event"
        response = terminal["response"]
        if self._is_worth_fetching(response):
            try:
                stored = await self._steps.do(self._fetch())
            except ProviderError:
                stored = None  # forgotten already: its last event is what is left of it
            if stored is not None and ending.is_final(stored):
                response = stored
        ending.verify(self._writer, response)
        status, error = ending.status_of(terminal, self._progress.error)
        await self._close(status, **(error or {}))

    def _is_worth_fetching(self, response: Event) -> bool:
        """The terminal event says it all, unless it came bare or after an interruption."""
        if self._transport != "background" or not self._progress.checkpoint:
            return False
        if self._progress.mode == "poll":
            return False  # it was made from the stored response
        return not response.get("output") or self._progress.interruptions > 0

    async def _fetch(self) -> Event:
        checkpoint = self._progress.checkpoint
        assert checkpoint is not None
        return (await self._provider.retrieve(self._request, checkpoint)).response

    async def _give_up(self) -> None:
        """Nothing can be had any more: what arrived is kept, and why it ended is said."""
        verdict = self._verdict
        assert verdict is not None, "only a decision ends the climb without a response's end"
        if said := self._progress.error:
            # The provider had said why, and then closed without its terminal event.
            await self._close("failed", **ending.error_of(said))
        else:
            await self._close(
                ending.FINAL.get(verdict.status, "interrupted"),
                code=verdict.code,
                message=verdict.message,
            )

    async def _cancel(self) -> None:
        if self._attempt and not self._attempt.is_over:
            self._attempt.interrupted("cancel", "the run was asked to stop", accepted=True)
        if not self._progress.cancel_recorded:
            self._writer.fact(Fact.CANCEL_REQUESTED, by=self._steps.by)
        if self._progress.terminal:
            self._steps.granted()
            await self._finish()
            return
        response = await self._cancel_upstream()
        if response and ending.is_final(response) and response.get("status") != "cancelled":
            # It ended before the request to stop arrived: the whole text is there to be had.
            ending.fill(self._writer, response, reason="cancel")
            self._steps.granted()
            await self._finish()
            return
        if response and ending.is_final(response):
            ending.fill(self._writer, response, reason="cancel")
        await self._close("cancelled")

    async def _cancel_upstream(self) -> Event | None:
        checkpoint = self._progress.checkpoint
        if checkpoint is None or self._transport not in {"background", "poll"}:
            return None  # in the foreground, a closed connection is what stops a provider
        if self._capabilities.cancel is False:
            return None
        return await stop_upstream(self._provider, self._request, checkpoint, self._steps)

    async def _let_go(self) -> None:
        """Another process goes on from here, or somebody already does."""
        if self._steps.wish == "lost":
            return
        if self._attempt and not self._attempt.is_over:
            self._attempt.interrupted("handover", "this process lets go of its runs")
        await self._writer.settled()

    async def _close(self, status: ending.Ended, **error: Any) -> None:
        response_id = self._progress.response_id
        summary = ending.summary(self._writer, self._info, self._clock.now(), error or None)
        await self._writer.close(status, summary, response_id=response_id, error=error or None)

    async def _pause(self, reason: str, seconds: float) -> None:
        self._writer.fact(Fact.WAITING, reason=reason, seconds=round(seconds, 3))
        await self._steps.do(asyncio.sleep(seconds))

    async def _identified(self) -> None:
        """A create that is under way may cost money: its id is what it can be stopped by."""
        if self._transport not in {"background", "poll"} or self._attempt is None:
            return
        with suppress(TimeoutError):
            async with asyncio.timeout(_IDENTIFY_S):
                await self._attempt.identified.wait()
