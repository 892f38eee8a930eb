"""An order's life from both sides: what the exchange has, and what the bot wrote down.

The bot's ledger is read as any other program may read it: the file, read-only, while it is open
elsewhere. Nothing here knows the bot's own rules.
"""

from __future__ import annotations

import json
import sqlite3
from contextlib import closing
from datetime import date, datetime
from pathlib import Path
from typing import Any

from sandbox.clock import KST
from sandbox.world import World

_ORDERS = """
select order_id, ticket_id, symbol, side, quantity_max, limit_won, state, request_quantity,
       request_price_won, broker_number, filled
from orders order by created_at desc, order_id desc limit 40
"""
_JOURNAL = """
select seq, at, kind, actor, subject, line from journal order by seq desc limit 400
"""


class LedgerUnread(Exception):
    """The bot's ledger is not there yet, or is being written anew."""


def at_the_exchange(world: World, day: date) -> list[dict[str, Any]]:
    """Return today's orders as the exchange has them, oldest first."""
    return [
        {
            "number": order.number,
            "symbol": order.symbol,
            "name": world.prices.name(order.symbol),
            "is_buy": order.is_buy,
            "quantity": order.quantity,
            "price": order.price,
            "filled": order.filled,
            "cancelled": order.cancelled,
            "is_cancel": order.is_cancel,
            "at": order.placed_at.isoformat(),
        }
        for order in world.exchange.orders(day)
    ]


def posts(world: World, day: date) -> int:
    """Return how many order posts reached the broker's server today, or were lost before it."""
    server = world.kiwoom if world.broker == "kiwoom" else world.kis
    return server.order_posts[day]


def in_the_ledger(path: Path) -> list[dict[str, Any]]:
    """Return the bot's newest orders, each with its journal, newest first. Raises LedgerUnread."""
    try:
        with closing(sqlite3.connect(f"{path.as_uri()}?mode=ro", uri=True, timeout=1.0)) as file:
            file.row_factory = sqlite3.Row
            orders = [dict(row) for row in file.execute(_ORDERS)]
            lines = [dict(row) for row in file.execute(_JOURNAL)]
    except sqlite3.Error as error:
        raise LedgerUnread(str(error)) from error
    by_subject: dict[str, list[dict[str, Any]]] = {}
    for line in reversed(lines):
        by_subject.setdefault(line["subject"], []).append(_step(line))
    for order in orders:
        steps = [
            *by_subject.get(order["ticket_id"], ()),
            *by_subject.get(order["order_id"], ()),
        ]
        order["journal"] = sorted(steps, key=lambda step: int(step["seq"]))
    return orders


def _step(line: dict[str, Any]) -> dict[str, Any]:
    facts = json.loads(line["line"]).get("facts", {})
    return {
        "seq": line["seq"],
        "at": datetime.fromisoformat(line["at"]).astimezone(KST).isoformat(),
        "kind": line["kind"],
        "actor": facts.get("name") or line["actor"],
        "filled": facts.get("filled"),
        "reason": facts.get("reason") or "",
    }
