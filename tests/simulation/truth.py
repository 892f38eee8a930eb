"""What really happened at the broker: who sent what, and which order number came of it."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from brokers.sim.values import ExchangeOrder
from sandbox.kis.wire import Reply, Request
from tests.simulation.border import Kind

if TYPE_CHECKING:
    from tests.simulation.world import Simulation


@dataclass(slots=True)
class Departure:
    """One order POST that left the machine, and what came of it."""

    order_id: str
    symbol: str
    side: str
    quantity: int
    price: int
    at: datetime
    asked_at: datetime
    number: str = ""
    arrived: bool = False


class Truth:
    """Posts, numbers and foreign orders of one seed."""

    def __init__(self, world: Simulation) -> None:
        self._world = world
        self.departures: list[Departure] = []
        self.owner: dict[str, str] = {}
        self.foreign: set[str] = set()
        self.quoted: dict[str, datetime] = {}
        self.sightings: Counter[str] = Counter()
        # Numbers that the answer to their own post has told.
        self.told: set[str] = set()

    def departs(self, request: Request, seconds: float) -> Departure | None:
        """A request is on the wire. Which order's is it, when it is a POST of one?

        `seconds` ago it was given to the HTTP client, which could not be stopped any more.
        """
        border = self._world.host.border
        kind = border.kind(request)
        if kind is Kind.QUOTE:
            self.quoted[border.quoted(request)] = self._world.true_time.now()
        if kind is not Kind.ORDER:
            return None
        terms = border.terms(request)
        departure = Departure(
            order_id="",
            symbol=terms.symbol,
            side=terms.side,
            quantity=terms.quantity,
            price=terms.price,
            at=self._world.true_time.now(),
            asked_at=self._world.true_time.now() - timedelta(seconds=seconds),
        )
        departure.order_id = self._world.judge.sender_of(departure)
        self.departures.append(departure)
        self._world.log.tell(
            "post",
            f"{departure.order_id} {departure.side} {departure.symbol} "
            f"{departure.quantity} x {departure.price}",
        )
        self._world.people.sent(departure)
        return departure

    def arrives(self, tag: object, before: int, reply: Reply) -> None:
        """The broker has handled a request; `before` is how many rows there were."""
        if not isinstance(tag, Departure):
            self._seen(reply)
            return
        tag.arrived = True
        rows = self._world.host.orders_today()
        code = self._world.host.border.code(reply)
        if len(rows) == before:
            self._world.log.tell("turned away", f"{tag.order_id} {code}")
            return
        number = str(rows[-1].number)
        tag.number = number
        self.owner[number] = tag.order_id
        self._world.log.tell("taken", f"{tag.order_id} as {number} filled {rows[-1].filled}")
        self._world.judge.taken(tag)

    def answered(self, tag: object, content: bytes) -> None:
        """An answer has reached whoever asked; of a post it may tell the number."""
        if not isinstance(tag, Departure) or not tag.number:
            return
        if self._world.host.border.tells(tag.number, content):
            self.told.add(tag.number)

    def _seen(self, reply: Reply) -> None:
        """Count how many answers have shown each order; whether they were read is not known."""
        self.sightings.update(self._world.host.border.listed(reply))

    def row(self, number: str) -> ExchangeOrder | None:
        """Return the exchange's own row."""
        rows = self._world.host.orders_today()
        return next((row for row in rows if str(row.number) == number), None)

    def number_of(self, order_id: str) -> str:
        """Return the number that an order of ours really has, or ""."""
        return next((number for number, owner in self.owner.items() if owner == order_id), "")

    def of(self, order_id: str) -> list[Departure]:
        """Return the posts of one order."""
        return [item for item in self.departures if item.order_id == order_id]

    def is_under_way(self, order_id: str) -> bool:
        """Whether a post of it may still arrive."""
        return any(not item.arrived for item in self.of(order_id))
