"""Small price files for tests."""

from __future__ import annotations

from collections.abc import Iterable
from pathlib import Path

from tests.core.strategy.backtest.markets import seeded

SHORT = ("--lookback", "20", "--skip", "5", "--atr", "5")


def price_lines(sessions: int = 120, symbols: int = 4, seed: int = 1) -> list[str]:
    market = seeded(sessions, symbols, seed)
    lines = []
    for column, code in enumerate(market.symbols):
        for row, day in enumerate(market.sessions):
            o, h, low, c = (
                round(float(part[row, column]))
                for part in (
                    market.signal.open,
                    market.signal.high,
                    market.signal.low,
                    market.signal.close,
                )
            )
            lines.append(f"{day},{code},{o},{h},{low},{c},100")
    return lines


def written(path: Path, lines: Iterable[str]) -> Path:
    path.write_text(
        "\n".join(["date,symbol,open,high,low,close,volume", *lines]) + "\n", encoding="utf-8"
    )
    return path
