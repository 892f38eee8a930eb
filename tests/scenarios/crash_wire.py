"""A broker with a wire at the other end of a life that dies: adapter, session, token file, sandbox.

Everything between our port and the broker's ledger is real but the sockets: each request and each
answer is a step. The market stands still; orders trade when the play lets them.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Mapping
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Any

import httpx

from brokers.sim import rules
from brokers.sim.exchange import Exchange
from brokers.sim.values import DayBar, ExchangeOrder, MinutePrice, PriceSource
from core.domain.orders import OrderRequest, OrderType, Side
from core.ports.broker import AccessToken
from core.runtime.broker_session import BrokerSession
from core.runtime.rate_limiter import RateLimiter
from core.runtime.supervisor import TaskSupervisor
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore
from sandbox.kis.wire import Reply, Request
from tests.fakes.desk_kit import DAY, Names
from tests.fakes.hand_clock import HandClock
from tests.fakes.kis_desk import FAST
from tests.scenarios.crash_broker import (
    CASH_WON,
    HELD,
    LATE,
    LATE_SECONDS,
    NOT_RECEIVED,
    PRICES,
    RECEIVED,
    Shown,
)
from tests.scenarios.crash_fence import Fence
from tests.simulation.border import Border, Kind, Terms
from tests.simulation.border_kis import KisBorder
from tests.simulation.border_kiwoom import KiwoomBorder
from tests.simulation.network import asked_of

WIRES: Mapping[str, Callable[[], Border]] = {"kis": KisBorder, "kiwoom": KiwoomBorder}
_PAGE = 15
_POSTS = {Kind.ORDER: "order", Kind.CANCEL: "cancel order"}


class StillTape(PriceSource):
    """One price per symbol and an empty book: nothing trades by itself."""

    label = "still"

    def symbols(self) -> tuple[str, ...]:
        return tuple(PRICES)

    def name(self, symbol: str) -> str:
        return f"ETF {symbol}"

    def is_session(self, day: date) -> bool:
        return rules.is_session(day)

    def hours(self, day: date) -> tuple[datetime, datetime]:
        return rules.session_hours(day)

    def base_price(self, symbol: str, day: date) -> int:
        del day
        return next(price for known, price in PRICES.items() if known == symbol)

    def minute(self, symbol: str, day: date, minute: int) -> MinutePrice:
        last = self.base_price(symbol, day)
        return MinutePrice(
            last=last,
            bid=0,
            ask=0,
            volume=1_000,
            cumulative_volume=1_000 * (minute + 1),
            day_open=last,
            day_high=last,
            day_low=last,
        )

    def daily_bars(self, symbol: str, start: date, end: date, *, adjusted: bool) -> list[DayBar]:
        del symbol, start, end, adjusted
        return []


class FencedTokens(FileTokenStore):
    """The token file; each write of it is a step."""

    def __init__(self, folder: Path, fence: Fence) -> None:
        super().__init__(folder)
        self._fence = fence

    def save(self, key: str, token: AccessToken) -> None:
        self._fence.enter("file token")
        super().save(key, token)
        self._fence.leave("file token")

    def note_issue(self, key: str, at: datetime | None) -> None:
        self._fence.enter("file token issue")
        super().note_issue(key, at)
        self._fence.leave("file token issue")


class OnTheWire:
    """Implements `Counterparty` with a broker's sandbox over one exchange."""

    def __init__(self, border: Border, clock: HandClock, request: str, folder: Path) -> None:
        self.border, self.clock, self.request = border, clock, request
        self.sent: list[OrderRequest] = []
        self.failures: list[str] = []
        tape = StillTape()
        self.exchange = Exchange(tape, opening_cash_won=CASH_WON)
        for symbol, quantity in HELD.items():
            self.exchange.grant(symbol, quantity, PRICES[symbol] - 1_000)
        self._server = border.server(self.exchange, tape, _PAGE)
        # The broker's pace is not on trial here.
        self._server.requests_per_second = 10_000
        self._late: list[tuple[datetime, Request]] = []
        self._tokens = folder / "tokens"
        shutil.rmtree(self._tokens, ignore_errors=True)
        self._adapters: list[Any] = []

    def enters(self, fence: Fence) -> BrokerSession:
        """Build what the wiring builds between our port and the socket."""
        adapter = self.border.adapter(FencedTransport(self, fence), self.clock)
        self._adapters.append(adapter)
        key = self.border.brokerage(adapter, self.clock)["token_key"]
        tokens = TokenCache(adapter.issue_token, FencedTokens(self._tokens, fence), key, self.clock)
        limiter = RateLimiter(self.clock, FAST)
        return BrokerSession(
            adapter, tokens, limiter, self.clock, Names(), TaskSupervisor(self._failed)
        )

    def shown(self) -> list[Shown]:
        self._let_arrive()
        return [
            Shown(str(row.number), _request(_terms(row)).signature, row.filled)
            for row in self.exchange.orders(DAY)
            if not row.original
        ]

    def fill(self, at_most: int) -> None:
        """Trade at the order's own price."""
        self._let_arrive()
        now = self.clock.now()
        self.exchange.advance(now)
        for row in self.exchange.orders(DAY):
            if row.remaining and not row.original:
                shares = min(row.remaining, at_most)
                self.exchange._floor._trade(row, shares, row.price, now)

    async def close(self) -> None:
        for adapter in self._adapters:
            await adapter.close()

    def post(self, request: Request) -> Reply | None:
        """Let an order or a cancel arrive, or not; return the answer when one comes back."""
        if self.border.kind(request) is Kind.ORDER:
            self.sent.append(_request(self.border.terms(request)))
        if self.request == RECEIVED:
            return self.receive(request)
        if self.request == LATE:
            due = self.clock.now() + timedelta(seconds=LATE_SECONDS)
            self._late.append((due, request))
        else:
            assert self.request == NOT_RECEIVED
        return None

    def receive(self, request: Request) -> Reply:
        """Answer what arrives now, after what was held up until now."""
        self._let_arrive()
        return self.border.handle(self._server, request, self.clock.now())

    def _let_arrive(self) -> None:
        now = self.clock.now()
        due = [item for item in self._late if item[0] <= now]
        self._late = [item for item in self._late if item[0] > now]
        for at, request in due:
            self.border.handle(self._server, request, at)

    async def _failed(self, name: str, error: BaseException) -> None:
        self.failures.append(f"{name} died: {error!r}")


