"""Statements of an account whose broker has no calls for them: out of the order list and balance."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from dataclasses import dataclass, replace
from datetime import date
from decimal import Decimal
from typing import Protocol, runtime_checkable

from core.domain.account import AccountSnapshot
from core.domain.money import Won
from core.domain.orders import OrderHistory
from core.domain.statements import (
    AssetClass,
    AssetStatement,
    OpenOrder,
    ProfitByDay,
    ProfitByTrade,
    open_orders_of,
)
from core.errors import NotOfferedHere
from core.ports.broker import AccessToken
from core.ports.clock import Clock
from core.ports.statements import StatementCall

NextRequest = Callable[[], Awaitable[None]]

_OFFERED = frozenset({StatementCall.OPEN_ORDERS, StatementCall.ASSETS})


class Lists(Protocol):
    """The reads that statements are made of; every broker adapter has them."""

    async def order_history(self, token: AccessToken, day: date) -> OrderHistory:
        """Return every order of `day`."""

    async def account(self, token: AccessToken) -> AccountSnapshot:
        """Return cash and what is held."""


@runtime_checkable
class PacedLists(Protocol):
    """Lists whose reads may take several requests."""

    def paced(self, next_request: NextRequest) -> Lists:
        """Return a copy that awaits `next_request` before each request of a call but the first."""


@dataclass(frozen=True, slots=True)
class StatementsFromLists:
    """Implements `core.ports.statements.StatementsAdapter`. Realised profit is in no list."""

    lists: Lists
    clock: Clock

    def paced(self, next_request: NextRequest) -> StatementsFromLists:
        """Return a copy that awaits `next_request` before each request of a call but the first."""
        if not isinstance(self.lists, PacedLists):
            return self
        return replace(self, lists=self.lists.paced(next_request))

    def refused(self, call: StatementCall) -> NotOfferedHere | None:
        """Return why `call` is not offered, or None when it is."""
        return None if call in _OFFERED else _without(call)

    async def open_orders(self, token: AccessToken) -> tuple[OpenOrder, ...]:
        """Return today's orders that still work."""
        return open_orders_of(await self.lists.order_history(token, self.clock.now().date()))

    async def assets(self, token: AccessToken) -> AssetStatement:
        """Return one class, the ETFs, beside the cash."""
        account = await self.lists.account(token)
        cost = Won(sum(position.cost_won for position in account.positions))
        profit = account.securities_won - cost
        share = Decimal(account.securities_won) / account.nav_won if account.nav_won else Decimal(0)
        etfs = AssetClass(
            bought_won=cost,
            value_won=account.securities_won,
            profit_won=profit,
            credit_won=0,
            net_won=account.securities_won,
            weight_percent=(share * 100).quantize(Decimal("0.01")),
        )
        return AssetStatement(
            classes=(etfs,),
            total_won=account.nav_won,
            net_won=account.nav_won,
            deposit_won=account.settled_d2_won,
            securities_won=account.securities_won,
            profit_won=profit,
            loans_won=0,
            taken_at=account.taken_at,
        )

    async def profit_by_day(self, token: AccessToken, start: date, end: date) -> ProfitByDay:
        """Raise NotOfferedHere."""
        del token, start, end
        raise _without(StatementCall.PROFIT_BY_DAY)

    async def profit_by_trade(self, token: AccessToken, start: date, end: date) -> ProfitByTrade:
        """Raise NotOfferedHere."""
        del token, start, end
        raise _without(StatementCall.PROFIT_BY_TRADE)


def _without(call: StatementCall) -> NotOfferedHere:
    return NotOfferedHere(f"this broker does not offer {call.value}")
