"""`python -m bot session THREAD`: one conversation, from the archive."""

from __future__ import annotations

from rich.console import Console

from bot import locales
from bot.by_hand.loading import loaded
from core.errors import DataError


async def show(thread_id: int) -> None:
    """Print one conversation from the archive. Raises DataError when there is none."""
    settings = loaded()
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
