"""The part of the graph that talks and plans: model, conversations, the daily cycle."""

from __future__ import annotations

from contextlib import AsyncExitStack
from functools import partial

from bot.foundations import Stores, World
from bot.pictures.painter import ChildPainter
from core.domain.risk import Denied
from core.domain.tickets import Author
from core.flows.kit import (
    CycleDesk,
    CycleKit,
    CycleOutlets,
    CycleRules,
    CycleSources,
    CycleStores,
)
from core.llm.analyst import OfflineAnalyst
from core.llm.dialogue import ToolDialogue
from core.llm.openai_model import OpenAIChatModel, OpenAISettings
from core.news.latest import LatestNews
from core.ports.model import ChatModel
from core.runtime.identifiers import SystemIdentifiers
from core.services.audit.reader import AuditTrail
from core.services.orders.context import DeskContext
from core.services.orders.desk import OrderDesk
from core.services.portfolio.service import PortfolioService
from core.services.risk.wording import explain
from core.services.sessions.service import SessionService, SessionSettings
from core.services.sessions.tools import SessionTools, ToolDesk
from storage.passages import SqlPassageArchive


async def open_model(stack: AsyncExitStack, world: World) -> tuple[ChatModel, Author]:
    """Return the model and how its proposals are signed: the given one, or our own rules."""
    settings = world.settings
    key = settings.openai_api_key.get_secret_value()
    if not key:
        return OfflineAnalyst(world.languages, settings.locale), Author.ANALYST
    model = OpenAIChatModel(
        OpenAISettings(
            api_key=key,
            model=settings.openai_model,
            flash_model=settings.openai_flash_model,
            base_url=world.sandbox.model if world.sandbox else settings.openai_base_url or None,
        )
    )
    stack.push_async_callback(model.close)
    return model, Author.MODEL


def sessions(  # noqa: PLR0917 - called once, by the wiring
    world: World,
    stores: Stores,
    context: DeskContext,
    desk: OrderDesk,
    portfolio: PortfolioService,
    news: LatestNews,
    model: ChatModel,
    author: Author,
    painter: ChildPainter,
) -> SessionService:
    """Build the conversations."""
    tools = SessionTools(
        ToolDesk(
            market=context.market,
            portfolio=portfolio,
            orders=desk,
            proposer=desk,
            memory=stores.memory,
            painter=painter,
            calendar=world.calendar,
            clock=world.clock,
            phrases=world.phrases,
            news=news.latest,
            explain=partial(_explain, context),
            quantity_maximum=context.limits.quantity_maximum,
        )
    )
    return SessionService(
        archive=stores.sessions,
        memory=stores.memory,
        ledger=stores.ledger,
        model=model,
        dialogue=ToolDialogue(),
        tools=tools,
        clock=world.clock,
        identifiers=SystemIdentifiers(),
        phrases=world.phrases,
        settings=SessionSettings(author=author, idle_minutes=world.settings.idle_minutes),
    )


def cycle_kit(
    world: World,
    stores: Stores,
    context: DeskContext,
    desk: OrderDesk,
    portfolio: PortfolioService,
    outlets: CycleOutlets,
    news: LatestNews,
    model: ChatModel,
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
        ),
        desk=CycleDesk(
            market=context.market,
            portfolio=portfolio,
            proposer=desk,
            preview=desk.preview,
            switch=context.switch,
        ),
        sources=CycleSources(
            news=news, model=model if isinstance(model, OpenAIChatModel) else None
        ),
        outlets=outlets,
        rules=CycleRules(
            clock=world.clock,
            calendar=world.calendar,
            parameters=world.strategy.parameters,
            broker=context.broker,
            limits=context.limit_source,
            costs=context.costs,
        ),
    )


def _explain(context: DeskContext, denied: Denied) -> str:
    return explain(denied.violations, context.phrases, context.market)
