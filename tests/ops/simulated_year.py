"""A year of an account in the tables that the dashboards read, the same each time."""

from __future__ import annotations

import math
from collections.abc import Iterator, Mapping
from datetime import date, datetime, timedelta
from decimal import Decimal
from itertools import count
from typing import Any

from sqlalchemy import Table

from core.domain.krx import KST
from core.domain.model_calls import CallState, Purpose
from core.domain.orders import OrderState, Side
from storage.columns import Day, Exact, Flag, Instant, Member, Words
from storage.schema import METADATA

FIRST = date(2025, 11, 3)
DAYS = 365
STATES = ("FILLED", "FILLED", "CANCELLED", "BLOCKED", "REJECTED", "UNKNOWN", "WORKING")
STEPS = 8
Row = dict[str, Any]


def rows() -> Iterator[tuple[Table, list[Row]]]:
    """Return the rows of each table, every column filled."""
    made: dict[str, list[Row]] = {}
    numbers = count(1)
    for place in range(DAYS):
        day = FIRST + timedelta(days=place)
        if day.weekday() < 5:
            for name, values in _of_a_day(place, day, numbers):
                made.setdefault(name, []).append(_filled(METADATA.tables[name], values))
    yield from ((METADATA.tables[name], lines) for name, lines in made.items())


def _of_a_day(place: int, day: date, numbers: Iterator[int]) -> Iterator[tuple[str, Row]]:
    at = datetime.combine(day, datetime.min.time(), KST) + timedelta(hours=9, minutes=10)
    wave = math.sin(place / 20)
    nav = 900_000 + int(80_000 * wave) + 100 * place
    for hour in (0, 6):
        key = next(numbers)
        taken = at + timedelta(hours=hour)
        snapshot = {"nav_won": nav + hour, "settled_d2_won": nav // 3, "taken_at": taken}
        yield "snapshots", snapshot | {"snapshot_id": key}
        for symbol, name in (("069500", "KODEX 200"), ("133690", "TIGER 미국나스닥100")):
            held = {"symbol": symbol, "name": name, "quantity": 5, "price_won": nav // 15}
            yield "positions", held | {"snapshot_id": key}
    close = 35_000 + int(2_000 * wave)
    bar = {"symbol": "069500", "session": day, "close_won": close, "high_won": close}
    yield "bars", bar | {"open_won": close, "low_won": close, "adjusted": True, "source": "kis"}
    yield from _of_trading(place, day, at, next(numbers))
    for step in range(STEPS):
        run = {"day": day, "state": "done" if place % 50 else "failed", "started_at": at}
        yield "cycle_runs", run | {"step": step, "finished_at": at + timedelta(seconds=step)}


def _of_trading(place: int, day: date, at: datetime, number: int) -> Iterator[tuple[str, Row]]:
    state = OrderState(STATES[place % len(STATES)])
    order = {"order_id": f"o{number}", "symbol": "069500", "side": Side.BUY, "state": state}
    order |= {"quantity_max": 3, "limit_won": 35_000, "created_at": at, "reason": state.value}
    order |= {"ticket_id": f"t{number}", "broker_number": None, "broker_session": None}
    yield "orders", order
    if state is OrderState.FILLED:
        fill = {"fill_id": number, "order_id": f"o{number}", "quantity": 3, "cumulative": 3}
        yield "fills", fill | {"price_won": 35_000, "observed_at": at}
        outcome = {"record_id": f"r{number}", "days": 7, "quantity": 3, "exit_session": day}
        outcome |= {"pnl_won": 1_000 - place, "after_won": 900 - place, "basis_won": 105_000}
        yield "trade_outcomes", outcome | {"entry_session": day - timedelta(days=7)}
    call = {"call_id": f"c{number}", "day": day, "at": at, "model": "sandbox-model"}
    call |= {"purpose": Purpose.ANSWER, "state": CallState.DONE, "cost_milliwon": 12_345}
    yield "model_calls", call | {"prompt_tokens": 900, "completion_tokens": 100, "elapsed_ms": 800}


def _filled(table: Table, values: Mapping[str, Any]) -> Row:
    """Return the row with something allowed in every column that was not given."""
    return {
        column.name: _value(values[column.name], column.type)
        if column.name in values
        else None
        if column.nullable
        else _anything(column.type)
        for column in table.columns
    }


def _value(value: Any, kind: Any) -> Any:
    if isinstance(kind, Member) and isinstance(value, int | str):
        members = list(kind.kind)
        return members[value] if isinstance(value, int) else kind.kind(value)
    return value


def _anything(kind: Any) -> Any:
    first = datetime.combine(FIRST, datetime.min.time(), KST)
    if isinstance(kind, Member):
        return next(iter(kind.kind))
    known: tuple[tuple[type, Any], ...] = (
        (Words, ""),
        (Instant, first),
        (Day, FIRST),
        (Exact, Decimal(35_000)),
        (Flag, False),
    )
    return next((value for one, value in known if isinstance(kind, one)), 1)
