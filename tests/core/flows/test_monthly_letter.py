"""The letter of a month on a real file: what it says, and that it is posted once."""

from __future__ import annotations

from collections import Counter
from collections.abc import AsyncIterator
from dataclasses import dataclass, field, replace
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from pathlib import Path
from typing import Any

import pytest

from bot.letter_words import lead, sections
from bot.locales import load
from core.domain.account import AccountSnapshot, Position
from core.domain.calendar import TradingCalendar
from core.domain.costs import CostModel
from core.domain.instrument import Instrument, Symbol, TaxType
from core.domain.journal import TradeRecord
from core.domain.krx import KST
from core.domain.leg_record import LegRecord
from core.domain.market import Bar
from core.domain.money import Won
from core.domain.month import Month
from core.domain.orders import OrderState, Side
from core.domain.outcomes import Unmeasured
from core.errors import DataError, TradingError
from core.flows.monthly_letter import LETTER_POSTED, MonthlyLetters
from core.ports.letters import MonthlyLetter, Turnover
from core.services.reflection.letters import LetterReader
from core.services.reflection.weekly import WeekReader
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.opening import open_database
from storage.outcomes import SqlOutcomeArchive
from storage.trade_history import SqlTradeHistory
from tests.bot.by_hand.test_reflect import MONDAY, cash_moved, trade
from tests.core.flows.week_world import SomeAccount
from tests.fakes.fake_cycle_desk import FakeCycleClock, FakeMarket, FakePainter
from tests.fakes.flat_bar import flat_bar

KODEX, GOLD = Symbol("069500"), Symbol("411060")
MARCH = Month(2023, 3)
KO = load("ko")
# Bars of KODEX 200 by session: 30,000 on the last one of February, 31,500 on the last of March.
FIRST, LAST = date(2023, 2, 28), date(2023, 3, 31)


def bars() -> list[Bar]:
    calendar, day, found = TradingCalendar(), FIRST, []
    while day <= LAST:
        close = 31_500 if day == LAST else 30_000
        found.append(flat_bar(KODEX, day, close))
        day = calendar.next_session(day)
    return found


@dataclass
class FakeSurface:
    shown: list[tuple[MonthlyLetter, bytes | None]] = field(default_factory=list)
    failures: list[TradingError] = field(default_factory=list)
    lost: list[TradingError] = field(default_factory=list)
    looked_for: list[str] = field(default_factory=list)
    copied: list[str] = field(default_factory=list)

    async def show_letter(self, letter: MonthlyLetter, chart_png: bytes | None) -> None:
        if self.failures:
            raise self.failures.pop(0)
        self.shown.append((letter, chart_png))
        if self.lost:
            raise self.lost.pop(0)
        await self.copy_letter(letter)

    async def copy_letter(self, letter: MonthlyLetter) -> None:
        self.copied.append(str(letter.month))

    async def has_letter(self, letter: MonthlyLetter) -> bool:
        self.looked_for.append(str(letter.month))
        return any(one.month == letter.month for one, _ in self.shown)


def at(day: date, hour: int = 15, minute: int = 45) -> datetime:
    return datetime.combine(day, time(hour, minute), tzinfo=KST)


async def value(ledger: SqlLedger, day: date, cash: int, shares: int = 0, price: int = 0) -> None:
    held = Position(
        symbol=KODEX,
        name="KODEX 200",
        quantity=shares,
        sellable=shares,
        average_cost_won=Decimal(30_000),
        price_won=Won(price),
    )
    account = AccountSnapshot(
        deposit_won=Won(cash),
        settled_d2_won=Won(cash),
        positions=(held,) if shares else (),
        taken_at=at(day),
    )
    async with ledger.transaction() as tx:
        await tx.save_snapshot(account)


class Counted(SqlTradeHistory):
    """Counts what is read of the books."""

    def __init__(self, database: Database, read: Counter[str]) -> None:
        super().__init__(database)
        self._read = read

    def __getattribute__(self, name: str) -> Any:
        if not name.startswith("_"):
            self._read[name] += 1
        return super().__getattribute__(name)


