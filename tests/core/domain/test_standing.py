from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal

import pytest

from core.domain.instrument import Symbol
from core.domain.standing import (
    Backing,
    StandingGap,
    StandingState,
    StandingStop,
    StandingTerms,
    StopReached,
    gap_of,
    standing_terms,
)
from core.domain.tickets import Approval, advance_id
from tests.contracts.ledger_values import MORNING, approval

TODAY = date(2026, 11, 16)
KODEX = Symbol("069500")
STOP = StandingStop(
    ticket_id="4F9KQ2ZD",
    leg=1,
    symbol=KODEX,
    quantity_max=7,
    stop_bps=700,
    floor_bps=1_400,
    until=TODAY,
    state=StandingState.GRANTED,
    actor_id=11,
    actor_name="주인",
    granted_at=MORNING,
)
BACKING = Backing(stop=STOP, bought=5, is_sold=False)
REACHED = StopReached(symbol=KODEX, quantity=5, cost_won=Decimal(10_000), price_won=9_300)


def test_terms_are_off_by_default_and_end_at_twice_the_stop() -> None:
    assert standing_terms(0, -7) is None
    assert standing_terms(30, -7) == StandingTerms(days=30, stop_bps=700, floor_bps=1_400)
    assert standing_terms(1, -50) == StandingTerms(days=1, stop_bps=5_000, floor_bps=9_900)


def test_it_covers_what_was_bought_at_the_stop_down_to_the_floor() -> None:
    assert gap_of([BACKING], REACHED, 8_600, TODAY) is None
    assert gap_of([BACKING], REACHED, 8_599, TODAY) is StandingGap.BELOW_FLOOR
    assert gap_of([BACKING], REACHED, None, TODAY) is StandingGap.BELOW_FLOOR
    above = replace(REACHED, price_won=9_301)
    assert gap_of([BACKING], above, 8_600, TODAY) is StandingGap.NOT_REACHED


@pytest.mark.parametrize(("bought", "maximum"), [(4, 7), (7, 4)])
def test_it_covers_no_more_than_was_bought_and_approved(bought: int, maximum: int) -> None:
    found = replace(BACKING, stop=replace(STOP, quantity_max=maximum), bought=bought)
    assert gap_of([found], REACHED, 9_000, TODAY) is StandingGap.QUANTITY
    assert gap_of([found], replace(REACHED, quantity=4), 9_000, TODAY) is None


def test_two_entries_cover_together_within_the_tighter_bounds() -> None:
    other = replace(BACKING, stop=replace(STOP, leg=2, stop_bps=800, floor_bps=1_000), bought=2)
    seven = replace(REACHED, quantity=7, price_won=9_200)
    assert gap_of([BACKING, other], seven, 9_000, TODAY) is None
    early = replace(seven, price_won=9_300)
    assert gap_of([BACKING, other], early, 9_000, TODAY) is StandingGap.NOT_REACHED
    assert gap_of([BACKING, other], seven, 8_999, TODAY) is StandingGap.BELOW_FLOOR
    gone = replace(other, is_sold=True)
    assert gap_of([BACKING, gone], seven, 9_000, TODAY) is StandingGap.QUANTITY


def test_it_ends_with_its_day_with_a_sale_and_with_its_state() -> None:
    assert gap_of([], REACHED, 9_000, TODAY) is StandingGap.NONE
    assert gap_of([BACKING], REACHED, 9_000, TODAY + timedelta(days=1)) is StandingGap.OVER
    assert gap_of([replace(BACKING, is_sold=True)], REACHED, 9_000, TODAY) is StandingGap.SOLD
    for state in set(StandingState) - {StandingState.GRANTED}:
        other = replace(BACKING, stop=replace(STOP, state=state))
        assert gap_of([other], REACHED, 9_000, TODAY) is StandingGap.NONE


def test_an_approval_in_advance_has_a_number_that_no_press_has() -> None:
    pressed: Approval = approval()
    assert not pressed.is_in_advance
    assert replace(pressed, interaction_id=advance_id("4F9KQ2ZD")).is_in_advance
    assert advance_id("4F9KQ2ZD") != advance_id("4F9KQ2ZE")
    assert advance_id("Z" * 16) > -(2**63)
