"""`/__sim`: what was really generated, asked and sent, for tests, the lab and the curious."""

from collections import Counter
from dataclasses import asdict
from typing import Any

from workbench.simulator.chat import Chat
from workbench.simulator.chunks import completion
from workbench.simulator.create import Options
from workbench.simulator.exchange import Reply, Request
from workbench.simulator.refusals import json_reply, no_model, refusal
from workbench.simulator.responses import Responses
from workbench.simulator.store import Record, Store

__all__ = ["Truth"]


class Truth:
    """What the simulator knows and a provider would not tell, and the list of models."""

    def __init__(self, options: Options, store: Store, responses: Responses, chat: Chat) -> None:
        self._options = options
        self._store = store
        self._responses = responses
        self._chat = chat

    async def response(self, _: Request, id_: str) -> Reply:
        """The authoritative events so far, the final object and the connections made."""
        record = self._store.truth(id_)
        if record is None:
            return refusal(404, f"The simulator never created a response '{id_}'.")
        rendition = self._responses.rendition(record)
        elapsed = self._responses.elapsed(record)
        ended = (
            record.cancelled is not None or record.killed is not None or elapsed >= rendition.end
        )
        count = rendition.count if ended else min(rendition.count, rendition.due_by(elapsed))
        final = rendition.snapshot(elapsed) if ended and record.killed is None else None
        events = [rendition.event(number) for number in range(count)]
        if record.api == "chat":
            timed = [each for each in self._chat.chunks(record) if each.offset <= elapsed]
            events = [each.chunk for each in timed if each.chunk is not None]
            final = completion(self._chat.chunks(record))[1] if final else None
        return json_reply(
            {
                "id": id_,
                "scenario": record.scenario,
                "turn": record.turn,
                "seed": record.seed,
                "speed": record.speed,
                "faults": record.faults,
                "elapsed_s": round(elapsed, 6),
                "duration_s": round(rendition.end, 6),
                "ended": ended,
                "expected_events": rendition.planned,
                "events": events,
                "offsets_s": [round(rendition.offset(number), 6) for number in range(count)],
                "final": final,
                "output": rendition.output(),
                "state": _state(record),
                "creates": record.creates,
                "connections": [asdict(each) for each in record.connections],
            }
        )

    async def creates(self, _: Request, __: str) -> Reply:
        """Every accepted create, counted per run and per client key: what was paid for."""
        records = self._store.records()
        by_run: Counter[str] = Counter()
        by_client_key: Counter[str] = Counter()
        for record in records:
            metadata = record.request.get("metadata") or {}
            for name, counter in (("run", by_run), ("client_key", by_client_key)):
                if name in metadata:
                    counter[metadata[name]] += record.creates
        return json_reply(
            {
                "total": sum(record.creates for record in records),
                "by_run": by_run,
                "by_client_key": by_client_key,
                "ids": [record.id for record in records],
                "refused": [asdict(each) for each in self._store.refused],
            }
        )

    async def overview(self, _: Request, __: str) -> Reply:
        records = self._store.records()
        return json_reply(
            {
                "simulator": "workbench",
                "speed": self._options.speed,
                "seed": self._options.seed,
                "scenario": self._options.scenario,
                "responses": len(records),
                "creates": sum(record.creates for record in records),
            }
        )

    async def scenarios(self, _: Request, __: str) -> Reply:
        listed: list[dict[str, Any]] = [
            {
                "name": each.name,
                "title": each.title,
                "description": each.description,
                "expected_events": each.expected_events,
                "duration_s": round(each.duration, 3),
            }
            for each in self._options.scenarios.values()
        ]
        return json_reply({"data": listed})

    async def expire(self, _: Request, id_: str) -> Reply:
        if not self._responses.expire(id_):
            return refusal(404, f"There is no response '{id_}' to expire.")
        return json_reply({"id": id_, "expired": True})

    async def forget(self, _: Request, __: str) -> Reply:
        return json_reply({"forgotten": self._store.forget()})

    async def models(self, _: Request, __: str) -> Reply:
        return json_reply({"object": "list", "data": [self._model(id_) for id_ in self._ids()]})

    async def model(self, _: Request, id_: str) -> Reply:
        return json_reply(self._model(id_)) if id_ in self._ids() else no_model(id_, chat=True)

    def _ids(self) -> list[str]:
        return ["sim", *(f"sim:{name}" for name in self._options.scenarios)]

    @staticmethod
    def _model(id_: str) -> dict[str, Any]:
        return {"id": id_, "object": "model", "created": 1_767_225_600, "owned_by": "workbench"}


def _state(record: Record) -> dict[str, Any]:
    return {
        "cancelled": record.cancelled is not None,
        "killed": record.killed is not None,
        "deleted": record.deleted is not None,
        "expired": record.expired,
        "forgotten": record.forgotten,
    }
