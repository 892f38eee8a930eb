"""The trade record: one leg as it is judged later, what was written then and what came of it."""

from __future__ import annotations

import json
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal, InvalidOperation

from core.domain.account import AccountSnapshot
from core.domain.instrument import Symbol
from core.domain.journal import TradeRecord
from core.domain.market import Quote
from core.domain.orders import END_STATES, OrderState, Side
from core.domain.outcomes import Entry, Outcome, Unmeasured
from core.domain.tickets import Author, TicketKind

_SIDES = {side.value: side for side in Side}


@dataclass(frozen=True, slots=True, kw_only=True)
class Fill:
    """What was traded of a leg: shares, average price, in which session, and when first seen."""

    quantity: int
    average_won: Decimal
    session: date
    at: datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class LegRecord:
    """One leg as it is judged: what was written at the time, and what came of it.

    `author` and `kind` are those of its ticket, None where it became none. `proposed_won` is the
    price that was proposed, None where there was none. `state` is that of its order, None without.
    """

    record: TradeRecord
    author: Author | None = None
    kind: TicketKind | None = None
    proposed_won: int | None = None
    state: OrderState | None = None
    fill: Fill | None = None
    outcomes: tuple[Outcome, ...] = ()

    def outcome(self, days: int) -> Outcome | None:
        """Return the outcome after `days`, if it is measured."""
        return next((item for item in self.outcomes if item.days == days), None)


def proposed_price(record: TradeRecord, leg_won: int | None) -> int | None:
    """Return the price that was proposed: the ticket's, the asked one, or the last price then."""
    return leg_won or record.asked_won or _last_price(record.market)


def _last_price(market: str) -> int | None:
    found = _mapping(market).get("last_won")
    return found if type(found) is int and found > 0 else None


def entry_of(leg: LegRecord) -> Entry | Unmeasured:
    """Return where `leg` is measured from, or why it cannot be, now or ever."""
    record = leg.record
    if leg.state is not None and leg.state not in END_STATES:
        return Unmeasured.ORDER_OPEN
    side = _SIDES.get(record.action)
    fill = leg.fill
    quantity = record.quantity if fill is None else fill.quantity
    price = Decimal(leg.proposed_won or 0) if fill is None else fill.average_won
    if side is None or quantity < 1 or price < 1:
        return Unmeasured.UNPRICED
    return Entry(
        symbol=Symbol(record.symbol),
        side=side,
        quantity=quantity,
        price_won=price,
        at=record.at if fill is None else fill.at,
        session=None if fill is None else fill.session,
        average_cost_won=average_cost_in(record.portfolio_before, record.symbol),
    )


def market_text(quote: Quote | None, snapshot: str = "") -> str:
    """Return one symbol's quote as JSON, with the analysis it was decided on (`snapshot`, JSON)."""
    seen: dict[str, object] = {}
    if quote is not None:
        seen = {
            "last_won": quote.last_won,
            "base_won": quote.base_won,
            "best_ask_won": quote.best_ask_won,
            "best_bid_won": quote.best_bid_won,
            "volume_shares": quote.volume_shares,
            "received_at": quote.received_at.isoformat(),
        }
    if snapshot:
        seen["analysis"] = json.loads(snapshot)
    return json.dumps(seen, sort_keys=True, ensure_ascii=False)


def snapshot_in(market: str) -> str:
    """Return the analysis in what `market_text` returned, as JSON again; "" where there is none."""
    found = _mapping(market).get("analysis")
    return "" if found is None else json.dumps(found, sort_keys=True, ensure_ascii=False)


def portfolio_text(account: AccountSnapshot | None) -> str:
    """Return the portfolio before a trade as JSON."""
    if account is None:
        return "{}"
    return json.dumps(
        {
            "nav_won": account.nav_won,
            "deposit_won": account.deposit_won,
            "settled_d2_won": account.settled_d2_won,
            "positions": {
                position.symbol: {
                    "quantity": position.quantity,
                    "average_cost_won": str(position.average_cost_won),
                    "price_won": position.price_won,
                }
                for position in account.positions
            },
        },
        sort_keys=True,
    )


def average_cost_in(portfolio: str, symbol: str) -> Decimal | None:
    """Return the average cost that a stored portfolio (`portfolio_text`) names, in won."""
    positions = _mapping(portfolio).get("positions")
    held = positions.get(symbol) if isinstance(positions, dict) else None
    cost = held.get("average_cost_won") if isinstance(held, dict) else None
    try:
        found = Decimal(str(cost))
    except InvalidOperation:
        return None
    return found if found.is_finite() else None


def _mapping(text: str) -> dict[str, object]:
    try:
        found = json.loads(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
