"""The self-check: one line per thing that must be well, and how to mend what is not.

It looks and never changes anything, so it may run beside the bot, and does before real orders are
armed.
"""

from __future__ import annotations

import asyncio
import os
import shutil
from collections.abc import Awaitable, Callable
from dataclasses import dataclass
from datetime import timedelta
from pathlib import Path

import httpx

from bot.files.calendar import load_day_words
from bot.pictures.fonts import font_files
from bot.settings import HALT_FILE, Settings
from core.domain.breakers import CLOCK_TOLD
from core.domain.checkup import Check, Verdict
from core.domain.krx import KST
from core.domain.krx_days import TABLE_ENDS, TABLE_STARTS
from core.domain.modes import TradingState
from core.domain.orders import OrderHistory
from core.errors import ConfigurationError, DataError, StorageError, TradingError
from core.ports.broker import Broker
from core.ports.clock import Clock
from core.ports.phrases import Phrases
from core.runtime.clock import SystemClock
from core.runtime.trading_switch import LedgerTradingSwitch
from storage.engine import Database
from storage.kept import kept_in
from storage.ledger import SqlLedger

FREE_BYTES_MIN = 500 * 1024 * 1024
CALENDAR_AHEAD = timedelta(days=90)
NETWORK_SECONDS = 10.0
# On these, file locks and fsync do not mean what the ledger needs them to mean.
SHARED_FILESYSTEMS = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "glusterfs", "ceph")
DISCORD_API = "https://discord.com/api/v10"
# Flags of an application: may read messages, in full or while it is on few servers.
MESSAGE_CONTENT_FLAGS = (1 << 18) | (1 << 19)


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What is examined. Without `database` there is no record yet; without `broker` none is asked."""

    settings: Settings
    phrases: Phrases
    clock: Clock
    database: Database | None
    broker: Broker | None


async def examine(patient: Patient) -> tuple[Check, ...]:
    """Run every check; none stops another."""
    checks: list[Check] = []
    for name, look in _LOOKS.items():
        say = patient.phrases.say
        try:
            verdict, text = await look(patient)
        except TradingError as error:
            verdict, text = Verdict.BAD, str(error)
        mend = say(f"doctor.mend_{name}") if verdict is Verdict.BAD else ""
        checks.append(Check(name=say(f"doctor.{name}"), verdict=verdict, text=text, mend=mend))
    return tuple(checks)


Found = tuple[Verdict, str]


def _when(*, good: bool, text: str) -> Found:
    return (Verdict.GOOD if good else Verdict.BAD), text


async def _env_file(patient: Patient) -> Found:
    # Loading refused it already when others can read it; here only its absence is worth a word.
    there = Path(".env").exists()  # noqa: ASYNC240 - one look, of a local file
    key = "env_private" if there else "env_none"
    return (Verdict.GOOD if there else Verdict.SKIPPED), patient.phrases.say(f"doctor.say_{key}")


async def _data_dir(patient: Patient) -> Found:
    folder = patient.settings.data_dir
    kind = filesystem_of(folder)
    if any(kind.startswith(shared) for shared in SHARED_FILESYSTEMS):
        return Verdict.BAD, f"{folder} ({kind})"
    return _when(good=os.access(folder, os.W_OK | os.X_OK), text=str(folder))


async def _disk(patient: Patient) -> Found:
    try:
        free = shutil.disk_usage(patient.settings.data_dir).free
    except OSError as error:
        return Verdict.BAD, str(error.strerror)
    return _when(good=free >= FREE_BYTES_MIN, text=f"{free // (1024 * 1024):,} MB")


async def _calendar(patient: Patient) -> Found:
    today = patient.clock.now().astimezone(KST).date()
    try:
        own = load_day_words(patient.settings.data_dir)
    except ConfigurationError as error:
        return Verdict.BAD, str(error)
    reaches = today >= TABLE_STARTS and today + CALENDAR_AHEAD <= TABLE_ENDS
    return _when(good=reaches, text=f"– {TABLE_ENDS} (+{len(own)})")


async def _font(patient: Patient) -> Found:
    del patient
    try:
        return Verdict.GOOD, font_files()[0].name
    except DataError as error:
        return Verdict.BAD, str(error)


async def _database(patient: Patient) -> Found:
    if patient.database is None:
        return Verdict.SKIPPED, patient.phrases.say("console.no_database")
    await patient.database.integrity_check()
    head = await SqlLedger(patient.database).verify_journal()
    return Verdict.GOOD, patient.phrases.say("doctor.say_journal", lines=head.lines)


async def _lease(patient: Patient) -> Found:
    if patient.database is None:
        return Verdict.SKIPPED, "-"
    async with SqlLedger(patient.database).transaction() as tx:
        found = await tx.lease()
    if found is None or not found.holder:
        return Verdict.GOOD, patient.phrases.say("doctor.say_no_lease")
    age = (SystemClock().now() - found.renewed_at).total_seconds()
    return Verdict.GOOD, f"{found.holder} ({age:.0f} s)"


async def _read(broker: Broker, patient: Patient) -> OrderHistory:
    await broker.account()
    return await broker.order_history(patient.clock.now().astimezone(KST).date())


async def _broker(patient: Patient) -> Found:
    if patient.broker is None:
        return Verdict.SKIPPED, "-"
    identity = patient.broker.identity
    history = await _read(patient.broker, patient)
    ahead = history.server_ahead
    if ahead is not None and abs(ahead) > CLOCK_TOLD:
        seconds = f"{ahead.total_seconds():+.1f}"
        return Verdict.BAD, patient.phrases.say("doctor.say_skew", seconds=seconds)
    return Verdict.GOOD, f"{identity.broker}/{identity.mode.value} {identity.account_masked}"


async def _discord(patient: Patient) -> Found:
    answer = await _asked(patient, "/users/@me")
    if not isinstance(answer, httpx.Response):
        return answer
    return _when(good=answer.status_code == httpx.codes.OK, text=f"HTTP {answer.status_code}")


async def _intents(patient: Patient) -> Found:
    """Whether Discord grants the one privileged intent, where the settings count on it."""
    if not patient.settings.discord_message_content:
        return Verdict.GOOD, patient.phrases.say("doctor.say_intent_unused")
    answer = await _asked(patient, "/applications/@me")
    if not isinstance(answer, httpx.Response):
        return answer
    if answer.status_code != httpx.codes.OK:
        # The check of the token says what is wrong.
        return Verdict.SKIPPED, f"HTTP {answer.status_code}"
    granted = bool(_flags(answer) & MESSAGE_CONTENT_FLAGS)
    word = "granted" if granted else "missing"
    return _when(good=granted, text=patient.phrases.say(f"doctor.say_intent_{word}"))


def _flags(answer: httpx.Response) -> int:
    """Return the flags of an application, none when the answer is not what Discord gives."""
    try:
        found = answer.json()
    except ValueError:
        return 0
    flags = found.get("flags") if isinstance(found, dict) else None
    return flags if isinstance(flags, int) else 0


async def _asked(patient: Patient, path: str) -> httpx.Response | Found:
    """Return Discord's answer to the bot, or why it was not asked."""
    token = patient.settings.discord_token.get_secret_value()
    if not token or patient.settings.sandbox_url:
        return Verdict.SKIPPED, "-"
    try:
        async with asyncio.timeout(NETWORK_SECONDS), httpx.AsyncClient(trust_env=False) as client:
            return await client.get(DISCORD_API + path, headers={"Authorization": f"Bot {token}"})
    except (httpx.HTTPError, TimeoutError):
        return Verdict.SKIPPED, patient.phrases.say("doctor.say_unreachable")


