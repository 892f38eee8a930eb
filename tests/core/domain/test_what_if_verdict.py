from __future__ import annotations

import pytest

from core.domain.closes import Close
from core.domain.orders import Side
from core.domain.plan_review import ReviewState
from core.domain.what_if import Course, History, StoredPlan
from core.domain.what_if_replay import replayed
from core.domain.what_if_verdict import SESSIONS_MIN, ModelWorth, WhatIf, what_if_of
from tests.core.domain.what_if_cases import (
    FIRST,
    INDEX,
    TERMS,
    A,
    closes,
    deal,
    history,
    line,
    on,
    plan,
)

DAYS = 70


def asked(whole: History) -> WhatIf:
    found = what_if_of(whole, replayed(whole, TERMS))
    assert found is not None
    return found


def rising(daily: int) -> tuple[Close, ...]:
    """A close that rises by `daily` won a session, a little more on every second."""
    return closes(*(10_000 + daily * n + (n % 2) * daily for n in range(DAYS + 1)))


def changed(state: ReviewState = ReviewState.REVIEWED) -> StoredPlan:
    """The strategy wanted ten, the model left two."""
    return plan(1, line(A, Side.BUY, 10, 10_000, followed=2), state=state)


def lasting(daily: int, days: int = DAYS, *, cost: int = 0, plans=None) -> WhatIf:
    flat = closes(*(10_000,) * (DAYS + 1))
    return asked(
        history(
            {A: rising(daily), INDEX: flat},
            plans=(changed(),) if plans is None else plans,
            days=days,
            cost={1: cost},
        )
    )


def test_below_sixty_sessions_it_says_that_it_is_too_early():
    found = lasting(-20, SESSIONS_MIN - 1)
    assert (found.is_early, found.sessions) == (True, 59)
    assert found.model.worth is ModelWorth.TOO_EARLY
    assert found.model.more_band is None
    assert {one.more_band for one in found.lines} == {None}
    # It says what there is all the same: eight shares less, that fell by 1,200, and their fees.
    assert found.model.more_won == 8 * 1_200 + (15 + 13) - (3 + 2)
    assert lasting(-20, SESSIONS_MIN).model.worth is ModelWorth.EARNED


def test_a_model_that_kept_from_losses_has_earned_its_cost_and_one_that_cost_gains_has_not():
    saved = lasting(-20, cost=1_500)
    assert saved.model.worth is ModelWorth.EARNED
    assert saved.model.more_band is not None
    assert 2 < saved.model.more_band.low_won <= saved.model.more_band.high_won
    assert (saved.model.cost_won, saved.model.looks, saved.model.changes) == (2, 1, 1)
    assert lasting(20).model.worth is ModelWorth.NOT_EARNED


def test_what_the_model_cost_counts():
    assert lasting(-20, cost=11_000_000).model.worth is ModelWorth.OPEN
    assert lasting(-20, cost=90_000_000).model.worth is ModelWorth.NOT_EARNED


def test_a_model_that_changed_nothing_has_only_cost():
    kept = (plan(1, line(A, Side.BUY, 10, 10_000)),)
    assert lasting(20, cost=1, plans=kept).model.worth is ModelWorth.NOT_EARNED
    free = lasting(20, plans=kept).model
    assert (free.worth, free.changes, free.more_won) == (ModelWorth.OPEN, 0, 0)


@pytest.mark.parametrize("state", [ReviewState.OFFLINE, ReviewState.FAILED])
def test_without_a_model_there_is_nothing_to_judge(state):
    assert lasting(20, plans=(changed(state),)).model.worth is ModelWorth.NEVER_ASKED
    late = plan(DAYS, line(A, Side.BUY, 1, 10_000))
    assert lasting(20, DAYS - 1, plans=(late,)).model.looks == 0


def test_every_course_stands_beside_what_was_done():
    flat = closes(*(10_000,) * (DAYS + 1))
    declined = deal(1, A, Side.BUY, 10, 10_000, is_real=False)
    found = asked(history({A: rising(10), INDEX: flat}, declined))
    lines = {one.course: one for one in found.lines}
    assert list(lines) == list(Course)
    assert lines[Course.DONE].more_won is None
    assert (lines[Course.ALL].made_won, lines[Course.ALL].more_won) == (7_000 - 15 - 16,) * 2
    band = lines[Course.ALL].more_band
    assert band is not None
    assert 0 < band.low_won < 6_969 < band.high_won
    nothing = lines[Course.NOTHING].more_band
    assert nothing is not None
    assert (nothing.low_won, nothing.high_won) == (0, 0)
    assert found.last_day == on(DAYS)


def test_a_course_without_prices_is_unknown_and_takes_nothing_from_the_others():
    declined = deal(1, A, Side.BUY, 10, 10_000, is_real=False)
    found = asked(history({A: rising(10)}, declined, plans=(changed(),)))
    lines = {one.course: one for one in found.lines}
    index = lines[Course.INDEX]
    assert (index.made_won, index.more_won, index.more_band) == (None, None, None)
    assert found.sessions == DAYS


def test_the_model_is_not_judged_where_one_of_its_two_courses_has_no_price():
    flat = closes(*(10_000,) * (DAYS + 1))
    short = (*closes(10_000, 10_000),)
    vetoed = plan(1, line(A, Side.BUY, 10, 10_000, followed=0))
    found = asked(history({A: short, INDEX: flat}, plans=(vetoed,), days=DAYS))
    assert (found.model.worth, found.model.more_won) == (ModelWorth.OPEN, None)


def test_where_nothing_that_was_done_has_a_value_there_is_no_answer():
    bought = deal(1, A, Side.BUY, 10, 10_000)
    whole = history({A: (Close(FIRST, 10_000, 10_000),), INDEX: closes(1, 1, 1)}, bought)
    assert what_if_of(whole, replayed(whole, TERMS)) is None
