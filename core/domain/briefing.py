"""What the 08:00 briefing and the 15:45 closing report say."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, datetime

from core.domain.account import Portfolio
from core.domain.books import SymbolHold
from core.domain.instrument import Symbol
from core.domain.journal import JournalHead
from core.domain.market_analysis import MarketAnalysis
from core.domain.modes import Mode
from core.domain.news_facts import SummaryLine
from core.domain.orders import FillObservation, Order
from core.domain.plan import TradingPlan
from core.domain.plan_review import ReviewedPlan


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsLine:
    """One headline of the digest, plain text, with its source and the instruments it names.

    `published_at` is None only in what an older version stored.
    """

    source: str
    title: str
    published_at: datetime | None
    symbols: tuple[Symbol, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Briefing:
    """The morning briefing. `portfolio` and `plan` are None when their step failed.

    `plan` is the one that is followed; `reviewed` says who looked at the strategy's and what became
    smaller. `analysis` and `reviewed` are None in what an older version stored, too.
    `refusals` are the guard's sentences about legs it refused; `warnings` what went wrong on the
    way (a failed optional step, an unreadable feed, one series used for both purposes).
    `news_summary` and `news_facts` (in words) were read out of the headlines, `news_note` says by
    whom.
    """

    day: date
    mode: Mode
    account: str
    portfolio: Portfolio | None
    plan: TradingPlan | None
    ticket_id: str | None
    refusals: tuple[str, ...]
    news: tuple[NewsLine, ...]
    comment: str
    warnings: tuple[str, ...]
    created_at: datetime
    news_summary: tuple[SummaryLine, ...] = ()
    news_facts: tuple[str, ...] = ()
    news_note: str = ""
    analysis: MarketAnalysis | None = None
    reviewed: ReviewedPlan | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class ClosingReport:
    """The report after the close: what was done, at what cost, and what is still open.

    `journal` is how long the audit trail is and the hash that stands for all of it: once posted, a
    line altered later no longer fits what people have seen. `holds` are the symbols whose shares
    differ from the broker's after the comparison that goes before the report, `cash_moved_won` the
    change of the deposit that the day's comparisons could not explain by trades.
    """

    day: date
    mode: Mode
    account: str
    portfolio: Portfolio | None
    orders: tuple[Order, ...]
    fills: tuple[FillObservation, ...]
    fees_won: int
    taxes_won: int
    nav_before_won: int | None
    warnings: tuple[str, ...]
    created_at: datetime
    journal: JournalHead | None = None
    holds: tuple[SymbolHold, ...] = ()
    cash_moved_won: int = 0
