"""What everything else stands on: time, rules, languages, and what survives. Opened by the wiring."""

from __future__ import annotations

from contextlib import AsyncExitStack
from dataclasses import dataclass, field
from datetime import date
from pathlib import Path
from types import MappingProxyType

from bot import locales
from bot.brokerage import Brokerage
from bot.build_id import build_id
from bot.files.calendar import load_day_words
from bot.files.strategy import StrategySettings, load_strategy
from bot.monitoring.meters import PrometheusMeters
from bot.operations.discord_rest import DISCORD_API
from bot.operations.patient import Patient
from bot.operations.process_lock import ProcessLock
from bot.sandbox_link import SandboxAddresses, SandboxLink, redirect_discord
from bot.settings import Settings
from core.domain.calendar import Ruling, TradingCalendar
from core.domain.day_consensus import with_overrides
from core.errors import ConfigurationError
from core.llm.embeddings import OpenAIEmbedder
from core.ports.broker import Broker
from core.ports.clock import Clock
from core.ports.memory import VectorArchive
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.runtime.notice_book import NoticeBook
from core.runtime.setup_book import SetupBook
from core.runtime.supervisor import TaskSupervisor
from core.services.alerts.book import ConditionBook
from core.services.memory.meaning import Meaning
from core.services.memory.service import MemoryService
from storage.backups.dumping import dump_before_upgrade
from storage.bars import SqlBarArchive
from storage.cycles import SqlCycleArchive
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.memory.notes import SqlMemoryArchive
from storage.model_calls import SqlModelCallArchive
from storage.moving import refuse_while_orders_are_open
from storage.news_facts import SqlNewsFactArchive
from storage.opening import open_database
from storage.prompts import SqlPromptArchive
from storage.sessions import SqlSessionArchive

LOCK_FILE = "bot.lock"
QDRANT_SECONDS = 5


@dataclass(frozen=True, slots=True, kw_only=True)
class World:
    """Time, places and rules: what everything else stands on."""

    settings: Settings
    strategy: StrategySettings
    clock: Clock
    supervisor: TaskSupervisor
    calendar: TradingCalendar
    # What the calendar looks into; ruled by core.services.market.days while running.
    rulings: dict[date, Ruling]
    languages: dict[str, Phrases]
    sandbox: SandboxAddresses | None
    # What owners chose over the settings; None before the database is open.
    setup: SetupBook | None = None
    # What people want to hear and when; None before the database is open.
    notices: NoticeBook | None = None
    # What is counted as it happens, whoever may ask for it.
    meters: PrometheusMeters = field(default_factory=PrometheusMeters)
    # What is wrong now, as the last look found it.
    conditions: ConditionBook = field(default_factory=ConditionBook)

    @property
    def phrases(self) -> Phrases:
        """The language of messages that everybody sees."""
        return self.languages[self.settings.locale]

    @property
    def model_url(self) -> str | None:
        """Where the language model is asked; None is the vendor's own address."""
        return self.sandbox.model if self.sandbox else self.settings.openai_base_url or None

    def patient(self, database: Database, broker: Broker) -> Patient:
        """Return what the self-check examines of a running bot."""
        return Patient(
            settings=self.settings,
            phrases=self.phrases,
            clock=self.clock,
            database=database,
            broker=broker,
            discord_api=self.sandbox.discord_api if self.sandbox else DISCORD_API,
            model_url=self.model_url or "",
        )


@dataclass(frozen=True, slots=True, kw_only=True)
class Stores:
    """What survives."""

    database: Database
    ledger: SqlLedger
    sessions: SqlSessionArchive
    memory: MemoryService
    cycles: SqlCycleArchive
    calls: SqlModelCallArchive
    bars: SqlBarArchive
    facts: SqlNewsFactArchive
    prompts: SqlPromptArchive


