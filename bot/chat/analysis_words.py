"""The market analysis and the model's review of the plan as short lines for a phone."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime
from decimal import Decimal

from bot.chat.account_embed import mark_of
from bot.chat.leg_words import NAME_MAX, side_word
from bot.chat.text import one_line
from core.domain.krx import KST
from core.domain.market_analysis import MarketAnalysis, Mover, Movers, Source
from core.domain.plan_review import PlanChange, ReviewedPlan, ReviewState
from core.ports.phrases import Phrases

# The whole rankings are kept; a phone shows their heads.
MOVERS_SHOWN = 3
REASON_MAX = 220
TEXT_MAX = 400


def analysis_lines(analysis: MarketAnalysis, phrases: Phrases) -> Iterator[str]:
    """Yield each figure with where it comes from; what is missing says why."""
    at = _at(analysis.taken_at)
    kospi = analysis.kospi
    if kospi is None:
        yield phrases.say("analysis.kospi_none", gap=_gap(analysis.kospi_gap.value, phrases))
    else:
        yield phrases.say(
            "analysis.kospi",
            level=kospi.level,
            mark=mark_of(float(kospi.change_percent)),
            change=kospi.change_percent,
            at=_at(kospi.at),
        )
    yield phrases.say(
        "analysis.sentiment",
        sentiment=phrases.say(f"analysis.sentiment_{analysis.sentiment.value}"),
        known=analysis.known,
        rising=analysis.rising,
    )
    if analysis.volatility_bps is not None:
        yield phrases.say(
            "analysis.volatility",
            volatility=_percent(analysis.volatility_bps),
            count=analysis.volatility_of,
        )
    yield _strengths(analysis, phrases, at)
    yield _movers(analysis.by_volume, "analysis.volume", phrases, at)
    if analysis.decliners.rows:
        yield _movers(analysis.decliners, "analysis.decliners", phrases, at)
    else:
        source = _source(analysis.decliners.source, phrases, at)
        yield phrases.say("analysis.no_decliners", source=source)


def review_lines(reviewed: ReviewedPlan, phrases: Phrases) -> Iterator[str]:
    """Yield what the model changed, the strategy's own quantity beside it, and its words."""
    if reviewed.state is ReviewState.OFFLINE:
        yield phrases.say("review.offline")
    elif reviewed.state is ReviewState.FAILED:
        yield phrases.say("review.failed")
    elif reviewed.is_overruled:
        yield phrases.say("review.overruled")
    elif not reviewed.changes:
        yield phrases.say("review.same")
    for change in reviewed.changes:
        yield _change(change, phrases)
    if reviewed.review is not None:
        for key, text in (
            ("review.why", reviewed.review.justification),
            ("review.risk", reviewed.review.risk_assessment),
            ("review.outcome", reviewed.review.expected_outcome),
        ):
            if text:
                yield phrases.say(key, text=one_line(text, TEXT_MAX))


def _change(change: PlanChange, phrases: Phrases) -> str:
    return phrases.say(
        "review.change" if change.followed else "review.veto",
        side=side_word(change.side, phrases),
        name=one_line(change.name, NAME_MAX),
        symbol=change.symbol,
        planned=change.planned,
        followed=change.followed,
        reason=one_line(change.reason, REASON_MAX),
    )


def _strengths(analysis: MarketAnalysis, phrases: Phrases, at: str) -> str:
    if not analysis.strengths:
        gap = _gap(analysis.strength_gap.value, phrases)
        return phrases.say("analysis.strength_none", gap=gap)
    items = ", ".join(
        phrases.say("analysis.strong", name=one_line(item.name, NAME_MAX), percent=item.percent)
        for item in analysis.strengths[:MOVERS_SHOWN]
    )
    return phrases.say("analysis.strength", items=items, at=at)


def _movers(movers: Movers, key: str, phrases: Phrases, at: str) -> str:
    items = ", ".join(_mover(item, phrases) for item in movers.rows[:MOVERS_SHOWN])
    return phrases.say(key, items=items or "-", source=_source(movers.source, phrases, at))


def _mover(item: Mover, phrases: Phrases) -> str:
    return phrases.say(
        "analysis.mover", name=one_line(item.name, NAME_MAX), change=_percent(item.change_bps)
    )


def _source(source: Source, phrases: Phrases, at: str) -> str:
    return phrases.say(f"analysis.source_{source.value}", at=at)


def _gap(gap: str, phrases: Phrases) -> str:
    return phrases.say(f"analysis.gap_{gap}")


def _percent(bps: int) -> Decimal:
    return Decimal(bps) / 100


def _at(instant: datetime) -> str:
    return f"{instant.astimezone(KST):%H:%M}"
