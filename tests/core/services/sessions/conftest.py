"""One session service on a real SQLite file, with fakes only at the ports beside it."""

from __future__ import annotations

from collections.abc import AsyncIterator
from pathlib import Path

import pytest

from bot.locales import load
from core.domain.calendar import TradingCalendar
from core.domain.risk import Denied
from core.domain.tickets import Author
from core.llm.analyst import OfflineAnalyst
from core.llm.dialogue import ToolDialogue
from core.ports.model import ChatModel
from core.ports.news import NewsDigest
from core.services.memory.service import MemoryService
from core.services.sessions.service import SessionService, SessionSettings
from core.services.sessions.tools import SessionTools, ToolDesk
from core.strategy.parameters import Parameters
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.memory.notes import SqlMemoryArchive
from storage.model_calls import SqlModelCallArchive
from storage.news_facts import SqlNewsFactArchive
from storage.opening import open_database
from storage.sessions import SqlSessionArchive
from tests.fakes.fake_chat_services import FakeBacktests, FakeLimits
from tests.fakes.session_desk import (
    CountingIdentifiers,
    DotPainter,
    FixedClock,
    HeldPortfolio,
    ListedMarket,
    ListedOrders,
    RecordingProposer,
    ShownMarketData,
)

THREAD = 900


def explain(denied: Denied) -> str:
    return " ".join(f"거부: {item.rule.value}" for item in denied.violations)


class Room:
    """Everything one test touches."""

    def __init__(self, database: Database) -> None:
        self.archive = SqlSessionArchive(database)
        self.ledger = SqlLedger(database)
        self.calls = SqlModelCallArchive(database)
        self.clock = FixedClock()
        self.memory = MemoryService(SqlMemoryArchive(database), self.archive, self.clock)
        self.market = ListedMarket()
        self.market_data = ShownMarketData()
        self.backtests = FakeBacktests()
        self.portfolio = HeldPortfolio()
        self.orders = ListedOrders()
        self.proposer = RecordingProposer()
        self.painter = DotPainter()
        self.facts = SqlNewsFactArchive(database)
        self.digest: NewsDigest | None = None
        self.phrases = load("ko")
        self.own_rules: tuple[tuple[str, str], ...] = ()
        self.tools = SessionTools(
            ToolDesk(
                market=self.market,
                market_data=self.market_data,
                limits=FakeLimits(),
                ledger=self.ledger,
                parameters=Parameters(),
                backtests=self.backtests,
                portfolio=self.portfolio,
                orders=self.orders,
                proposer=self.proposer,
                memory=self.memory,
                painter=self.painter,
                calendar=TradingCalendar(),
                clock=self.clock,
                phrases=self.phrases,
                news=lambda: self.digest,
                facts=self.facts,
                explain=explain,
                quantity_maximum=10_000,
                own_rules=lambda: self.own_rules,
            )
        )

    def service(self, model: ChatModel | None = None, *, stands_in: bool = False) -> SessionService:
        analyst = OfflineAnalyst({"ko": load("ko"), "en": load("en")})
        return SessionService(
            archive=self.archive,
            memory=self.memory,
            ledger=self.ledger,
            model=model or analyst,
            calls=self.calls,
            dialogue=ToolDialogue(),
            tools=self.tools,
            clock=self.clock,
            identifiers=CountingIdentifiers(),
            phrases=self.phrases,
            settings=SessionSettings(author=Author.MODEL if model else Author.ANALYST),
            stand_in=analyst if stands_in else None,
        )

    async def opened(
        self, model: ChatModel | None = None, *, stands_in: bool = False
    ) -> SessionService:
        service = self.service(model, stands_in=stands_in)
        await service.open(thread_id=THREAD, channel_id=1, owner_id=42, title="대화")
        return service


@pytest.fixture
async def room(database_file: Path) -> AsyncIterator[Room]:
    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    try:
        yield Room(database)
    finally:
        await database.close()
