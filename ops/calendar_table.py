"""Writes core/domain/krx_days.py: `make calendar`.

Closures come from the `holidays` package (a development dependency, never imported by the bot);
the first session of a year follows from them; the days of the college entrance examination and
other special hours come from notices, kept here. A row that says what the old table said keeps its
as-of date, so that the date tells when a fact was last new.
"""

from __future__ import annotations

import argparse
import importlib.metadata
from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path

FIRST_YEAR, LAST_YEAR = 2014, 2027
TARGET = Path(__file__).parents[1] / "core" / "domain" / "krx_days.py"
# Since then the regular session ends at 15:30; special days moved with it.
LATE_CLOSE_SINCE = date(2016, 8, 1)
FRIDAY = 4
# The exchange's notices of each year; 2027 by the rule (third Thursday), not announced yet.
EXAMINATIONS = [
    "2014-11-13",
    "2015-11-12",
    "2016-11-17",
    "2017-11-23",
    "2018-11-15",
    "2019-11-14",
    "2020-12-03",
    "2021-11-18",
    "2022-11-17",
    "2023-11-16",
    "2024-11-14",
    "2025-11-13",
    "2026-11-19",
]
EXPECTED_EXAMINATIONS = ("2027-11-18",)
# The examination was put off overnight by an earthquake; the exchange kept the hours it had set.
KEPT_HOURS = ("2017-11-16",)

Row = tuple[str, str, str, str]  # day, hours, source, reason

_HEAD = '''"""KRX days that are no regular session. Written by `make calendar`: do not edit.

Source `holidays-…`: financial_holidays("XKRX") of that version; `rule`: follows from the other rows;
`notice`: announced for that day, gathered from public lists; `expected`: by rule, not announced yet.
A day that is changed at short notice goes into DATA_DIR/calendar.toml until this table has it.
"""

from __future__ import annotations

from datetime import date

TABLE_STARTS = date({first}, 1, 1)
TABLE_ENDS = date({last}, 12, 31)

# day, hours (KST) or closed, source, as of, reason
ROWS = """
'''


def rows() -> tuple[Row, ...]:
    """Return every special weekday of the table, oldest first."""
    import holidays

    source = f"holidays-{importlib.metadata.version('holidays')}"
    years = range(FIRST_YEAR, LAST_YEAR + 1)
    found = holidays.financial_holidays("XKRX", years=years, language="ko")
    closed = {day: name for day, name in found.items() if _is_weekday_of(day)}
    special = [
        (day.isoformat(), "closed", source, " ".join(name.split())) for day, name in closed.items()
    ]
    for year in years:
        first = next(day for day in _weekdays(date(year, 1, 1)) if day not in closed)
        special.append((first.isoformat(), _hours(first, "10:00", 0), "rule", "새해 첫 거래일"))
    for days, source_of, reason in (
        (EXAMINATIONS, "notice", "대학수학능력시험"),
        (EXPECTED_EXAMINATIONS, "expected", "대학수학능력시험"),
        (KEPT_HOURS, "notice", "연기된 대학수학능력시험, 거래 시간은 그대로"),
    ):
        special += [
            (text, _hours(date.fromisoformat(text), "10:00", 1), source_of, reason) for text in days
        ]
    return tuple(sorted(special))


def table_text(special: tuple[Row, ...], as_of: str, old: Mapping[str, str]) -> str:
    """Return the module. `old` maps a row without its date to the date it was as of."""
    lines = []
    for day, hours, source, reason in special:
        dated = old.get(key_of(day, hours, reason), as_of)
        lines.append(f"{day} {hours:11} {source:14} {dated} {reason}")
    head = _HEAD.format(first=FIRST_YEAR, last=LAST_YEAR)
    return head + "\n".join(lines) + '\n"""\n'


def key_of(day: str, hours: str, reason: str) -> str:
    """Return what makes two rows the same fact; another version of the source does not."""
    return f"{day} {hours} {reason}"


def dates_of(text: str) -> dict[str, str]:
    """Return the as-of date of every row of a table by `key_of`."""
    found = {}
    for line in text.partition('ROWS = """\n')[2].partition('"""')[0].splitlines():
        day, hours, _, as_of, reason = line.split(maxsplit=4)
        found[key_of(day, hours, reason)] = as_of
    return found


def main() -> None:
    """Write the table anew."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--as-of", required=True, help="YYYY-MM-DD, the date of new rows")
    as_of = date.fromisoformat(parser.parse_args().as_of).isoformat()
    old = TARGET.read_text(encoding="utf-8") if TARGET.exists() else ""
    TARGET.write_text(table_text(rows(), as_of, dates_of(old)), encoding="utf-8")


def _hours(day: date, opens: str, later: int) -> str:
    closes = (15 + later, 30 if day >= LATE_CLOSE_SINCE else 0)
    return f"{opens}-{closes[0]:02}:{closes[1]:02}"


def _is_weekday_of(day: date) -> bool:
    return FIRST_YEAR <= day.year <= LAST_YEAR and day.weekday() <= FRIDAY


def _weekdays(day: date) -> Iterator[date]:
    while True:
        if day.weekday() <= FRIDAY:
            yield day
        day += timedelta(days=1)


if __name__ == "__main__":
    main()
