"""What the chat asks of the rest of the application: ports, and small Protocols of its own."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection, Mapping
from dataclasses import dataclass
from datetime import date
from typing import Protocol

from bot.chat.export_services import Exports, Sheet, Transcripts
from bot.chat.notice_services import NoticeDesk
from bot.chat.rule_services import Rules
from bot.chat.setup_services import SetupDesk
from bot.chat.ticket_desk import TicketDesk
from bot.chat.week_services import Letters, Prompts, RuleUndo, Weeks
from core.domain.account import AccountSnapshot
from core.domain.alerts import WatchFacts
from core.domain.briefing import Briefing
from core.domain.calendar import TradingCalendar
from core.domain.checkup import Check
from core.domain.conversation import ChatSession
from core.domain.instrument import Symbol
from core.domain.limits import LimitAnswer, LimitLine
from core.domain.memory import MemoryPage
from core.domain.model_calls import ModelCall, ModelCosts
from core.domain.news_facts import NewsFact
from core.domain.orders import Side
from core.domain.realised import Execution
from core.domain.reconciliation import Reconciliation
from core.domain.reflection import WeekNumbers
from core.domain.risk import Denied
from core.domain.what_if_verdict import WhatIf
from core.ports.adoption import RuleProposals
from core.ports.audit import AuditReader
from core.ports.backtests import Backtests
from core.ports.broker import BrokerIdentity
from core.ports.clock import Clock
from core.ports.desk import MarketReader, OrderReader, PortfolioReader
from core.ports.phrases import Phrases
from core.ports.pictures import ChartPainter, Course
from core.ports.switch import TradingSwitch
from core.runtime.interlock import Standing
from core.services.market.days import DayAnswer
from core.services.memory.service import Forgotten
from core.services.orders.flattening import CancelResult, Exposure, Flattened
from core.services.orders.open_points import OpenPoints, Resumed
from core.services.orders.values import Click, ClickOutcome
from core.services.reflection.weekly import Span
from core.services.sessions.values import AnswerEvent
from core.services.watch.wishes import WishBook


class Exits(Protocol):
    """Getting out (core.services.orders.flattening)."""

    async def exposure(self) -> Exposure:
        """Read what is held and what is still buying. Raises BrokerError."""

    async def cancel_open(
        self, click: Click, sides: Collection[Side] = ...
    ) -> tuple[CancelResult, ...] | ClickOutcome:
        """Drop or ask to cancel every open order; say what came of each."""

    async def flatten(self, click: Click) -> Flattened | Denied | ClickOutcome:
        """Offer one ticket that sells everything sellable. Raises BrokerError."""


class Resumption(Protocol):
    """Switching on again (core.services.orders.open_points)."""

    async def look(self) -> OpenPoints:
        """Read what stands open now."""

    async def resume(self, click: Click, *, is_owner: bool) -> Resumed | ClickOutcome:
        """Lift what this person may lift. Raises StorageError when a halt stays."""


class Books(Protocol):
    """Ours against theirs (core.services.orders)."""

    async def reconcile(self) -> Reconciliation:
        """Compare orders, positions and cash with the broker's, and change nothing."""

    async def accept_difference(self, click: Click, symbol: Symbol) -> ClickOutcome:
        """Take the broker's number of shares of one symbol for ours; an owner decides."""


class Refusals(Protocol):
    """Where refusals are written down (core.runtime.refusals)."""

    async def note(self, user_id: int, user_name: str, what: str, place: int, why: str) -> None:
        """Journal one refusal; whoever keeps trying is an alarm."""


class Arming(Protocol):
    """The real-money interlock (core.runtime.interlock)."""

    async def standing(self) -> Standing:
        """Examine everything anew and say where it stands; as slow as a read of the account."""

    async def arm(self, owner_id: int, typed_text: str) -> Standing:
        """Arm if everything else is there, an owner asks and the text is right."""

    async def disarm(self, owner_id: int) -> bool:
        """Close the real account at once; False for who is no owner. Raises StorageError."""


class Limits(Protocol):
    """The limits in force and what is used of them (bot.operations.limit_desk)."""

    async def lines(self) -> tuple[LimitLine, ...]:
        """Return every limit that people may tighten, as it stands."""

    async def tighten(self, name: str, value: int, *, actor: str) -> LimitAnswer:
        """Put a tighter value in force at once; a looser one waits for the next start."""


class Sessions(Protocol):
    """Conversations in threads (core.services.sessions)."""

    async def open(
        self, *, thread_id: int, channel_id: int, owner_id: int, title: str
    ) -> ChatSession:
        """Store a new session."""

    def ask(
        self, thread_id: int, user_id: int, user_name: str, text: str
    ) -> AsyncGenerator[AnswerEvent, None]:
        """Answer one message piece by piece."""

    async def idle(self) -> tuple[ChatSession, ...]:
        """Return the sessions that nobody wrote in for the idle time."""

    async def awaiting_archive(self) -> tuple[ChatSession, ...]:
        """Return the summarised sessions whose threads a live ticket or order kept open."""

    async def summarise(self, thread_id: int) -> str:
        """Write, store and return the summary of a session; it stays open until `mark_told`."""

    async def mark_told(self, session: ChatSession) -> bool:
        """Note that people can see the summary; False when somebody wrote meanwhile."""

    async def mark_archived(self, thread_id: int) -> None:
        """Store that the thread was archived."""

    async def reopen(self, thread_id: int) -> object:
        """Continue a summarised or archived session with its memory."""

    async def session(self, thread_id: int) -> ChatSession | None:
        """Return the session of a thread."""


class Cycle(Protocol):
    """The daily cycle (core.flows)."""

    async def briefing_today(self) -> Briefing | None:
        """Return today's briefing, or None before there is one."""


