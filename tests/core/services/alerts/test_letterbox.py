"""Which notices a channel takes, when, and how many."""

from __future__ import annotations

from datetime import datetime, time, timedelta

from core.domain.conditions import Condition, Lasting, Notice, Turn
from core.domain.krx import KST
from core.domain.quiet_hours import QuietHours
from core.services.alerts.letterbox import RESTS, Letterbox, Terms

NOON = datetime(2026, 11, 20, 12, 0, tzinfo=KST)
NIGHT = NOON.replace(hour=23)
QUIET = QuietHours(time(22, 0), time(7, 0))
DISK, FLOOR, TOKEN = Condition.DISK, Condition.NAV_FLOOR, Condition.TOKEN


class Slack:
    name = "slack"

    async def send(self, title, body, severity, *, can_wait=False):
        raise AssertionError("a letterbox sends nothing itself")


def box(*, warnings=True, quiet=None, rate=12, without=()):
    terms = Terms(takes_warnings=warnings, quiet=quiet, rate=rate)
    return Letterbox(Slack(), terms, without=without)


def notice(condition, turn=Turn.BEGAN, at=NOON):
    return Notice(turn=turn, condition=condition, text="x", since=NOON, at=at)


def conditions(notices):
    return [(one.condition, one.turn) for one in notices]


def test_warnings_go_where_they_are_wanted_and_critical_everywhere():
    quiet = box(warnings=False)
    for condition in (DISK, FLOOR):
        quiet.put(notice(condition))
    assert conditions(quiet.due(NOON)) == [(FLOOR, Turn.BEGAN)]
    chat = box(without={FLOOR})
    for condition in (DISK, FLOOR):
        chat.put(notice(condition))
    assert conditions(chat.due(NOON)) == [(DISK, Turn.BEGAN)]


def test_a_warning_waits_for_the_end_of_quiet_hours_and_critical_does_not():
    night = box(quiet=QUIET)
    for condition in (DISK, FLOOR):
        night.put(notice(condition, at=NIGHT))
    assert conditions(night.due(NIGHT)) == [(FLOOR, Turn.BEGAN)]
    night.delivered(night.due(NIGHT), NIGHT)
    assert night.due(NIGHT) == ()
    assert conditions(night.due(NIGHT.replace(hour=7) + timedelta(days=1))) == [(DISK, Turn.BEGAN)]


def test_what_began_and_ended_unheard_is_not_told():
    night = box(quiet=QUIET)
    night.put(notice(DISK))
    night.put(notice(DISK, Turn.ENDED))
    assert night.waiting == ()
    # Heard of, its end is news.
    night.put(notice(TOKEN))
    night.delivered(night.due(NOON), NOON)
    night.put(notice(TOKEN, Turn.ENDED))
    assert conditions(night.due(NOON)) == [(TOKEN, Turn.ENDED)]
    # An end that nobody heard of is no news once it has begun again.
    night.put(notice(TOKEN))
    assert conditions(night.due(NOON)) == [(TOKEN, Turn.BEGAN)]


def test_the_end_of_what_is_just_being_sent_is_told():
    slow = box()
    slow.put(notice(DISK))
    sending = slow.due(NOON)
    slow.handed(sending)
    slow.put(notice(DISK, Turn.ENDED))
    slow.delivered(sending, NOON)
    assert conditions(slow.due(NOON)) == [(DISK, Turn.ENDED)]
    slow.handed(slow.due(NOON))
    slow.delivered(slow.due(NOON), NOON)
    # All of it is told: what begins and ends from here on unheard is no news.
    assert slow.heard == {}
    slow.put(notice(DISK))
    slow.put(notice(DISK, Turn.ENDED))
    assert slow.waiting == ()


def test_the_end_of_what_was_sent_without_proof_is_told():
    doubtful = box()
    doubtful.put(notice(DISK))
    doubtful.handed(doubtful.due(NOON))
    doubtful.failed(NOON)
    assert doubtful.heard == {}
    doubtful.put(notice(DISK, Turn.ENDED))
    assert conditions(doubtful.waiting) == [(DISK, Turn.ENDED)]


