"""The workbench: one folder of runs, shared by every process that opens it."""

import asyncio
import logging
import os
import weakref
from collections.abc import Sequence
from dataclasses import fields, replace
from datetime import timedelta
from pathlib import Path
from typing import TYPE_CHECKING, Any, Self

from workbench.clock import Clock, SystemClock
from workbench.errors import InvalidSetting, LogUnavailable
from workbench.events import RunInfo, RunRequest, Status
from workbench.log.base import Log, LogStats
from workbench.log.ids import new_run_id
from workbench.log.standby import StandbyLog
from workbench.runner.disturb import check_disturbance
from workbench.runner.runner import Runner
from workbench.service.checks import check_key, check_request, check_same
from workbench.service.health import HealthMemory
from workbench.service.measuring import Measuring
from workbench.service.providers import ProviderShelf
from workbench.service.run import Run
from workbench.service.runs import RunList
from workbench.service.transfer import import_run
from workbench.settings import Settings, load_settings
from workbench.transfer.export import export

if TYPE_CHECKING:
    from workbench.lab.comparison import Comparison
    from workbench.lab.report import LabReport

__all__ = ["Workbench"]

_logger = logging.getLogger(__name__)
_OPTIONS = frozenset(field.name for field in fields(RunRequest)) - {"input"}


