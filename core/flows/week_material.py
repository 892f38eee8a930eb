"""What the model is shown of a week, and how its sentences are cleaned before anybody reads them."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Sequence
from dataclasses import asdict, replace
from datetime import datetime

from core.domain.decision_prompt import plain
from core.domain.factors import Finding, JudgedTrade
from core.domain.instrument import Instrument
from core.domain.leg_record import LegRecord
from core.domain.reflection import WeekNumbers
from core.flows.week_kit import WeekKit
from core.ports.reflecting import Sections
from core.services.sessions.claims import ClaimMarker
from core.services.sessions.figures import FigureMarker, KnownFigures
from core.services.sessions.links import without_links

# The newest decisions of a quarter; more would not fit into one question.
TRADES_MAX = 30
REASON_CHARACTERS_MAX = 120
TEXT_CHARACTERS_MAX = 200


def known_before(legs: Iterable[LegRecord], end: datetime) -> tuple[LegRecord, ...]:
    """Return the legs with only those outcomes that had been measured before `end`."""
    return tuple(
        replace(leg, outcomes=tuple(item for item in leg.outcomes if item.measured_at < end))
        for leg in legs
    )


def sections_of(
    numbers: WeekNumbers, trades: Sequence[JudgedTrade], instruments: Sequence[Instrument]
) -> Sections:
    """Return the week's numbers and the trades with what was measured, as JSON texts."""
    names = {item.symbol: item.name for item in instruments}
    told = [
        {
            "id": item.record_id,
            "day": item.day.isoformat(),
            "symbol": item.symbol,
            "name": names.get(item.symbol, item.symbol),
            "side": item.side,
            "quantity": item.quantity,
            "author": item.author.value if item.author else "",
            "hypothetical": item.is_hypothetical,
            "reason": plain(item.reason, REASON_CHARACTERS_MAX),
            **{measure.value: value for measure, value in item.measures},
        }
        for item in trades
    ]
    week = json.dumps(asdict(numbers), ensure_ascii=False, default=str)
    return (("week", week), ("trades", json.dumps(told, ensure_ascii=False)))


def cleaner(kit: WeekKit, sections: Sections) -> Callable[[str], str]:
    """Return what makes a model's sentence presentable: one line, no link, no markup, marked."""
    names = tuple(item.name for item in kit.instruments)
    known = KnownFigures(names)
    for _kind, text in sections:
        known.learn_result(text)
    figures = FigureMarker(known, kit.phrases.say("sessions.unsourced"))
    claims = ClaimMarker(kit.phrases.say("sessions.unrecorded"), names)

    def clean(text: str) -> str:
        linkless = without_links(text, kit.phrases.say("sessions.link_removed"))
        return claims.marked(figures.marked(plain(linkless, TEXT_CHARACTERS_MAX)))

    return clean


def cleaned(findings: Iterable[Finding], clean: Callable[[str], str]) -> tuple[Finding, ...]:
    """Return the findings with presentable texts."""
    return tuple(replace(item, text=clean(item.text)) for item in findings)