class FencedTransport(httpx.AsyncBaseTransport):
    """The sockets of one life."""

    def __init__(self, world: OnTheWire, fence: Fence) -> None:
        self._world = world
        self._fence = fence

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        asked = asked_of(request)
        kind = self._world.border.kind(asked)
        post = _POSTS.get(kind)
        reply: Reply | None
        if post is None:
            name = "token" if kind is Kind.TOKEN else self._world.border.step(asked)
            self._fence.enter(f"net {name}")
            reply = self._world.receive(asked)
            self._fence.leave(f"net {name}")
        else:
            self._fence.enter(f"net send {post}")
            reply = self._world.post(asked)
            self._fence.leave(f"net send {post}")
            self._fence.enter(f"net answer {post}")
            self._fence.leave(f"net answer {post}")
        if reply is None:
            raise httpx.ReadTimeout("no answer", request=request)
        return httpx.Response(
            reply.status, headers=dict(reply.headers), content=reply.content, request=request
        )


def _terms(row: ExchangeOrder) -> Terms:
    return Terms(row.symbol, "buy" if row.is_buy else "sell", row.quantity, row.price)


def _request(terms: Terms) -> OrderRequest:
    """Return what an order post asks for."""
    return OrderRequest(
        symbol=terms.symbol,  # type: ignore[arg-type]  # Symbol is a str
        side=Side(terms.side),
        quantity=terms.quantity,  # type: ignore[arg-type]  # Shares is an int
        price_won=terms.price or None,  # type: ignore[arg-type]  # Won is an int
        order_type=OrderType.LIMIT if terms.price else OrderType.MARKET,
    )
