from __future__ import annotations

from dataclasses import replace
from fractions import Fraction

import pytest

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.domain.what_if import Course, Deal, History, Holding, Origin, WhatIfLedger
from core.domain.what_if_replay import replayed
from tests.core.domain.what_if_cases import (
    INDEX,
    TERMS,
    A,
    B,
    C,
    closes,
    cut,
    deal,
    history,
    line,
    on,
    plan,
    random_history,
)
from tests.core.domain.what_if_judge import judged

FLAT = closes(10_000, 10_000, 10_000, 10_000)
PRICES = {A: closes(10_000, 10_000, 11_000, 12_000), B: FLAT, INDEX: FLAT}


def made(ledger: WhatIfLedger, course: Course) -> int | None:
    return ledger.profit(ledger.days[-1], course)


def played(whole: History) -> WhatIfLedger:
    return replayed(whole, TERMS)


def test_a_declined_purchase_by_hand():
    ledger = played(history(PRICES, deal(1, A, Side.BUY, 10, 10_000, is_real=False)))
    # Bought for 100,000 with a fee of 15; at 12,000 the sale pays 18. A is exempt.
    assert made(ledger, Course.ALL) == 20_000 - 15 - 18
    assert made(ledger, Course.DONE) == made(ledger, Course.NOTHING) == 0
    # 100 shares at the first close would need 1,000,150: 99, for a fee of 148 each way.
    assert made(ledger, Course.INDEX) == -148 - 148
    # 3.65 % for three days: 300 won, less 15.4 %.
    assert made(ledger, Course.DEPOSIT) == 300 - 46


def test_a_purchase_that_was_approved_is_in_what_was_done_and_not_in_approving_nothing():
    ledger = played(history(PRICES, deal(1, A, Side.BUY, 10, 10_000)))
    assert made(ledger, Course.DONE) == made(ledger, Course.ALL) == 20_000 - 15 - 18
    assert made(ledger, Course.NOTHING) == made(ledger, Course.STRATEGY) == 0


def test_a_person_s_own_order_is_in_every_course_of_the_account_but_in_no_strategy():
    ledger = played(history(PRICES, deal(1, A, Side.BUY, 10, 10_000, origin=Origin.FOREIGN)))
    for course in (Course.DONE, Course.ALL, Course.NOTHING):
        assert made(ledger, course) == 20_000 - 15 - 18
    assert made(ledger, Course.STRATEGY) == made(ledger, Course.FOLLOWED) == 0


def test_the_model_s_cut_is_all_that_parts_the_two_strategies():
    bought = plan(1, line(A, Side.BUY, 10, 10_000, followed=4))
    ledger = played(history(PRICES, plans=(bought,)))
    assert made(ledger, Course.STRATEGY) == 20_000 - 15 - 18
    assert made(ledger, Course.FOLLOWED) == 8_000 - 6 - 7


def test_a_rebalance_is_settled_once_a_month_and_one_put_off_on_the_day_it_passes():
    lines = [line(A, Side.BUY, 10, 10_000, followed=0), line(A, Side.BUY, 9, 11_000)]
    again = plan(3, line(A, Side.BUY, 30, 12_000))
    ledger = played(history(PRICES, plans=(plan(1, lines[0]), plan(2, lines[1]), again)))
    assert made(ledger, Course.STRATEGY) == 20_000 - 15 - 18
    assert made(ledger, Course.FOLLOWED) == 9_000 - 14 - 16


def test_an_exit_between_rebalances_sells_and_buys_nothing():
    ledger = played(
        history(
            PRICES,
            deal(1, A, Side.BUY, 10, 10_000),
            plans=(
                plan(1, line(A, Side.BUY, 10, 10_000)),
                plan(
                    2,
                    line(A, Side.SELL, 5, 11_000),
                    line(B, Side.BUY, 5, 10_000),
                    line(C, Side.SELL, 5, 10_000, followed=0),
                    is_rebalance=False,
                ),
            ),
        )
    )
    # Five at 11,000 (fee 8), five at 12,000 (fee 9).
    assert made(ledger, Course.STRATEGY) == 5_000 + 10_000 - 15 - 8 - 9
    assert made(ledger, Course.STRATEGY) == made(ledger, Course.FOLLOWED)


