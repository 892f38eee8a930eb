from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np

from core.domain.calendar import Ruling, TradingCalendar
from storage.price_files.gaps import Gaps, compare, expected_sessions, gaps_of
from storage.price_files.reader import read_prices

CALENDAR = TradingCalendar()


def ordinals(*days: date) -> np.ndarray:
    return np.array([day.toordinal() for day in days], dtype=np.int32)


def gaps(tmp_path: Path, rows: dict[str, list[str]]) -> Gaps:
    path = tmp_path / "bars.csv"
    lines = [f"{day},{code},100,110,90,105,7" for code, days in rows.items() for day in days]
    path.write_text("\n".join(["date,symbol,open,high,low,close,volume", *lines, ""]))
    return gaps_of(read_prices(path).table, CALENDAR)


def test_sessions_without_a_row_are_named_by_symbol(tmp_path: Path) -> None:
    found = gaps(
        tmp_path,
        {
            "069500": ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"],
            "229200": ["2026-11-17", "2026-11-20"],
            # Listed late or gone early is no gap.
            "360750": ["2026-11-18"],
        },
    )
    assert found.missing == {"229200": (date(2026, 11, 18), date(2026, 11, 19))}
    assert found.strange == {}


def test_rows_on_closed_days_are_named(tmp_path: Path) -> None:
    found = gaps(tmp_path, {"069500": ["2026-12-24", "2026-12-25", "2026-12-26", "2026-12-28"]})
    assert found == Gaps({}, {"069500": (date(2026, 12, 25), date(2026, 12, 26))})


def test_a_full_table_has_no_gaps_or_the_same_ones_for_everybody(tmp_path: Path) -> None:
    week = ["2026-11-16", "2026-11-17", "2026-11-18", "2026-11-19", "2026-11-20"]
    assert gaps(tmp_path, {"069500": week, "229200": week}) == Gaps({}, {})
    del week[2]
    lacking = (date(2026, 11, 18),)
    found = gaps(tmp_path, {"069500": week, "229200": week})
    assert found == Gaps({"069500": lacking, "229200": lacking}, {})


def test_where_the_calendar_does_not_reach_the_file_itself_is_the_calendar(tmp_path: Path) -> None:
    found = gaps(
        tmp_path,
        {
            "069500": ["2013-12-26", "2013-12-27", "2013-12-30", "2014-01-02"],
            "229200": ["2013-12-26", "2013-12-30", "2014-01-02"],
        },
    )
    assert found.missing == {"229200": (date(2013, 12, 27),)}
    assert found.strange == {}


def test_what_the_user_closed_is_no_gap() -> None:
    day = date(2026, 11, 18)
    calendar = TradingCalendar({day: Ruling(hours=None, source="override")})
    days = ordinals(date(2026, 11, 17), date(2026, 11, 19))
    assert compare(days, expected_sessions(days, calendar)) == ((), ())
    assert compare(days, expected_sessions(days, CALENDAR)) == ((day,), ())


def test_nothing_has_no_gaps() -> None:
    nothing = ordinals()
    assert expected_sessions(nothing, CALENDAR).size == 0
    assert compare(nothing, nothing) == ((), ())
