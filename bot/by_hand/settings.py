"""`python -m bot settings`: what is in force, secrets masked."""

from __future__ import annotations

from rich.console import Console

from bot.by_hand.loading import loaded
from bot.settings.redaction import redacted


async def show() -> None:
    """Print every setting, secrets masked."""
    console = Console()
    for name, value in redacted(loaded()).items():
        console.print(f"{name.upper()}={value}", markup=False, highlight=False, soft_wrap=True)
