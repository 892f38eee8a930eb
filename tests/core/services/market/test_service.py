from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime
from typing import cast

import pytest

from core.domain.calendar import TradingCalendar
from core.domain.instrument import Instrument, Symbol
from core.domain.krx import KST
from core.domain.market import Quote
from core.domain.money import Won
from core.domain.order_book import BookLevel, OrderBook
from core.errors import BrokerUnavailable, NotOfferedHere
from core.ports.broker import Broker
from core.services.market.service import MarketService
from tests.fakes.fake_cycle_desk import FakeBroker, FakeCycleClock, rising, sessions_before
from tests.fakes.fake_cycle_stores import FakeBarArchive
from tests.fakes.quotes import quote_of

CODE = Symbol("069500")
DAYS = sessions_before(date(2023, 3, 8), 60)
UNIVERSE = (
    Instrument(symbol=Symbol("102110"), name="TIGER 200"),
    Instrument(symbol=CODE, name="KODEX 200"),
    Instrument(symbol=Symbol("229200"), name="KODEX 코스닥150"),
)


class Case:
    def __init__(self, at: datetime) -> None:
        self.broker = FakeBroker(
            series={(CODE, flag): rising(CODE, DAYS, 30_000, 10) for flag in (True, False)}
        )
        self.archive = FakeBarArchive()
        self.clock = FakeCycleClock(at)
        self.service = MarketService(
            broker=cast("Broker", self.broker),
            archive=self.archive,
            universe=UNIVERSE,
            clock=self.clock,
            calendar=TradingCalendar(),
        )


@pytest.fixture
def case() -> Case:
    return Case(datetime(2023, 3, 3, 8, 0, tzinfo=KST))


async def test_bars_are_read_once_and_then_kept(case: Case) -> None:
    first = await case.service.bars(CODE, 20, date(2023, 3, 2), adjusted=True)
    assert len(first.bars) == 20
    assert first.bars[-1].session == date(2023, 3, 2)
    assert await case.service.bars(CODE, 20, date(2023, 3, 2), adjusted=True) == first
    assert len(case.broker.asked) == 1


async def test_raw_and_adjusted_are_kept_apart(case: Case) -> None:
    await case.service.bars(CODE, 5, date(2023, 3, 2), adjusted=True)
    await case.service.bars(CODE, 5, date(2023, 3, 2), adjusted=False)
    assert [asked[3] for asked in case.broker.asked] == [True, False]


async def test_a_new_session_is_read_with_a_short_overlap(case: Case) -> None:
    await case.service.bars(CODE, 20, date(2023, 3, 2), adjusted=True)
    case.clock.at = datetime(2023, 3, 6, 8, 0, tzinfo=KST)
    found = await case.service.bars(CODE, 20, date(2023, 3, 3), adjusted=True)
    assert found.bars[-1].session == date(2023, 3, 3)
    assert case.broker.asked[1][1] == date(2023, 2, 23)
    assert len(case.broker.asked) == 2