def test_an_urgent_exit_is_the_strategy_s_own_and_sells_the_same_part():
    mine = Holding(symbol=A, shares=10, cost_won=100_000, price_won=10_000)
    half = deal(2, A, Side.SELL, 5, 11_000, origin=Origin.EXIT, is_real=False)
    ledger = played(history(PRICES, half, holdings=(mine,)))
    # Everything starts as if it were sold: a fee of 15.
    assert ledger.start_won == 1_100_000 - 15
    for course in (Course.ALL, Course.STRATEGY, Course.FOLLOWED):
        assert made(ledger, course) == 15 + 5_000 - 8 + 10_000 - 9
    assert made(ledger, Course.DONE) == made(ledger, Course.NOTHING) == 15 + 20_000 - 18


def test_what_is_offered_again_is_done_once():
    offers = [deal(number, A, Side.BUY, 10, 10_000, is_real=False) for number in (1, 2)]
    ledger = played(history(PRICES, *offers))
    assert made(ledger, Course.ALL) == 20_000 - 15 - 18


def test_what_the_strategy_says_nothing_of_is_left_where_only_a_declined_offer_would_have_it():
    offer = deal(1, A, Side.BUY, 10, 10_000, is_real=False)
    other = plan(2, line(B, Side.BUY, 1, 10_000), closes={A: 11_000, B: 10_000})
    ledger = played(history(PRICES, offer, plans=(other,)))
    # Sold at the close of the plan, and not held to 12,000.
    assert made(ledger, Course.ALL) == 10_000 - 15 - 16
    kept = replace(other, closes={B: 10_000})
    assert made(played(history(PRICES, offer, plans=(kept,))), Course.ALL) == 20_000 - 15 - 18


def test_a_rebalance_brings_every_weighed_symbol_to_what_the_account_holds_of_it():
    bought = deal(1, A, Side.BUY, 10, 10_000)
    weighed = plan(2, closes={A: 11_000})
    ledger = played(history(PRICES, bought, plans=(weighed,)))
    assert made(ledger, Course.STRATEGY) == 10_000 - 16 - 18


def test_money_is_never_owed_and_what_could_not_be_bought_is_counted():
    offer = deal(1, A, Side.BUY, 10, 10_000, is_real=False)
    ledger = played(history(PRICES, offer, cash=55_000))
    assert made(ledger, Course.ALL) == 10_000 - 7 - 9
    assert ledger.short_shares[Course.ALL] == 5


def test_what_was_lacking_for_a_real_purchase_is_paid_into_every_course():
    ledger = played(history(PRICES, deal(1, A, Side.BUY, 10, 10_000), cash=40_000))
    assert ledger.unexplained_won == 60_015
    assert {point.paid_in_won for point in ledger.days[-1].points.values()} == {60_015}
    assert made(ledger, Course.DONE) == made(ledger, Course.ALL) == 20_000 - 15 - 18


def test_a_withdrawal_sells_what_it_must_and_pays_no_more_than_there_is():
    offer = deal(1, A, Side.BUY, 90, 10_000, is_real=False)
    ledger = played(history(PRICES, offer, flows={2: -500_000, 3: -700_000}))
    out = {course: ledger.days[-1].points[course].paid_in_won for course in Course}
    assert out[Course.DONE] == -1_000_000
    # 99,865 won of cash and 37 shares at 11,000 pay the first; the last 53 shares fetch 12,000.
    left = 99_865 + 37 * 11_000 - 61 - 500_000
    assert out[Course.ALL] == -(500_000 + left + 53 * 12_000 - 95)
    assert ledger.days[-1].points[Course.ALL].worth_won == 0
    assert made(ledger, Course.DONE) == 0
    assert made(ledger, Course.DEPOSIT) is not None


def test_a_missing_close_is_named_and_no_value_invented():
    gap = {**PRICES, A: closes(10_000, 10_000, 0, 12_000)}
    ledger = played(history(gap, deal(1, A, Side.BUY, 10, 10_000)))
    assert [ledger.profit(day, Course.DONE) for day in ledger.days] == [-30, None, 19_967]
    assert ledger.days[1].market_won is None
    assert ledger.profit(ledger.days[1], Course.NOTHING) == 0
    assert ledger.missing == ((A, 1),)
    without = played(history({A: FLAT}))
    assert [day.points[Course.INDEX].worth_won for day in without.days] == [None] * 3
    assert without.missing == ((INDEX, 3),)