@dataclass
class World:
    """Everything that outlives a start; called, it builds the flow as a start does."""

    database: Database
    surface: FakeSurface = field(default_factory=FakeSurface)
    painter: FakePainter = field(default_factory=FakePainter)
    clock: FakeCycleClock = field(
        default_factory=lambda: FakeCycleClock(at(date(2023, 4, 3), 17, 40))
    )
    ledger: SqlLedger = field(init=False)
    read: Counter[str] = field(default_factory=Counter)

    def __post_init__(self) -> None:
        self.ledger = SqlLedger(self.database)

    def __call__(self) -> MonthlyLetters:
        history = Counted(self.database, self.read)
        funds = (
            Instrument(symbol=KODEX, name="KODEX 200", tax_type=TaxType.EXEMPT),
            Instrument(symbol=GOLD, name="ACE KRX금현물", tax_type=TaxType.HOLDING_PERIOD),
        )
        market = FakeMarket(universe=funds, raw_bars={KODEX: bars(), GOLD: bars()})
        numbers = WeekReader(
            archive=SqlOutcomeArchive(self.database),
            history=history,
            market=market,
            calendar=TradingCalendar(),
            costs=CostModel(),
        )
        reader = LetterReader(
            market=market,
            calendar=TradingCalendar(),
            numbers=numbers,
            broker=SomeAccount(),
        )
        return MonthlyLetters(
            reader=reader,
            ledger=self.ledger,
            surface=self.surface,
            calendar=TradingCalendar(),
            clock=self.clock,
            phrases=KO,
            painter=self.painter,
        )


@pytest.fixture
async def made(database_file: Path) -> AsyncIterator[World]:
    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    yield World(database)
    await database.close()


async def march(ledger: SqlLedger) -> None:
    """A month by hand: 1,000,000 at first, 100,000 paid in and 30,000 out, 20,000 lost."""
    await value(ledger, FIRST, 1_000_000)
    async with ledger.transaction() as tx:
        await trade(tx, "AAAAAAAA", Side.BUY, 10, "30000", days=1)
        await trade(tx, "BBBBBBBB", Side.SELL, 4, "29000", days=2)
        await trade(tx, "CCCCCCCC", Side.BUY, 2, "10000", days=1, symbol=GOLD)
        await trade(tx, "DDDDDDDD", Side.SELL, 2, "15000", days=3, symbol=GOLD)
        await tx.append_journal(cash_moved(2, 800_000, 900_000))
        await tx.append_journal(replace(cash_moved(3, 900_000, 870_000), at=MONDAY + timedelta(3)))
    await value(ledger, date(2023, 3, 7), 700_000, 10, 27_000)
    await value(ledger, date(2023, 3, 31), 861_000, 6, 31_500)


async def test_the_letter_tells_the_month_that_the_books_hold(made) -> None:
    await march(made.ledger)
    letters = made()
    assert await letters.post_due()
    [(letter, png)] = made.surface.shown
    assert png == b"\x89PNG"
    assert letter.month == MARCH
    # All figures of a letter are of one reading.
    books = ("executions_before", "snapshots_between", "flows_between", "openings")
    assert [made.read[name] for name in books] == [1, 1, 1, 1]
    assert (letter.numbers.nav_start_won, letter.numbers.nav_end_won) == (1_000_000, 1_050_000)
    assert (letter.paid_in_won, letter.paid_out_won) == (100_000, 30_000)
    assert letter.numbers.paid_in_won == 70_000
    assert letter.bought == Turnover(orders=2, won=320_000)
    assert letter.sold == Turnover(orders=2, won=146_000)
    kinds = {item.tax_type: item for item in letter.by_type}
    assert (kinds[TaxType.EXEMPT].losses_won, kinds[TaxType.EXEMPT].tax_won) == (-4_000, 0)
    gold = kinds[TaxType.HOLDING_PERIOD]
    assert (gold.gains_won, gold.sales) == (10_000, 1)
    # 15.4 % of the gain, cut to 10 won as the rates of the settings say.
    assert gold.tax_won == CostModel().gain_tax_won(TaxType.HOLDING_PERIOD, Decimal(10_000)) > 0
    # 22 sessions in March 2023, the first one a holiday; two have a stored value.
    assert (letter.sessions, letter.valued) == (22, 2)
    # What was filled is not what ended short of its shares.
    assert letter.unfilled == 0
    [spec] = made.painter.specs
    assert (spec.title, spec.locale) == ("2023년 3월 · 수익률과 하락", "ko")
    await made().picture(made.surface.shown[0][0], load("en"))
    english = made.painter.specs[-1]
    assert (english.locale, "2023" in english.title) == ("en", True)
    assert spec.course is not None
    assert spec.course.days[0] == FIRST


