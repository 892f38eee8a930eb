"""An embed with its picture; without the picture the figures still come."""

from __future__ import annotations

import io
from typing import Any

import discord
import structlog

from bot.chat.host import Interaction
from bot.chat.text import label
from core.errors import DataError
from core.ports.pictures import ChartPainter, ChartSpec

_LOG = structlog.get_logger(__name__)
ALT_MAX = 1000


async def painted(painter: ChartPainter, spec: ChartSpec | None) -> bytes | None:
    """Return the PNG of `spec`, or None where there is nothing to draw or it could not be drawn."""
    if spec is None:
        return None
    try:
        return await painter.paint(spec)
    except DataError as error:
        _LOG.warning("picture failed", title=spec.title, reason=str(error)[:200])
        return None


async def send_pictured(
    interaction: Interaction,
    embed: discord.Embed,
    png: bytes | None,
    *,
    name: str,
    alt: str,
    view: discord.ui.View | None = None,
) -> None:
    """Answer who asked, alone, with `embed` and under it the picture, which `alt` tells in words."""
    if png is not None:
        embed.set_image(url=f"attachment://{name}.png")
    missing: Any = discord.utils.MISSING
    await interaction.followup.send(
        embed=embed,
        ephemeral=True,
        view=missing if view is None else view,
        file=missing
        if png is None
        else discord.File(io.BytesIO(png), f"{name}.png", description=label(alt, ALT_MAX)),
    )
