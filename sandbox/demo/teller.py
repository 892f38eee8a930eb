"""Tells the day as it happens: on the terminal, and as one JSON object per event."""

from __future__ import annotations

import json
import re
from datetime import date, datetime
from pathlib import Path
from typing import IO, Any

from rich.console import Console
from rich.text import Text

from brokers.sim.values import ExchangeOrder
from sandbox.clock import KST, BusinessClock
from sandbox.discord.acting import DeskError
from sandbox.discord.events import DiscordEvent
from sandbox.world import World

TEXT_MAX = 400
_WHO = {"owner": "주인", "approver": "승인자", "stranger": "낯선 사람", "autotrade": "봇"}
_STYLES = {
    "봇": "cyan",
    "주인": "green",
    "승인자": "green",
    "낯선 사람": "yellow",
    "증권사": "magenta",
    "감독": "dim",
}
_ACTS = {
    "t1:ok": "✅ 를 누릅니다",
    "t1:no": "❌ 를 누릅니다",
    "t1:edit": "✏️ 를 누릅니다",
    "t1:cancel": "취소를 누릅니다",
}
_STAMP = re.compile(r"<t:(\d{1,10})(?::[a-zA-Z])?>")
_PLACE = re.compile(r"<#(\d{1,20})>")
_CUSTOM_ID = re.compile(r"[a-z0-9_]+:\S*")
_STILL_WRITING = "▌"
_VERBS = {
    "message_posted": "",
    "message_edited": "(메시지 수정) ",
    "interaction_reply": "",
    "interaction": "",
    "thread_created": "스레드를 엽니다: ",
    "thread_updated": "스레드가 바뀝니다: ",
}