async def _trading(patient: Patient) -> Found:
    if patient.database is None:
        return Verdict.SKIPPED, "-"
    halt_file = patient.settings.data_dir / HALT_FILE
    switch = LedgerTradingSwitch(SqlLedger(patient.database), patient.clock, halt_file)
    found = await switch.reasons()
    why = [trip.reason for trip in found.trips]
    state = patient.phrases.say(f"status.state_{found.state.value.lower()}")
    text = " · ".join([state, *([found.stopped_because] if found.stopped_because else []), *why])
    return _when(good=found.state is TradingState.ACTIVE, text=text)


async def _alarms(patient: Patient) -> Found:
    if patient.database is None:
        return Verdict.SKIPPED, "-"
    async with SqlLedger(patient.database).transaction() as tx:
        waiting = await tx.undelivered()
    return _when(good=not waiting, text=patient.phrases.say("status.count", count=len(waiting)))


async def _holds(patient: Patient) -> Found:
    if patient.database is None:
        return Verdict.SKIPPED, "-"
    async with SqlLedger(patient.database).transaction() as tx:
        holds = await tx.symbol_holds()
    text = ", ".join(f"{hold.symbol} {hold.reason}" for hold in holds) or "-"
    return _when(good=not holds, text=text)


async def _kept(patient: Patient) -> Found:
    if patient.database is None:
        return Verdict.SKIPPED, "-"
    try:
        found = await kept_in(patient.database)
    except StorageError:
        # What is wrong with the database its own line says.
        return Verdict.SKIPPED, "-"
    return Verdict.GOOD, patient.phrases.say(
        "doctor.say_kept",
        megabytes=f"{found.size / 1e6:,.1f}",
        calls=f"{found.calls:,}",
        whole=f"{found.whole_calls:,}",
        facts=f"{found.facts:,}",
        notes=f"{found.notes:,}",
    )


_LOOKS: dict[str, Callable[[Patient], Awaitable[Found]]] = {
    "env_file": _env_file,
    "data_dir": _data_dir,
    "disk": _disk,
    "calendar": _calendar,
    "font": _font,
    "database": _database,
    "lease": _lease,
    "broker": _broker,
    "discord": _discord,
    "intents": _intents,
    "trading": _trading,
    "alarms": _alarms,
    "holds": _holds,
    "kept": _kept,
}


def filesystem_of(folder: Path, mounts: Path = Path("/proc/mounts")) -> str:
    """Return the kind of file system a folder is on, or an empty text where nobody tells."""
    try:
        lines = mounts.read_text(encoding="utf-8").splitlines()
    except OSError:
        return ""
    where = str(folder.resolve())
    best = ("", "")
    for line in lines:
        parts = line.split()
        if len(parts) < 3:  # noqa: PLR2004 - device, place, kind
            continue
        place, kind = parts[1], parts[2]
        inside = where == place or where.startswith(place.rstrip("/") + "/")
        if inside and len(place) >= len(best[0]):
            best = (place, kind)
    return best[1]
