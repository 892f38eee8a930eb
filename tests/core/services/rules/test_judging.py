"""What rules compare comes from finished sessions only, and from none where it is old."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

from core.domain.calendar import TradingCalendar
from core.domain.instrument import Symbol
from core.domain.market import BarSeries
from core.domain.rule_facts import Fact
from core.errors import BrokerUnavailable
from core.services.rules.judging import MARKET_SYMBOL, RuleJudge
from tests.core.domain.rule_cases import comparison, rule
from tests.core.domain.test_rule_figures import bar
from tests.fakes.desk_kit import TIGER, at
from tests.fakes.hand_clock import HandClock

LEAVING = rule(
    "R2",
    category="exit_criteria",
    action="propose_exit",
    condition=[comparison(Fact.HOLDING_DAYS, ">", 30)],
)
SIZED = rule("R3", condition=[comparison(Fact.ORDER_AMOUNT_WON, ">", 90_000)])


@dataclass
class Shelf:
    """The rules, and those that another process takes on before it is looked at next."""

    obeyed: tuple = ()
    rules: tuple = ()
    coming: tuple = ()

    async def refresh(self):
        self.obeyed, self.coming = (*self.obeyed, *self.coming), ()


@dataclass
class Bars:
    """Sixty-one flat sessions up to `last`, the last one on triple volume."""

    last: date
    broken: bool = False
    asked: list = field(default_factory=list)

    async def bars(self, symbol, sessions, end, *, adjusted):
        assert adjusted
        self.asked.append((symbol, end))
        if self.broken:
            raise BrokerUnavailable("no answer")
        flat = [bar(number) for number in range(sessions)]
        days = [self.last - timedelta(days=sessions - 1 - number) for number in range(sessions)]
        rows = [replace(item, session=day) for item, day in zip(flat, days, strict=True)]
        rows[-1] = replace(rows[-1], volume_shares=3_000)
        return BarSeries(symbol=symbol, adjusted=True, source="test", bars=tuple(rows))


NOW = at(10)
LAST = TradingCalendar().previous_session(NOW.date())


def judge(bars: Bars, *rules) -> RuleJudge:
    return RuleJudge(Shelf(rules), bars, HandClock(NOW), TradingCalendar())


async def test_without_rules_nothing_is_read():
    bars = Bars(LAST)
    assert (await judge(bars).for_entry(TIGER)).rules == ()
    assert (await judge(bars, LEAVING).for_entry(TIGER)).rules == ()
    assert bars.asked == []


async def test_figures_are_of_the_session_before():
    bars = Bars(LAST)
    sight = await judge(bars, rule(), LEAVING, SIZED).for_entry(TIGER)
    assert [item.rule_id for item in sight.rules] == ["R1", "R3"]
    assert sight.values[Fact.VOLUME_PERCENT] == 300
    assert sight.values[Fact.MARKET_RETURN_20_BPS] == 0
    assert bars.asked == [(TIGER, LAST), (MARKET_SYMBOL, LAST)]


async def test_a_rule_about_the_order_alone_needs_no_bars():
    bars = Bars(LAST)
    assert (await judge(bars, SIZED).for_entry(TIGER)).values == {}
    assert bars.asked == []


async def test_the_market_itself_is_read_once():
    bars = Bars(LAST)
    await judge(bars, rule()).for_entry(MARKET_SYMBOL)
    assert bars.asked == [(MARKET_SYMBOL, LAST)]


async def test_what_is_old_or_unreadable_is_unknown():
    for bars in (Bars(LAST - timedelta(days=1)), Bars(LAST, broken=True)):
        values = await judge(bars).figures(Symbol("999999"))
        assert set(values.values()) == {None}


async def test_a_day_that_the_calendar_does_not_know_is_unknown():
    values = await judge(Bars(LAST)).figures_on(TIGER, date(1900, 1, 2))
    assert set(values.values()) == {None}


async def test_what_another_process_took_on_is_judged_at_once():
    found = RuleJudge(Shelf(coming=(SIZED,)), Bars(LAST), HandClock(NOW), TradingCalendar())
    assert (await found.for_entry(TIGER)).rules == (SIZED,)