def test_a_split_and_a_distribution_reach_the_holders_of_the_day_before():
    split = {
        **PRICES,
        A: closes(10_000, 10_000, 4_000, 4_000, adjusted=(4_000, 4_000, 4_000, 4_000)),
    }
    ledger = played(history(split, deal(1, A, Side.BUY, 5, 10_000)))
    # Five become 12 and a half: the half is paid at 4,000.
    assert made(ledger, Course.DONE) == 12 * 4_000 - 7 + 2_000 - 50_000 - 7
    gone = {**PRICES, A: closes(100, 100, 1_000, 1_000, adjusted=(1_000, 1_000, 1_000, 1_000))}
    ledger = played(history(gone, deal(1, A, Side.BUY, 5, 100)))
    assert ledger.days[-1].points[Course.DONE].worth_won == 1_000_000
    paid = {**PRICES, A: closes(10_000, 10_000, 9_800, 9_800, adjusted=(9_800,) * 4)}
    ledger = played(history(paid, deal(1, A, Side.BUY, 10, 10_000)))
    # 200 a share are paid, 308 of 2,000 go to the tax; only the fees (15 and 14) are lost besides.
    assert made(ledger, Course.DONE) == -308 - 15 - 14


def test_a_gain_is_taxed_where_the_fund_is():
    dear = {**PRICES, B: closes(10_000, 10_000, 11_000, 11_000)}
    ledger = played(history(dear, deal(1, B, Side.BUY, 10, 10_000)))
    assert made(ledger, Course.DONE) == 10_000 - 15 - 16 - 1_540


def test_the_account_s_own_record_is_put_beside_ours():
    bought = deal(1, A, Side.BUY, 10, 10_000)
    ledger = played(history(PRICES, bought, recorded={2: 1_010_000, 9: 1}))
    # 1,000,000 less the fee, and 1,000 more on each of ten shares: 15 won apart.
    assert ledger.stated == (on(2), 1_010_000, 1_009_985)
    assert played(history(PRICES)).stated is None


@pytest.mark.parametrize("seed", range(200))
def test_an_independent_reckoning_in_decimal_agrees_to_the_won(seed):
    whole = random_history(seed)
    ledger, judge = played(whole), judged(whole, TERMS)
    for course in Course:
        ours = [
            (day.points[course].worth_won, day.points[course].paid_in_won) for day in ledger.days
        ]
        assert ours == judge[course], course


@pytest.mark.parametrize("seed", range(150))
def test_a_ledger_cut_after_any_session_changes_nothing_before_it(seed):
    whole = random_history(seed)
    days = played(whole).days
    for sessions in range(1, len(days)):
        assert played(cut(whole, sessions)).days == days[:sessions]


@pytest.mark.parametrize("seed", range(150))
def test_no_course_ever_owes_money_and_all_are_paid_alike_while_they_can(seed):
    whole = random_history(seed)
    for day in played(whole).days:
        for point in day.points.values():
            assert point.worth_won is None or point.worth_won >= 0
    no_way_out = replace(whole, flows={day: abs(won) for day, won in whole.flows.items()})
    for day in played(no_way_out).days:
        assert len({point.paid_in_won for point in day.points.values()}) == 1


@pytest.mark.parametrize("seed", range(150))
def test_approving_all_is_what_was_done_where_everything_was_approved(seed):
    whole = random_history(seed)
    only = replace(whole, deals=tuple(replace(one, is_real=True) for one in whole.deals))
    ledger = played(only)
    assert [day.points[Course.ALL] for day in ledger.days] == [
        day.points[Course.DONE] for day in ledger.days
    ]


@pytest.mark.parametrize("seed", range(150))
def test_approving_all_is_what_would_have_been_done_at_the_proposals_prices(seed):
    whole = random_history(seed)
    firsts: dict[Symbol, Deal] = {}
    for one in sorted(whole.deals, key=lambda deal: (deal.session, deal.place)):
        if one.side is Side.BUY and one.symbol != A:
            firsts.setdefault(one.symbol, replace(one, is_real=False, origin=Origin.PROPOSAL))
    declined = replace(whole, deals=tuple(firsts.values()), plans=(), flows={})
    declined = replace(declined, start=replace(whole.start, cash_won=5_000_000))
    approved = replace(declined, deals=tuple(replace(one, is_real=True) for one in firsts.values()))
    assert [day.points[Course.ALL] for day in played(declined).days] == [
        day.points[Course.DONE] for day in played(approved).days
    ]


def test_a_purchase_at_a_fraction_of_a_won_is_rounded_as_statements_do():
    ledger = played(history(PRICES, deal(1, A, Side.BUY, 3, Fraction(60_001, 6))))
    assert made(ledger, Course.DONE) == 36_000 - 5 - 30_001 - 4
