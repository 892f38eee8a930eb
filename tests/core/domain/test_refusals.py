from __future__ import annotations

from datetime import UTC, datetime, timedelta

from core.domain import refusals
from core.domain.refusals import Refusals

NOON = datetime(2026, 11, 20, 3, 0, tzinfo=UTC)


def written(counted: Refusals, person: int, count: int, at: datetime = NOON) -> list[int]:
    found = (counted.to_be_written(person, at) for _ in range(count))
    return [times for times in found if times is not None]


def test_the_first_are_written_one_by_one_and_then_as_they_double():
    assert written(Refusals(), 1, 100) == [*range(1, 11), 20, 40, 80]


def test_a_pause_ends_the_series():
    counted = Refusals()
    written(counted, 1, 15)
    assert written(counted, 1, 1, NOON + refusals.WITHIN + timedelta(seconds=1)) == [1]


def test_many_people_have_a_bound_together():
    counted = Refusals()
    lines = [written(counted, person, 1) for person in range(900)]
    assert sum(map(len, lines)) == 100 + 3


def test_two_people_who_press_now_and_then_hide_no_third():
    counted, gap = Refusals(singles_of_all=20), refusals.WITHIN + timedelta(minutes=1)
    for step in range(120):
        written(counted, 1 + step % 2, 1, NOON + step * gap / 2)
    assert written(counted, 3, 12, NOON + 60 * gap) == list(range(1, 11))


def test_pauses_give_many_people_no_more_lines_within_an_hour():
    counted, gap = Refusals(singles=10, singles_of_all=20), refusals.WITHIN + timedelta(seconds=6)
    lines = [
        written(counted, person, 10, NOON + turn * gap) for turn in range(5) for person in range(10)
    ]
    assert sum(map(len, lines)) == 20 + 4
    assert len(written(counted, 1, 10, NOON + timedelta(minutes=61))) == 10


def test_the_oldest_people_are_forgotten(monkeypatch):
    monkeypatch.setattr(refusals, "PEOPLE_MAX", 2)
    counted = Refusals()
    for person in (1, 2, 3):
        written(counted, person, 15)
    assert written(counted, 3, 5) == [20]
    assert written(counted, 1, 1) == [1]
