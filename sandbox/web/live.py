"""The page's live line: what happens is pushed to each tab, as its user may see it."""

from __future__ import annotations

import asyncio
import contextlib
import json
from typing import Any

from aiohttp import WSMsgType, web

from brokers.sim.prices_synthetic import SyntheticMarket
from sandbox.demo.stage import Stage
from sandbox.discord.events import DiscordEvent

QUEUE_MAX = 2_000
PULSE_SECONDS = 1.0
QUOTES_SHOWN = 8
_OF_A_MESSAGE = frozenset({"message_posted", "message_edited", "interaction_reply"})


async def follow(request: web.Request, stage: Stage, viewer: str) -> web.WebSocketResponse:
    """Push events and a pulse until the tab is closed or hopelessly behind."""
    socket = web.WebSocketResponse(heartbeat=20.0)
    await socket.prepare(request)
    queue: asyncio.Queue[dict[str, Any]] = asyncio.Queue(QUEUE_MAX)
    behind = asyncio.Event()

    def heard(event: DiscordEvent) -> None:
        told = _told(stage, viewer, event)
        if told is None:
            return
        try:
            queue.put_nowait(told)
        except asyncio.QueueFull:
            behind.set()

    leave = stage.desk.subscribe(heard)
    sending = asyncio.create_task(_send(socket, queue, stage, behind))
    try:
        async for message in socket:
            if message.type is WSMsgType.ERROR:
                break
    finally:
        leave()
        sending.cancel()
        with contextlib.suppress(asyncio.CancelledError, ConnectionError):
            await sending
    return socket


async def _send(
    socket: web.WebSocketResponse,
    queue: asyncio.Queue[dict[str, Any]],
    stage: Stage,
    behind: asyncio.Event,
) -> None:
    """Send what is queued, and a pulse each second. A tab that is behind is let go: it comes again."""
    loop = asyncio.get_running_loop()
    due = loop.time()
    with contextlib.suppress(ConnectionError):
        while not behind.is_set():
            try:
                async with asyncio.timeout_at(due):
                    told = await queue.get()
            except TimeoutError:
                due = loop.time() + PULSE_SECONDS
                told = pulse(stage)
            await socket.send_str(json.dumps(told, ensure_ascii=False))
        await socket.close(code=1013, message=b"too far behind")


def pulse(stage: Stage) -> dict[str, Any]:
    """Return what changes by itself: time, market, account, and whether the bot lives."""
    world, now = stage.world, stage.world.clock.now()
    cash = world.exchange.cash(now)
    held = {item.symbol: item.quantity for item in world.exchange.holdings(now) if item.quantity}
    shown = [*held, *(code for code in world.universe if code not in held)][:QUOTES_SHOWN]
    quotes = []
    for code in shown:
        view = world.exchange.market(now, code)
        if view is not None:
            quotes.append(
                {
                    "symbol": code,
                    "name": world.prices.name(code),
                    "last": view.minute.last,
                    "base": view.base,
                    "held": held.get(code, 0),
                    "is_open": view.is_open,
                }
            )
    return {
        "type": "pulse",
        "now": now.isoformat(),
        "rate": world.clock.rate,
        "market": world.prices.label,
        "seed": world.prices.seed if isinstance(world.prices, SyntheticMarket) else None,
        "orderable": cash.orderable,
        "quotes": quotes,
        "bot": {"runs": stage.bot.is_running, "connected": stage.desk.connected},
        "faults": sum(len(queue) for queue in world.kis.faults.queues.values()),
    }


def _told(stage: Stage, viewer: str, event: DiscordEvent) -> dict[str, Any] | None:
    """Return the event as this viewer may see it, or None."""
    message = event.message
    if event.kind in _OF_A_MESSAGE and message is not None:
        if not stage.desk.shows(viewer, message):
            return None
        return {
            "type": "message",
            "id": message["id"],
            "channel_id": message["channel_id"],
            "html": stage.desk.html(message),
            "is_new": event.kind != "message_edited",
            "by_bot": bool(message["author"].get("bot")),
        }
    if event.kind == "message_deleted" and message is not None:
        return {"type": "gone", "id": message["id"], "channel_id": event.channel_id}
    if event.kind in ("thread_created", "thread_updated"):
        return {"type": "channels"} if stage.desk.sees(viewer, event.channel_id) else None
    if event.kind in ("connected", "disconnected"):
        return {"type": event.kind}
    return None
