"""What every picture is drawn on: the font with Hangul, and the colours of a theme."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from bot.pictures.fonts import FAMILY, font_files
from bot.pictures.theme import NORMAL, Theme


@contextmanager
def canvas(look: Theme) -> Iterator[None]:
    """Draw in the block with this look; needs no screen. Loads matplotlib."""
    import matplotlib as mpl
    from matplotlib.font_manager import fontManager

    mpl.use("Agg")
    for path in font_files():
        fontManager.addfont(path)
    settings: dict[Any, Any] = {
        "font.family": FAMILY,
        "font.size": NORMAL,
        "axes.unicode_minus": False,
        "figure.facecolor": look.background,
        "axes.facecolor": look.background,
        "axes.edgecolor": look.grid,
        "axes.labelcolor": look.text,
        "text.color": look.text,
        "xtick.color": look.faint,
        "ytick.color": look.faint,
        "grid.color": look.grid,
        # A "$" in a name must stay a "$", not start a formula.
        "text.parse_math": False,
    }
    with mpl.rc_context(settings):
        yield
