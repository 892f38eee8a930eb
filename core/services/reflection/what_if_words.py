"""The counterfactual ledger in sentences, for whoever shows it: chat, terminal, the Sunday report."""

from __future__ import annotations

from collections.abc import Callable, Iterator

from core.domain.bootstrap import WonBand
from core.domain.instrument import Symbol
from core.domain.what_if import Course
from core.domain.what_if_verdict import SESSIONS_MIN, CourseLine, ModelWorth, WhatIf
from core.ports.phrases import Phrases

Named = Callable[[Symbol], str]


def model_sentence(found: WhatIf, phrases: Phrases) -> str:
    """Say whether the model has earned its cost, that it is too early, or that none was asked."""
    model, say = found.model, phrases.say
    if model.worth is ModelWorth.NEVER_ASKED:
        return say("whatif.model_never_asked")
    return say(
        f"whatif.model_{model.worth.value}",
        more=_won(model.more_won, phrases),
        band=_band(model.more_band, phrases),
        cost=model.cost_won,
        sessions=found.sessions,
        minimum=SESSIONS_MIN,
        looks=model.looks,
        changes=model.changes,
    )


def title_of(found: WhatIf, phrases: Phrases) -> str:
    """Return the span that the ledger covers."""
    return phrases.say(
        "whatif.title",
        first=found.ledger.start_day,
        last=found.last_day,
        sessions=found.sessions,
    )


def span_sentence(found: WhatIf, phrases: Phrases) -> str:
    """Say from what money everything began, and whether that is long enough for a conclusion."""
    key = "whatif.early" if found.is_early else "whatif.long_enough"
    return phrases.say(
        key, start=found.ledger.start_won, sessions=found.sessions, minimum=SESSIONS_MIN
    )


def course_name(course: Course, phrases: Phrases) -> str:
    """Return how a course is called."""
    return phrases.say(f"whatif.course_{course.value}")


def course_text(found: WhatIf, line: CourseLine, phrases: Phrases) -> str:
    """Return what one course made, and how much more or less that is than what was done."""
    say = phrases.say
    if line.made_won is None:
        return say("whatif.unknown")
    start = found.ledger.start_won
    percent = say("whatif.percent", percent=line.made_won * 100 / start) if start > 0 else ""
    made = say("whatif.made", won=line.made_won, percent=percent).strip()
    if line.more_won is None:
        return made
    if line.more_band is None:
        return say("whatif.beside", made=made, more=line.more_won)
    return say(
        "whatif.beside_band", made=made, more=line.more_won, band=_band(line.more_band, phrases)
    )


def notes_of(found: WhatIf, phrases: Phrases, named: Named) -> Iterator[str]:
    """Yield what the figures have to be read with: what is missing, and what does not add up."""
    ledger, say = found.ledger, phrases.say
    for symbol, days in ledger.missing:
        yield say("whatif.missing", name=named(symbol), days=days)
    for course, shares in ledger.short_shares.items():
        if shares:
            yield say("whatif.short", course=course_name(course, phrases), shares=shares)
    if ledger.unexplained_won:
        yield say("whatif.unexplained", won=ledger.unexplained_won)
    if ledger.stated is not None:
        day, stated, reckoned = ledger.stated
        yield say("whatif.stated", day=day, stated=stated, gap=reckoned - stated)


def _won(won: int | None, phrases: Phrases) -> str:
    return phrases.say("whatif.unknown") if won is None else phrases.say("whatif.won", won=won)


def _band(band: WonBand | None, phrases: Phrases) -> str:
    if band is None:
        return phrases.say("whatif.unknown")
    return phrases.say("whatif.band", low=band.low_won, high=band.high_won)
