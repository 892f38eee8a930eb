from __future__ import annotations

import pytest

from core.domain.model_calls import (
    NOBODY,
    ModelBudget,
    Spent,
    TokenPrice,
    most_tokens,
)
from core.errors import ModelFault

BUDGET = ModelBudget(user_won=10, day_won=30)


@pytest.mark.parametrize(
    ("prompt", "completion", "milliwon"),
    [(0, 0, 0), (1, 0, 2), (1_000, 0, 1_900), (1_000_000, 0, 1_900_000), (10, 10, 169)],
)
def test_a_cost_is_rounded_up_to_a_thousandth_of_a_won(prompt, completion, milliwon):
    price = TokenPrice(input_won=1_900, output_won=15_000)
    assert price.milliwon(prompt, completion) == milliwon


@pytest.mark.parametrize(
    ("user", "day", "more", "who", "refused"),
    [
        (9_000, 9_000, 1_000, 42, None),
        (9_001, 9_001, 1_000, 42, ModelFault.USER_BUDGET),
        (9_001, 9_001, 1_000, NOBODY, None),
        (0, 29_001, 1_000, 42, ModelFault.DAY_BUDGET),
        (0, 29_001, 1_000, NOBODY, ModelFault.DAY_BUDGET),
        (0, 29_000, 1_000, 42, None),
    ],
)
def test_a_budget_refuses_what_could_pass_it(user, day, more, who, refused):
    spent = Spent(user_milliwon=user, day_milliwon=day)
    assert BUDGET.refuses(spent, more, who) is refused


def test_bytes_bound_tokens():
    assert most_tokens("가a\ud800") == 3 + 1 + 3


def test_only_our_own_limits_refuse_before_asking():
    own = {fault for fault in ModelFault if not fault.was_asked}
    assert own == {ModelFault.USER_BUDGET, ModelFault.DAY_BUDGET, ModelFault.RESTING}
