"""What Discord's own client would send when a person types, presses or submits."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from sandbox.discord import render
from sandbox.discord.commands import CHAT_INPUT, SUBCOMMAND, SUBCOMMAND_GROUP
from sandbox.discord.component_limits import BUTTON, LABEL, ROW, SELECTS, TEXT_INPUT, walk
from sandbox.discord.state import DiscordState
from sandbox.discord.wire import Json

STRING, INTEGER, BOOLEAN, USER, CHANNEL, ROLE, NUMBER = 3, 4, 5, 6, 7, 8, 10

_COERCE: Mapping[int, Callable[[Any], Any]] = {
    STRING: str,
    INTEGER: int,
    BOOLEAN: bool,
    USER: str,
    CHANNEL: str,
    ROLE: str,
    NUMBER: float,
}


class DeskError(Exception):
    """A person could not have done this: no such command, button, option or channel."""


def find_command(state: DiscordState, path: str) -> tuple[Json, list[Json]]:
    """Return the command and the (sub)options along a path such as ``strategy cycle on``."""
    words = path.split() or [""]
    found = [
        one
        for one in state.commands.values()
        if one["name"] == words[0] and one["type"] == CHAT_INPUT
    ]
    if not found:
        known = ", ".join(sorted(str(one["name"]) for one in state.commands.values())) or "none"
        raise DeskError(f"no command /{words[0]} (known: {known})")
    command = found[-1]
    steps = [command]
    for word in words[1:]:
        inner = [one for one in steps[-1].get("options") or () if one["name"] == word]
        if not inner or inner[0]["type"] not in (SUBCOMMAND, SUBCOMMAND_GROUP):
            raise DeskError(f"/{steps[-1]['name']} has no subcommand {word}")
        steps.append(inner[0])
    if any(one["type"] in (SUBCOMMAND, SUBCOMMAND_GROUP) for one in steps[-1].get("options") or ()):
        raise DeskError(f"/{path} needs a subcommand")
    return command, steps


def command_data(
    state: DiscordState, path: str, options: Mapping[str, Any], focused: str | None = None
) -> Json:
    """Return the data of a slash command or, with `focused`, of its autocomplete."""
    command, steps = find_command(state, path)
    values = _values(steps[-1], options, focused)
    for step in reversed(steps[1:]):
        values = [{"name": step["name"], "type": step["type"], "options": values}]
    data: Json = {
        "id": command["id"],
        "name": command["name"],
        "type": CHAT_INPUT,
        "options": values,
    }
    if command.get("guild_id"):
        data["guild_id"] = command["guild_id"]
    resolved = _resolved(state, steps[-1], options)
    return {**data, "resolved": resolved} if resolved else data


def _values(step: Json, options: Mapping[str, Any], focused: str | None) -> list[Json]:
    known = {one["name"]: one for one in step.get("options") or ()}
    foreign = sorted(set(options) - set(known))
    if foreign:
        raise DeskError(f"/{step['name']} has no option {', '.join(foreign)}")
    missing = [name for name, one in known.items() if one.get("required") and name not in options]
    if missing and focused is None:
        raise DeskError(f"/{step['name']} needs {', '.join(missing)}")
    values = []
    for name, raw in options.items():
        option = known[name]
        value: Json = {"name": name, "type": option["type"]}
        if name == focused:
            values.append({**value, "value": str(raw), "focused": True})
        else:
            values.append({**value, "value": _checked(option, raw)})
    return values


def _checked(option: Json, raw: Any) -> Any:
    name = option["name"]
    coerce = _COERCE.get(option["type"])
    if coerce is None:
        raise DeskError(f"{name}: option type {option['type']} is not offered by this sandbox")
    if isinstance(raw, dict | list):
        raise DeskError(f"{name}: {type(raw).__name__} is no value")
    value = coerce(raw)
    choices = [one["value"] for one in option.get("choices") or ()]
    if choices and value not in choices:
        raise DeskError(f"{name}: {value!r} is none of {choices}")
    for bound, wrong in (("min_value", -1), ("max_value", 1)):
        limit = option.get(bound)
        if limit is not None and (value - limit) * wrong > 0:
            raise DeskError(f"{name}: {value} breaks {bound} {limit}")
    for bound, wrong in (("min_length", -1), ("max_length", 1)):
        limit = option.get(bound)
        if limit is not None and (len(value) - limit) * wrong > 0:
            raise DeskError(f"{name}: {value!r} breaks {bound} {limit}")
    return value


def _resolved(state: DiscordState, step: Json, options: Mapping[str, Any]) -> Json:
    resolved: Json = {}
    for option in step.get("options") or ():
        chosen = str(options.get(option["name"], ""))
        if option["type"] == USER and chosen in state.users:
            _resolve_user(state, resolved, chosen)
        elif option["type"] == CHANNEL and chosen in state.channels:
            resolved.setdefault("channels", {})[chosen] = render.channel(state, chosen)
        elif option["type"] == ROLE and chosen in state.roles:
            resolved.setdefault("roles", {})[chosen] = state.roles[chosen]
    return resolved


def _resolve_user(state: DiscordState, resolved: Json, user_id: str) -> None:
    resolved.setdefault("users", {})[user_id] = render.user(state, user_id)
    resolved.setdefault("members", {})[user_id] = render.member(state, user_id)


def find_component(message: Json, custom_id: str, kinds: Sequence[int]) -> Json:
    """Return an enabled component of a message. Raises DeskError when a person could not use it."""
    offered = [one for one in walk(message["components"]) if one.get("type") in kinds]
    for one in offered:
        if one.get("custom_id") == custom_id:
            if one.get("disabled"):
                raise DeskError(f"{custom_id} is disabled")
            return one
    names = [one.get("custom_id") for one in offered]
    raise DeskError(f"message {message['id']} has no {custom_id} (has: {names})")


def press_data(message: Json, custom_id: str) -> Json:
    """Return the data of a button press."""
    one = find_component(message, custom_id, (BUTTON,))
    return {"custom_id": custom_id, "component_type": BUTTON, "id": one["id"]}


def select_data(state: DiscordState, message: Json, custom_id: str, values: Sequence[str]) -> Json:
    """Return the data of a choice in a select."""
    one = find_component(message, custom_id, SELECTS)
    _check_selection(one, values)
    data: Json = {"custom_id": custom_id, "component_type": one["type"], "id": one["id"]}
    resolved: Json = {}
    for value in values:
        if value in state.users:
            _resolve_user(state, resolved, value)
        elif value in state.channels:
            resolved.setdefault("channels", {})[value] = render.channel(state, value)
    if resolved:
        data["resolved"] = resolved
    return {**data, "values": list(values)}


def _check_selection(one: Json, values: Sequence[str]) -> None:
    least, most = one.get("min_values", 1), one.get("max_values", 1)
    if not least <= len(values) <= most:
        raise DeskError(f"{one['custom_id']}: choose {least} to {most}")
    if not all(isinstance(value, str) for value in values):
        raise DeskError(f"{one['custom_id']}: what is chosen is text")
    offered = [option["value"] for option in one.get("options") or ()]
    if offered and not set(values) <= set(offered):
        raise DeskError(f"{one['custom_id']}: {list(values)} are not all among {offered}")


def modal_data(modal: Json, values: Mapping[str, Any]) -> Json:
    """Return the data of a submitted modal; `values` by custom_id, or by label."""
    used: set[str] = set()
    components = [_submitted(one, "", values, used) for one in modal["components"]]
    foreign = sorted(set(values) - used)
    if foreign:
        raise DeskError(f"the modal has no input {', '.join(foreign)}")
    return {"custom_id": modal["custom_id"], "components": components}


def _submitted(one: Json, label: str, values: Mapping[str, Any], used: set[str]) -> Json:
    shell: Json = {"type": one["type"]}
    if one.get("id"):
        shell["id"] = one["id"]
    if one["type"] == ROW:
        inner = [_submitted(child, label, values, used) for child in one["components"]]
        return {**shell, "components": inner}
    if one["type"] == LABEL:
        inner_label = str(one.get("label") or "")
        return {**shell, "component": _submitted(one["component"], inner_label, values, used)}
    if not one.get("custom_id"):
        return shell
    keys = [one["custom_id"], one.get("label") or label]
    key = next((key for key in keys if key in values), None)
    if key is not None:
        used.add(key)
    given = values[key] if key is not None else None
    shell["custom_id"] = one["custom_id"]
    if one["type"] == TEXT_INPUT:
        return {**shell, "value": _typed(one, given)}
    chosen = [] if given is None else given if isinstance(given, list) else [given]
    if chosen or one.get("required", True):
        _check_selection(one, chosen)
    return {**shell, "values": chosen}


def _typed(one: Json, given: Any) -> str:
    text = str(one.get("value") or "") if given is None else str(given)
    if not text and not one.get("required", True):
        return text
    least = max(one.get("min_length") or 0, 1 if one.get("required", True) else 0)
    most = one.get("max_length") or 4000
    if not least <= len(text) <= most:
        raise DeskError(f"{one['custom_id']}: {len(text)} characters, {least} to {most} are needed")
    return text
