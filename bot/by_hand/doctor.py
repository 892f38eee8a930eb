"""`python -m bot doctor`: the self-check on the command line."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from dataclasses import asdict
from typing import TYPE_CHECKING

from bot import locales
from bot.by_hand.loading import loaded
from bot.onboarding.addresses import Addresses, addresses_at
from bot.operations.doctor import examine
from bot.operations.patient import Patient
from bot.settings import Settings
from core.domain.checkup import MARKS, Check, Verdict
from core.errors import ConfigurationError, StorageError
from core.runtime.clock import SystemClock
from core.runtime.supervisor import TaskSupervisor
from storage.engine import Database
from storage.opening import has_database

if TYPE_CHECKING:
    from core.runtime.broker_session import BrokerSession


async def doctor(*, as_json: bool, is_offline: bool = False) -> tuple[bool, str]:
    """Examine and return (well, text). Changes nothing; works beside a running bot.

    `is_offline` asks neither Discord nor the broker nor the model.
    """
    try:
        settings = loaded()
    except ConfigurationError as error:
        phrases = locales.load("ko")
        checks: tuple[Check, ...] = (
            Check(
                name=phrases.say("doctor.settings"),
                verdict=Verdict.BAD,
                text=str(error),
                mend=phrases.say("doctor.mend_settings"),
            ),
        )
    else:
        checks = await _examined(settings, is_offline=is_offline)
    well = all(check.verdict is not Verdict.BAD for check in checks)
    if as_json:
        rows = [asdict(check) | {"verdict": check.verdict.value} for check in checks]
        return well, json.dumps({"well": well, "checks": rows}, ensure_ascii=False, indent=1)
    return well, "\n".join(_line(check) for check in checks)


async def _examined(settings: Settings, *, is_offline: bool) -> tuple[Check, ...]:
    phrases = locales.load(settings.locale)
    async with AsyncExitStack() as stack:
        database = None
        if await _is_there(settings):
            database = Database(settings.database, read_only=True)
            stack.push_async_callback(database.close)
        first = Check(
            name=phrases.say("doctor.settings"),
            verdict=Verdict.GOOD,
            text=f"{settings.broker}/{settings.mode.value}",
        )
        where = Addresses() if is_offline else await addresses_at(settings.sandbox_url)
        patient = Patient(
            settings=settings,
            phrases=phrases,
            clock=SystemClock(),
            database=database,
            broker=None if is_offline else await _broker(stack, settings),
            discord_api=where.discord_api,
            model_url=where.sandbox.model if where.sandbox else "",
            is_offline=is_offline,
        )
        return (first, *await examine(patient))


async def _is_there(settings: Settings) -> bool:
    """Whether there is a database to look at; what is wrong with it, the checks say."""
    try:
        return await has_database(settings.database)
    except StorageError:
        return True


async def _broker(stack: AsyncExitStack, settings: Settings) -> BrokerSession | None:
    """Return the broker, asked with the token that the bot keeps; a simulated exchange is not."""
    if settings.broker == "sim" or settings.sandbox_url:
        return None
    from bot.brokerage import open_brokerage
    from bot.wiring.desk import session_of

    supervisor = TaskSupervisor()
    stack.push_async_callback(supervisor.aclose)
    clock = SystemClock()
    brokerage = open_brokerage(settings, clock, ())
    stack.push_async_callback(brokerage.adapter.close)
    return session_of(settings, brokerage, clock, supervisor)


def _line(check: Check) -> str:
    mend = f"\n    → {check.mend}" if check.mend else ""
    return f"{MARKS[check.verdict]} {check.name}: {check.text}{mend}"
