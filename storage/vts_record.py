"""How many trading days a 모의투자 database went without incident. Opened read-only."""

from __future__ import annotations

import json
from datetime import date

from sqlalchemy import select

from core.domain.breakers import Breaker
from core.domain.cycle import Step, StepState
from core.domain.journal import DAY_CLOSED
from core.domain.krx import KST
from core.domain.modes import Mode
from core.domain.orders import IN_DOUBT_STATES
from core.errors import StorageError
from storage.engine import Database
from storage.opening import has_database
from storage.schema import cycle_runs, journal, orders, stamp
from storage.statements import Statements

# Breakers whose trip means that our own rules failed, not that the market fell.
_GRAVE = {Breaker.LAST_HOP.value, Breaker.INVARIANT.value}


async def clean_vts_days(address: str, broker: str) -> int:
    """Return the trading days since the last incident on which cycle and closing report were done.

    The record must be one of the same broker.

    0 without such a database. Raises ConfigurationError or StorageError when it cannot be read.
    """
    if not await has_database(address):
        return 0
    database = Database(address, read_only=True)
    try:
        async with database.reading() as sql:
            stamped = await sql.row(select(stamp.c.mode, stamp.c.broker))
            if stamped is None or (stamped["broker"], stamped["mode"]) != (broker, Mode.VTS):
                raise StorageError(
                    f"VTS_DATABASE_URL is not the database of a 모의투자 account at {broker}"
                )
            days = await _closed_days(sql) & await _finished_days(sql)
            incident = await _last_incident(sql)
    finally:
        await database.close()
    return len([day for day in days if incident is None or day > incident])


async def _closed_days(sql: Statements) -> set[date]:
    rows = await sql.rows(select(journal.c.subject).where(journal.c.kind == DAY_CLOSED))
    return {date.fromisoformat(row["subject"]) for row in rows}


async def _finished_days(sql: Statements) -> set[date]:
    """Return the days on which every step of the cycle came to its end."""
    rows = await sql.rows(select(cycle_runs.c.day, cycle_runs.c.step, cycle_runs.c.state))
    ended: dict[date, set[Step]] = {}
    for row in rows:
        if row["state"] in {StepState.DONE, StepState.SKIPPED}:
            ended.setdefault(row["day"], set()).add(row["step"])
    return {day for day, steps in ended.items() if steps == set(Step)}


async def _last_incident(sql: Statements) -> date | None:
    told = await sql.rows(
        select(journal.c.at, journal.c.kind, journal.c.line).where(
            journal.c.kind.like("incident.%") | (journal.c.kind == "switch.tripped")
        )
    )
    days = [
        row["at"].astimezone(KST).date()
        for row in told
        if row["kind"] != "switch.tripped" or _breaker(row["line"]) in _GRAVE
    ]
    open_doubts = await sql.rows(
        select(orders.c.created_at).where(orders.c.state.in_(IN_DOUBT_STATES))
    )
    days += [row["created_at"].astimezone(KST).date() for row in open_doubts]
    return max(days, default=None)


def _breaker(line: str) -> str:
    return str(json.loads(line)["facts"].get("breaker", ""))
