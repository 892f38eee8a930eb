"""What the command line does beside running the bot."""

from __future__ import annotations

from datetime import date

from rich.console import Console

from bot import locales
from bot.operations.health import judge
from bot.operations.logs import configure
from bot.settings import HEARTBEAT_FILE, data_dir, load, redacted
from core.domain.krx import KST
from core.domain.plan import TradingPlan
from core.errors import DataError
from core.runtime.clock import SystemClock


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
        # Printing tells this person only: the bot still delivers them where it runs next.
        for alarm in await app.outbox.waiting():
            await surfaces.post(alarm)
        _print_plan(briefing.plan)


async def session(thread_id: int) -> None:
    """Print one conversation from the archive. Raises DataError when there is none."""
    settings = load(local_only=True)
    from storage.opening import has_database, open_database
    from storage.sessions import SqlSessionArchive

    if not await has_database(settings.database):
        raise DataError(locales.in_all("console.no_database"))
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


def _print_plan(plan: TradingPlan | None) -> None:
    console = Console()
    for action in plan.actions if plan else ():
        text = (
            f"{action.side.value:4} {action.symbol} {action.name} "
            f"{action.quantity} × {action.price_won:,}  {action.justification}"
        )
        console.print(text, markup=False, highlight=False, soft_wrap=True)