async def test_a_readjusted_past_is_forgotten_and_read_anew(case: Case) -> None:
    await case.service.bars(CODE, 20, date(2023, 3, 2), adjusted=True)
    halved = [replace(bar, close_won=bar.close_won // 2) for bar in case.broker.series[CODE, True]]
    case.broker.series[CODE, True] = halved
    case.clock.at = datetime(2023, 3, 6, 8, 0, tzinfo=KST)
    found = await case.service.bars(CODE, 20, date(2023, 3, 3), adjusted=True)
    assert all(bar in halved for bar in found.bars)
    assert len(case.broker.asked) == 3


async def test_asking_for_more_reads_more_and_never_mixes_bases(case: Case) -> None:
    await case.service.bars(CODE, 5, date(2023, 3, 2), adjusted=True)
    halved = [replace(bar, close_won=bar.close_won // 2) for bar in case.broker.series[CODE, True]]
    case.broker.series[CODE, True] = halved
    found = await case.service.bars(CODE, 30, date(2023, 3, 2), adjusted=True)
    assert len(found.bars) == 30
    assert all(bar in halved for bar in found.bars)


@pytest.mark.parametrize(
    ("now", "last"),
    [
        (datetime(2023, 3, 3, 15, 29, tzinfo=KST), date(2023, 3, 2)),
        (datetime(2023, 3, 3, 15, 30, tzinfo=KST), date(2023, 3, 3)),
        (datetime(2023, 3, 5, 12, 0, tzinfo=KST), date(2023, 3, 3)),
    ],
)
async def test_an_unfinished_bar_is_never_shown_or_stored(now: datetime, last: date) -> None:
    case = Case(now)
    found = await case.service.bars(CODE, 5, date(2023, 3, 7), adjusted=False)
    assert found.bars[-1].session == last


def test_search_by_code_name_and_initials(case: Case) -> None:
    assert [item.name for item in case.service.search("ㅋㄷㅅ")] == ["KODEX 200", "KODEX 코스닥150"]
    assert case.service.search("102110")[0].name == "TIGER 200"
    assert len(case.service.search("KODEX", limit=1)) == 1
    assert case.service.search("없는 이름") == ()


def test_the_universe(case: Case) -> None:
    assert case.service.instruments() == UNIVERSE
    assert case.service.instrument(CODE) == UNIVERSE[1]
    assert case.service.instrument(Symbol("000000")) is None


async def test_quotes_come_from_the_broker(case: Case) -> None:
    case.broker.quote_value = Quote(
        symbol=CODE,
        last_won=Won(30_000),
        base_won=Won(30_000),
        upper_limit_won=Won(39_000),
        lower_limit_won=Won(21_000),
        tick_won=5,
        best_ask_won=None,
        best_bid_won=None,
        open_won=Won(30_000),
        high_won=Won(30_000),
        low_won=Won(30_000),
        volume_shares=0,
        is_halted=False,
        received_at=case.clock.now(),
    )
    assert await case.service.quote(CODE) is case.broker.quote_value


async def test_a_gap_in_what_is_stored_is_read_anew(case: Case) -> None:
    whole = await case.service.bars(CODE, 20, date(2023, 3, 2), adjusted=False)
    del case.archive.rows[CODE, False][whole.bars[9].session]
    assert await case.service.bars(CODE, 20, date(2023, 3, 2), adjusted=False) == whole
    assert len(case.broker.asked) == 2


async def test_a_gap_at_the_source_stays_a_gap_and_is_no_reason_to_fail(case: Case) -> None:
    case.broker.series[CODE, False] = [
        bar for bar in case.broker.series[CODE, False] if bar.session != date(2023, 2, 28)
    ]
    found = await case.service.bars(CODE, 20, date(2023, 3, 2), adjusted=False)
    assert len(found.bars) == 20
    assert date(2023, 2, 28) not in [bar.session for bar in found.bars]


async def test_days_outside_the_calendar_are_no_gap(case: Case) -> None:
    days = [date(2013, 1, 2), date(2013, 1, 9)]
    case.broker.series[CODE, False] = rising(CODE, days, 30_000, 10)
    case.clock.at = datetime(2013, 1, 10, 8, 0, tzinfo=KST)
    found = await case.service.bars(CODE, 2, date(2013, 1, 9), adjusted=False)
    assert [bar.session for bar in found.bars] == days
    await case.service.bars(CODE, 2, date(2013, 1, 9), adjusted=False)
    assert len(case.broker.asked) == 1


class Books:
    """Gives back what it was told, or raises it."""

    def __init__(self, answer: object) -> None:
        self.answer = answer
        self.asked: list[str] = []

    async def order_book(self, symbol: Symbol) -> OrderBook | NotOfferedHere:
        self.asked.append(symbol)
        if isinstance(self.answer, BrokerUnavailable):
            raise self.answer
        return cast("OrderBook", self.answer)


class Quoting:
    def __init__(self, quote: Quote) -> None:
        self.given = quote

    async def quote(self, symbol: Symbol) -> Quote:
        assert symbol == self.given.symbol
        return self.given


NOON = datetime(2023, 3, 3, 12, 0, tzinfo=KST)
PLAIN = quote_of(CODE, 30_000, NOON)


def book_of(ask: int | None, bid: int | None) -> OrderBook:
    def side(price: int | None) -> tuple[BookLevel, ...]:
        return () if price is None else (BookLevel(price_won=Won(price), quantity=7),)

    return OrderBook(
        symbol=CODE,
        asks=side(ask),
        bids=side(bid),
        ask_shares=7,
        bid_shares=7,
        changed_at=None,
        expected_won=None,
        expected_shares=0,
        in_volatility_interruption=False,
        received_at=NOON,
    )


@pytest.mark.parametrize(
    ("answer", "best"),
    [
        (book_of(30_015, 30_010), (30_015, 30_010)),
        (book_of(30_015, None), (30_015, None)),
        (book_of(50_000, 30_010), (None, 30_010)),  # beyond the day's band: no price
        (NotOfferedHere("not here"), (None, None)),
        (BrokerUnavailable("silence"), (None, None)),
    ],
)
async def test_a_quote_without_a_book_gets_one(
    case: Case, answer: object, best: tuple[int | None, int | None]
) -> None:
    books = Books(answer)
    service = replace(case.service, broker=cast("Broker", Quoting(PLAIN)), books=books)
    quote = await service.quote(CODE)
    assert (quote.best_ask_won, quote.best_bid_won) == best
    assert (quote.last_won, quote.received_at) == (PLAIN.last_won, NOON)
    assert books.asked == [CODE]


async def test_a_quote_with_a_book_is_not_asked_about_twice(case: Case) -> None:
    books = Books(book_of(1, 1))
    with_book = replace(PLAIN, best_bid_won=Won(29_995))
    service = replace(case.service, broker=cast("Broker", Quoting(with_book)), books=books)
    assert await service.quote(CODE) == with_book
    plain = replace(case.service, broker=cast("Broker", Quoting(PLAIN)))
    assert await plain.quote(CODE) == PLAIN
    assert books.asked == []
