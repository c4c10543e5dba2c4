"""What responses and chat completions share: accepting a create, and keeping its schedule."""

import asyncio
import hashlib
from collections.abc import Callable

from workbench.clock import Clock
from workbench.simulator.create import BUDGETS, Api, Asked, Options, read_create
from workbench.simulator.exchange import Address, Ending, Kind, Reply, Request
from workbench.simulator.improvise import IMPROVISED, improvised
from workbench.simulator.rendition import Rendition
from workbench.simulator.scenario import Scenario
from workbench.simulator.script import compile_turn
from workbench.simulator.steps import Turn
from workbench.simulator.store import Connection, Record, Store

__all__ = ["EPOCH", "Generation"]

# What a response with a pinned seed says about its birth: the first second of 2026.
EPOCH = 1_767_225_600
# A silence is slept through in slices, so that a cancel ends it.
_SLICE_S = 0.1


class Generation:
    """Accepts creates of one API, and waits for moments of their schedules."""

    api: Api = "responses"
    prefix = "resp_"

    def __init__(self, options: Options, store: Store, clock: Clock) -> None:
        self.options = options
        self.store = store
        self.clock = clock

    def now(self) -> float:
        return self.clock.now()

    def read(self, request: Request) -> Asked | Reply:
        return read_create(request.body, self.api, self.options, self.store)

    def address_of_create(self, request: Request) -> Address:
        asked = self.read(request)
        if isinstance(asked, Reply):
            return Address(kind="create")
        id_ = self.store.next_id(self.prefix, asked.fingerprint, pinned=asked.pinned)
        return Address(
            kind="create",
            response_id=id_,
            connection=self.store.connections(id_) + 1,
            faults=asked.faults,
        )

    def accept(self, asked: Asked, request: Request) -> Record:
        id_ = self.store.next_id(self.prefix, asked.fingerprint, pinned=asked.pinned)
        now = self.now()
        record = Record(
            id=id_,
            api=self.api,
            request=asked.body,
            started=now,
            created_at=EPOCH if asked.pinned else int(now),
            scenario=asked.scenario.name,
            turn=asked.turn,
            seed=asked.seed,
            speed=asked.speed,
            variables=asked.variables,
            faults=asked.faults,
        )
        rendition = self.rendition(record)
        record.calls = {
            item["call_id"]: item["name"]
            for item in rendition.output()
            if item["type"] in ("function_call", "custom_tool_call")
        }
        self.store.add(record, asked.fingerprint)
        if request.accepted is not None:
            request.accepted(record.id)
        return record

    def scenario_of(self, record: Record) -> Scenario:
        if record.scenario == IMPROVISED:
            return improvised(record.request)
        return self.options.scenarios[record.scenario]

    def turn_of(self, record: Record) -> Turn:
        turns = self.scenario_of(record).turns
        return turns[min(record.turn, len(turns) - 1)]

    def rendition(self, record: Record) -> Rendition:
        turn = self.turn_of(record)
        budget = next((n for name in BUDGETS if (n := record.request.get(name))), None)
        script = compile_turn(turn, record.seed, record.variables, budget)
        return Rendition(record, script, turn.timing, after_cancel=self.options.after_cancel)

    def address(self, record: Record, kind: Kind, starting_after: int | None = None) -> Address:
        return Address(
            kind=kind,
            response_id=record.id,
            connection=record.opened + 1,
            faults=record.faults,
            starting_after=starting_after,
            taken=tuple(record.taken),
        )

    def elapsed(self, record: Record) -> float:
        return self.now() - record.started

    def opened(
        self, record: Record, address: Address, *, kills: bool = False
    ) -> tuple[Connection, Callable[[Ending], None]]:
        """Note the connection; `kills` when the response dies with it."""
        connection = self.store.open(record, address, self.elapsed(record))

        def closed(ending: Ending) -> None:
            connection.end(ending)
            if kills and ending.how != "complete":
                self.kill(record)

        return connection, closed

    def kill(self, record: Record) -> None:
        if record.killed is None and self.elapsed(record) < self.rendition(record).end:
            self.store.mark(record, killed=self.now())

    async def wait(self, record: Record, offset: float) -> None:
        """Until `offset` seconds after acceptance, or until something befell the response."""
        version = record.version
        while (left := record.started + offset - self.now()) > 0:
            await asyncio.sleep(min(left, _SLICE_S))
            if left > _SLICE_S:
                self.store.get(record.id)  # another process may have noted a cancel
            if record.version != version:
                return

    def due(self, record: Record, offset: float) -> float:
        """The moment on the monotonic clock that a piece carries."""
        return self.clock.monotonic() + record.started + offset - self.now()

    @staticmethod
    def headers(record: Record, connection: Connection) -> dict[str, str]:
        seed = f"{record.id}/{connection.connection}"
        return {
            "x-request-id": "req_" + hashlib.sha256(seed.encode()).hexdigest()[:32],
            "openai-version": "2020-10-01",
            "openai-processing-ms": "50",
        }
