"""What model and analyst are shown of the rules."""

from __future__ import annotations

from bot.wiring.rules import rules_in_words
from core.domain.rules import RuleState
from tests.core.runtime.test_rule_book import ledger  # noqa: F401 - a fixture
from tests.core.services.rules.test_desk import add, desk  # noqa: F401 - a fixture
from tests.fakes.desk_kit import KO


async def test_model_and_analyst_are_shown_the_rules_that_are_on(desk):  # noqa: F811
    always = {rule.rule_id for rule in desk.rules if rule.state is RuleState.ACTIVE}
    retired = await add(desk, RuleState.RETIRED)
    active = await add(desk)
    told = dict(rules_in_words(desk, KO))
    assert set(told) == {*always, active.rule_id}
    assert retired.rule_id not in told
    assert told[active.rule_id].endswith("사지 않음")
    # A rule that is switched off is not shown any more.
    await desk.switch(active.rule_id, is_on=False, actor="7")
    assert active.rule_id not in dict(rules_in_words(desk, KO))
