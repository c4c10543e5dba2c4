"""One per process: claims runs, carries them, and lets go of them; an event loop in a thread.

Which process carries a run is decided by its lease alone. A runner that dies leaves a lease
that runs out, and any other runner on the same log goes on with the run.
"""

import asyncio
import logging
import os
import secrets
import socket
import threading

from workbench.clock import Clock, SystemClock
from workbench.errors import (
    LeaseError,
    LeaseHeld,
    LogError,
    WorkbenchError,
)
from workbench.events import Fact, RunInfo, RunRequest
from workbench.log.base import Log
from workbench.providers.circuit import Circuits
from workbench.providers.decide import Limits
from workbench.runner.blocking import Blocking
from workbench.runner.carried import Carried, Providers, Rules
from workbench.runner.fair import in_turn
from workbench.runner.ladder import LadderLimits
from workbench.runner.search import Search
from workbench.runner.steps import Steps
from workbench.runner.writer import Writer
from workbench.settings import Settings

__all__ = ["Providers", "Runner"]

_logger = logging.getLogger(__name__)

# How often a log that changes all the time is looked at for new runs and wishes.
_LOOK_S = 0.1
# A bell may be lost with the process that should have rung it.
_IDLE_LOOK_S = 2.0
_PAGE = 2000


class Runner:
    def __init__(
        self, log: Log, providers: Providers, settings: Settings, *, clock: Clock | None = None
    ) -> None:
        self.owner = f"{socket.gethostname()}:{os.getpid()}:{secrets.token_hex(4)}"
        self._log = log
        self._providers = providers
        self._settings = settings
        self._clock = clock or SystemClock()
        self._rules = Rules(
            clock=self._clock,
            circuits=Circuits(self._clock.monotonic),
            limits=LadderLimits(
                patience=Limits(lost_after_s=settings.lost_after_s),
                poll_s=settings.poll_s,
                longest_s=settings.longest_s,
            ),
        )
        self._pid = os.getpid()
        self._thread: threading.Thread | None = None
        self._loop: asyncio.AbstractEventLoop | None = None
        self._carried: dict[str, Carried] = {}
        self._blocking = Blocking()
        self._search = Search(log, self._clock, self._blocking)
        self._prepared: dict[str, asyncio.Task[object]] = {}
        self._look = asyncio.Event()
        self._looking_soon = False
        self._draining = False
        self._vanished = False
        self._started = threading.Lock()

    def start(self) -> None:
        """Begin to claim runs; nothing happens when it runs already."""
        with self._started:
            if self._thread is not None:
                return
            ready = threading.Event()
            self._thread = threading.Thread(
                target=self._run_loop, args=(ready,), name="workbench-runner", daemon=True
            )
            self._thread.start()
            ready.wait()

    def look(self, run: str | None = None) -> None:
        """Look for new runs and wishes now instead of at the next bell; `run` is one of ours."""
        if run is not None:
            self._search.ours.add(run)
        if self._loop and not self._loop.is_closed() and self._pid == os.getpid():
            self._loop.call_soon_threadsafe(self._look.set)

    def drain(self, timeout_s: float | None = None) -> None:
        """Claim nothing more and let go of every run; those nobody can continue may end first."""
        if self._loop is None or self._thread is None or self._pid != os.getpid():
            return
        patience = self._settings.drain_s if timeout_s is None else timeout_s
        asyncio.run_coroutine_threadsafe(self._drain(patience), self._loop).result()

    def stop(self, timeout_s: float | None = None) -> None:
        """Drain, then end the thread."""
        thread, loop = self._thread, self._loop
        if thread is None or loop is None or self._pid != os.getpid():
            return
        if threading.current_thread() is thread:
            # The garbage collector may call from anywhere, also from here.
            self._stopping.set()
            return
        self.drain(timeout_s)
        loop.call_soon_threadsafe(self._stopping.set)
        thread.join()
        self._thread = None

    def vanish(self) -> None:
        """End as a killed process would: nothing is handed over, leases are left to run out."""
        self._vanished = True
        for carried in list(self._carried.values()):
            if self._loop is not None:
                self._loop.call_soon_threadsafe(carried.steps.ask, "lost")
        self.stop(0)

    @property
    def carried(self) -> list[str]:
        """The runs in the hands of this runner."""
        return list(self._carried)

    @property
    def unlogged(self) -> list[str]:
        """Runs that go on while the store does not answer: what is new of them is only here."""
        carried = list(self._carried.items())
        return [run for run, one in carried if one.is_unlogged]

    @property
    def unwritten_bytes(self) -> int:
        """What this process holds of its runs and the store has not acknowledged."""
        carried = list(self._carried.values())
        return sum(one.writer.unwritten_bytes for one in carried if one.writer)

    def _run_loop(self, ready: threading.Event) -> None:
        with asyncio.Runner(loop_factory=_new_loop) as runner:
            runner.run(self._main(ready))

    async def _main(self, ready: threading.Event) -> None:
        self._loop = asyncio.get_running_loop()
        self._stopping = asyncio.Event()
        unwatch = self._log.watch(self._ring)
        tasks = [
            asyncio.create_task(self._claim_forever()),
            asyncio.create_task(self._renew_forever()),
        ]
        ready.set()
        try:
            await self._stopping.wait()
        finally:
            await self._drain(0)
            unwatch()
            for task in tasks:
                task.cancel()
            await asyncio.gather(*tasks, return_exceptions=True)
            await self._providers.aclose()
            self._blocking.shutdown()

    def _ring(self) -> None:
        """The log's bell: at thousands of appends a second, one look is enough."""
        if self._looking_soon or self._loop is None:
            return
        self._looking_soon = True
        try:
            self._loop.call_soon_threadsafe(self._look_soon)
        except RuntimeError:
            return  # the loop has ended, and with it the need to look

    def _look_soon(self) -> None:
        def look() -> None:
            self._looking_soon = False
            self._look.set()

        assert self._loop is not None
        self._loop.call_later(_LOOK_S, look)

    async def _claim_forever(self) -> None:
        while True:
            self._look.clear()
            pause = _IDLE_LOOK_S
            try:
                pause = await self._look_around()
            except LogError as error:
                _logger.warning("Cannot look for runs: %s", error)
            try:
                async with asyncio.timeout(pause):
                    await self._look.wait()
            except TimeoutError:
                continue

    async def _look_around(self) -> float:
        """Claim what is free, pass wishes on; how long the next look may wait."""
        live = await self._search.live(self._carried)
        for info in live:
            if carried := self._carried.get(info.id):
                if "cancel_requested_at" in info.marks:
                    self._ask_to_cancel(carried, info)
                await carried.heed(info.marks)
        waiting, later = self._search.split(one for one in live if one.id not in self._carried)
        for info in later:
            self._prepare(info.request)
        if not self._draining:
            busy = [carried.info for carried in self._carried.values()]
            free = self._settings.concurrency - len(busy)
            for info in in_turn(waiting, busy)[: max(free, 0)]:
                await self._claim(info)
        return max(min(self._search.others.next_s(), _IDLE_LOOK_S), 0.01)

    async def _claim(self, info: RunInfo) -> None:
        await asyncio.wait([self._prepare(info.request)])
        ttl = self._settings.lease_s
        try:
            lease = await self._blocking(self._log.claim, info.id, owner=self.owner, ttl_s=ttl)
        except LeaseHeld as held:
            self._search.others.leave(info, held.remaining_s)
            return
        except LogError:
            return  # deleted or ended meanwhile
        carried = Carried(info, lease, Steps(), disturbed=info.marks.get("disturb"))
        carried.is_ours = info.id in self._search.ours
        if "cancel_requested_at" in info.marks:
            self._ask_to_cancel(carried, info)
        self._carried[info.id] = carried
        self._search.ours.discard(info.id)
        carried.task = asyncio.create_task(self._carry(carried), name=f"carry {info.id}")

    def _prepare(self, request: RunRequest) -> "asyncio.Task[object]":
        """Load a provider before its first run is claimed: that takes longer than a short lease."""
        task = self._prepared.get(request.provider)
        if task is None:
            task = asyncio.create_task(self._providers.of(request))
            self._prepared[request.provider] = task
            # What is wrong with it is told to the run that needs it.
            task.add_done_callback(lambda done: done.cancelled() or done.exception())
        return task

    def _ask_to_cancel(self, carried: Carried, info: RunInfo) -> None:
        if carried.steps.wish is None:
            carried.steps.ask("cancel", by=str(info.marks.get("cancel_requested_by", "")))

    async def _renew_forever(self) -> None:
        while True:
            await asyncio.sleep(self._settings.lease_s / 3)
            for carried in list(self._carried.values()):
                try:
                    await self._blocking(self._log.renew, carried.lease)
                except LeaseError:
                    carried.steps.ask("lost")
                except LogError:
                    continue  # the store is away; nobody else can take the run either

    async def _carry(self, carried: Carried) -> None:
        run = carried.info.id
        let_go = True  # of a run that cannot go on here, nobody is told that it is to be had
        writer = Writer(
            self._log,
            carried.lease,
            self._clock,
            unwritten_bytes=int(self._settings.unwritten_mb * 2**20),
            on_failure=lambda: carried.steps.ask("lost"),
        )
        carried.writer = writer
        try:
            await self._load(writer, carried)
            if not writer.state.ended:
                await carried.climb(writer, self._providers, self._rules)
        except LeaseError:
            _logger.info("Run %s is carried by another process now", run)
        except WorkbenchError as error:
            _logger.warning("Run %s cannot be carried on here: %s", run, error)
            let_go = False
            self._search.others.leave(carried.info, self._settings.lease_s)
        except Exception:
            _logger.exception("Run %s broke its runner", run)
            let_go = False
            self._search.others.leave(carried.info, self._settings.lease_s)
        finally:
            writer.stop()
            self._carried.pop(run, None)
            await self._release(carried, say=let_go and not writer.state.ended)
            self._look.set()

    async def _load(self, writer: Writer, carried: Carried) -> None:
        """Know what the log knows; a run that nobody has carried yet gets its first entry."""
        info = carried.info
        while page := await self._blocking(self._log.read, info.id, after=writer.head, limit=_PAGE):
            writer.load(page)
        if writer.head == 0:
            writer.created(info)
            if reason := info.marks.get("unlogged"):
                writer.fact(Fact.UNLOGGED, entries=None, reason=reason, seconds=None)
        if info.status == "queued" and not writer.state.ended:
            await self._blocking(self._log.set_status, carried.lease, "in_progress")

    async def _release(self, carried: Carried, *, say: bool) -> None:
        run = carried.lease.run
        if self._vanished:
            return
        try:
            await self._blocking(self._log.release, carried.lease)
            if say and carried.steps.wish != "lost":
                # Runners that believe in the lease need not wait for its end.
                await self._blocking(self._log.mark, run, handed_over_at=self._clock.now())
        except LogError:
            return  # it runs out by itself

    async def _drain(self, patience_s: float) -> None:
        self._draining = True
        carried = list(self._carried.values())
        bound = [one for one in carried if one.is_bound_to_us]
        for one in carried:
            if one not in bound:
                one.steps.ask("handover")
        await self._ended(bound, patience_s)
        for one in bound:
            one.steps.ask("handover")
        await self._ended(carried, None)

    async def _ended(self, carried: list[Carried], timeout_s: float | None) -> None:
        tasks = {one.task for one in carried if one.task}
        if tasks:
            await asyncio.wait(tasks, timeout=timeout_s)


def _new_loop() -> asyncio.AbstractEventLoop:
    """uvloop's, which carries many slow runs for a sixth less; there is none for Windows."""
    try:
        import uvloop
    except ImportError:
        return asyncio.new_event_loop()
    return uvloop.new_event_loop()
