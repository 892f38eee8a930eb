"""A demo's transcript as values: one event per line."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path
from typing import Any

_LEG = re.compile(r"^(\d+)\. (매수|매도) .*\(([0-9][0-9A-Z]{5})\)$")
_STATE = re.compile(r"^상태: ?(\S+)", re.MULTILINE)
_TICKET = re.compile(r"제안 번호 (\S+)")
MAIN_CHANNEL, ALERT_CHANNEL = "매매", "알림"
OWNER, STRANGER, BOT, BROKER = "주인", "낯선 사람", "봇", "증권사"
APPROVED, ACCEPTED, FILLED = "승인", "접수", "체결"


@dataclass(frozen=True, slots=True)
class OrderNews:
    """What an order event says. Won and shares."""

    symbol: str
    side: str
    quantity: int
    price: int
    state: str

    @property
    def key(self) -> tuple[str, str]:
        """Symbol and side."""
        return self.symbol, self.side


@dataclass(frozen=True, slots=True)
class Leg:
    """One leg as a ticket's message shows it; `state` is the first word of its state line."""

    number: int
    symbol: str
    side: str
    state: str

    @property
    def key(self) -> tuple[str, str]:
        """Symbol and side."""
        return self.symbol, self.side


@dataclass(frozen=True, slots=True, kw_only=True)
class Event:
    """One line of the transcript."""

    t: datetime
    kind: str
    actor: str = ""
    channel: str = ""
    channel_id: str = ""
    text: str = ""
    embeds: tuple[dict[str, Any], ...] = ()
    private: bool = False
    message_id: str = ""
    order: OrderNews | None = None

    @property
    def is_message(self) -> bool:
        """Whether a message was posted or edited."""
        return self.kind in {"message_posted", "message_edited"}

    @property
    def title(self) -> str:
        """Title of the first embed."""
        return str(self.embeds[0].get("title") or "") if self.embeds else ""

    @property
    def headline(self) -> str:
        """First line of the first embed's description, without its stars."""
        text = str(self.embeds[0].get("description") or "") if self.embeds else ""
        return text.splitlines()[0].strip("* ") if text else ""

    @property
    def ticket(self) -> str:
        """Number of the ticket that this message shows, or nothing."""
        footer = (self.embeds[0].get("footer") or {}) if self.embeds else {}
        match = _TICKET.search(str(footer.get("text") or ""))
        return match[1] if match else ""

    def legs(self) -> list[Leg]:
        """Return the legs that this message shows."""
        found: list[Leg] = []
        for embed in self.embeds:
            for field in embed.get("fields") or []:
                match = _LEG.match(str(field.get("name", "")))
                if match:
                    state = _STATE.search(str(field.get("value", "")))
                    side = "buy" if match[2] == "매수" else "sell"
                    found.append(Leg(int(match[1]), match[3], side, state[1] if state else ""))
        return found


def read(path: Path) -> list[Event]:
    """Return every event of a transcript. Raises ValueError naming a line that is none."""
    events: list[Event] = []
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        try:
            events.append(_event(json.loads(line)))
        except (ValueError, KeyError, TypeError) as error:
            raise ValueError(f"{path.name}:{number}: {error}") from error
    return events


def order_news(events: Sequence[Event]) -> list[tuple[str, str, str, int, int]]:
    """Return what happened to orders, ids and times aside."""
    return [
        (e.order.state, e.order.symbol, e.order.side, e.order.quantity, e.order.price)
        for e in events
        if e.order is not None
    ]


def _event(line: dict[str, Any]) -> Event:
    order = line.get("order")
    return Event(
        t=datetime.fromisoformat(line["t"]),
        kind=line["kind"],
        actor=line["actor"],
        channel=line["channel"],
        channel_id=str(line.get("channel_id") or ""),
        text=line["text"],
        embeds=tuple(line.get("embed") or ()),
        private=bool(line.get("private")),
        message_id=str(line.get("message_id") or ""),
        order=OrderNews(
            order["symbol"], order["side"], order["quantity"], order["price"], order["state"]
        )
        if order
        else None,
    )
