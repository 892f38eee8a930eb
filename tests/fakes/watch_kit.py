"""A watchtower on a whole order desk: real ledger, desk and outbox; fakes at the ports around them."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, timedelta

from core.domain.alerts import AlertDefaults
from core.domain.instrument import Symbol
from core.domain.market import BarSeries
from core.domain.orders import Order
from core.domain.passages import WatchedPosition
from core.domain.tickets import Ticket, TicketState
from core.errors import BrokerUnavailable
from core.flows.successors import line_of
from core.services.watch.context import TowerContext
from core.services.watch.tower import Watchtower
from core.strategy.parameters import Parameters
from tests.fakes.desk_kit import TIGER, Kit, Shelf
from tests.fakes.fake_cycle_stores import FakePassages
from tests.fakes.fake_feed import FakeFeed
from tests.fakes.flat_bar import flat_bar


@dataclass
class BarShelf(Shelf):
    """A shelf with bars: `volume` shares on each of the sessions it has."""

    volume: int = 1_000
    sessions: int = 20
    reads: int = 0
    is_broken: bool = False

    async def bars(self, symbol: Symbol, sessions: int, end: date, *, adjusted: bool) -> BarSeries:
        self.reads += 1
        if self.is_broken:
            raise BrokerUnavailable("no bars")
        made = tuple(
            flat_bar(symbol, end - timedelta(days=number), 1, self.volume)
            for number in range(min(sessions, self.sessions))
        )
        return BarSeries(symbol=symbol, adjusted=adjusted, source="shelf", bars=made)


@dataclass
class WatchKit:
    """`again` is the restart: a new desk and a new tower on the same file."""

    kit: Kit
    feed: FakeFeed
    passages: FakePassages = field(default_factory=FakePassages)
    parameters: Parameters = field(default_factory=Parameters)
    defaults: AlertDefaults = field(default_factory=AlertDefaults)
    shelf: BarShelf = field(init=False)
    tower: Watchtower = field(init=False)

    def __post_init__(self) -> None:
        self.shelf = BarShelf(self.kit.broker)
        self._build()

    def again(self) -> None:
        self.kit.again()
        self._build()

    def _build(self) -> None:
        kit = self.kit
        self.tower = Watchtower(
            TowerContext(
                feed=self.feed,
                ledger=kit.ledger,
                outbox=kit.outbox,
                market=self.shelf,
                broker=kit.broker,
                desk=kit.desk,
                passages=self.passages,
                clock=kit.clock,
                calendar=kit.context.calendar,
                identifiers=kit.names,
                phrases=kit.context.phrases,
                parameters=self.parameters,
                defaults=self.defaults,
                line_of=line_of,
            )
        )

    def remember(
        self, symbol: Symbol = TIGER, *, peak_won: int = 0, half_sold: bool = False
    ) -> None:
        now = self.kit.clock.now()
        self.passages.kept = (
            WatchedPosition(
                symbol=symbol,
                begun_on=now.date() - timedelta(days=7),
                seen_through=now.date() - timedelta(days=1),
                peak_won=peak_won,
                half_sold=half_sold,
                updated_at=now,
            ),
        )

    async def price(self, won: int, symbol: Symbol = TIGER, **values: object) -> None:
        """Let the market trade at `won`: the broker quotes it and the feed says it."""
        self.kit.broker.prices[symbol] = won
        self.feed.put(symbol, won, **values)  # type: ignore[arg-type]
        await self.tower.look([symbol])

    async def later(self, *, minutes: float = 0, seconds: float = 0, **values: object) -> None:
        """Let time go by with the price as it is, then tend."""
        self.kit.clock.move(minutes * 60 + seconds)
        await self.kit.desk._deadlines.expire_tickets()
        for symbol in list(self.feed.states):
            self.feed.put(symbol, self.kit.broker.prices[symbol], **values)  # type: ignore[arg-type]
        await self.tower.tend()

    async def told(self) -> list[tuple[str, str]]:
        """Deliver what waits and return every alarm so far."""
        await self.kit.outbox.deliver()
        return self.kit.surface.alerts

    async def shown(self) -> list[Ticket]:
        """Return the tickets that wait for an answer."""
        return [item for item in await self.kit.tickets() if item.state is TicketState.PRESENTED]

    async def sold(self, ticket: Ticket) -> Order:
        """Approve a ticket and let the exchange fill it."""
        kit = self.kit
        await kit.desk.approve(kit.click(ticket))
        await kit.run()
        order = await kit.order(f"{ticket.ticket_id}-1")
        assert order.ref is not None, order
        kit.broker.fill(order.ref.number, order.remaining)
        symbol = order.envelope.symbol
        kit.broker.holdings[symbol] -= order.remaining
        await kit.poll(2)
        return await kit.order(order.order_id)