class Workbench:
    """Opens the folder; with `runner`, this process also carries runs, its own and orphaned ones.

    Close it, or use it with `with` or `async with`: its runs are then handed over to other
    processes at once, instead of when their leases run out.
    """

    def __init__(
        self,
        data: Path | str | None = None,
        *,
        settings: Settings | None = None,
        runner: bool = True,
        log: Log | None = None,
        clock: Clock | None = None,
    ) -> None:
        self.settings = settings or load_settings()
        if data is not None:
            self.settings = self.settings.model_copy(update={"data": Path(data)})
        self._clock = clock or SystemClock()
        self._health = HealthMemory()
        self._given_log = log
        self._wants_runner = runner
        self._open()

    def _open(self) -> None:
        self._pid = os.getpid()
        store = self._given_log or _open_disk(self.settings, self._clock)
        self._standby = StandbyLog(store, clock=self._clock)
        self._log: Log = self._standby
        self._shelf = ProviderShelf(self.settings)
        self.measuring = Measuring()
        self._engage()

    def _engage(self) -> None:
        """Take on a runner; what closes this workbench closes it too."""
        self._runner = Runner(self._log, self._shelf, self.settings, clock=self._clock)
        given = self._given_log is not None
        self._finalizer = weakref.finalize(
            self, _let_go, self._pid, self._runner, self._shelf, None if given else self._log
        )
        if self._wants_runner:
            self._runner.start()

    def __repr__(self) -> str:
        return f"<Workbench {self.settings.data}>"

    @property
    def clock(self) -> Clock:
        """The clock that stamps what this workbench writes."""
        return self._clock

    @property
    def log(self) -> Log:
        """The log that every reader and writer of this workbench shares."""
        self._check_process()
        return self._log

    @property
    def runner(self) -> Runner:
        """What carries runs in this process; not started when there is to be none."""
        self._check_process()
        return self._runner

    def _check_process(self) -> None:
        """Of a forked workbench nothing works: its threads are gone, and SQLite's locks with them.

        A connection that is opened in the child believes that it holds the locks of its parent,
        so opening the folder again there could lose what either of them writes.
        """
        if self._pid != os.getpid():
            raise LogUnavailable(
                "This workbench was opened before the process forked. Start processes by"
                " spawning (multiprocessing's 'spawn' or 'forkserver'), and open the folder there."
            )

    def start(
        self,
        input: str | list[dict[str, Any]],  # noqa: A002 - the API's own word for it
        *,
        key: str | None = None,
        **options: Any,
    ) -> Run:
        """Ask for a generation and return at once; options are the fields of RunRequest.

        The same `key` gives the same run for good, in every process; with another request it is
        KeyTaken. While the store is away, a run without a key goes on in the memory of this
        process, and `run.unlogged` says so.
        """
        request = self._request(input, options)
        check_request(request)
        check_key(key)
        info = RunInfo(
            id=new_run_id(self._clock),
            created_at=self._clock.now(),
            key=key,
            request=request,
            # Without a runner of its own, this process leaves the run to whoever comes first.
            marks={} if self._wants_runner else {"unclaimed": True},
        )
        made = self._create(info)
        if made.id != info.id:
            given = {name for name, value in options.items() if value is not None}
            check_same(made, request, given)
        self.runner.look(made.id)
        return Run(self, made.id)

    def _create(self, info: RunInfo) -> RunInfo:
        try:
            return self.log.create(info)
        except LogUnavailable as error:
            # A process that carries nothing has nowhere to shelter it, and whether a key is taken
            # cannot be known: nothing is paid for twice.
            if not self._wants_runner or info.key is not None or self._pid != os.getpid():
                raise
            _logger.warning("Run %s is kept in memory only, until this process ends: %s",
                            info.id, error)  # fmt: skip
            return self._standby.shelter(replace(info, marks={"unlogged": str(error)}))

    async def astart(
        self,
        input: str | list[dict[str, Any]],  # noqa: A002 - the API's own word for it
        *,
        key: str | None = None,
        **options: Any,
    ) -> Run:
        """`start` for an event loop, which it never blocks."""
        return await asyncio.to_thread(self.start, input, key=key, **options)

    def _request(self, input: str | list[dict[str, Any]], options: dict[str, Any]) -> RunRequest:  # noqa: A002 - as above
        if unknown := sorted(options.keys() - _OPTIONS):
            raise InvalidSetting(
                f"There is no option {unknown[0]!r}; there are {', '.join(sorted(_OPTIONS))}."
            )
        defaults = {
            "provider": self.settings.provider,
            "transport": self.settings.transport,
            "on_lost": self.settings.on_lost,
        }
        given = {name: value for name, value in options.items() if value is not None}
        request = RunRequest(input=input, **{**defaults, **given})
        if request.base_url is None:
            # Whoever goes on with the run must ask where it was begun, whatever its own settings.
            request = replace(request, base_url=self._shelf.base_url(request.provider))
        return request

    def run(self, run_id: str) -> Run:
        """A run of this folder; UnknownRun when there is none of that id."""
        self.log.info(run_id)
        return Run(self, run_id)

    def runs(
        self,
        status: Status | Sequence[Status] | None = None,
        limit: int = 50,
        before: str | None = None,
    ) -> RunList:
        """Newest first; `before` is the id of the last run of the previous page."""
        wanted: Sequence[Status] | None
        wanted = [status] if isinstance(status, str) else status
        infos = self.log.runs(status=wanted, limit=limit, before=before)
        return RunList(Run(self, info.id) for info in infos)

    def delete(self, run_id: str) -> None:
        """Forget an ended run and all its entries."""
        self.log.delete(run_id)

    def clean(self, older_than: float | timedelta = timedelta(days=30)) -> int:
        """Delete runs that ended longer ago than that (seconds or a timedelta); how many."""
        seconds = older_than.total_seconds() if isinstance(older_than, timedelta) else older_than
        if seconds < 0:
            raise InvalidSetting(f"older_than must not be negative, got {seconds:g} seconds.")
        return self.log.sweep(older_than_s=seconds)

    def export(self, run_id: str, format: str = "jsonl") -> bytes:  # noqa: A002 - what it is
        """A run as a file: jsonl, csv, parquet, sse or har."""
        run = self.run(run_id)
        return export(run.info, run.entries(), format)

    def import_run(self, data: bytes) -> Run:
        """A jsonl export or a recorded event stream as a new, ended run of this folder."""
        return Run(self, import_run(self.log, self._clock, data))

    def stats(self) -> LogStats:
        """Counts and sizes of the whole folder."""
        return self.log.stats()

    def health(self, *, limit: int = 500, bucket_s: float = 3600.0) -> dict[str, Any]:
        """How the newest runs fared: shares, errors, distributions, and all of it over time."""
        runs = self.runs(limit=limit)
        return self._health.of(runs, now=self._clock.now(), bucket_s=bucket_s)

    def compare(
        self, prompt: str | list[dict[str, Any]], *, repeat: int = 5, **options: Any
    ) -> "Comparison":
        """The same prompt over several transports, providers or models, measured alike.

        Options are those of `workbench.lab.compare.compare`; any other goes to every run.
        """
        from workbench.lab.compare import compare

        return compare(self, prompt, repeat=repeat, **options)

    async def acompare(
        self, prompt: str | list[dict[str, Any]], *, repeat: int = 5, **options: Any
    ) -> "Comparison":
        """`compare` for an event loop, which it never blocks."""
        return await asyncio.to_thread(self.compare, prompt, repeat=repeat, **options)

    def lab(self, **options: Any) -> "LabReport":
        """Rehearse failures: every cell a real run over a real socket, and a verdict on each.

        Without names the default matrix; with some of `scenarios`, `faults`, `transports` and
        `readings` what they span. Its runs stay in this folder only with `keep=True`.
        `client="CMD {base_url}"` judges somebody else's client instead; `provider`, `base_url`
        and `model` a real provider, which costs money: `confirm` is asked first.
        """
        from workbench.service.experiments import lab

        return lab(self, **options)

    async def alab(self, **options: Any) -> "LabReport":
        """`lab` for an event loop, which it never blocks."""
        return await asyncio.to_thread(self.lab, **options)

    def ask_to_stop(self, run_id: str, *, by: str = "user") -> None:
        """Mark a run as to be cancelled; whoever carries it does so."""
        self.log.mark(run_id, cancel_requested_at=self._clock.now(), cancel_requested_by=by)
        self.runner.look()

    def disturb(self, run_id: str, fault: str) -> None:
        """Break the wire of a run on purpose, now: cut, stall, expire, or `offline 5s`."""
        request = self.log.info(run_id).request
        check_disturbance(fault, simulated=request.provider == "simulator")
        self.log.mark(run_id, disturb={"fault": fault, "at": self._clock.now()})
        self.runner.look()

    def replace_runner(self) -> None:
        """Let this process's runner vanish as if killed, and start another one.

        Its runs go on when their leases have run out, which is what a crash looks like.
        """
        self.runner.vanish()
        self._finalizer.detach()
        self._engage()

    def simulator_url(self) -> str:
        """Base URL of this process's simulator, ending in /v1; started now if it was not yet."""
        self._check_process()
        return self._shelf.simulator_url()

    def warm(self) -> None:
        """Do ahead what the first run would wait for; for a process that has a moment to spare."""
        self._check_process()
        self._shelf.warm()

    def close(self) -> None:
        """Hand over what is under way and let go of the folder; a second time does nothing."""
        self._finalizer()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        await asyncio.to_thread(self.close)


def _let_go(pid: int, runner: Runner, shelf: ProviderShelf, log: Log | None) -> None:
    """Also called when a workbench is forgotten, and at the end of the interpreter."""
    if pid != os.getpid():
        return  # the threads and connections belong to the process that forked this one
    runner.stop()
    shelf.close()
    if log is not None:
        log.close()


def _open_disk(settings: Settings, clock: Clock) -> Log:
    from workbench.log.disk import DiskLog

    return DiskLog(settings.data, durability=settings.durability, clock=clock)
