from concurrent.futures import ThreadPoolExecutor
from datetime import date, timedelta

import pytest

from brokers.sim import prices_synthetic, rules
from brokers.sim.prices_synthetic import SyntheticMarket
from brokers.sim.values import DayBar
from tests.brokers.sim.worlds import DAY, NAMES, market

CODES = {f"{number:06d}": f"가상 {number}" for number in range(12)}


def closes(source: SyntheticMarket, symbol: str, start: date, end: date) -> list[int]:
    return [bar.close for bar in source.daily_bars(symbol, start, end, adjusted=False)]


def test_the_label_says_that_it_is_invented():
    assert "가상 시세" in market().label
    assert "7" in market().label


def test_the_same_figures_on_every_machine():
    # Whole-number arithmetic: these stand for good, or yesterday's demo cannot be told again.
    bars = market().daily_bars("069500", date(2026, 11, 18), DAY, adjusted=False)
    assert [bar.session.day for bar in bars] == [18, 19, 20]
    assert bars[-1] == DayBar(DAY, 25_970, 26_125, 25_970, 26_065, 646_850)
    minute = market().minute("069500", DAY, 77)
    assert (minute.last, minute.bid, minute.ask, minute.volume) == (25_995, 25_995, 26_000, 1_949)
    assert bars == market().daily_bars("069500", date(2026, 11, 18), DAY, adjusted=True)


def test_a_price_follows_from_seed_symbol_and_date_alone():
    whole = market()
    whole.daily_bars("229200", date(2014, 1, 1), date(2027, 12, 31), adjusted=False)
    known = whole.minute("069500", DAY, 77), whole.base_price("069500", DAY)
    prices_synthetic._walk.cache_clear()
    late = SyntheticMarket(7, {"069500": "하나만"}, DAY)
    assert (late.minute("069500", DAY, 77), late.base_price("069500", DAY)) == known
    other = closes(market(seed=8), "069500", date(2026, 1, 1), DAY)
    assert other != closes(whole, "069500", date(2026, 1, 1), DAY)


def test_markets_of_one_seed_share_their_walks_even_between_threads():
    assert market()._walk("069500") is market()._walk("069500")
    assert market()._walk("069500") is not market(seed=8)._walk("069500")
    alone = closes(market(), "069500", date(2014, 1, 1), DAY)
    prices_synthetic._walk.cache_clear()
    with ThreadPoolExecutor(8) as pool:
        asked = [pool.submit(closes, market(), "069500", date(2014, 1, 1), DAY) for _ in range(8)]
        assert [one.result() for one in asked] == [alone] * 8


def test_at_least_400_sessions_lie_before_the_start():
    with pytest.raises(ValueError, match="2015"):
        SyntheticMarket(1, NAMES, date(2015, 1, 5))
    earliest = SyntheticMarket(1, NAMES, date(2015, 8, 28))
    bars = earliest.daily_bars("069500", date.min, date(2015, 8, 27), adjusted=True)
    assert len(bars) >= 400


@pytest.mark.untraced
def test_bars_are_legal_prices_between_5000_and_60000():
    source = SyntheticMarket(3, CODES, DAY)
    for symbol in CODES:
        before = 0
        for bar in source.daily_bars(symbol, date(2014, 1, 1), DAY, adjusted=False):
            assert 5_000 <= bar.low <= min(bar.open, bar.close)
            assert max(bar.open, bar.close) <= bar.high <= 60_000
            assert all(p % 5 == 0 for p in (bar.open, bar.high, bar.low, bar.close))
            assert bar.volume > 10_000
            if before:
                lower, upper = rules.price_limits(before, bar.session)
                assert lower <= bar.low <= bar.high <= upper
            before = bar.close


def test_momentum_tells_the_symbols_apart():
    source = SyntheticMarket(7, CODES, DAY)
    ranks = []
    for symbol in CODES:
        series = closes(source, symbol, date(2025, 1, 1), DAY)
        ranks.append(round(series[-22] / series[-253] - 1, 4))
    assert len(set(ranks)) == len(CODES)
    assert min(ranks) < 0 < max(ranks)


def test_names_and_unknown_codes():
    source = market()
    assert source.symbols() == tuple(NAMES)
    assert (source.name("069500"), source.name("123456")) == ("KODEX 200", "123456")
    for call in (
        lambda: source.base_price("123456", DAY),
        lambda: source.minute("123456", DAY, 0),
        lambda: source.daily_bars("123456", DAY, DAY, adjusted=False),
    ):
        with pytest.raises(KeyError):
            call()


def test_sessions_follow_the_table():
    source = market()
    assert source.is_session(DAY)
    assert not source.is_session(date(2026, 12, 25))
    assert source.hours(date(2026, 11, 19))[1].hour == 16
    with pytest.raises(ValueError, match="not a session"):
        source.minute("069500", date(2026, 12, 25), 0)


def test_the_first_day_of_all_has_a_base_price():
    assert market().base_price("069500", date(2014, 1, 2)) > 0


def test_paths_are_kept_within_bounds():
    source = market()
    days = [DAY - timedelta(days=back) for back in range(400)]
    sessions = [day for day in days if source.is_session(day)]
    first = source.minute("069500", sessions[0], 5)
    for day in sessions:
        source.minute("069500", day, 5)
    assert len(source._paths) <= 256
    assert source.minute("069500", sessions[0], 5) == first
