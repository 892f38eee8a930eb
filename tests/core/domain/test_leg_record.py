from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from decimal import Decimal

import pytest

from core.domain.account import AccountSnapshot, Position
from core.domain.instrument import Symbol
from core.domain.journal import TradeRecord
from core.domain.krx import KST
from core.domain.leg_record import (
    Fill,
    LegRecord,
    average_cost_in,
    entry_of,
    portfolio_text,
    proposed_price,
)
from core.domain.money import Won
from core.domain.orders import OrderState, Side
from core.domain.outcomes import Entry, Outcome, Unmeasured

NOW = datetime(2024, 3, 4, 10, tzinfo=KST)
ACCOUNT = AccountSnapshot(
    deposit_won=Won(1),
    settled_d2_won=Won(2),
    positions=(
        Position(
            symbol=Symbol("069500"),
            name="KODEX 200",
            quantity=3,
            sellable=3,
            average_cost_won=Decimal("34567.8"),
            price_won=Won(35_000),
        ),
    ),
    taken_at=NOW,
)
RECORD = TradeRecord(
    record_id="T-1",
    at=NOW,
    symbol="069500",
    action="sell",
    quantity=3,
    justification="",
    market='{"last_won": 35000}',
    portfolio_before=portfolio_text(ACCOUNT),
)
FILL = Fill(quantity=2, average_won=Decimal("35010.5"), session=date(2024, 3, 4), at=NOW)


def test_an_unfilled_leg_is_measured_from_what_was_proposed():
    found = entry_of(LegRecord(record=RECORD, proposed_won=35_100))
    assert found == Entry(
        symbol=Symbol("069500"),
        side=Side.SELL,
        quantity=3,
        price_won=Decimal(35_100),
        at=NOW,
        session=None,
        average_cost_won=Decimal("34567.8"),
    )


def test_a_filled_leg_is_measured_from_what_was_traded():
    leg = LegRecord(record=RECORD, proposed_won=35_100, state=OrderState.FILLED, fill=FILL)
    found = entry_of(leg)
    assert isinstance(found, Entry)
    assert (found.quantity, found.price_won, found.session) == (
        2,
        Decimal("35010.5"),
        date(2024, 3, 4),
    )


@pytest.mark.parametrize(
    ("leg", "why"),
    [
        (LegRecord(record=RECORD, state=OrderState.UNKNOWN, fill=FILL), Unmeasured.ORDER_OPEN),
        (LegRecord(record=RECORD), Unmeasured.UNPRICED),
        (LegRecord(record=replace(RECORD, action=""), proposed_won=1), Unmeasured.UNPRICED),
        (LegRecord(record=replace(RECORD, quantity=0), proposed_won=1), Unmeasured.UNPRICED),
    ],
)
def test_what_cannot_be_measured_says_why(leg, why):
    assert entry_of(leg) is why


def test_the_price_is_the_tickets_then_the_asked_then_the_last_one():
    asked = replace(RECORD, asked_won=34_000)
    assert proposed_price(asked, 33_000) == 33_000
    assert proposed_price(asked, None) == 34_000
    assert proposed_price(RECORD, None) == 35_000
    for market in ("{}", "[]", "no json", '{"last_won": "35000"}', '{"last_won": 0}'):
        assert proposed_price(replace(RECORD, market=market), None) is None


def test_an_average_cost_is_read_back_or_unknown():
    assert average_cost_in(RECORD.portfolio_before, "114260") is None
    assert average_cost_in(portfolio_text(None), "069500") is None
    for cost in ('{"quantity": 1}', '{"average_cost_won": "x"}', '{"average_cost_won": "NaN"}'):
        assert average_cost_in(f'{{"positions": {{"069500": {cost}}}}}', "069500") is None


def test_an_outcome_is_found_by_its_days():
    outcome = Outcome(
        record_id="T-1",
        days=7,
        is_hypothetical=True,
        quantity=3,
        entry_session=date(2024, 3, 4),
        exit_session=date(2024, 3, 11),
        basis_won=105_000,
        pnl_won=-105,
        after_won=None,
        measured_at=NOW,
    )
    leg = LegRecord(record=RECORD, outcomes=(outcome,))
    assert leg.outcome(7) == outcome
    assert leg.outcome(30) is None
    assert outcome.rate == Decimal("-0.001")
