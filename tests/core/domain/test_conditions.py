"""What lasts, what is news, and how bad it is in all."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest

from core.domain.conditions import (
    AGAIN_AFTER,
    TOLD_IN_CHAT,
    Condition,
    Severity,
    Turn,
    looked_again,
    worst,
)
from core.domain.krx import KST

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
DISK, FLOOR = Condition.DISK, Condition.NAV_FLOOR


def turns(notices):
    return [(one.turn, one.condition, one.text) for one in notices]


def test_a_condition_is_told_once_when_it_begins_and_once_when_it_ends():
    standing, notices = looked_again({}, {DISK: "3 MB"}, NOW)
    assert turns(notices) == [(Turn.BEGAN, DISK, "3 MB")]
    later = NOW + timedelta(hours=5)
    standing, notices = looked_again(standing, {DISK: "2 MB"}, later)
    assert notices == ()
    assert (standing[DISK].since, standing[DISK].text) == (NOW, "2 MB")
    standing, notices = looked_again(standing, {}, later)
    assert turns(notices) == [(Turn.ENDED, DISK, "2 MB")]
    assert (notices[0].since, notices[0].at, standing) == (NOW, later, {})


def test_what_is_critical_is_told_again_every_hour_while_it_lasts():
    standing, _ = looked_again({}, {FLOOR: "low"}, NOW)
    standing, notices = looked_again(standing, {FLOOR: "low"}, NOW + AGAIN_AFTER / 2)
    assert notices == ()
    standing, notices = looked_again(standing, {FLOOR: "lower"}, NOW + AGAIN_AFTER)
    assert turns(notices) == [(Turn.LASTS, FLOOR, "lower")]
    assert notices[0].severity is Severity.CRITICAL
    _, notices = looked_again(standing, {FLOOR: "lower"}, NOW + AGAIN_AFTER * 1.5)
    assert notices == ()


@pytest.mark.parametrize(
    ("found", "severity"),
    [
        ((), Severity.HEALTHY),
        ((DISK,), Severity.WARNING),
        ((DISK, FLOOR), Severity.CRITICAL),
    ],
)
def test_the_worst_counts(found, severity):
    standing, _ = looked_again({}, dict.fromkeys(found, "x"), NOW)
    assert worst(standing) is severity


def test_what_has_no_alarm_of_its_own_is_told_in_the_chat():
    assert DISK not in TOLD_IN_CHAT
    assert DISK.runbook == "docs/runbooks/disk.md"
