"""What the model is shown of a week, and how its sentences are cleaned before anybody reads them."""

from __future__ import annotations

import json
from collections.abc import Iterable, Sequence
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


def cleaned(
    kit: WeekKit, findings: Iterable[Finding], trades: Sequence[JudgedTrade], sections: Sections
) -> tuple[Finding, ...]:
    """Return the findings with presentable texts: one line, no link, no markup, marked.

    Figures that were not shown are marked. So is what is said to have been ordered, unless all the
    trades that the finding names were filled.
    """
    names = tuple(item.name for item in kit.instruments)
    known = KnownFigures(names)
    for _kind, text in sections:
        known.learn_result(text)
    figures = FigureMarker(known, kit.phrases.say("sessions.unsourced"))
    claims = ClaimMarker(kit.phrases.say("sessions.unrecorded"), names)
    filled = {item.record_id for item in trades if not item.is_hypothetical}

    def clean(finding: Finding) -> Finding:
        linkless = without_links(finding.text, kit.phrases.say("sessions.link_removed"))
        marked = figures.marked(plain(linkless, TEXT_CHARACTERS_MAX))
        named = {item.trade for item in finding.evidence}
        return replace(finding, text=marked if named <= filled else claims.marked(marked))

    return tuple(clean(item) for item in findings)
