"""What the switches beside the channel do: the clock, the market's faults, the bot's end.

Every act takes a small JSON object and returns one; ValueError says in words what was wrong.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Mapping
from datetime import date, datetime, time, timedelta
from typing import Any

from sandbox import steering
from sandbox.clock import KST
from sandbox.demo.stage import Stage
from sandbox.discord.acting import DeskError
from sandbox.discord.component_limits import walk
from sandbox.feeds.handler import HEADLINE_MAX

Act = Callable[[Stage, dict[str, object]], Awaitable[dict[str, Any]]]
APPROVE = "t1:ok:"
JUMP_MAX = timedelta(days=366)  # every session on the way is played
_ORDER_PATHS: Mapping[str, tuple[str, ...]] = {
    "kis": ("order-cash",),
    "kiwoom": ("kt10000", "kt10001"),
}
# What the fault switch offers: the name on the switch, and what the broker's server then does.
ANSWERS: Mapping[str, object] = {
    "lost_reply": "accept_then_drop",
    "lost_request": "drop_before",
    "error_after": "accept_then_500",
    "slow": {"delay": 6},
}


async def clock(stage: Stage, body: dict[str, object]) -> dict[str, Any]:
    """Jump forward and set the rate: {"jump": ISO instant, "rate": 0…20}, or {"scene": name}."""
    if "jump" in body:
        to = datetime.fromisoformat(str(body["jump"]))
        if to.tzinfo is None or to - stage.world.clock.now() > JUMP_MAX:
            raise ValueError(
                f"jump is an instant with its offset, {JUMP_MAX.days} days ahead at most"
            )
    if "scene" in body:
        stage.world.clock.jump(_scene(stage, str(body["scene"])))
    return steering.clock(stage.world, body)


async def answers(stage: Stage, body: dict[str, object]) -> dict[str, Any]:
    """Let the broker's answer to the next order go wrong: {"kind": one of ANSWERS}."""
    kind = str(body.get("kind"))
    if kind not in ANSWERS:
        raise ValueError(f"kind is one of {', '.join(ANSWERS)}")
    for path in _ORDER_PATHS[stage.world.broker]:
        steering.faults(stage.world, {"path": path, "faults": [ANSWERS[kind]]})
    return {"kind": kind}


async def calm(stage: Stage, _body: dict[str, object]) -> dict[str, Any]:
    """Take back every fault that has not happened yet."""
    return steering.faults(stage.world, {"clear": True})


async def kill(stage: Stage, _body: dict[str, object]) -> dict[str, Any]:
    """SIGKILL: the bot ends as when the power fails."""
    number = stage.bot.process_id
    await stage.bot.kill()
    return {"killed": number}


async def start(stage: Stage, _body: dict[str, object]) -> dict[str, Any]:
    """Start the bot again, if it is not running."""
    await stage.bot.start()
    return {"started": stage.bot.process_id}


async def twice(stage: Stage, body: dict[str, object]) -> dict[str, Any]:
    """Press ✅ of the newest open ticket twice at the same moment: {"user": name}."""
    user = str(body.get("user") or "owner")
    for channel in reversed(stage.desk.channels(user)):
        message = stage.newest(channel["id"], lambda one: bool(_approve(one)))
        if message:
            press = (stage.desk.press(user, message["id"], _approve(message)) for _ in range(2))
            results = await asyncio.gather(*press, return_exceptions=True)
            return {"pressed": [_word(one) for one in results], "channel_id": channel["id"]}
    raise ValueError("✅를 기다리는 제안이 없습니다 · no ticket waits for its ✅")


async def headline(stage: Stage, body: dict[str, object]) -> dict[str, Any]:
    """Put a headline into the breaking feed: {"text": …}. The next morning's cycle reads it."""
    text = str(body.get("text") or "").strip()
    if not 0 < len(text) <= HEADLINE_MAX:
        raise ValueError(f"text has 1 to {HEADLINE_MAX} characters")
    stage.world.headlines.append((stage.world.clock.now(), text))
    return {"headlines": len(stage.world.headlines)}


async def deposit(stage: Stage, body: dict[str, object]) -> dict[str, Any]:
    """Pay won into the account: {"won": 500000}."""
    return steering.deposit(stage.world, body)


ACTS: Mapping[str, Act] = {
    act.__name__: act for act in (clock, answers, calm, kill, start, twice, headline, deposit)
}


def _scene(stage: Stage, name: str) -> datetime:
    """Return the next instant of a scene: a moment before something happens."""
    now = stage.world.clock.now()
    moments: Mapping[str, Callable[[date], datetime]] = {
        "morning": lambda day: datetime.combine(day, time(7, 59, 55), KST),
        "window": lambda day: stage.world.prices.hours(day)[0] + timedelta(minutes=4, seconds=55),
        "noon": lambda day: datetime.combine(day, time(12), KST),
        "report": lambda day: stage.world.prices.hours(day)[1] + timedelta(minutes=14, seconds=55),
    }
    moment = moments.get(name)
    if moment is None:
        raise ValueError(f"scene is one of {', '.join(moments)}")
    for ahead in range(15):
        day = (now + timedelta(days=ahead)).date()
        if stage.world.prices.is_session(day) and moment(day) > now:
            return moment(day)
    raise ValueError("시세가 끝났습니다 · no later session has prices")


def _approve(message: dict[str, Any]) -> str:
    """Return the custom_id of a ticket's ✅ ("" when it has none that can be pressed)."""
    for one in walk(message["components"]):
        custom_id = str(one.get("custom_id") or "")
        if custom_id.startswith(APPROVE) and not one.get("disabled"):
            return custom_id
    return ""


def _word(result: object) -> str:
    if isinstance(result, DeskError):
        return str(result)
    if isinstance(result, BaseException):
        raise result
    message = getattr(result, "message", None) or {}
    return str(message.get("content") or getattr(result, "failed", ""))
