"""The self-check: one line per thing that must be well, and how to mend what is not.

It looks and never changes anything, so it may run beside the bot, and does before real orders are
armed.
"""

from __future__ import annotations

import os
import shutil
import socket
from collections.abc import Awaitable, Callable
from datetime import timedelta
from pathlib import Path

from bot.files.calendar import load_day_words
from bot.operations.doctor_outside import OUTSIDE
from bot.operations.patient import Found, Patient, when
from bot.pictures.fonts import font_files
from bot.settings import HALT_FILE
from core.domain.breakers import CLOCK_TOLD
from core.domain.checkup import Check, Verdict
from core.domain.krx import KST
from core.domain.krx_days import TABLE_ENDS, TABLE_STARTS
from core.domain.modes import TradingState
from core.domain.orders import OrderHistory
from core.errors import ConfigurationError, DataError, StorageError, TradingError
from core.ports.broker import Broker
from core.runtime.clock import SystemClock
from core.runtime.lease import LAPSES_AFTER
from core.runtime.trading_switch import LedgerTradingSwitch
from storage.kept import kept_in
from storage.ledger import SqlLedger
from storage.migrations import HEAD, stored_revision

FREE_BYTES_MIN = 500 * 1024 * 1024
CALENDAR_AHEAD = timedelta(days=90)
_UNITS = {"days": 86_400, "hours": 3_600, "minutes": 60, "seconds": 1}
# On these, file locks and fsync do not mean what the ledger needs them to mean.
SHARED_FILESYSTEMS = ("nfs", "cifs", "smb", "9p", "fuse.sshfs", "glusterfs", "ceph")


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


async def _env_file(patient: Patient) -> Found:
    # Loading refused it already when others can read it; here only its absence is worth a word.
    there = Path(".env").exists()  # noqa: ASYNC240 - one look, of a local file
    key = "env_private" if there else "env_none"
    return (Verdict.GOOD if there else Verdict.SKIPPED), patient.phrases.say(f"doctor.say_{key}")


async def _data_dir(patient: Patient) -> Found:
    folder = patient.settings.data_dir
    kind = filesystem_of(folder)
    if any(kind.startswith(shared) for shared in SHARED_FILESYSTEMS):
        return Verdict.BAD, f"{_written(folder)} ({kind})"
    place = _standing(folder)
    good = place.is_dir() and os.access(place, os.W_OK | os.X_OK)
    return when(good=good, text=_written(folder))


def _written(folder: Path) -> str:
    """Return a folder as people write it, with ~ for their own; a channel need not see the rest."""
    try:
        return str("~" / folder.relative_to(Path.home()))
    except (RuntimeError, ValueError):
        # Nobody's folder, or an account without one.
        return str(folder)


def _standing(folder: Path) -> Path:
    """Return the folder, or the one that stands where the first start makes it.

    People are told to run the self-check before they start the bot.
    """
    return next(one for one in (folder, *folder.parents) if _stands(one))


def _stands(place: Path) -> bool:
    try:
        return place.exists()
    except OSError:
        # Below a folder that is closed to us: what stands there cannot be used, whatever it is.
        return False


async def _disk(patient: Patient) -> Found:
    try:
        free = shutil.disk_usage(_standing(patient.settings.data_dir)).free
    except OSError as error:
        return Verdict.BAD, str(error.strerror)
    return when(good=free >= FREE_BYTES_MIN, text=f"{free // (1024 * 1024):,} MB")


async def _calendar(patient: Patient) -> Found:
    today = patient.clock.now().astimezone(KST).date()
    try:
        own = load_day_words(patient.settings.data_dir)
    except ConfigurationError as error:
        return Verdict.BAD, str(error)
    reaches = today >= TABLE_STARTS and today + CALENDAR_AHEAD <= TABLE_ENDS
    return when(good=reaches, text=f"– {TABLE_ENDS} (+{len(own)})")


async def _font(patient: Patient) -> Found:
    del patient
    try:
        return Verdict.GOOD, font_files()[0].name
    except DataError as error:
        return Verdict.BAD, str(error)