class Days(Protocol):
    """Takes a person's word for a day that the calendar cannot settle (core.services.market)."""

    async def answer(self, day: date, *, is_open: bool, actor: str) -> DayAnswer:
        """Rule that the day is a session, or none."""


class Watching(Protocol):
    """The watchtower (core.services.watch): what people want to be told of, and what it sees."""

    wishes: WishBook

    def newest(self, symbol: Symbol) -> WatchFacts | None:
        """Return what is known of a symbol now, or None while no price may be believed."""


class Memories(Protocol):
    """What is remembered, for people who look into it (core.services.memory)."""

    async def look(self, reader: int, query: str, *, limit: int, skipped: int = 0) -> MemoryPage:
        """Return what `reader` may read: what contains every word of `query`, without one all."""

    async def forget(self, reader: int, note_id: int, *, may_forget_shared: bool) -> Forgotten:
        """Delete a note for good. What belongs to everybody needs the right to do so."""


class ModelReader(Protocol):
    """What the language model cost and was asked (bot.operations.model_books)."""

    async def costs(self) -> ModelCosts:
        """Read what today and this month have cost."""

    async def calls_about(self, subject: str) -> tuple[ModelCall, ...]:
        """Return the calls that led to a ticket or order, or the one call of that id."""


class Performance(Protocol):
    """What the account made in a span of days (core.services.reflection)."""

    async def numbers(self, week: Span, now: AccountSnapshot | None = None) -> WeekNumbers:
        """Return the numbers from what is stored, up to the account `now`. Raises StorageError."""

    async def course(self, span: Span) -> Course | None:
        """Return how the account went beside KODEX 200; None with fewer than two days."""

    async def trades_of(self, symbol: Symbol, span: Span) -> tuple[Execution, ...]:
        """Return what was traded of a symbol, oldest first."""


class WhatIfs(Protocol):
    """What else could have been done (core.services.reflection)."""

    async def what_if(self) -> WhatIf | None:
        """Reckon every course anew; None before there is anything to compare."""


class NewsFacts(Protocol):
    """What was read out of the news (core.ports.news.NewsFactArchive)."""

    async def facts_since(self, day: date, limit: int) -> tuple[NewsFact, ...]:
        """Return the facts of `day` and later, newest day first."""


class Installation(Protocol):
    """What this running bot is (bot.operations.installation)."""

    def identity(self) -> BrokerIdentity:
        """Say which account this is, and in which mode now."""

    def settings(self) -> Mapping[str, str]:
        """Return every setting by its name; secrets and account numbers are masked."""

    async def examine(self) -> tuple[Check, ...]:
        """Run the self-check. It looks and changes nothing."""


class StatusReader(Protocol):
    """How the application is doing (bot.operations)."""

    async def status(self, phrases: Phrases) -> list[tuple[str, str]]:
        """Return (name, text) lines, worded in the language of who asks."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatSettings:
    """Where the bot listens, and to whom. `locale` is the language of public messages.

    Owners may do everything, approvers all but what `Right.OWN` names, viewers may look.
    `extra_channel_ids` are places to act beside the two channels. `message_content` tells whether
    the privileged intent is granted; without it threads carry a reply button. With
    `private_threads` only whoever asked, approvers and owners see a thread.
    """

    guild_id: int
    main_channel_id: int
    alert_channel_id: int
    approver_ids: frozenset[int]
    viewer_ids: frozenset[int] = frozenset()
    owner_ids: frozenset[int] = frozenset()
    extra_channel_ids: frozenset[int] = frozenset()
    idle_minutes: int = 30
    message_content: bool = True
    private_threads: bool = False
    locale: str = "ko"

    @property
    def called_ids(self) -> frozenset[int]:
        """Who may approve, and is called when something has to be known: owners always are."""
        return self.approver_ids | self.owner_ids

    @property
    def channel_ids(self) -> frozenset[int]:
        """The channels where people may act; threads below them count."""
        return frozenset({self.main_channel_id, self.alert_channel_id}) | self.extra_channel_ids


@dataclass(frozen=True, slots=True, kw_only=True)
class ChatServices:
    """Everything the cogs, buttons and modals may call. `languages` maps ``ko`` and ``en``.

    `arming` is None where no order can reach a real account, `sheet` where no spreadsheet is named.
    """

    settings: ChatSettings
    languages: Mapping[str, Phrases]
    clock: Clock
    market: MarketReader
    portfolio: PortfolioReader
    orders: OrderReader
    switch: TradingSwitch
    tickets: TicketDesk
    exits: Exits
    resumption: Resumption
    audit: AuditReader
    books: Books
    limits: Limits
    rules: Rules
    setup: SetupDesk
    rule_proposals: RuleProposals
    arming: Arming | None
    refusals: Refusals
    sessions: Sessions
    cycle: Cycle
    days: Days
    backtests: Backtests
    watching: Watching
    notices: NoticeDesk
    memories: Memories
    model: ModelReader
    status: StatusReader
    calendar: TradingCalendar
    painter: ChartPainter
    performance: Performance
    what_ifs: WhatIfs
    exports: Exports
    sheet: Sheet | None
    transcripts: Transcripts
    news_facts: NewsFacts
    installation: Installation
    weeks: Weeks
    letters: Letters
    prompts: Prompts
    rule_undo: RuleUndo

    @property
    def public(self) -> Phrases:
        """The language of messages that everybody sees."""
        return self.languages[self.settings.locale]

    def for_locale(self, locale: str) -> Phrases:
        """Return the language of a Discord locale (``en-US``, ``ko``), else the public one."""
        return self.languages.get(locale.split("-", 1)[0], self.public)
