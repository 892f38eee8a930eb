"""Which choice a message obeys, and whether it may be told now."""

from __future__ import annotations

from datetime import timedelta

import pytest

from core.domain.notices import KEY_OF, Loudness, NoticeKind, Notices, kind_of
from core.domain.quiet_hours import quiet_hours
from tests.fakes.desk_kit import DAY, at

NIGHT = quiet_hours("22:00-08:00")
NOON = quiet_hours("12:00-13:00")


@pytest.mark.parametrize(
    ("key", "kind"),
    [
        ("reminder:70:901", NoticeKind.REMINDER),
        ("result:70:901:4F9KQ2ZD", NoticeKind.RESULT),
        ("watch:rule:info:day_change:069500:2026-11-16", NoticeKind.WATCH),
        ("report:closing:closing-20261116.png", NoticeKind.CLOSING),
        # Exits, what cannot be watched, doubts, halts and everything else are always told.
        ("watch:urgent:exit:4F9KQ2ZD", None),
        ("watch:urgent:reminder:4F9KQ2ZD:1", None),
        ("watch:warning:sees:2026-11-16T10:00", None),
        ("doubt:4F9KQ2ZD-1:0", None),
        ("safety:tripped_halted:2026", None),
        ("alert:2026111610:0123", None),
        ("upkeep:2026111610:0123", NoticeKind.UPKEEP),
        ("digest:on:reminder:70:901", None),
        ("", None),
    ],
)
def test_only_what_is_named_obeys_a_choice(key, kind):
    assert kind_of(key) is kind


def test_every_kind_has_keys_of_its_own():
    for kind, begins in KEY_OF.items():
        assert kind_of(f"{begins}x") is kind
    assert set(KEY_OF) == set(NoticeKind)


def test_what_matters_rings_and_reports_do_not_until_somebody_chooses():
    notices = Notices()
    rings = {kind for kind in NoticeKind if notices.loudness(kind) is Loudness.ON}
    assert rings == {
        *(NoticeKind.RESULT, NoticeKind.REMINDER),
        *(NoticeKind.WATCH, NoticeKind.UPKEEP),
    }
    chosen = Notices(chosen={NoticeKind.WATCH: Loudness.OFF})
    assert chosen.loudness(NoticeKind.WATCH) is Loudness.OFF
    assert chosen.loudness(NoticeKind.RESULT) is Loudness.ON


def test_quiet_hours_are_a_persons_own_before_the_shared_ones():
    notices = Notices(own_hours={1: NOON, 2: None}, shared_hours=NIGHT)
    assert notices.awake({3, 1, 2}, at(23)) == (1, 2)
    assert notices.awake({3, 1, 2}, at(12)) == (2, 3)
    assert notices.hours_of(3) is NIGHT
    assert not notices.all_asleep({1, 3}, at(12))
    assert notices.all_asleep({3}, at(23))
    # Nobody to call is nobody who sleeps: alone on a terminal everything is told at once.
    assert not notices.all_asleep((), at(23))


def test_what_is_off_or_comes_while_all_sleep_waits_and_an_emergency_never():
    notices = Notices(chosen={NoticeKind.WATCH: Loudness.OFF}, shared_hours=NIGHT)
    assert notices.must_wait(NoticeKind.WATCH, {1}, at(10))
    assert notices.must_wait(NoticeKind.REMINDER, {1}, at(23))
    assert not notices.must_wait(NoticeKind.REMINDER, {1}, at(10))
    assert not notices.must_wait(None, {1}, at(23))


@pytest.mark.parametrize(
    ("held_at", "now", "is_due"),
    [
        (at(10), at(15, 59), False),
        (at(10), at(16), True),
        (at(16), at(16, 1), False),
        (at(16), at(16, day=DAY + timedelta(days=1)), True),
        # A bot that was off at 16:00 tells it when it is back.
        (at(10), at(9, day=DAY + timedelta(days=1)), True),
        (at(17), at(9, day=DAY + timedelta(days=1)), False),
    ],
)
def test_what_is_off_is_told_at_four_and_what_slept_at_once(held_at, now, is_due):
    off = Notices(chosen={NoticeKind.WATCH: Loudness.OFF})
    assert off.is_due(NoticeKind.WATCH, held_at, now) is is_due
    # Switched on again: what was kept is told with the next digest.
    assert Notices().is_due(NoticeKind.WATCH, held_at, now)
    assert off.is_due(None, held_at, now)