async def _database(patient: Patient) -> Found:
    if patient.database is None:
        return Verdict.SKIPPED, patient.phrases.say("console.no_database")
    revision = await stored_revision(patient.database)
    if revision != HEAD:
        text = patient.phrases.say("doctor.say_old_schema", found=revision or "-", needed=HEAD)
        return Verdict.BAD, text
    await patient.database.integrity_check()
    head = await SqlLedger(patient.database).verify_journal()
    text = patient.phrases.say("doctor.say_journal", lines=head.lines)
    return Verdict.GOOD, f"{text} ({HEAD})"


async def _lease(patient: Patient) -> Found:
    if patient.database is None:
        return Verdict.SKIPPED, "-"
    async with SqlLedger(patient.database).transaction() as tx:
        found = await tx.lease()
    if found is None or not found.holder:
        return Verdict.GOOD, patient.phrases.say("doctor.say_no_lease")
    say, age = patient.phrases.say, SystemClock().now() - found.renewed_at
    if age > LAPSES_AFTER:
        # Who was killed leaves the row behind, and who cannot write lives on: the row tells no more.
        return Verdict.GOOD, say("doctor.say_lease_lapsed", age=_age(age, patient))
    # A holder is a machine and a folder on it. Only another machine is worth its name.
    host = found.holder.partition(":")[0]
    key = "here" if host == socket.gethostname() else "there"
    return Verdict.GOOD, say(f"doctor.say_lease_{key}", host=host, age=_age(age, patient))


def _age(age: timedelta, patient: Patient) -> str:
    """Return an age in the greatest unit of which it has one. Another machine's clock may be ahead."""
    seconds = max(int(age.total_seconds()), 0)
    unit = next((name for name, size in _UNITS.items() if seconds >= size), "seconds")
    return patient.phrases.say(f"doctor.age_{unit}", count=seconds // _UNITS[unit])


async def _read(broker: Broker, patient: Patient) -> OrderHistory:
    await broker.account()
    return await broker.order_history(patient.clock.now().astimezone(KST).date())


async def _broker(patient: Patient) -> Found:
    if patient.broker is None:
        key = "say_offline" if patient.is_offline else "say_no_broker"
        return Verdict.SKIPPED, patient.phrases.say(f"doctor.{key}")
    identity = patient.broker.identity
    history = await _read(patient.broker, patient)
    ahead = history.server_ahead
    if ahead is not None and abs(ahead) > CLOCK_TOLD:
        seconds = f"{ahead.total_seconds():+.1f}"
        return Verdict.BAD, patient.phrases.say("doctor.say_skew", seconds=seconds)
    return Verdict.GOOD, f"{identity.broker}/{identity.mode.value} {identity.account_masked}"


async def _trading(patient: Patient) -> Found:
    if patient.database is None:
        return Verdict.SKIPPED, "-"
    halt_file = patient.settings.data_dir / HALT_FILE
    switch = LedgerTradingSwitch(SqlLedger(patient.database), patient.clock, halt_file)
    found = await switch.reasons()
    why = [trip.reason for trip in found.trips]
    state = patient.phrases.say(f"status.state_{found.state.value.lower()}")
    text = " · ".join([state, *([found.stopped_because] if found.stopped_because else []), *why])
    return when(good=found.state is TradingState.ACTIVE, text=text)


async def _alarms(patient: Patient) -> Found:
    if patient.database is None:
        return Verdict.SKIPPED, "-"
    async with SqlLedger(patient.database).transaction() as tx:
        waiting = await tx.undelivered()
    return when(good=not waiting, text=patient.phrases.say("status.count", count=len(waiting)))


async def _holds(patient: Patient) -> Found:
    if patient.database is None:
        return Verdict.SKIPPED, "-"
    async with SqlLedger(patient.database).transaction() as tx:
        holds = await tx.symbol_holds()
    text = ", ".join(f"{hold.symbol} {hold.reason}" for hold in holds) or "-"
    return when(good=not holds, text=text)


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
    **OUTSIDE,
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
