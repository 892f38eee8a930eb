"""What is refused before anything is read: an empty, absurd or unknown proposal."""

from __future__ import annotations

from core.domain.orders import Side
from core.domain.risk import Rule, Violation
from core.domain.tickets import DraftLeg, Proposal
from core.services.orders.context import DeskContext


def obvious(proposal: Proposal, context: DeskContext) -> list[Violation]:
    """Return what can be refused before any broker call: empty, absurd or unknown."""
    found: list[Violation] = []
    if not proposal.legs:
        found.append(Violation(rule=Rule.QUANTITY_MINIMUM, limit=1, value=0, unit="orders"))
    for leg in proposal.legs:
        if leg.quantity < 1:
            found.append(_quantity(Rule.QUANTITY_MINIMUM, leg, 1))
        elif leg.quantity > context.limits.quantity_maximum:
            found.append(_quantity(Rule.QUANTITY_MAXIMUM, leg, context.limits.quantity_maximum))
        if leg.price_won is not None and leg.price_won < 1:
            found.append(
                Violation(
                    rule=Rule.PRICE_OUTSIDE_BAND,
                    symbol=leg.symbol,
                    limit=1,
                    value=leg.price_won,
                    unit="won",
                )
            )
        if leg.side is Side.BUY and context.market.instrument(leg.symbol) is None:
            found.append(Violation(rule=Rule.UNKNOWN_SYMBOL, symbol=leg.symbol))
    return found


def _quantity(rule: Rule, leg: DraftLeg, limit: int) -> Violation:
    return Violation(rule=rule, symbol=leg.symbol, limit=limit, value=leg.quantity, unit="shares")
