"""Application commands: sync, single changes, limits; ids stay the same by (scope, type, name)."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any, Final

from sandbox.discord.events import Turn
from sandbox.discord.limits import Flaw, count_flaws, refuse, text_flaws
from sandbox.discord.state import APPLICATION_ID, GUILD_ID, DiscordState
from sandbox.discord.wire import Json, Refusal, Reply

CHAT_INPUT = 1
SUBCOMMAND, SUBCOMMAND_GROUP = 1, 2
COMMANDS_MAX: Final = 100
CHARACTERS_MAX: Final = 8000
_NAME = re.compile(r"[-_'\w]{1,32}")


def scope_of(turn: Turn) -> str | None:
    """Return the guild of the route, None for global commands. Raises Refusal when foreign."""
    if turn.params["application"] != APPLICATION_ID:
        raise Refusal(
            403, 20012, "You are not authorized to perform this action on this application"
        )
    guild_id = turn.params.get("guild")
    if guild_id not in (None, GUILD_ID):
        raise Refusal(403, 50001, "Missing Access")
    return guild_id


def in_scope(state: DiscordState, guild_id: str | None) -> list[Json]:
    """Return the commands of a guild, or the global ones."""
    return [one for one in state.commands.values() if one.get("guild_id") == guild_id]


def list_commands(turn: Turn) -> Reply:
    """GET: the commands of a scope."""
    return Reply(200, in_scope(turn.state, scope_of(turn)))


def replace_commands(turn: Turn) -> Reply:
    """PUT: overwrite all commands of a scope (what `tree.sync` sends)."""
    guild_id = scope_of(turn)
    wanted = turn.request.body if isinstance(turn.request.body, list) else []
    flaws = _set_flaws(wanted)
    for number, one in enumerate(wanted):
        flaws += [flaw.under(str(number)) for flaw in command_flaws(one)]
    refuse(flaws)
    before = {(one["type"], one["name"]): one for one in in_scope(turn.state, guild_id)}
    for one in before.values():
        del turn.state.commands[one["id"]]
    made = [_store(turn, guild_id, one, before) for one in wanted]
    return Reply(200, made)


def create_command(turn: Turn) -> Reply:
    """POST: add one command, replacing one of the same name."""
    guild_id = scope_of(turn)
    refuse(command_flaws(turn.body))
    before = {(one["type"], one["name"]): one for one in in_scope(turn.state, guild_id)}
    known = (turn.body.get("type", CHAT_INPUT), turn.body["name"]) in before
    if not known and len(before) >= COMMANDS_MAX:
        raise Refusal(400, 30032, "Maximum number of application commands reached (100)")
    return Reply(200 if known else 201, _store(turn, guild_id, turn.body, before))


def get_command(turn: Turn) -> Reply:
    """GET one command by id."""
    return Reply(200, _known(turn))


def edit_command(turn: Turn) -> Reply:
    """PATCH one command by id."""
    command = _known(turn)
    changed = {**command, **turn.body}
    refuse(command_flaws(changed))
    command.update(turn.body, version=turn.state.snowflake(turn.now))
    return Reply(200, command)


def delete_command(turn: Turn) -> Reply:
    """DELETE one command by id."""
    del turn.state.commands[_known(turn)["id"]]
    return Reply(204)


def _known(turn: Turn) -> Json:
    guild_id = scope_of(turn)
    command = turn.state.commands.get(turn.params["command"])
    if command is None or command.get("guild_id") != guild_id:
        raise Refusal(404, 10063, "Unknown application command")
    return command


def _store(
    turn: Turn, guild_id: str | None, body: Json, before: dict[tuple[int, str], Json]
) -> Json:
    kind = body.get("type", CHAT_INPUT)
    old = before.get((kind, body["name"]))
    fresh: Json = {
        "description": "",
        "options": [],
        "default_member_permissions": None,
        "nsfw": False,
        **body,
        "type": kind,
        "id": old["id"] if old else turn.state.snowflake(turn.now),
        "application_id": APPLICATION_ID,
        "version": turn.state.snowflake(turn.now),
    }
    if fresh["default_member_permissions"] is not None:
        fresh["default_member_permissions"] = str(fresh["default_member_permissions"])
    if guild_id is not None:
        fresh["guild_id"] = guild_id
    turn.state.commands[fresh["id"]] = fresh
    return fresh


def _set_flaws(wanted: list[Json]) -> list[Flaw]:
    names = [(one.get("type", CHAT_INPUT), one.get("name")) for one in wanted]
    flaws = []
    if sum(kind == CHAT_INPUT for kind, _ in names) > COMMANDS_MAX:
        text = "Maximum number of application commands reached (100)"
        flaws.append(Flaw((), "APPLICATION_COMMANDS_MAX", text))
    for number, name in enumerate(names):
        if name in names[:number]:
            text = "Application command names must be unique"
            path = (str(number), "name")
            flaws.append(Flaw(path, "APPLICATION_COMMANDS_DUPLICATE_NAME", text))
    return flaws


def command_flaws(command: Json) -> list[Flaw]:
    """Return every broken limit of one command."""
    if command.get("type", CHAT_INPUT) != CHAT_INPUT:
        return text_flaws("name", command.get("name"), 32, 1)
    flaws = _named(command) + _options(command)
    if sum(len(text) for text in _texts(command)) > CHARACTERS_MAX:
        text = "Command exceeds maximum size (8000)"
        flaws.append(Flaw((), "APPLICATION_COMMAND_TOO_LARGE", text))
    return flaws


def _named(one: Json) -> list[Flaw]:
    flaws = text_flaws("description", one.get("description"), 100, 1)
    names: list[tuple[tuple[str, ...], Any]] = [(("name",), one.get("name"))]
    for locale, name in (one.get("name_localizations") or {}).items():
        names.append((("name_localizations", locale), name))
    for path, name in names:
        if not isinstance(name, str) or not _NAME.fullmatch(name) or name != name.lower():
            text = "Command name is invalid"
            flaws.append(Flaw(path, "APPLICATION_COMMAND_INVALID_NAME", text))
    for locale, text in (one.get("description_localizations") or {}).items():
        found = text_flaws(locale, text, 100, 1)
        flaws += [flaw.under("description_localizations") for flaw in found]
    return flaws


def _options(one: Json) -> list[Flaw]:
    options = one.get("options") or []
    flaws = count_flaws("options", options, 25)
    optional_seen = False
    for number, option in enumerate(options):
        found = _named(option) + count_flaws("choices", option.get("choices") or [], 25)
        found += _options(option)
        if option.get("required") and optional_seen:
            text = "Required options must be placed before non-required options"
            found.append(Flaw((), "APPLICATION_COMMAND_OPTIONS_REQUIRED_INVALID", text))
        optional_seen = optional_seen or not option.get("required")
        flaws += [flaw.under("options", str(number)) for flaw in found]
    return flaws


def _texts(one: Json) -> Iterator[str]:
    yield str(one.get("name") or "")
    yield str(one.get("description") or "")
    for choice in one.get("choices") or ():
        yield str(choice.get("name") or "")
        yield str(choice.get("value") or "")
    for option in one.get("options") or ():
        yield from _texts(option)
