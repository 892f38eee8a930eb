"""The three worksheets that the bot writes: what is held, how the account stands, what was traded."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from bot.exports.files import titles, worded
from core.domain.account import Portfolio
from core.domain.exports import Cell, Table
from core.domain.krx import KST
from core.ports.broker import BrokerIdentity
from core.ports.phrases import Phrases

POSITIONS, PORTFOLIO, TRADES = "Positions", "Portfolio", "Trades"
# Of more trades the newest: a spreadsheet has an end, and the workbook of /report export has all.
TRADES_MAX = 10_000
_POSITION_COLUMNS = (
    *("symbol", "name", "quantity", "sellable", "average_won", "price_won", "value_won"),
    "profit_won",
)

# What a cell may be on the wire: text stays text there, whatever it begins with.
Value = str | int | float


@dataclass(frozen=True, slots=True)
class SheetPage:
    """One worksheet: its title, and its rows from the top; all rows are equally long."""

    title: str
    rows: tuple[tuple[Value, ...], ...]


def pages_of(
    portfolio: Portfolio, trades: Table, identity: BrokerIdentity, phrases: Phrases
) -> tuple[SheetPage, ...]:
    """Return all three. Their titles are fixed, so that other sheets can point at them."""
    return (
        _page(POSITIONS, _positions(portfolio, phrases)),
        _page(PORTFOLIO, _account(portfolio, identity, phrases)),
        _page(
            TRADES,
            [
                titles(trades.kind, phrases),
                *(worded(trades, row, phrases) for row in trades.rows[-TRADES_MAX:]),
            ],
        ),
    )


def _positions(portfolio: Portfolio, phrases: Phrases) -> list[Sequence[Cell]]:
    return [
        [phrases.say(f"sheets.column_{key}") for key in _POSITION_COLUMNS],
        *(
            (
                one.symbol,
                one.name,
                one.quantity,
                one.sellable,
                one.average_cost_won,
                one.price_won,
                one.value_won,
                one.profit_won,
            )
            for one in portfolio.account.positions
        ),
    ]


def _account(
    portfolio: Portfolio, identity: BrokerIdentity, phrases: Phrases
) -> list[Sequence[Cell]]:
    """Return one line per figure: its name, and its value."""
    account, say = portfolio.account, phrases.say
    lines: list[tuple[str, Cell]] = [
        ("mode", say(f"embeds.mode_{identity.mode.value}")),
        ("account", identity.account_masked),
        ("taken_at", f"{account.taken_at.astimezone(KST):%Y-%m-%d %H:%M:%S}"),
        ("nav_won", account.nav_won),
        ("securities_won", account.securities_won),
        ("settled_d2_won", account.settled_d2_won),
        ("orderable_won", portfolio.orderable_won),
        ("reserved_won", portfolio.reserved_won),
    ]
    head = (say("sheets.column_what"), say("sheets.column_value"))
    return [head, *((say(f"sheets.line_{key}"), value) for key, value in lines)]


def _page(title: str, rows: Sequence[Sequence[Cell]]) -> SheetPage:
    return SheetPage(title, tuple(tuple(_value(cell) for cell in row) for row in rows))


def _value(cell: Cell) -> Value:
    """Return a cell as the wire takes it. JSON has one kind of number, and no days."""
    if cell is None:
        return ""
    if isinstance(cell, Decimal):
        return int(cell) if cell == cell.to_integral_value() else float(cell)
    return cell.isoformat() if isinstance(cell, date) else cell
