"""The desk over HTTP: ``POST /_control/<act>`` with a JSON object of the act's own arguments.

Answers: 200 with ``{"result": …}``; 400 with ``{"error": …}`` for what a person could not have
done; 404 for an unknown act. ``POST /_control/events {"after": n, "timeout": s}`` waits for news.
"""

from __future__ import annotations

import base64
import inspect
from collections.abc import Awaitable, Callable, Mapping, Sequence
from types import NoneType, UnionType
from typing import Any, Final, Union, get_args, get_origin, get_type_hints

from sandbox.discord.acting import DeskError
from sandbox.discord.desk import DiscordDesk
from sandbox.discord.wire import Json, Refusal

WAIT_SECONDS_MAX: Final = 60.0

Act = Callable[..., Any]

# How JSON spells the kinds of the acts' arguments.
_KINDS: Mapping[Any, Any] = {
    str: str,
    int: int,
    float: int | float,
    bool: bool,
    NoneType: NoneType,
    Mapping: dict,
    Sequence: list,
}


def acts(desk: DiscordDesk) -> Mapping[str, Act]:
    """Return every act that is offered over HTTP, by name."""
    plain: tuple[Act, ...] = (
        desk.slash,
        desk.autocomplete,
        desk.press,
        desk.select,
        desk.submit_modal,
        desk.say,
        desk.direct,
        desk.join,
        desk.messages,
        desk.message,
        desk.threads,
        desk.channel,
        desk.commands,
        desk.drop,
        desk.fault,
        desk.pace,
        desk.deadline,
        desk.allow_intents,
        desk.overwrite,
    )
    table: dict[str, Act] = {one.__name__: one for one in plain}
    return {**table, **_wrapped(desk)}


def _wrapped(desk: DiscordDesk) -> dict[str, Act]:
    """Return the acts whose answers or waits differ over HTTP."""

    def about() -> Json:
        return {
            "guild_id": desk.guild_id,
            "application_id": desk.application_id,
            "bot_token": desk.bot_token,
            "users": desk.users,
            "connected": desk.connected,
        }

    def attachment(attachment_id: str) -> str:
        return base64.b64encode(desk.attachment(attachment_id)).decode()

    async def events(after: int = 0, timeout: float = 0.0) -> list[Json]:  # noqa: ASYNC109
        wait = min(timeout, WAIT_SECONDS_MAX)
        try:
            found = await desk.wait_for(lambda: desk.events(after), wait)
        except TimeoutError:
            found = []
        return [one.as_json() for one in found]

    return {"about": about, "attachment": attachment, "events": events}


async def perform(desk: DiscordDesk, name: str, arguments: Any) -> tuple[int, Json]:
    """Run one act and return (HTTP status, JSON body)."""
    act = acts(desk).get(name)
    if act is None:
        return 404, {"error": f"no act {name}"}
    if not isinstance(arguments, dict):
        return 400, {"error": "the body must be a JSON object"}
    try:
        inspect.signature(act).bind(**arguments)
        _check_kinds(act, arguments)
    except TypeError as wrong:
        return 400, {"error": f"{name}: {wrong}"}
    try:
        result = act(**arguments)
        value = await result if isinstance(result, Awaitable) else result
    except (DeskError, Refusal, ValueError) as wrong:
        return 400, {"error": str(wrong)}
    return 200, {"result": value.as_json() if hasattr(value, "as_json") else value}


def _check_kinds(act: Act, arguments: Json) -> None:
    """Raise TypeError, naming the argument, where a value is not of the kind that the act takes."""
    hints = get_type_hints(act)
    for name, value in arguments.items():
        if not _takes(hints[name], value):
            raise TypeError(f"{name} cannot be {type(value).__name__}")


def _takes(hint: Any, value: object) -> bool:
    kind = get_origin(hint) or hint
    if kind in (Union, UnionType):
        return any(_takes(one, value) for one in get_args(hint))
    if kind not in _KINDS or (isinstance(value, bool) and kind is not bool):
        return False
    if isinstance(value, list) and not all(
        _takes(one, of) for of in value for one in get_args(hint)
    ):
        return False
    return isinstance(value, _KINDS[kind])