async def test_it_says_in_plain_words_what_went_badly_and_what_it_does_not_know(made) -> None:
    await march(made.ledger)
    letter = await made().read(MARCH)
    assert lead(letter, KO) == (
        "1,000,000원이던 계좌가 1,050,000원이 되었습니다. 넣고 뺀 돈을 빼고 보면 "
        "**20,000원 잃었습니다**(-2.0%)."
    )
    told = dict(sections(letter, KO))
    assert "KODEX 200은 +5.0%" in told["KODEX 200과 나란히"]
    assert "계좌가 7.0%p 못했습니다. 그냥 KODEX 200을" in told["KODEX 200과 나란히"]
    assert told["넣고 뺀 돈"].startswith("넣은 돈 100,000원 · 뺀 돈 30,000원\n")
    assert "매수 2건 320,000원 · 매도 2건 146,000원" in told["사고판 것"]
    assert "가장 잃은 매도: 03-08 KODEX 200 4주" in told["사고판 것"]
    assert "보유기간과세: 매도 1건 · 차익 +10,000원 · 차손 +0원" in told["비용과 세금"]
    bad = told["잘 안 된 것"]
    assert "3월 7일에는 그때까지의 고점보다 3.0% 아래에 있었습니다." in bad
    assert "손해 보고 판 것이 1건입니다: 03-08 KODEX 200" in bad
    unknown = told["이 편지가 모르는 것"]
    assert "거래일 22일 가운데 20일은 기록이 없습니다." in unknown
    assert "값이 있는 날이 2일뿐입니다." in unknown
    assert "판 것이 2건뿐이라" in unknown
    # The same headings in English, and no key of one language in the other.
    english = dict(sections(letter, load("en")))
    assert len(english) == len(told)
    assert "20 have no record" in english["What this letter does not know"]


async def test_every_losing_sale_is_counted_and_the_worst_are_named(made) -> None:
    await value(made.ledger, FIRST, 1_000_000)
    async with made.ledger.transaction() as tx:
        await trade(tx, "AAAAAAAA", Side.BUY, 20, "30000", days=1)
        for number in range(7):
            await trade(tx, f"BBBBBBB{number}", Side.SELL, 1, str(29_000 - number), days=2)
    letter = await made().read(MARCH)
    assert letter.losing_sales == 7
    bad = dict(sections(letter, KO))["잘 안 된 것"]
    assert "손해 보고 판 것이 7건입니다: 03-08 KODEX 200 1주" in bad


async def test_a_month_without_a_trade_and_a_first_month_say_so(made) -> None:
    await value(made.ledger, date(2023, 3, 20), 500_000)
    await value(made.ledger, date(2023, 3, 31), 500_000)
    letter = await made().read(MARCH)
    assert (
        lead(letter, KO) == "계좌는 500,000원에서 500,000원으로, 벌지도 잃지도 않았습니다(+0.0%)."
    )
    told = dict(sections(letter, KO))
    assert told["사고판 것"] == "한 주도 사고팔지 않았습니다."
    assert told["넣고 뺀 돈"] == "없었습니다."
    assert told["잘 안 된 것"] == "숫자에 드러난 것은 없습니다. 운이 좋았을 수도 있습니다."
    assert "기록은 3월 20일부터입니다." in told["이 편지가 모르는 것"]
    one = replace(letter, course=None)
    assert "말할 수 없습니다" in lead(one, KO)
    lost = replace(letter.numbers, time_weighted=Decimal("-0.01"), doing_nothing=Decimal("0.01"))
    worse = dict(sections(replace(letter, numbers=lost), KO))["잘 안 된 것"]
    assert "아무것도 하지 않은 것보다 2.0%p 못했습니다." in worse
    ahead = replace(letter.numbers, benchmark=Decimal("-0.02"))
    assert (
        "2.0%p 나았습니다"
        in dict(sections(replace(letter, numbers=ahead), KO))["KODEX 200과 나란히"]
    )
    unknown = replace(letter.numbers, benchmark=None)
    more = dict(sections(replace(letter, numbers=unknown, unfilled=2), KO))
    assert "견줄 수 없습니다" in more["KODEX 200과 나란히"]
    assert "승인한 주문 가운데 2건은 다 체결되지 않은 채" in more["잘 안 된 것"]


