"""Statements of the simulated account, out of its order list and its balance."""

from __future__ import annotations

from datetime import date
from decimal import Decimal
from typing import Protocol

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

_OFFERED = frozenset({StatementCall.OPEN_ORDERS, StatementCall.ASSETS})


class SimulatedAccount(Protocol):
    """The reads that statements are made of."""

    async def order_history(self, token: AccessToken, day: date) -> OrderHistory:
        """Return every order of `day`."""

    async def account(self, token: AccessToken) -> AccountSnapshot:
        """Return cash and what is held."""


class SimStatements:
    """Implements `core.ports.statements.StatementsAdapter`; realised profit is not kept here."""

    def __init__(self, account: SimulatedAccount, clock: Clock) -> None:
        """State what `account` holds at the instants of `clock`."""
        self._account = account
        self._clock = clock

    def refused(self, call: StatementCall) -> NotOfferedHere | None:
        """Return why `call` is not offered, or None when it is."""
        return None if call in _OFFERED else _without(call)

    async def open_orders(self, token: AccessToken) -> tuple[OpenOrder, ...]:
        """Return today's orders that still work."""
        return open_orders_of(await self._account.order_history(token, self._clock.now().date()))

    async def assets(self, token: AccessToken) -> AssetStatement:
        """Return one class, the ETFs, beside the cash."""
        account = await self._account.account(token)
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
    return NotOfferedHere(f"the simulated account does not offer {call.value}")
