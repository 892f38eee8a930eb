from __future__ import annotations

import pytest

from core.domain.instrument import Symbol
from core.domain.setup import Setup, SetupPart, with_chosen

GIVEN = Setup(main_channel_id=11, alert_channel_id=0, approver_ids=frozenset({5}))


def test_alerts_go_to_their_channel_or_to_the_main_one():
    assert (GIVEN.alerts_go_to, GIVEN.channel_ids) == (11, frozenset({11}))
    own = with_chosen(GIVEN, {SetupPart.ALERT_CHANNEL: frozenset({"12"})})
    assert (own.alerts_go_to, own.channel_ids) == (12, frozenset({11, 12}))


def test_what_is_chosen_stands_in_the_place_of_what_is_given():
    assert with_chosen(GIVEN, {}) == GIVEN
    chosen = {
        SetupPart.MAIN_CHANNEL: frozenset({"21"}),
        SetupPart.APPROVERS: frozenset({"6", "7"}),
        SetupPart.LEFT_OUT: frozenset({"069500"}),
    }
    assert with_chosen(GIVEN, chosen) == Setup(
        main_channel_id=21,
        alert_channel_id=0,
        approver_ids=frozenset({6, 7}),
        left_out=frozenset({Symbol("069500")}),
    )


@pytest.mark.parametrize("found", [frozenset({"x"}), frozenset({"1", "2"}), frozenset()])
def test_a_channel_is_one_number(found):
    with pytest.raises(ValueError):
        with_chosen(GIVEN, {SetupPart.MAIN_CHANNEL: found})
