"""The part of the graph that talks and plans: model, conversations, the daily cycle."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from functools import partial

from bot.operations.backtest_child import ChildBacktests
from bot.operations.limit_desk import LimitDesk
from bot.pictures.painter import ChildPainter
from bot.wiring.foundations import Stores, World
from bot.wiring.model import Talkers
from bot.wiring.news import News
from bot.wiring.reflection import kept_prompt
from core.domain.risk import Denied
from core.flows.kit import (
    CycleDesk,
    CycleKit,
    CycleOutlets,
    CycleRules,
    CycleSources,
    CycleStores,
)
from core.llm.dialogue import ToolDialogue
from core.ports.market_data import MarketData
from core.runtime.identifiers import SystemIdentifiers
from core.services.audit.reader import AuditTrail
from core.services.orders.context import DeskContext
from core.services.orders.desk import OrderDesk
from core.services.portfolio.service import PortfolioService
from core.services.risk.wording import explain
from core.services.sessions.service import SessionService, SessionSettings
from core.services.sessions.tools import SessionTools, ToolDesk
from storage.passages import SqlPassageArchive
from storage.plans import SqlPlanArchive


@dataclass(frozen=True, slots=True, kw_only=True)
class Reading:
    """What commands and the tools of a conversation read alike."""

    market_data: MarketData
    news: News
    limits: LimitDesk
    backtests: ChildBacktests
    painter: ChildPainter
    own_rules: Callable[[], Sequence[tuple[str, str]]]


def sessions(
    world: World,
    stores: Stores,
    context: DeskContext,
    desk: OrderDesk,
    portfolio: PortfolioService,
    talkers: Talkers,
    reading: Reading,
) -> SessionService:
    """Build the conversations."""
    tools = SessionTools(
        ToolDesk(
            market=context.market,
            market_data=reading.market_data,
            portfolio=portfolio,
            orders=desk,
            limits=reading.limits,
            ledger=stores.ledger,
            parameters=world.strategy.parameters,
            backtests=reading.backtests,
            proposer=desk,
            memory=stores.memory,
            painter=reading.painter,
            calendar=world.calendar,
            clock=world.clock,
            phrases=world.phrases,
            news=reading.news.source.latest,
            facts=stores.facts,
            explain=partial(_explain, context),
            quantity_maximum=context.limits.quantity_maximum,
            own_rules=reading.own_rules,
        )
    )
    return SessionService(
        archive=stores.sessions,
        memory=stores.memory,
        ledger=stores.ledger,
        model=talkers.model,
        calls=stores.calls,
        dialogue=ToolDialogue(),
        tools=tools,
        clock=world.clock,
        identifiers=SystemIdentifiers(),
        phrases=world.phrases,
        settings=SessionSettings(author=talkers.author, idle_minutes=world.settings.idle_minutes),
        stand_in=talkers.analyst if talkers.metered else None,
    )


def cycle_kit(
    world: World,
    stores: Stores,
    context: DeskContext,
    desk: OrderDesk,
    portfolio: PortfolioService,
    outlets: CycleOutlets,
    talkers: Talkers,
    reading: Reading,
) -> CycleKit:
    """Put together what the daily cycle works with."""
    return CycleKit(
        stores=CycleStores(
            cycle=stores.cycles,
            memory=stores.memory,
            sessions=stores.sessions,
            ledger=stores.ledger,
            audit=AuditTrail(stores.ledger, stores.ledger),
            passages=SqlPassageArchive(stores.database, context.broker.identity.account_hash),
            facts=stores.facts,
            plans=SqlPlanArchive(stores.database),
            calls=stores.calls,
        ),
        desk=CycleDesk(
            market=context.market,
            portfolio=portfolio,
            proposer=desk,
            preview=desk.preview,
            switch=context.switch,
        ),
        sources=CycleSources(
            news=reading.news.source,
            reader=reading.news.reader,
            market_data=reading.market_data,
            planner=talkers.planner(world.settings.locale, kept_prompt(world, stores)),
            model=talkers.metered,
        ),
        outlets=outlets,
        rules=CycleRules(
            clock=world.clock,
            calendar=world.calendar,
            parameters=world.strategy.parameters,
            broker=context.broker,
            limits=context.limit_source,
            costs=context.costs,
            own=context.rules,
            in_words=reading.own_rules,
        ),
    )


def _explain(context: DeskContext, denied: Denied) -> str:
    return explain(denied.violations, context.phrases, context.market)
