from __future__ import annotations

import io
from dataclasses import dataclass, replace
from datetime import date, timedelta
from typing import Any

import pytest
from rich.console import Console

from bot.locales import load
from bot.operations.console import ConsoleSurfaces
from bot.operations.late_surfaces import LateSurfaces, NotConnected
from bot.operations.status import StatusLines
from core.domain.breakers import Breaker, Trip
from core.domain.briefing import Briefing, ClosingReport
from core.domain.calendar import Ruling, TradingCalendar
from core.domain.day_consensus import UNSETTLED
from core.domain.modes import Mode, TradingState
from core.domain.orders import OrderState
from core.domain.outbox import OutboxMessage
from core.domain.ticks import FeedHealth, FeedStatus, FeedTrouble
from core.ports.broker import BrokerIdentity
from core.ports.outbox import OutboxReader, OutboxState
from core.runtime.clock import SteppedClock
from core.services.alerts.book import ConditionBook
from tests.bot.chat.test_letter_on_sandbox import LETTER
from tests.bot.operations.kit import FakeAlerts, at
from tests.fakes.fake_chat_services import (
    FakeOrders,
    FakeSwitch,
    make_order,
    make_portfolio,
    make_view,
)

DAY = date(2026, 11, 20)


def make_briefing(**changes: Any) -> Briefing:
    values: dict[str, Any] = {
        "day": DAY,
        "mode": Mode.SIM,
        "account": "sim",
        "portfolio": make_portfolio(),
        "plan": None,
        "ticket_id": None,
        "refusals": (),
        "news": (),
        "created_at": at("2026-11-20", "08:01:00"),
        "warnings": (),
        "comment": "",
    }
    return Briefing(**{**values, **changes})


def make_closing() -> ClosingReport:
    return ClosingReport(
        day=DAY,
        mode=Mode.SIM,
        account="sim",
        orders=(),
        fills=(),
        portfolio=None,
        fees_won=0,
        taxes_won=0,
        nav_before_won=None,
        warnings=(),
        created_at=at("2026-11-20", "15:45:00"),
    )


@pytest.fixture
def screen() -> Console:
    return Console(file=io.StringIO(), width=40)


def shown(screen: Console) -> str:
    assert isinstance(screen.file, io.StringIO)
    return screen.file.getvalue()


async def test_before_anybody_is_there_all_is_tried_again() -> None:
    late = LateSurfaces()
    with pytest.raises(NotConnected):
        await late.show_ticket(make_view())
    with pytest.raises(NotConnected):
        await late.show_briefing(make_briefing(), None)
    with pytest.raises(NotConnected):
        await late.show_closing(make_closing(), None)
    with pytest.raises(NotConnected):
        await late.show_letter(LETTER, None)
    with pytest.raises(NotConnected):
        await late.has_letter(LETTER)
    assert await late.post(alarm("1", "text")) is False
    alerts: Any = FakeAlerts(failures=1)
    late.connect(alerts, None, alerts)
    assert await late.post(alarm("1", "text")) is False
    late.connect(alerts, alerts, alerts)
    assert [await late.post(alarm("1", "text")) for _ in range(2)] == [False, True]
    assert alerts.told == [("1", "text")]


def alarm(title: str, text: str) -> OutboxMessage:
    return OutboxMessage(key=title, title=title, text=text, created_at=at("2026-11-20", "08:00:00"))


@pytest.mark.parametrize("language", ["ko", "en"])
async def test_the_terminal_shows_all_without_markup(screen: Console, language: str) -> None:
    late = LateSurfaces()
    console = ConsoleSurfaces(screen, load(language))
    late.connect(console, console, console)
    assert await late.show_ticket(make_view()) == (0, 0)
    await late.post(alarm("[bold]제목[/bold]", "[red]" + "본문 " * 30))
    await late.show_briefing(make_briefing(comment="[link]", warnings=("경고",)), b"png")
    await late.show_closing(make_closing(), None)
    text = shown(screen)
    assert "4F9KQ2ZD" in text
    assert "KODEX 200(069500)" in text
    assert "! [bold]제목[/bold]: [red]본문" in text
    assert "[link]" in text
    assert "경고" in text
    # One thing said is one line, whatever the width of the terminal.
    assert len(text.splitlines()) == 7


async def test_the_terminal_prints_the_letter_without_its_bold(screen: Console) -> None:
    late, console = LateSurfaces(), ConsoleSurfaces(screen, load("ko"))
    late.connect(console, console, console)
    await late.show_letter(LETTER, b"png")
    # The copy alone: to nobody, and then to who wants one.
    await late.copy_letter(LETTER)
    assert await late.has_letter(LETTER) is False
    paper = Console(file=io.StringIO(), width=40)
    late.copy_reports(ConsoleSurfaces(paper, load("ko")))
    await late.copy_letter(LETTER)
    assert shown(paper) == shown(screen)
    text = shown(screen)
    assert "2023년 2월의 편지" in text
    assert "50,500원 벌었습니다(+1.2%)" in text
    assert "잘 안 된 것: " in text


@dataclass(frozen=True)
class Named:
    identity: BrokerIdentity


@dataclass
class FakeOutbox:
    """How delivery goes."""

    waiting: int = 0
    seconds: int = 0

    async def state(self) -> OutboxState:
        return OutboxState(waiting=self.waiting, failing_for=timedelta(seconds=self.seconds))


