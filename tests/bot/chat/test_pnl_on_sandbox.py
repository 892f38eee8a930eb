"""/report pnl over the wire."""

from __future__ import annotations

from dataclasses import replace
from datetime import date
from decimal import Decimal

from core.domain.instrument import Symbol
from core.domain.reflection import SaleLine, WeekNumbers
from tests.bot.chat.conftest import embed_of

NUMBERS = WeekNumbers(
    week="month 2023-03-01",
    first_day=date(2023, 3, 1),
    last_day=date(2023, 3, 2),
    nav_start_won=1_000_000,
    nav_end_won=1_000_500,
    paid_in_won=-50_000,
    time_weighted=Decimal("0.0123"),
    benchmark=None,
    doing_nothing=Decimal("-0.01"),
    proposed=4,
    filled=3,
    sales=1,
    realised_gross_won=5_000,
    realised_net_won=4_500,
    unmatched_shares=0,
    win_rate=Decimal(1),
    days_held=Decimal(2),
    slippage_won=None,
    slippage_bps=None,
    fees_won=120,
    tax_won=0,
    best=(
        SaleLine(
            symbol=Symbol("069500"),
            name="KODEX 200",
            sold_on=date(2023, 3, 2),
            shares=3,
            gross_won=5_000,
            net_won=4_500,
            days_held=Decimal(2),
        ),
    ),
    worst=(),
    waiting=(),
    unchecked=(),
)


async def test_the_value_of_now_is_compared_without_what_was_paid_out(house, bot, chat) -> None:
    chat.performance.found = replace(NUMBERS, unmatched_shares=2, unchecked=(Symbol("069500"),))
    embed = await embed_of(house.discord, "report pnl", {"period": "month"})
    now = chat.portfolio.found.account.nav_won
    assert chat.performance.asked == ["month 2023-03-01"]
    assert embed["title"] == "[모의투자] 손익 · 이번 달"
    change = now - 1_000_000 + 50_000
    assert embed["description"].startswith(f"🔺 **{change:+,}원** ({change / 10_000:+.2f}%)")
    fields = {one["name"]: one["value"] for one in embed["fields"]}
    assert fields["입출금"] == "-50,000원"
    assert "KODEX 200 아직 알 수 없음" in fields["수익률"]
    assert "실현 손익 +5,000원, 비용 뒤 +4,500원 · 이긴 매도 100.00%" in fields["매매"]
    assert "매입 기록이 없는 2주는 실현손익에 넣지 않았습니다." in fields["매매"]
    assert "069500" in fields["매매"]
    assert fields["가장 번 매도"] == "03-02 KODEX 200 3주 +4,500원"
    assert "가장 잃은 매도" not in fields


async def test_a_broker_that_is_away_leaves_the_stored_value(house, bot, chat) -> None:
    chat.performance.found = replace(NUMBERS, paid_in_won=0, sales=0)
    chat.portfolio.found = None
    embed = await embed_of(house.discord, "report pnl", locale="en-US")
    assert chat.performance.asked == ["day 2023-03-02"]
    assert embed["description"].startswith("🔺 **+500 won** (+0.05%)")
    fields = {one["name"]: one["value"] for one in embed["fields"]}
    assert fields["Net value now"].startswith("The broker could not be read")
    assert "Realised" not in fields["Trades"]


async def test_without_any_record_nothing_is_claimed(house, bot, chat) -> None:
    chat.performance.found = replace(NUMBERS, nav_start_won=None, nav_end_won=None)
    chat.portfolio.found = None
    embed = await embed_of(house.discord, "report pnl", {"period": "all"})
    assert "기록이 아직 없습니다" in embed["description"]