async def open_world(stack: AsyncExitStack, settings: Settings) -> World:
    """Lock the data folder and choose the clock: the host's, or the sandbox's."""
    try:
        settings.data_dir.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise ConfigurationError(
            f"DATA_DIR: {settings.data_dir} cannot be made: {error.strerror}"
        ) from error
    stack.enter_context(ProcessLock(settings.data_dir / LOCK_FILE))
    supervisor = TaskSupervisor()
    clock: Clock = SystemClock()
    addresses: SandboxAddresses | None = None
    if settings.sandbox_url:
        link = SandboxLink(settings.sandbox_url)
        stack.push_async_callback(link.close)
        addresses, stepped = await link.open()
        redirect_discord(addresses)
        clock = stepped
        link.follow(stepped, supervisor)
    stack.push_async_callback(supervisor.aclose)
    rulings = with_overrides(load_day_words(settings.data_dir))
    return World(
        settings=settings,
        strategy=load_strategy(settings.data_dir),
        clock=clock,
        supervisor=supervisor,
        calendar=TradingCalendar(MappingProxyType(rulings)),
        rulings=rulings,
        languages={name: _language(name, settings) for name in locales.LOCALES},
        sandbox=addresses,
    )


async def open_stores(stack: AsyncExitStack, world: World, brokerage: Brokerage) -> Stores:
    """Open the database and stamp it with broker, mode and account."""
    settings = world.settings
    _rename_watched(settings.data_dir)
    await refuse_while_orders_are_open(settings.database)
    await dump_before_upgrade(settings.database, settings.backups)
    database = await open_database(settings.database)
    stack.push_async_callback(database.close)
    identity = brokerage.adapter.identity
    await database.stamp(identity.broker, identity.mode, identity.account_hash)
    sessions = SqlSessionArchive(database)
    archive = SqlMemoryArchive(database, settings.discord_guild_id, build_id())
    meaning = _open_meaning(stack, world, database, identity.account_hash)
    return Stores(
        database=database,
        ledger=SqlLedger(database, build_id()),
        sessions=sessions,
        memory=MemoryService(archive, sessions, world.clock, meaning),
        cycles=SqlCycleArchive(database),
        calls=SqlModelCallArchive(database),
        bars=SqlBarArchive(database),
        facts=SqlNewsFactArchive(database),
        prompts=SqlPromptArchive(database),
    )


def _open_meaning(
    stack: AsyncExitStack, world: World, database: Database, account_hash: str
) -> Meaning | None:
    """Return what finds by meaning; None without an embedding model or a key."""
    settings = world.settings
    key, model = settings.openai_api_key.get_secret_value(), settings.openai_embedding_model
    if not key or not model:
        return None
    embedder = OpenAIEmbedder(api_key=key, model=model, base_url=world.model_url)
    stack.push_async_callback(embedder.close)
    return Meaning(embedder, _open_vectors(stack, settings, database, account_hash))


def _open_vectors(
    stack: AsyncExitStack, settings: Settings, database: Database, account_hash: str
) -> VectorArchive:
    """Return where vectors are kept: rows by default, Qdrant by its address.

    Nothing is asked of the server yet: one that is down keeps nobody from starting. Raises
    ConfigurationError when its client is not installed.
    """
    # Late: most bots need neither numpy nor the client.
    if not settings.qdrant_url:
        from storage.memory.vectors import SqlVectorArchive

        return SqlVectorArchive(database, settings.discord_guild_id)
    try:
        from qdrant_client import AsyncQdrantClient

        from storage.memory.qdrant_vectors import QdrantVectorArchive
    except ImportError as error:
        raise ConfigurationError("QDRANT_URL needs the extra qdrant (qdrant-client)") from error
    client = AsyncQdrantClient(
        url=settings.qdrant_url,
        api_key=settings.qdrant_api_key.get_secret_value() or None,
        timeout=QDRANT_SECONDS,
        check_compatibility=False,  # it would ask the server before it is needed
    )
    stack.push_async_callback(client.close)
    return QdrantVectorArchive(database, client, settings.discord_guild_id, account_hash)


def _rename_watched(folder: Path) -> None:
    """Give the database of a watched account its name of today; only its mode was in the old one.

    The log first: a start that dies in between goes on where this one stopped.
    """
    old, new = folder / "autotrade-observe.db", folder / "autotrade-real.db"
    if not old.exists() or new.exists():
        return
    for ending in ("-wal", "-shm", ""):
        part = old.with_name(old.name + ending)
        if part.exists():
            part.rename(new.with_name(new.name + ending))


def _language(name: str, settings: Settings) -> Phrases:
    """Return one language; where every price is invented, every message that names the mode says so."""
    phrases = locales.load(name)
    if settings.has_invented_prices:
        return phrases.standing_in("embeds.mode_sim", "embeds.mode_sim_invented")
    return phrases