FEED = FeedStatus(
    source="KIS WebSocket",
    health=FeedHealth.LIVE,
    since=at("2026-11-20", "09:03:00"),
    trouble=FeedTrouble.NONE,
    followed=12,
    left_out=0,
    restarts=0,
)


def status_at(
    now: str,
    language: str,
    orders: FakeOrders,
    switch: FakeSwitch,
    outbox: OutboxReader | None = None,
    feed: FeedStatus = FEED,
    conditions: ConditionBook | None = None,
) -> StatusLines:
    return StatusLines(
        outbox=outbox or FakeOutbox(),
        broker=Named(
            BrokerIdentity(
                broker="sim",
                mode=Mode.SIM,
                base_url="in-process",
                account_masked="*****001",
                account_hash="x",
            )
        ),
        switch=switch,
        orders=orders,
        calendar=TradingCalendar(),
        clock=SteppedClock(at(now, "10:00:00"), rate=0),
        phrases=load(language),
        model=lambda: "rules",
        prices_label="가상 시세",
        feed=lambda: feed,
        conditions=conditions or ConditionBook(),
    )


@pytest.mark.parametrize(
    ("language", "words"),
    [
        ("ko", ["시뮬레이션 (가상 거래소)", "매도만 가능", "09:00–15:30", "1건", "가상 시세"]),
        ("en", ["Simulation (our own exchange)", "sells only", "09:00–15:30", "1", "rules"]),
    ],
)
async def test_status_lines_are_words(language: str, words: list[str]) -> None:
    orders = FakeOrders(today=(make_order(OrderState.WORKING),))
    lines = await status_at(
        "2026-11-20", language, orders, FakeSwitch(now=TradingState.REDUCE_ONLY)
    ).status()
    values = [text for _, text in lines]
    assert set(words) <= set(values)
    assert "sim *****001" in values
    assert "2026-11-20 10:00:00 KST" in values


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("2026-11-19", "10:00–16:30"),
        ("2026-11-21", "휴장"),
        ("2031-03-03", "알 수 없음 (거래일 달력 밖의 날)"),
    ],
)
async def test_status_knows_special_days(day: str, words: str) -> None:
    lines = dict(await status_at(day, "ko", FakeOrders(), FakeSwitch()).status())
    assert lines["오늘 장"] == words


async def test_status_says_that_a_day_waits_for_a_person() -> None:
    lines = status_at("2026-11-20", "ko", FakeOrders(), FakeSwitch())
    unsettled = Ruling(hours=None, source=UNSETTLED)
    asked = replace(lines, calendar=TradingCalendar({date(2026, 11, 20): unsettled}))
    assert dict(await asked.status())["오늘 장"] == "휴장 (거래일인지 확인 대기)"


@pytest.mark.parametrize(
    ("outbox", "words"),
    [
        (FakeOutbox(), "0건"),
        (FakeOutbox(2, 59), "2건"),
        (FakeOutbox(2, 60), "2건 (60초 동안 경보 채널에 전달되지 않음)"),
    ],
)
async def test_status_counts_the_alarms_that_nobody_saw(outbox: FakeOutbox, words: str) -> None:
    lines = await status_at("2026-11-20", "ko", FakeOrders(), FakeSwitch(), outbox).status()
    assert dict(lines)["전달되지 않은 경보"] == words


async def test_status_says_why_the_day_was_stopped() -> None:
    class Stopped(FakeSwitch):
        async def stopped_on(self, day: date) -> str | None:
            return "시세 없음"

    lines = dict(await status_at("2026-11-20", "ko", FakeOrders(), Stopped()).status())
    assert lines["오늘 정지한 이유"] == "시세 없음"
    assert lines["매매 상태"] == "오늘 정지"
    halted = Stopped(now=TradingState.HALTED)
    lines = dict(await status_at("2026-11-20", "ko", FakeOrders(), halted).status())
    assert lines["매매 상태"] == "정지"


async def test_the_terminal_counts_only_what_was_filled_as_filled(screen: Console) -> None:
    orders = (make_order(OrderState.FILLED), make_order(OrderState.PARTIAL_CANCELLED))
    report = replace(make_closing(), orders=orders)
    await ConsoleSurfaces(screen, load("ko")).show_closing(report, None)
    assert "주문 2건: 체결 1건 · 부분체결 1건" in shown(screen)


@pytest.mark.parametrize(("language", "name"), [("ko", "제한한 이유"), ("en", "Why it is limited")])
async def test_status_says_why_trading_is_off(language: str, name: str) -> None:
    trip = Trip(
        breaker=Breaker.DAY_LOSS,
        effect=TradingState.REDUCE_ONLY,
        at=at("2026-11-20", "09:30:00"),
        until=None,
        reason="오늘 손실이 한도를 넘었습니다",
    )
    orders = FakeOrders(unready="주문 목록을 읽는 중입니다")
    lines = await status_at("2026-11-20", language, orders, FakeSwitch(trips=(trip,))).status()
    assert [text for key, text in lines if key == name] == [orders.unready, trip.reason]


async def test_status_speaks_the_language_of_who_asks() -> None:
    korean, english = (
        status_at("2026-11-20", language, FakeOrders(), FakeSwitch()) for language in ("ko", "en")
    )
    assert await korean.status(load("en")) == await english.status()