async def test_it_is_posted_once_and_a_restart_repeats_nothing(made) -> None:
    await march(made.ledger)
    assert await made().post_due()
    assert made.surface.copied == ["2023-03"]
    # Built anew on the same file, as after a restart; and on a later day of the month.
    assert not await made().post_due()
    made.clock.at += timedelta(days=9)
    assert not await made().post_due()
    assert len(made.surface.shown) == 1
    async with made.ledger.transaction() as tx:
        lines = await tx.journal_of("2023-03")
    assert [line.kind for line in lines] == [LETTER_POSTED]
    # April has no record, so no letter either; and March stays posted.
    made.clock.at = at(date(2023, 5, 2), 18)
    assert not await made().post_due()


@pytest.mark.parametrize(
    ("when", "posts"),
    [
        # The first of April 2023 is a Saturday.
        (at(date(2023, 4, 1), 20), False),
        (at(date(2023, 4, 3), 17, 39), False),
        (at(date(2023, 4, 3), 17, 40), True),
        # A bot that was off on the day tells it when it is back.
        (at(date(2023, 4, 19), 9), True),
        # Beyond the table of trading days nothing is due.
        (at(date(1990, 4, 3), 20), False),
    ],
)
async def test_its_hour_is_after_the_first_session_that_follows(made, when, posts) -> None:
    await march(made.ledger)
    made.clock.at = when
    assert await made().post_due() is posts


async def test_what_could_not_be_posted_is_still_due(made) -> None:
    await march(made.ledger)
    made.surface.failures.append(TradingError("away"))
    with pytest.raises(TradingError, match="away"):
        await made().post_due()
    assert await made().post_due()
    assert len(made.surface.shown) == 1


async def test_what_was_posted_by_a_process_that_died_is_looked_up_and_not_repeated(made) -> None:
    await march(made.ledger)
    # It stands in the channel; that it does was not noted any more.
    made.surface.lost.append(TradingError("died"))
    with pytest.raises(TradingError, match="died"):
        await made().post_due()
    assert (made.surface.looked_for, made.surface.copied) == ([], [])
    assert not await made().post_due()
    assert not await made().post_due()
    # Who gets a copy had none from the post whose answer was lost, and gets one.
    assert made.surface.copied == ["2023-03"]
    assert (len(made.surface.shown), made.surface.looked_for) == (1, ["2023-03"])
    async with made.ledger.transaction() as tx:
        assert [line.kind for line in await tx.journal_of("2023-03")] == [LETTER_POSTED]


async def test_without_its_picture_the_letter_still_goes(made) -> None:
    await march(made.ledger)
    made.painter.failure = DataError("no font")
    assert await made().post_due()
    assert made.surface.shown[0][1] is None


async def test_money_paid_after_the_last_value_is_left_for_the_next_letter(made) -> None:
    await march(made.ledger)
    async with made.ledger.transaction() as tx:
        late = replace(cash_moved(0, 861_000, 961_000), at=at(LAST, 16))
        await tx.append_journal(late)
    letter = await made().read(MARCH)
    assert (letter.paid_in_won, letter.paid_out_won) == (100_000, 30_000)


@dataclass
class Legs:
    """Legs as given, and none that waits for its outcome."""

    states: tuple[OrderState | None, ...]

    async def legs_between(self, start: datetime, end: datetime) -> tuple[LegRecord, ...]:
        record = TradeRecord(
            record_id="x",
            at=start,
            symbol=KODEX,
            action="buy",
            quantity=1,
            justification="",
            market="{}",
            portfolio_before="{}",
        )
        return tuple(LegRecord(record=record, state=state) for state in self.states)

    async def waiting(self, _start: datetime, _end: datetime) -> dict[Unmeasured, int]:
        return {}


async def test_only_what_was_approved_and_ended_short_counts_as_unfilled(made) -> None:
    await march(made.ledger)
    letters = made()
    ended = (OrderState.REJECTED, OrderState.PARTIAL_CANCELLED)
    # A proposal without an order was let go by a person, or replaced by another one.
    legs = Legs((*ended, OrderState.FILLED, OrderState.WORKING, OrderState.UNKNOWN, None, None))
    numbers = replace(letters.reader.numbers, archive=legs)
    letter = await replace(letters.reader, numbers=numbers).letter(MARCH)
    assert letter.unfilled == len(ended)
    bad = dict(sections(letter, KO))["잘 안 된 것"]
    assert "승인한 주문 가운데 2건은 다 체결되지 않은 채 끝났습니다." in bad
