"""The user's own rules on one purchase: what they leave of it, as violations like any other."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import TYPE_CHECKING

from core.domain.costs import CostModel
from core.domain.orders import OrderRequest, Side
from core.domain.risk import Rule, Violation
from core.domain.rule_effects import Allowance, allowance
from core.domain.rule_facts import Fact
from core.domain.rule_figures import size_figures

if TYPE_CHECKING:
    from core.services.risk.guard import LegFacts


def ruled_allowance(
    request: OrderRequest, facts: LegFacts, costs: CostModel, price_won: int
) -> Allowance:
    """Return what the rules leave of a purchase, judged on what was asked of it first.

    `price_won` is what the broker reserves for one share. A sale is never touched.
    """
    if request.side is Side.SELL or not facts.ruled.rules:
        return Allowance(request.quantity)
    asked = max(request.quantity, facts.asked or 0)
    found = allowance(facts.ruled, asked, lambda shares: _sized(facts, costs, price_won * shares))
    if found.quantity >= request.quantity:
        return Allowance(request.quantity)
    return found


def rule_violations(
    request: OrderRequest, facts: LegFacts, costs: CostModel, price_won: int
) -> Iterator[Violation]:
    """Say by which rules nothing, or less than `request`, may be bought; one line for all."""
    found = ruled_allowance(request, facts, costs, price_won)
    if not found.by:
        return
    yield Violation(
        rule=Rule.RULE_SHRINKS if found.quantity else Rule.RULE_BLOCKS,
        symbol=request.symbol,
        limit=found.quantity,
        value=request.quantity,
        unit="shares",
        because=", ".join(rule.rule_id for rule in found.by),
    )


def _sized(facts: LegFacts, costs: CostModel, amount_won: int) -> Mapping[Fact, int | None]:
    """Return the facts that a larger order changes."""
    cash = facts.cash_won
    return size_figures(
        amount_won,
        worth_won=None if facts.account is None else facts.account.nav_won,
        held_won=facts.holding_won,
        left_won=None if cash is None else cash - amount_won - costs.fee_won(amount_won),
    )