def test_the_end_of_what_was_heard_outlives_a_second_beginning():
    night = box(quiet=QUIET)
    night.put(notice(DISK))
    night.delivered(night.due(NOON), NOON)
    for turn in (Turn.ENDED, Turn.BEGAN, Turn.ENDED):
        night.put(notice(DISK, turn, at=NIGHT))
    assert conditions(night.waiting) == [(DISK, Turn.ENDED)]


def test_a_restart_tells_what_was_not_delivered_and_the_end_of_what_was():
    before = box()
    for condition in (DISK, TOKEN):
        before.put(notice(condition))
        before.delivered(before.due(NOON), NOON)
    before.put(notice(FLOOR))
    before.handed(before.due(NOON))
    before.put(notice(DISK, Turn.ENDED))
    standing = {
        one: Lasting(condition=one, since=NOON, text="x", told_at=NOON) for one in (TOKEN, FLOOR)
    }
    later = NOON + timedelta(minutes=1)
    after = box()
    after.restore(before.heard, standing, later)
    assert conditions(after.due(later)) == [(FLOOR, Turn.BEGAN), (DISK, Turn.ENDED)]
    assert {one.since for one in after.waiting} == {NOON}
    assert after.heard == {DISK: NOON, TOKEN: NOON}


def test_a_restart_tells_a_second_beginning_that_nobody_heard():
    after = box()
    again = Lasting(condition=DISK, since=NOON, text="x", told_at=NOON)
    after.restore({DISK: NOON - timedelta(hours=2)}, {DISK: again}, NOON)
    assert conditions(after.due(NOON)) == [(DISK, Turn.BEGAN)]


def test_a_reminder_of_what_was_not_heard_is_its_beginning():
    slow = box()
    slow.put(notice(FLOOR))
    slow.put(notice(FLOOR, Turn.LASTS))
    assert conditions(slow.due(NOON)) == [(FLOOR, Turn.BEGAN)]


def test_the_rate_holds_warnings_back_for_an_hour_and_never_what_is_critical():
    small = box(rate=2)
    for condition in (DISK, TOKEN):
        small.put(notice(condition))
        small.delivered(small.due(NOON), NOON)
    small.put(notice(DISK, Turn.ENDED))
    small.put(notice(FLOOR))
    assert conditions(small.due(NOON)) == [(FLOOR, Turn.BEGAN)]
    later = NOON + timedelta(hours=1)
    assert conditions(small.due(later)) == [(DISK, Turn.ENDED), (FLOOR, Turn.BEGAN)]


def test_an_attempt_that_failed_counts_in_the_rate():
    broken = box(rate=2)
    broken.put(notice(DISK))
    broken.put(notice(FLOOR))
    for minute in (0, 1):
        broken.failed(NOON + timedelta(minutes=minute))
    later = NOON + timedelta(minutes=59)
    assert conditions(broken.due(later)) == [(FLOOR, Turn.BEGAN)]
    later += timedelta(minutes=1)
    assert conditions(broken.due(later)) == [(DISK, Turn.BEGAN), (FLOOR, Turn.BEGAN)]


def test_a_channel_that_fails_is_left_alone_longer_each_time():
    broken = box()
    broken.put(notice(FLOOR))
    at = NOON
    for rest in (*RESTS, RESTS[-1]):
        broken.failed(at)
        assert broken.due(at + rest - timedelta(seconds=1)) == ()
        at += rest
        assert conditions(broken.due(at)) == [(FLOOR, Turn.BEGAN)]
    broken.delivered(broken.due(at), at)
    broken.put(notice(DISK))
    broken.failed(at)
    assert conditions(broken.due(at + RESTS[0])) == [(DISK, Turn.BEGAN)]


def test_it_never_holds_more_than_one_notice_of_a_condition():
    full = box()
    for _ in range(3):
        for condition in Condition:
            full.put(notice(condition))
    assert len(full.waiting) == len(Condition)
