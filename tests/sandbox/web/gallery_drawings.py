"""The bot's own pictures in cases that a quiet month does not bring: many holdings, a partial fill."""

from __future__ import annotations

import math
from collections.abc import Iterator
from datetime import date, timedelta
from pathlib import Path

from bot.locales import load
from bot.pictures.draw import draw
from bot.pictures.job import DrawingJob
from core.domain.calendar import TradingCalendar
from core.domain.instrument import Symbol
from core.domain.market import Bar, BarSeries
from core.domain.orders import OrderState
from core.domain.plan import Ranking
from core.domain.what_if import Course as Taken
from core.ports.phrases import Phrases
from core.ports.pictures import ChartSpec, Course, LifeStep, Mark, ProfitChart, ProfitLine, Slice
from core.services.reflection.what_if_words import course_name
from tests.sandbox.web.album import slim

_NAMES = (
    *("KODEX 200", "TIGER 미국S&P500", "KODEX 은행", "ACE KRX금현물", "KODEX 국고채3년"),
    *("TIGER 미국나스닥100", "KODEX 반도체", "TIGER 미국배당다우존스", "KODEX 자동차"),
    *("SOL 미국배당다우존스(H)", "TIGER 차이나전기차SOLACTIVE", "KODEX 코스닥150", "RISE 헬스케어"),
    "KODEX 단기채권PLUS",
)
_CLOSES = (35_150, 21_480, 9_870, 16_905, 61_235, 143_900, 38_420)
_CODES = ("069500", "360750", "091170", "411060", "114260", "133690", "091160")
_DAYS = 60


def draw_all(folder: Path) -> None:
    """Draw each of them into `folder`."""
    for name, job in drawings():
        path = folder / f"{name}.png"
        path.write_bytes(draw(job))
        slim(path)


def drawings() -> Iterator[tuple[str, DrawingJob]]:
    """Yield the name of each drawing and what is drawn."""
    korean, english = load("ko"), load("en")
    for name, tone, spec in (
        ("allocation-many", "dark", _allocation(korean)),
        ("life-partial", "light", _life(korean)),
        ("chart-trades", "dark", _candles(korean)),
        ("momentum", "light", _momentum()),
        ("course", "dark", _course(korean)),
        ("compared", "dark", _compared()),
        ("whatif", "light", _what_if(korean)),
    ):
        yield f"picture-{name}-{tone}", DrawingJob(spec=spec, dark=tone == "dark")
    yield (
        "picture-course-western-english",
        DrawingJob(spec=_course(english), dark=False, western=True, locale="en"),
    )


def _sessions(count: int) -> list[date]:
    calendar, day = TradingCalendar(), date(2026, 9, 1)
    found: list[date] = []
    while len(found) < count:
        found.append(day)
        day = calendar.next_session(day)
    return found


