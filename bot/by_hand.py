"""What the command line does beside running the bot."""

from __future__ import annotations

from datetime import date
from pathlib import Path
from typing import TYPE_CHECKING

from rich.console import Console

from bot import locales
from bot.operations.health import judge
from bot.operations.logs import configure
from bot.settings import HALT_FILE, HEARTBEAT_FILE, data_dir, load, redacted
from core.domain.krx import KST
from core.domain.plan import TradingPlan
from core.errors import ConfigurationError, DataError
from core.runtime.clock import SystemClock

if TYPE_CHECKING:
    from sqlalchemy import URL


async def cycle(day: date | None, *, dry_run: bool, retry: bool) -> None:
    """Run one day's cycle; tickets are shown by the bot when it runs next.

    Raises ConfigurationError while the bot itself runs (one process per data folder).
    """
    settings = load(local_only=True)
    configure(settings.log_level)
    # Imported late, here and below: a container asks for its health every few seconds, and that
    # must not cost the whole graph.
    from bot.operations.console import ConsoleSurfaces
    from bot.wiring import build

    async with build(settings) as app:
        surfaces = ConsoleSurfaces(Console(), app.world.phrases)
        # Tickets stay unshown until the bot itself can put a button under them.
        app.surfaces.connect(surfaces, surfaces, surfaces)
        chosen = day or app.world.clock.now().astimezone(KST).date()
        briefing = await app.cycle.run(chosen, dry_run=dry_run, retry=retry)
        if dry_run:
            await surfaces.show_briefing(briefing, None)
        _print_plan(briefing.plan)


async def session(thread_id: int) -> None:
    """Print one conversation from the archive. Raises DataError when there is none."""
    settings = load(local_only=True)
    from storage.opening import open_database
    from storage.sessions import SqlSessionArchive

    if not await _has_database(settings.database):
        raise DataError(_in_all_languages("console.no_database"))
    database = await open_database(settings.database, migrate=False)
    try:
        archive = SqlSessionArchive(database)
        found = await archive.session(thread_id)
        lines = await archive.lines(thread_id)
    finally:
        await database.close()
    phrases = locales.load(settings.locale)
    if found is None:
        raise DataError(phrases.say("console.no_session", thread=thread_id))
    console = Console()
    console.print(
        f"{found.title} ({found.state.value})", markup=False, highlight=False, soft_wrap=True
    )
    for line in lines:
        text = f"{line.at:%Y-%m-%d %H:%M:%S} {line.role.value:9} {line.author}: {line.text}"
        console.print(text, markup=False, highlight=False, soft_wrap=True)


async def show_settings() -> None:
    """Print every setting, secrets masked."""
    console = Console()
    for name, value in redacted(load(local_only=True)).items():
        console.print(f"{name.upper()}={value}", markup=False, highlight=False, soft_wrap=True)


def health() -> tuple[bool, str]:
    """Return (healthy, sentence) from the heartbeat of the running bot."""
    return judge(data_dir() / HEARTBEAT_FILE, SystemClock().now())


def halt() -> str:
    """Write the halt file, which the bot obeys whatever else is broken, its settings included.

    Raises ConfigurationError when the file cannot be written.
    """
    path = data_dir() / HALT_FILE
    try:
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        path.touch()
    except OSError as error:
        raise ConfigurationError(
            f"NOT HALTED: {path} cannot be written: {error.strerror}"
        ) from error
    return _in_all_languages("console.halted", path=path)


def _in_all_languages(key: str, **values: object) -> str:
    return " / ".join(locales.load(name).say(key, **values) for name in locales.LOCALES)


async def _has_database(address: str) -> bool:
    """Whether the bot has ever been started on this database. Makes no file."""
    from storage.engine import Database, database_url
    from storage.migrations import stored_revision

    if _is_missing_file(database_url(address)):
        return False
    database = Database(address)
    try:
        return await stored_revision(database) is not None
    finally:
        await database.close()


def _is_missing_file(url: URL) -> bool:
    return url.get_backend_name() == "sqlite" and not Path(url.database or "").exists()


def _print_plan(plan: TradingPlan | None) -> None:
    console = Console()
    for action in plan.actions if plan else ():
        text = (
            f"{action.side.value:4} {action.symbol} {action.name} "
            f"{action.quantity} × {action.price_won:,}  {action.justification}"
        )
        console.print(text, markup=False, highlight=False, soft_wrap=True)
