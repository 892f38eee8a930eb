"""What a ticket was shown with beside its terms: what each leg leads to, what may be left out.

It is a fact of the journal line that tells of the ticket, so that nobody can change it unseen and
a restart finds it again. The approval covers none of it: that holds for the envelopes alone.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from decimal import Decimal
from types import MappingProxyType
from typing import Any

from core.domain.instrument import Symbol
from core.domain.journal import JournalEntry
from core.domain.money import Won, round_won
from core.domain.orders import OrderType, Side
from core.domain.tickets import DraftLeg

# The line that a ticket's journal begins with, and its fact that holds what `facts_of` returns.
PRESENTED_LINE = "ticket.presented"
SHOWN_WITH = "shown_with"
# Each has a button of its own, beside the ticket's five: five rows of five.
CHOICES_MAX = 20
WHOLE_BPS = 10_000


@dataclass(frozen=True, slots=True, kw_only=True)
class LegChoice:
    """One leg as it was suggested for a ticket of several; `is_in` says whether it is wanted.

    A wanted one that the guard refuses is not among the legs of the ticket, and its notes say why.
    """

    number: int
    name: str
    leg: DraftLeg
    is_in: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Outlook:
    """What a leg leads to once it is filled as shown.

    `weight_bps` is the symbol's share of the net assets then, `stop_won` the price at which its
    stop would be reached then; None where nothing is held then, or no account could be read.
    """

    weight_bps: int | None = None
    stop_won: Won | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownWith:
    """Everything beside the terms. `changes` are sentences on what people changed, oldest first."""

    choices: tuple[LegChoice, ...] = ()
    changes: tuple[str, ...] = ()
    outlooks: Mapping[int, Outlook] = field(default_factory=lambda: MappingProxyType({}))


def choices_of(legs: Sequence[DraftLeg], names: Mapping[Symbol, str]) -> tuple[LegChoice, ...]:
    """Return what may be chosen among `legs`: nothing where there is one, or two look alike."""
    alike = {(leg.symbol, leg.side) for leg in legs}
    if not 1 < len(legs) <= CHOICES_MAX or len(alike) < len(legs):
        return ()
    return tuple(
        LegChoice(number=number, name=names.get(leg.symbol, leg.symbol), leg=leg)
        for number, leg in enumerate(legs, 1)
    )


def flipped(choices: Sequence[LegChoice], number: int) -> tuple[LegChoice, ...]:
    """Return the choices with the one of this number taken out, or put back in."""
    return tuple(
        replace(item, is_in=not item.is_in) if item.number == number else item for item in choices
    )


def with_terms(choices: Sequence[LegChoice], leg: DraftLeg) -> tuple[LegChoice, ...]:
    """Return the choices with `leg` in place of the one of its symbol and side."""
    terms = (leg.symbol, leg.side)
    return tuple(
        replace(item, leg=leg) if (item.leg.symbol, item.leg.side) == terms else item
        for item in choices
    )


def outlook_of(
    side: Side,
    quantity: int,
    price_won: int,
    *,
    held: int,
    cost_won: Decimal,
    nav_won: int,
    stop_bps: int,
) -> Outlook:
    """Return what a leg leads to: `held` shares that cost `cost_won` each become more, or fewer.

    A sale leaves the average cost as it is. `stop_bps` is how far below it the stop is reached; 0
    is where there is none.
    """
    after = held + quantity if side is Side.BUY else max(held - quantity, 0)
    weight = after * price_won * WHOLE_BPS // nav_won if nav_won > 0 else None
    if not after or not stop_bps:
        return Outlook(weight_bps=weight)
    paid = cost_won * held + price_won * quantity if side is Side.BUY else cost_won * after
    stop = paid / after * (WHOLE_BPS - stop_bps) / WHOLE_BPS
    return Outlook(weight_bps=weight, stop_won=round_won(stop))


def facts_of(shown: ShownWith) -> dict[str, object]:
    """Return what the journal keeps of it; `shown_with` reads it."""
    return {
        "choices": [_choice_facts(item) for item in shown.choices],
        "changes": list(shown.changes),
        "outlooks": [
            {"leg": number, "weight_bps": item.weight_bps, "stop_won": item.stop_won}
            for number, item in shown.outlooks.items()
        ],
    }


def shown_with(lines: Iterable[JournalEntry]) -> ShownWith:
    """Return what a ticket was shown with, by the lines about it; nothing where they are older."""
    told = next((line.facts.get(SHOWN_WITH) for line in lines if line.kind == PRESENTED_LINE), None)
    facts: Mapping[str, Any] = told if isinstance(told, Mapping) else {}
    return ShownWith(
        choices=tuple(_choice_of(item) for item in facts.get("choices", ())),
        changes=tuple(str(item) for item in facts.get("changes", ())),
        outlooks={
            item["leg"]: Outlook(weight_bps=item["weight_bps"], stop_won=item["stop_won"])
            for item in facts.get("outlooks", ())
        },
    )


def _choice_facts(choice: LegChoice) -> dict[str, object]:
    leg = choice.leg
    return {
        "number": choice.number,
        "name": choice.name,
        "is_in": choice.is_in,
        "symbol": leg.symbol,
        "side": leg.side.value,
        "quantity": leg.quantity,
        "price_won": leg.price_won,
        "type": leg.order_type.value,
        "reason": leg.reason,
    }


def _choice_of(facts: Mapping[str, Any]) -> LegChoice:
    return LegChoice(
        number=facts["number"],
        name=facts["name"],
        is_in=facts["is_in"],
        leg=DraftLeg(
            symbol=Symbol(facts["symbol"]),
            side=Side(facts["side"]),
            quantity=facts["quantity"],
            price_won=facts["price_won"],
            order_type=OrderType(facts["type"]),
            reason=facts["reason"],
        ),
    )