def _allocation(phrases: Phrases) -> ChartSpec:
    worth = [1_234_500 * 100 // (100 + 37 * place) for place in range(len(_NAMES))]
    held = [Slice(name=name, won=won) for name, won in zip(_NAMES, worth, strict=True)]
    cash = Slice(name=phrases.say("pictures.cash"), won=345_678, is_cash=True)
    return ChartSpec(
        title=phrases.say("pictures.allocation_title"),
        subtitle=phrases.say("pictures.worth", nav=sum(worth) + cash.won),
        slices=(*held, cash),
    )


def _life(phrases: Phrases) -> ChartSpec:
    def state(found: OrderState) -> str:
        return phrases.say(f"embeds.state_{found.value.lower()}")

    steps = (
        ("08:00:12", phrases.say("pictures.life_presented")),
        ("08:03:41", phrases.say("pictures.life_approved", who="주인")),
        ("09:05:01", state(OrderState.GATED)),
        ("09:05:02", state(OrderState.SUBMITTING)),
        ("09:05:02", state(OrderState.WORKING)),
        ("09:05:08", phrases.say("pictures.life_fill", quantity=3, price=25_455)),
        ("09:41:30", phrases.say("pictures.life_fill", quantity=2, price=25_450)),
        ("15:00:00", state(OrderState.CANCEL_PENDING)),
        ("15:00:05", state(OrderState.PARTIAL_CANCELLED)),
    )
    last = len(steps) - 1
    return ChartSpec(
        title=phrases.say("pictures.life_title", order="A56HNMX5-1"),
        subtitle="매수 091170 × 8",
        life=tuple(
            LifeStep(at=at, words=words, is_end=place == last)
            for place, (at, words) in enumerate(steps)
        ),
    )


def _series(symbol: str, start: int, tilt: float) -> BarSeries:
    bars, before = [], start
    for place, day in enumerate(_sessions(_DAYS)):
        close = round(start * (1 + tilt * place + 0.03 * math.sin(place / 4 + start)))
        low, high = min(before, close), max(before, close)
        bars.append(
            Bar(
                symbol=Symbol(symbol),
                session=day,
                open_won=before,
                high_won=round(high * 1.006),
                low_won=round(low * 0.994),
                close_won=close,
                volume_shares=1_000,
            )
        )
        before = close
    return BarSeries(symbol=Symbol(symbol), adjusted=True, source="gallery", bars=tuple(bars))


def _candles(phrases: Phrases) -> ChartSpec:
    series = _series("069500", 35_150, 0.001)
    places = ((8, True), (24, False), (31, True), (52, False))
    return ChartSpec(
        title="KODEX 200 · 069500",
        subtitle=phrases.say("pictures.marks"),
        series=(series,),
        names=(("069500", "KODEX 200"),),
        marks=tuple(
            Mark(session=bar.session, price_won=bar.close_won, is_buy=is_buy)
            for place, is_buy in places
            for bar in series.bars[place : place + 1]
        ),
    )


def _momentum() -> ChartSpec:
    rows = zip(_CODES, _NAMES, _CLOSES, strict=False)
    return ChartSpec(
        title="2026-11-02 아침 브리핑",
        subtitle="모의투자 · 12-1 모멘텀",
        rankings=tuple(
            Ranking(
                symbol=Symbol(code),
                name=name,
                score=0.31 - place * 0.09,
                weight=0.25 if place < 4 else 0.0,
                close_won=close,
            )
            for place, (code, name, close) in enumerate(rows)
        ),
    )


def _course(phrases: Phrases) -> ChartSpec:
    days = _sessions(_DAYS)
    mine = [4 * math.sin(place / 9) + place * 0.03 for place in range(_DAYS)]
    index = [3 * math.sin(place / 7 + 1) - 3 * math.sin(1) for place in range(_DAYS)]
    shown = [None if place in (20, 21) else value for place, value in enumerate(index)]
    return ChartSpec(
        title=phrases.say("pictures.course_title", period=phrases.say("report.period_month")),
        subtitle=f"{days[0]} ~ {days[-1]}",
        course=Course(days=tuple(days), account=tuple(mine), benchmark=tuple(shown)),
    )


def _compared() -> ChartSpec:
    pairs = list(zip(_CODES, _CLOSES, strict=True))[:6]
    series = tuple(
        _series(code, close, 0.002 - 0.0008 * place) for place, (code, close) in enumerate(pairs)
    )
    return ChartSpec(
        title="여섯 종목 견주기",
        subtitle="2026-09-01부터",
        series=series,
        names=tuple(zip(_CODES, _NAMES, strict=False)),
    )


def _what_if(phrases: Phrases) -> ChartSpec:
    days, made = tuple(_sessions(_DAYS)), 12_000
    lines = []
    for place, taken in enumerate(Taken):
        won = tuple(round(made * math.sin(day / (8 + place)) - 900 * place) for day in range(_DAYS))
        lines.append(
            ProfitLine(
                name=course_name(taken, phrases),
                won=won,
                more_won=won[-1] - round(made * math.sin((_DAYS - 1) / 8)) if place else None,
                band=(won[-1] - 14_000, won[-1] + 9_000) if place else None,
            )
        )
    return ChartSpec(
        title=phrases.say("whatif.picture_title"),
        subtitle=phrases.say(
            "whatif.picture_subtitle", first=days[0] - timedelta(days=1), last=days[-1]
        ),
        profits=ProfitChart(days=days, lines=tuple(lines)),
    )
