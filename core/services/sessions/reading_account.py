"""The tools that read the account: holdings, orders, limits, and rules that act by themselves."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Protocol

from core.domain.limits import LimitLine
from core.ports.desk import MarketReader, OrderReader, PortfolioReader
from core.ports.dialogue import LimitsAsk, OrdersAsk, PortfolioAsk, RulesAsk
from core.ports.ledger import Ledger
from core.ports.phrases import Phrases
from core.services.sessions import results
from core.services.sessions.registry import Asker
from core.services.sessions.results import ToolOutcome
from core.strategy.parameters import Parameters


class LimitReader(Protocol):
    """What is left of the limits (bot.operations.limit_desk)."""

    async def lines(self) -> tuple[LimitLine, ...]:
        """Return every limit that people may tighten, as it stands."""


@dataclass(frozen=True, slots=True, kw_only=True)
class AccountTools:
    """Reads, and changes nothing."""

    market: MarketReader
    portfolio: PortfolioReader
    orders: OrderReader
    limits: LimitReader
    ledger: Ledger
    parameters: Parameters
    phrases: Phrases
    own_rules: Callable[[], Sequence[tuple[str, str]]]

    async def holdings(self, ask: PortfolioAsk, asker: Asker) -> ToolOutcome:
        """Return cash and holdings."""
        del ask, asker
        return results.portfolio_result(await self.portfolio.portfolio())

    async def orders_of(self, ask: OrdersAsk, asker: Asker) -> ToolOutcome:
        """Return orders with what is filled of each."""
        del asker
        reader = self.orders.open_orders if ask.scope == "open" else self.orders.orders_today
        return results.orders_result(ask.scope, await reader(), self._names())

    async def limits_left(self, ask: LimitsAsk, asker: Asker) -> ToolOutcome:
        """Return each limit, and what is left of it today."""
        del ask, asker
        return results.limits_result(await self.limits.lines(), self.phrases)

    async def rules(self, ask: RulesAsk, asker: Asker) -> ToolOutcome:
        """Return the exits of holdings, the user's own rules, their alerts, and the watch list."""
        del ask, asker
        async with self.ledger.transaction() as tx:
            alerts, watched = await tx.alert_rules(), await tx.watch_list()
        return results.rules_result(
            self.parameters, self.own_rules(), alerts, watched, self._names()
        )

    def _names(self) -> dict[str, str]:
        return {str(item.symbol): item.name for item in self.market.instruments()}
