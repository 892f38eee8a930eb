"""What the control paths do: set faults, move the clock, pay cash in, read the request log.

Each takes the world and a JSON object, and raises ValueError with a sentence for a bad one.
"""

from __future__ import annotations

import math
from datetime import datetime

from sandbox.world import World

DEPOSIT_MAX_WON = 1_000_000_000


class NotUnderstood(ValueError):
    """A control body that cannot be read; the text says why."""


def as_object(body: object) -> dict[str, object]:
    """Return `body` when it is a JSON object."""
    if not isinstance(body, dict):
        raise NotUnderstood("the body is a JSON object")
    return body


def addresses(world: World) -> dict[str, object]:
    """Return where every server listens."""
    known = world.addresses
    return {
        "kis": known.kis,
        "kis_stream": known.kis_stream,
        "kiwoom": known.kiwoom,
        "kiwoom_stream": known.kiwoom_stream,
        "discord_api": known.discord_api,
        "discord_gateway": known.discord_gateway,
        "model": known.model,
        "feeds": list(known.feeds),
        "mode": world.mode,
        "universe": list(world.universe),
        "prices": world.prices.label,
    }


def faults(world: World, body: dict[str, object]) -> dict[str, object]:
    """Queue faults of a path, or set a seeded rate, or clear all.

    {"path": "order-cash", "faults": ["drop_before", {"delay": 3}]} ·
    {"seed": 7, "rate": 0.05, "kinds": ["egw00201"]} · {"clear": true}
    """
    plan = world.kis.faults
    if body.get("clear"):
        plan.clear()
    if "rate" in body:
        plan.seed(int(_number(body, "seed")), _number(body, "rate"), _names(body, "kinds"))
    if "path" in body:
        plan.add(str(body["path"]), _names(body, "faults"))
    return {"waiting": {path: len(queue) for path, queue in plan.queues.items()}}


def stream(world: World, body: dict[str, object]) -> dict[str, object]:
    """Queue faults of the streams, set a seeded rate, or clear all; tell what one was asked for.

    {"faults": ["drop", {"delay": 3}]} · {"seed": 7, "rate": 0.05, "kinds": ["duplicate"]} ·
    {"clear": true} · {}
    """
    plan = world.stream.faults
    if body.get("clear"):
        plan.clear()
    if "rate" in body:
        plan.seed(int(_number(body, "seed")), _number(body, "rate"), _names(body, "kinds"))
    if "faults" in body:
        plan.add(_names(body, "faults"))
    return {"waiting": len(plan.queue), **_asked_of_stream(world)}


def _asked_of_stream(world: World) -> dict[str, object]:
    if world.broker == "kiwoom":
        return {
            "connections": world.kiwoom_stream.connections,
            "registrations": [
                {
                    "at": seen.at.isoformat(),
                    "trnm": seen.trnm,
                    "type": list(seen.types),
                    "item": list(seen.items),
                    "return_code": seen.return_code,
                }
                for seen in world.kiwoom_stream.seen
            ],
        }
    hub = world.stream
    return {
        "connections": hub.connections,
        "registrations": [
            {
                "at": seen.at.isoformat(),
                "tr_type": seen.tr_type,
                "tr_id": seen.tr_id,
                "tr_key": seen.tr_key,
                "msg_cd": seen.msg_cd,
            }
            for seen in hub.seen
        ],
    }


def clock(world: World, body: dict[str, object]) -> dict[str, object]:
    """Jump ({"jump": ISO instant}), set the rate ({"rate": 0…20}), or only read the clock."""
    if "jump" in body:
        world.clock.jump(datetime.fromisoformat(str(body["jump"])))
    if "rate" in body:
        world.clock.set_rate(_number(body, "rate"))
    return world.clock.anchor.as_message()


def deposit(world: World, body: dict[str, object]) -> dict[str, object]:
    """Pay won into the account: {"won": 500000}."""
    amount = _number(body, "won")
    if not 0 < amount <= DEPOSIT_MAX_WON or amount != int(amount):
        raise ValueError(f"won is a whole number up to {DEPOSIT_MAX_WON:,}")
    world.exchange.deposit(int(amount))
    return {"orderable": world.exchange.cash(world.clock.now()).orderable}


def requests(world: World, _body: dict[str, object]) -> dict[str, object]:
    """Return the requests that the broker's server has seen, oldest first."""
    if world.broker == "kiwoom":
        return {
            "requests": [
                {
                    "at": seen.at.isoformat(),
                    "path": seen.path,
                    "api_id": seen.api_id,
                    "status": seen.status,
                    "return_code": seen.result,
                    "return_msg": seen.message,
                }
                for seen in world.kiwoom.requests
            ]
        }
    return {
        "requests": [
            {
                "at": seen.at.isoformat(),
                "method": seen.method,
                "path": seen.path,
                "tr_id": seen.tr_id,
                "status": seen.status,
                "msg_cd": seen.msg_cd,
            }
            for seen in world.kis.requests
        ]
    }


def _number(body: dict[str, object], name: str) -> float:
    value = body.get(name, 0)
    if isinstance(value, bool) or not isinstance(value, int | float):
        raise NotUnderstood(f"{name} is a number, not {value!r}")
    if not math.isfinite(value):
        raise NotUnderstood(f"{name} is a finite number")
    return float(value)


def _names(body: dict[str, object], name: str) -> list[object]:
    value = body.get(name)
    if not isinstance(value, list):
        raise NotUnderstood(f"{name} is a list of faults")
    return value
