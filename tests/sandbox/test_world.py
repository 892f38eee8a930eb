from datetime import date, datetime, timedelta

import pytest

from core.errors import DataError
from sandbox.clock import KST
from sandbox.world import WorldSettings, build_world


def test_a_synthetic_world_lists_thirty_funds_and_a_million_won():
    world = build_world(WorldSettings(seed=3, day=date(2026, 11, 20), rate=0))
    assert len(world.universe) == 30
    assert world.clock.now() == datetime(2026, 11, 20, 8, 50, tzinfo=KST)
    assert world.exchange.cash(world.clock.now()).orderable == 1_000_000
    assert world.prices.name("069500") == "KODEX 200"
    assert world.mode == "vts"
    assert world.kis.exchange is world.exchange


def test_two_worlds_of_one_seed_have_the_same_prices():
    def quoted(seed):
        world = build_world(WorldSettings(seed=seed, day=date(2026, 11, 20), rate=0))
        at = datetime(2026, 11, 20, 11, 11, tzinfo=KST)
        return [world.exchange.market(at, code) for code in world.universe]

    assert quoted(3) == quoted(3)
    assert quoted(3) != quoted(4)


def test_other_symbols_and_the_real_profile():
    start = datetime(2026, 11, 20, 9, 0, tzinfo=KST)
    world = build_world(WorldSettings(symbols=["122630", "ABCDEF"], start=start, profile="real"))
    assert world.prices.symbols() == ("122630", "ABCDEF")
    assert world.prices.name("122630") == "KODEX 레버리지"
    assert world.mode == "real"


def test_unknown_profile_and_a_replay_without_a_day(tmp_path):
    with pytest.raises(ValueError, match="profile"):
        build_world(WorldSettings(profile="paper"))
    with pytest.raises(ValueError, match="--date"):
        build_world(WorldSettings(prices=tmp_path / "bars.csv"))


def test_settings_that_make_no_sense_are_refused(tmp_path):
    with pytest.raises(ValueError, match="0 or more"):
        build_world(WorldSettings(seed=-1))
    with pytest.raises(ValueError, match="needs --prices"):
        build_world(WorldSettings(adjusted=tmp_path / "bars.csv"))


def bars(path, last=260):
    days = [date(2024, 1, 1) + timedelta(days=offset) for offset in range(last)]
    rows = [
        f"{day},{code},10000,10100,9900,10050,{volume}"
        for day in days
        for code, volume in (("069500", 5000), ("122630", 9000))
    ]
    path.write_text("date,symbol,open,high,low,close,volume\n" + "\n".join(rows) + "\n")
    return days[-1]


def test_a_replay_knows_its_universe_and_leaves_geared_funds_out(tmp_path):
    path = tmp_path / "bars.csv"
    day = bars(path)
    world = build_world(WorldSettings(prices=path, day=day, rate=0))
    assert world.universe == ("069500",)
    assert world.clock.now().date() == day
    assert world.exchange.market(world.clock.now(), "122630") is not None
    assert "bars.csv" in world.prices.label


def test_a_day_without_bars_names_the_nearest(tmp_path):
    path = tmp_path / "bars.csv"
    day = bars(path)
    with pytest.raises(DataError, match=f"nearest: {day}"):
        build_world(WorldSettings(prices=path, day=date(2024, 12, 25)))
    with pytest.raises(DataError, match="not a session"):
        build_world(WorldSettings(prices=path, day=date.min))


def test_a_bad_row_is_named_by_file_and_line(tmp_path):
    path = tmp_path / "bars.csv"
    path.write_text("date,symbol,open,high,low,close,volume\n2024-01-02,069500,x,1,1,1,1\n")
    with pytest.raises(DataError, match=r"bars\.csv.*2"):
        build_world(WorldSettings(prices=path, day=date(2024, 1, 2)))
