from __future__ import annotations

import json
from decimal import Decimal
from typing import Any

from core.domain.instrument import Symbol
from core.domain.journal import JournalEntry
from core.domain.money import Won
from core.domain.orders import OrderType, Side
from core.domain.shown import (
    PRESENTED_LINE,
    SHOWN_WITH,
    Outlook,
    ShownWith,
    choices_of,
    facts_of,
    flipped,
    outlook_of,
    shown_with,
    with_terms,
)
from core.domain.tickets import DraftLeg, leg_custom_id, parse_leg_custom_id
from tests.fakes.desk_kit import KODEX, LEVERAGE, TIGER, at, buy, sell

LEGS = (sell(5), buy(3, 35_000), buy(2, symbol=LEVERAGE, order_type=OrderType.MARKET))
NAMES = {TIGER: "TIGER 200", KODEX: "KODEX 200"}


def line(facts: dict[str, object], kind: str = PRESENTED_LINE) -> JournalEntry:
    stored = json.loads(json.dumps(facts))
    return JournalEntry(at=at(10), kind=kind, actor="strategy", subject="T1", facts=stored)


def test_the_journal_gives_back_what_it_was_given() -> None:
    choices = flipped(choices_of(LEGS, NAMES), 2)
    shown = ShownWith(
        choices=choices,
        changes=("주인 님이 고쳤습니다",),
        outlooks={1: Outlook(weight_bps=0), 2: Outlook(weight_bps=1200, stop_won=Won(32_550))},
    )
    lines = [line({}, kind="ticket.superseded"), line({SHOWN_WITH: facts_of(shown)})]
    assert shown_with(lines) == shown
    assert [item.is_in for item in choices] == [True, False, True]
    assert choices[2].name == LEVERAGE


def test_older_lines_tell_of_nothing_beside_the_terms() -> None:
    assert shown_with([]) == ShownWith()
    assert shown_with([line({"hash": "t1:x"})]) == ShownWith()


def test_there_is_a_choice_only_among_several_that_differ() -> None:
    assert choices_of(LEGS[:1], NAMES) == ()
    assert choices_of((buy(1), buy(2)), NAMES) == ()
    assert len(choices_of((buy(1), sell(2, symbol=KODEX)), NAMES)) == 2
    many = tuple(
        DraftLeg(symbol=Symbol(f"{number:06}"), side=Side.BUY, quantity=1) for number in range(21)
    )
    assert choices_of(many, {}) == ()
    assert len(choices_of(many[:20], {})) == 20


def test_other_terms_of_a_leg_are_those_of_its_choice() -> None:
    changed = with_terms(choices_of(LEGS, NAMES), buy(9, 34_000))
    assert [item.leg.quantity for item in changed] == [5, 9, 2]


def test_a_buy_lowers_or_raises_the_stop_with_the_average_cost() -> None:
    terms: dict[str, Any] = {
        "held": 10,
        "cost_won": Decimal(1_000),
        "nav_won": 100_000,
        "stop_bps": 700,
    }
    assert outlook_of(Side.BUY, 10, 2_000, **terms) == Outlook(
        weight_bps=4_000, stop_won=Won(1_395)
    )
    assert outlook_of(Side.SELL, 4, 2_000, **terms) == Outlook(weight_bps=1_200, stop_won=Won(930))
    assert outlook_of(Side.SELL, 99, 2_000, **terms) == Outlook(weight_bps=0)


def test_what_is_not_known_is_not_said() -> None:
    none: dict[str, Any] = {"held": 0, "cost_won": Decimal(0), "nav_won": 0, "stop_bps": 0}
    assert outlook_of(Side.BUY, 1, 1_000, **none) == Outlook()


def test_the_button_of_a_leg_carries_ticket_and_number() -> None:
    assert parse_leg_custom_id(leg_custom_id("4F9KQ2ZD", 12)) == ("4F9KQ2ZD", 12)
    for foreign in ("t1:leg:4F9KQ2ZD:0", "t2:leg:4F9KQ2ZD:1", "t1:leg:x:1", "t1:ok:4F9KQ2ZD"):
        assert parse_leg_custom_id(foreign) is None
