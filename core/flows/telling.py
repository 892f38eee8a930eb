"""Steps 7 and 8: the briefing, and what is remembered of it."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from datetime import date, timedelta

import structlog

from core.domain.briefing import Briefing
from core.domain.market import BarSeries
from core.domain.memory import MemoryNote
from core.domain.plan import TradingPlan
from core.errors import BrokerError, TradingError
from core.flows.fault_words import fault_words
from core.flows.kit import CycleKit
from core.flows.reviewing import change_line
from core.flows.step_runner import RETRY_SECONDS
from core.flows.values import Remembered, Told
from core.ports.pictures import ChartSpec

_LOG = structlog.get_logger(__name__)
NAV_DAYS = 90
MARKET_SESSIONS = 60
CHART_SECONDS_MAX = 60.0
# Four tries of a Discord that does not answer fit into the step beside the chart.
SHOW_SECONDS_MAX = 12.0


async def brief(kit: CycleKit, draft: Briefing, *, dry_run: bool) -> Told:
    """Add the chart and show it. A failed chart is a warning, never a failure.

    Nor is a Discord that is away: what could not be shown is kept, and posted later.
    """
    if dry_run:
        return Told(briefing=draft)
    chart, briefing = await charted(kit, draft)
    shown = await show(kit, briefing, chart)
    for wait_seconds in () if shown else RETRY_SECONDS:
        await kit.rules.clock.sleep(wait_seconds)
        shown = await show(kit, briefing, chart)
        if shown:
            break
    return Told(briefing=briefing, shown=shown)


async def show(kit: CycleKit, briefing: Briefing, chart: bytes | None) -> bool:
    """Post the briefing once; return whether people can see it."""
    try:
        async with asyncio.timeout(SHOW_SECONDS_MAX):
            await kit.outlets.reports.show_briefing(briefing, chart)
    except (TradingError, TimeoutError) as error:
        _LOG.warning("briefing not shown yet", day=briefing.day.isoformat(), error=repr(error))
        return False
    return True


def plan_lines(kit: CycleKit, plan: TradingPlan) -> list[str]:
    """Return the plan as plain lines: the actions with reasons, or why there are none."""
    lines = [
        kit.say(
            "cycle.plan_line",
            side=kit.say(f"cycle.side_{item.side.value}"),
            name=item.name,
            symbol=item.symbol,
            quantity=item.quantity,
            price=item.price_won,
            reason=item.justification,
        )
        for item in plan.actions
    ]
    return [*lines, *(text for text in (plan.why_nothing, plan.risk_assessment) if text)]


async def charted(kit: CycleKit, briefing: Briefing) -> tuple[bytes | None, Briefing]:
    """Return the picture, and the briefing with a warning when there is none for a fault."""
    if kit.outlets.painter is None:
        return None, briefing
    rankings = briefing.plan.rankings if briefing.plan else ()
    spec = ChartSpec(
        title=kit.say("cycle.chart_title", day=briefing.day),
        subtitle=kit.say(
            "cycle.chart_subtitle", mode=kit.say(f"embeds.mode_{briefing.mode.value}")
        ),
        rankings=rankings,
        nav=await nav_points(kit),
        # Without a ranking there is still a market to look at.
        series=() if rankings else await _market_series(kit, briefing.day),
        names=tuple((item.symbol, item.name) for item in kit.desk.market.instruments()),
    )
    if not (spec.rankings or spec.nav or spec.series):
        return None, briefing
    try:
        async with asyncio.timeout(CHART_SECONDS_MAX):
            return await kit.outlets.painter.paint(spec), briefing
    except (TradingError, TimeoutError, OSError) as error:
        warning = kit.say("cycle.chart_failed", error=fault_words(kit.outlets.phrases, error))
        return None, replace(briefing, warnings=(*briefing.warnings, warning))


async def _market_series(kit: CycleKit, day: date) -> tuple[BarSeries, ...]:
    """Return the closes of the universe's first instrument; nothing when they cannot be read."""
    first = kit.desk.market.instruments()[:1]
    try:
        async with asyncio.timeout(CHART_SECONDS_MAX):
            found = [
                await kit.desk.market.bars(item.symbol, MARKET_SESSIONS, day, adjusted=False)
                for item in first
            ]
    except (BrokerError, TimeoutError):
        return ()
    return tuple(series for series in found if series.bars)


async def nav_points(kit: CycleKit) -> tuple[tuple[str, int], ...]:
    """Return the stored net asset values of the last `NAV_DAYS`, oldest first."""
    since = kit.rules.clock.now() - timedelta(days=NAV_DAYS)
    async with kit.stores.ledger.transaction() as books:
        history = await books.nav_history(since)
    return tuple((at.isoformat(), nav_won) for at, nav_won in history)


async def remember(kit: CycleKit, briefing: Briefing) -> Remembered:
    """Store the briefing and each proposal with its verdict. Running again replaces, never adds."""
    notes = [_briefing_note(kit, briefing), *_proposal_notes(kit, briefing)]
    await kit.stores.memory.remember(*notes)
    return Remembered(notes=len(notes))


def _briefing_note(kit: CycleKit, briefing: Briefing) -> MemoryNote:
    lines = [kit.say("cycle.chart_title", day=briefing.day), briefing.comment]
    symbols: tuple[str, ...] = ()
    if briefing.plan is not None:
        lines += plan_lines(kit, briefing.plan)
        symbols = tuple(item.symbol for item in briefing.plan.actions)
    lines += [line.text for line in briefing.news_summary]
    lines += briefing.news_facts
    if briefing.reviewed is not None:
        lines += [change_line(kit, change) for change in briefing.reviewed.changes]
        symbols = tuple(dict.fromkeys((*symbols, *(c.symbol for c in briefing.reviewed.changes))))
    lines += [line.title for line in briefing.news]
    return MemoryNote(
        kind="briefing",
        text="\n".join(line for line in lines if line),
        day=briefing.day,
        source=f"briefing:{briefing.day}",
        symbols=symbols,
        created_at=kit.rules.clock.now(),
    )


def _proposal_notes(kit: CycleKit, briefing: Briefing) -> list[MemoryNote]:
    if briefing.plan is None:
        return []
    verdict = (
        kit.say("cycle.verdict_ticket", ticket=briefing.ticket_id)
        if briefing.ticket_id
        else kit.say("cycle.verdict_none", reasons=" / ".join(briefing.refusals) or "-")
    )
    notes = []
    for item in briefing.plan.actions:
        line = kit.say(
            "cycle.plan_line",
            side=kit.say(f"cycle.side_{item.side.value}"),
            name=item.name,
            symbol=item.symbol,
            quantity=item.quantity,
            price=item.price_won,
            reason=item.justification,
        )
        notes.append(
            MemoryNote(
                kind="proposal",
                text=f"{line}\n{verdict}",
                day=briefing.day,
                source=f"proposal:{briefing.day}:{item.symbol}:{item.side.value}",
                symbols=(item.symbol,),
                created_at=kit.rules.clock.now(),
            )
        )
    return notes
