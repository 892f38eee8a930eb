"""What a backtest found, as one embed."""

from __future__ import annotations

import discord

from bot.chat.budget import GREY, FittedEmbed
from core.ports.backtests import BacktestAnswer, BacktestFigures
from core.ports.phrases import Phrases

PICTURE = "backtest.png"
WARNINGS_LENGTH = 900  # of the 1,024 characters that Discord lets a field have


def backtest_embed(found: BacktestAnswer, phrases: Phrases) -> discord.Embed:
    """Return the figures beside the benchmark's; the picture is attached as `PICTURE`."""
    title = phrases.say(
        "backtest.embed_title", start=found.first.isoformat(), end=found.last.isoformat()
    )
    fitted = FittedEmbed(
        phrases=phrases, title=title, description=phrases.say("backtest.picture_note"), colour=GREY
    )
    sides = (("strategy", found.ours), ("equal_parts", found.benchmark))
    for key, figures in sides:
        value = phrases.say("backtest.embed_figures", **_values(figures))
        fitted.add(phrases.say(f"backtest.{key}"), value, inline=True)
    costs = phrases.say(
        "backtest.embed_costs", orders=found.orders, fees=found.fees_won, taxes=found.taxes_won
    )
    fitted.add(phrases.say("backtest.embed_costs_name"), costs)
    fitted.add(phrases.say("backtest.embed_warnings"), _warnings(found.warnings, phrases))
    fitted.embed.set_image(url=f"attachment://{PICTURE}")
    return fitted.embed


def _warnings(every: tuple[str, ...], phrases: Phrases) -> str:
    """Return as many of the sentences as a field holds, whole, and how many there are besides."""
    lines: list[str] = []
    for text in every:
        line = f"· {text}"
        if sum(map(len, lines)) + len(lines) + len(line) > WARNINGS_LENGTH:
            lines.append(phrases.say("backtest.embed_more", count=len(every) - len(lines)))
            break
        lines.append(line)
    return "\n".join(lines)


def _values(figures: BacktestFigures) -> dict[str, object]:
    return {
        "final": figures.final_won,
        "total": figures.total_return * 100,
        "cagr": figures.cagr * 100,
        "volatility": _shown(figures.volatility, 100, "%"),
        "sharpe": _shown(figures.sharpe, 1, ""),
        "drop": figures.max_drawdown * 100,
    }


def _shown(value: float | None, times: float, unit: str) -> str:
    return "-" if value is None else f"{value * times:.2f}{unit}"