class Teller:
    """Watches Discord and the exchange. Everything it tells it has seen there."""

    def __init__(self, world: World, console: Console, transcript: Path | None) -> None:
        """`transcript` is the JSON-lines file (None: only the terminal)."""
        self._world = world
        self._clock: BusinessClock = world.clock
        self._console = console
        self._file: IO[str] | None = (
            transcript.open("w", encoding="utf-8") if transcript is not None else None
        )
        self._states: dict[tuple[date, int], str] = {}
        self._last_text: dict[str, str] = {}

    def close(self) -> None:
        """Close the transcript."""
        if self._file is not None:
            self._file.close()
            self._file = None

    def scene(self, text: str) -> None:
        """Tell what the director does next."""
        self._console.rule(Text(text, style="bold"))
        self._write(kind="scene", actor="감독", channel="", text=text)

    def note(self, actor: str, text: str, *, kind: str = "note", **more: object) -> None:
        """Tell one thing that is not on Discord."""
        self._show(actor, text)
        self._write(kind=kind, actor=actor, channel="", text=text, **more)

    def discord(self, event: DiscordEvent) -> None:
        """Tell one thing seen on Discord."""
        if event.kind in {"connected", "disconnected"}:
            text = "디스코드에 연결했습니다" if event.kind == "connected" else "연결이 끊겼습니다"
            self.note(_WHO.get(event.actor, event.actor) or "봇", text, kind=event.kind)
            return
        if event.message is not None and event.message.get("type", 0) not in {0, 19, 20}:
            return
        text = self._text_of(event)
        actor = _WHO.get(event.actor, event.actor)
        if not text:
            return
        embed = (event.message or {}).get("embeds") or None
        private = " (본인에게만 보임)" if event.private else ""
        shown = _headlines(event.message) if event.kind == "message_edited" else ""
        unfinished = text.endswith(_STILL_WRITING)
        if event.kind == "interaction" or not (unfinished or self._is_repeat(event, shown or text)):
            verb = _VERBS.get(event.kind, "")
            self._show(actor, f"{verb}{shown or text}{private}", channel=event.channel)
        self._write(
            kind=event.kind,
            actor=actor,
            channel=event.channel,
            channel_id=event.channel_id,
            text=text,
            embed=embed,
            private=event.private,
            message_id=(event.message or {}).get("id"),
        )

    def approved(self, actor: str, legs: list[dict[str, object]]) -> None:
        """Tell that a person approved these legs."""
        for leg in legs:
            text = (
                f"승인: {leg['symbol']} {_side(leg['side'])} 최대 {leg['quantity']}주, "
                f"한계 {leg['price']:,}원"
            )
            self.note(actor, text, kind="order", order={**leg, "state": "승인"})

    def exchange(self) -> None:
        """Tell what is new in the exchange's own books: 접수, 부분체결, 체결, 취소, 거절."""
        day = self._clock.now().date()
        for order in self._world.exchange.orders(day):
            if order.is_cancel:
                continue
            state = _state(order)
            key = (day, order.number)
            if self._states.get(key) == state:
                continue
            if key not in self._states and not state.startswith("접수"):
                self._order(order, "접수")
            self._states[key] = state
            self._order(order, state)

    def _order(self, order: ExchangeOrder, state: str) -> None:
        word = state.split(" ", 1)[0]
        name = self._world.prices.name(order.symbol)
        side = "매수" if order.is_buy else "매도"
        average = round(order.amount / order.filled) if order.filled else order.price
        text = f"{state}: {name}({order.symbol}) {side} {order.quantity}주"
        text += f" @ {average:,}원 (주문번호 {order.number})"
        self.note(
            "증권사",
            text,
            kind="order",
            order={
                "symbol": order.symbol,
                "side": "buy" if order.is_buy else "sell",
                "quantity": order.quantity,
                "price": order.price,
                "filled": order.filled,
                "average": average if order.filled else None,
                "state": word,
            },
        )

    def _text_of(self, event: DiscordEvent) -> str:
        if event.kind == "interaction":
            return _act(event.detail)
        if event.thread is not None and event.message is None:
            meta = event.thread.get("thread_metadata", {})
            state = " (보관됨)" if meta.get("archived") else ""
            return f"{event.thread.get('name', '')}{state}"
        message = event.message or {}
        parts = [str(message.get("content") or "")]
        for embed in message.get("embeds") or []:
            parts += [str(embed.get("title") or ""), str(embed.get("description") or "")]
            parts += [f"{f['name']}: {f['value']}" for f in embed.get("fields") or []]
        text = _STAMP.sub(_clock_time, "\n".join(part for part in parts if part))
        return _PLACE.sub(self._place, text)

    def _place(self, found: re.Match[str]) -> str:
        desk = self._world.discord
        try:
            return f"#{desk.channel(found[1])['name']}" if desk is not None else found[0]
        except DeskError:
            return found[0]

    def _is_repeat(self, event: DiscordEvent, text: str) -> bool:
        """Whether the terminal was shown the same first lines of this message just before."""
        identity = str((event.message or {}).get("id") or "")
        if not identity:
            return False
        head = text[:TEXT_MAX]
        repeat = self._last_text.get(identity) == head
        self._last_text[identity] = head
        return repeat

    def _show(self, actor: str, text: str, channel: str = "") -> None:
        line = Text(f"{self._clock.now():%H:%M:%S} ", style="dim")
        line.append(f"{actor:<6}", style=_STYLES.get(actor, "white"))
        if channel:
            line.append(f"#{channel} ", style="dim")
        shown = text if len(text) <= TEXT_MAX else text[: TEXT_MAX - 1] + "…"
        line.append(shown.replace("**", "").replace("\n", "\n                "))
        # A file or a pipe has no width: whoever reads it wraps for himself.
        self._console.print(line, soft_wrap=not self._console.is_terminal)

    def _write(self, **event: Any) -> None:
        if self._file is None:
            return
        now: datetime = self._clock.now()
        body = {"t": now.isoformat(timespec="milliseconds"), **event}
        self._file.write(json.dumps(body, ensure_ascii=False) + "\n")
        self._file.flush()


def _act(detail: str) -> str:
    """Return what a person did, from the command, the custom id of the component, or the title."""
    if detail.startswith("/"):
        return f"{detail} 명령을 씁니다"
    known = _ACTS.get(detail.rsplit(":", 1)[0])
    if known:
        return known
    return (
        f"메시지의 단추({detail})를 누릅니다"
        if _CUSTOM_ID.fullmatch(detail)
        else f"'{detail}' 창을 채워 보냅니다"
    )


def _headlines(message: dict[str, Any] | None) -> str:
    """Return title and first line of each embed, in which an edited ticket says what happened."""
    embeds = (message or {}).get("embeds") or []
    lines = [
        f"{embed.get('title') or ''} · {str(embed.get('description') or '').splitlines()[0]}"
        for embed in embeds
        if embed.get("description")
    ]
    return _STAMP.sub(_clock_time, "\n".join(lines))


def _clock_time(match: re.Match[str]) -> str:
    return f"{datetime.fromtimestamp(int(match[1]), KST):%H:%M}"


def _state(order: ExchangeOrder) -> str:
    if order.filled == order.quantity:
        return "체결"
    if order.filled:
        rest = "취소" if order.remaining == 0 else f"{order.filled}/{order.quantity}"
        return f"부분체결 {rest}"
    if order.remaining:
        return "접수"
    return "거절" if order.rejected else "취소"


def _side(side: object) -> str:
    return "매수" if side == "buy" else "매도"
