"""Which faults meet which request: counts the connections of every response. Pure."""

from collections import Counter, OrderedDict
from collections.abc import Sequence
from dataclasses import dataclass, field, replace
from typing import Final

from workbench.simulator.exchange import Address, Request, number_from
from workbench.simulator.faults import Fault, parse
from workbench.simulator.rewrite import Numbering

__all__ = ["Account", "Armed", "Ledger", "shifted"]

# Responses whose connections are remembered; the oldest are forgotten first.
_REMEMBERED: Final = 10_000


@dataclass(slots=True)
class Account:
    """What is known of one response."""

    faults: tuple[Fault, ...] = ()
    requests: Counter[str] = field(default_factory=Counter)  # by kind
    streams: int = 0
    numbering: Numbering = field(default_factory=Numbering)
    offline_until: float = 0.0
    forgotten: bool = False

    def accepted(self) -> None:
        """The response exists now; what was refused before it did is over."""
        self.requests.clear()
        self.streams = min(self.streams, 1)
        self.numbering = Numbering()


@dataclass(frozen=True, slots=True, kw_only=True)
class Armed:
    """The faults that meet one request."""

    account: Account
    faults: tuple[Fault, ...] = ()

    def at(self, place: str) -> list[Fault]:
        """Those that break the connection before the body begins."""
        return [f for f in self.faults if f.place is not None and f.place.name == place]

    @property
    def answer(self) -> Fault | None:
        """The one that answers in the provider's place."""
        return next((f for f in self.faults if f.does.family == "answer"), None)

    @property
    def in_body(self) -> tuple[Fault, ...]:
        before = ("request", "headers")
        return tuple(f for f in self.faults if f.place is None or f.place.name not in before)

    def has(self, kind: str) -> Fault | None:
        return next((f for f in self.faults if f.kind == kind), None)


class Ledger:
    """Deals out faults to requests."""

    def __init__(self, faults: Sequence[Fault] = ()) -> None:
        self._everywhere = tuple(faults)
        self._accounts: OrderedDict[str, Account] = OrderedDict()

    def account(self, response_id: str, *, asked_for: str | None = None) -> Account:
        account = self._accounts.get(response_id)
        if account is None:
            account = self._accounts[response_id] = Account()
            while len(self._accounts) > _REMEMBERED:
                self._accounts.popitem(last=False)
        self._accounts.move_to_end(response_id)
        if asked_for is not None and not account.faults:
            account.faults = parse(asked_for)
        return account

    def rename(self, before: str, after: str) -> None:
        """The id of a response became known."""
        if before in self._accounts:
            self._accounts[after] = self._accounts.pop(before)

    def arm(self, address: Address, *, streams: bool) -> Armed:
        """Count the request, and say which faults meet it."""
        if address.response_id is None or address.kind == "other":
            return Armed(account=Account())
        is_new = address.response_id not in self._accounts
        account = self.account(address.response_id, asked_for=address.faults)
        if is_new and address.connection > 1:
            # Another process served the first one; of what it did, what clients have seen counts.
            account.streams = 1
            account.numbering.taken = sorted(address.taken)
        account.requests[address.kind] += 1
        faults = (*self._everywhere, *account.faults)
        met = [fault for fault in faults if _meets_request(fault, address.kind, account)]
        if streams and not any(fault.does.family == "answer" for fault in met):
            account.streams += 1
            met += [f for f in faults if not _requests(f) and f.meets(account.streams)]
        return Armed(account=account, faults=tuple(met))


def shifted(request: Request, armed: Armed) -> Request:
    """The request as the provider shall see it: its cursor in the provider's own numbers."""
    given = number_from(request.query.get("starting_after", ""))
    if given is None:
        return request
    numbering = armed.account.numbering
    numbering.seen = max(numbering.seen, given)
    cursor = numbering.meant(given)
    repeat = armed.has("repeat")
    if repeat is not None:
        again = repeat.option("events")
        cursor = -1 if again is None else max(-1, cursor - int(again))
    query = {**request.query, "starting_after": str(cursor)}
    if cursor < 0:
        del query["starting_after"]
    return replace(request, query=query)


def _requests(fault: Fault) -> frozenset[str]:
    return frozenset({fault.on}) if fault.on else fault.does.on


def _meets_request(fault: Fault, kind: str, account: Account) -> bool:
    on = _requests(fault)
    return kind in on and fault.meets(sum(account.requests[each] for each in on))
