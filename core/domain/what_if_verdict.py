"""What a ledger comes to: each course beside what was done, and whether the model earned its cost."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import date
from enum import Enum
from itertools import pairwise

from core.domain.bootstrap import WonBand, bands_of
from core.domain.plan_review import ReviewState
from core.domain.what_if import Course, History, LedgerDay, WhatIfLedger

# Below this a difference says nothing: about a quarter of a year.
SESSIONS_MIN = 60
_MILLI = 1_000


class ModelWorth(Enum):
    """Whether the model has earned its cost. The locale files hold a sentence per member."""

    TOO_EARLY = "too_early"
    NEVER_ASKED = "never_asked"
    EARNED = "earned"
    NOT_EARNED = "not_earned"
    OPEN = "open"


@dataclass(frozen=True, slots=True, kw_only=True)
class CourseLine:
    """What one course made until the last day, in won, and how much more that is than was done.

    None is unknown. `more_band` is the 90 % band of `more_won`, None below `SESSIONS_MIN`.
    """

    course: Course
    made_won: int | None
    more_won: int | None
    more_band: WonBand | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ModelLine:
    """The strategy with the model's changes beside the plain one.

    `more_won` is what the changes brought, before what the model cost (`cost_won`, rounded up).
    `looks` counts the plans that a model looked at, `changes` those it made smaller.
    """

    worth: ModelWorth
    more_won: int | None
    more_band: WonBand | None
    cost_won: int
    looks: int
    changes: int


@dataclass(frozen=True, slots=True, kw_only=True)
class WhatIf:
    """The whole answer. `sessions` counts the days on which every known course has a value."""

    ledger: WhatIfLedger
    last_day: date
    sessions: int
    lines: tuple[CourseLine, ...]
    model: ModelLine

    @property
    def is_early(self) -> bool:
        """Whether there are too few days for any conclusion."""
        return self.sessions < SESSIONS_MIN


def what_if_of(history: History, ledger: WhatIfLedger) -> WhatIf | None:
    """Return what the ledger comes to, or None where no day has a value of what was done."""
    last = next((day for day in reversed(ledger.days) if _is_known(day, Course.DONE)), None)
    if last is None:
        return None
    known = [course for course in Course if _is_known(last, course)]
    days = [day for day in ledger.days if all(_is_known(day, course) for course in known)]
    made = {course: _made(ledger, days, course) for course in known}
    more: dict[Course, tuple[int, ...]] = {
        course: _steps(made[course], made[Course.DONE])
        for course in known
        if course is not Course.DONE
    }
    drawn = [*more.values(), *_changes(made)]
    bands: Sequence[WonBand | None] = [None] * len(drawn)
    if len(days) >= SESSIONS_MIN:
        bands = bands_of(drawn)
    banded = dict(zip(more, bands[: len(more)], strict=True))
    return WhatIf(
        ledger=ledger,
        last_day=last.session,
        sessions=len(days),
        lines=tuple(
            CourseLine(
                course=course,
                made_won=ledger.profit(last, course),
                more_won=sum(more[course]) if course in more else None,
                more_band=banded.get(course),
            )
            for course in Course
        ),
        model=_model(
            history, last.session, drawn[len(more) :], bands[len(more) :], sessions=len(days)
        ),
    )


def _changes(made: Mapping[Course, Sequence[int]]) -> tuple[tuple[int, ...], ...]:
    """Return the days of what the model's changes brought, once, or nothing where it is unknown."""
    if Course.STRATEGY in made and Course.FOLLOWED in made:
        return (_steps(made[Course.FOLLOWED], made[Course.STRATEGY]),)
    return ()


def _is_known(day: LedgerDay, course: Course) -> bool:
    return day.points[course].worth_won is not None


def _made(ledger: WhatIfLedger, days: Sequence[LedgerDay], course: Course) -> tuple[int, ...]:
    found = (ledger.profit(day, course) for day in days)
    return tuple(won for won in found if won is not None)


def _steps(made: Sequence[int], beside: Sequence[int]) -> tuple[int, ...]:
    """Return by how much more `made` grew than `beside` from one day to the next; both begin at 0."""
    more = [0, *(one - other for one, other in zip(made, beside, strict=True))]
    return tuple(now - before for before, now in pairwise(more))


def _model(
    history: History,
    last: date,
    changes: Sequence[Sequence[int]],
    bands: Sequence[WonBand | None],
    *,
    sessions: int,
) -> ModelLine:
    plans = [plan for plan in history.plans if plan.day <= last]
    looked = [plan for plan in plans if plan.state is ReviewState.REVIEWED]
    milliwon = sum(cost for day, cost in history.model_milliwon.items() if day <= last)
    band = bands[0] if bands else None
    return ModelLine(
        worth=_worth(len(looked), band, milliwon, sessions=sessions),
        more_won=sum(changes[0]) if changes else None,
        more_band=band,
        cost_won=-(-milliwon // _MILLI),
        looks=len(looked),
        changes=sum(plan.is_changed for plan in looked),
    )


def _worth(looks: int, band: WonBand | None, milliwon: int, *, sessions: int) -> ModelWorth:
    """Say that it earned its cost only where the whole band lies beyond it, and the same below."""
    if not looks:
        return ModelWorth.NEVER_ASKED
    if sessions < SESSIONS_MIN:
        return ModelWorth.TOO_EARLY
    if band is None:
        return ModelWorth.OPEN
    if band.low_won * _MILLI > milliwon:
        return ModelWorth.EARNED
    if band.high_won * _MILLI < milliwon:
        return ModelWorth.NOT_EARNED
    return ModelWorth.OPEN
