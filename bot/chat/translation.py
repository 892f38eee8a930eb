"""Names and descriptions of commands in every language we have.

The names in the code are English and stay what Discord sends; where a language has a name of its
own, people see that one.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands

from bot.chat.command_groups import AnyCommand, key_of
from core.ports.phrases import Phrases

DESCRIPTION_MAX = 100
_Location = app_commands.TranslationContextLocation
_NAMES = {_Location.command_name, _Location.group_name}
_DESCRIPTIONS = {_Location.command_description, _Location.group_description}


class CommandTranslator(app_commands.Translator):
    """Finds names and descriptions by what they belong to."""

    def __init__(self, languages: Mapping[str, Phrases]) -> None:
        """Keep the languages."""
        self._languages = languages

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return the text in `locale`, or None to keep the base text."""
        del string  # the key comes from what is described, not from the text
        phrases = self._languages.get(locale.value.split("-", 1)[0])
        return None if phrases is None else _translated(phrases, context)


def _translated(phrases: Phrases, context: app_commands.TranslationContextTypes) -> str | None:
    data: Any = context.data
    if context.location in _DESCRIPTIONS:
        return described(phrases, f"chat.command_{key_of(data)}")
    if context.location is _Location.parameter_description:
        return described(phrases, f"chat.parameter_{key_of(data.command)}_{data.name}")
    if context.location in _NAMES:
        return named(phrases, "name", data.name)
    if context.location is _Location.parameter_name:
        return named(phrases, "option", data.name)
    return None


def named(phrases: Phrases, kind: str, base: str) -> str | None:
    """Return the name that a language has of its own for a command or an option, if it has one.

    A test holds every name to an entry; without one a command is still found by its English name.
    """
    try:
        found = phrases.say(f"commands.{kind}_{base.replace('-', '_')}")
    except KeyError:
        return None
    return None if found == base else found


def described(phrases: Phrases, key: str) -> str:
    """Return a description within Discord's 100 characters."""
    return phrases.say(key)[:DESCRIPTION_MAX]


def path_in(command: AnyCommand | app_commands.Group, phrases: Phrases) -> str:
    """Return a command's whole name in a language: ``시장 관심 추가``."""
    words = command.qualified_name.split(" ")
    return " ".join(named(phrases, "name", word) or word for word in words)


def both_names(command: AnyCommand, phrases: Phrases) -> str:
    """Return ``/재개(resume)``: whoever reads it may have Discord in another language."""
    own, base = path_in(command, phrases), command.qualified_name
    return f"/{base}" if own == base else phrases.say("commands.both", own=own, base=base)


def word_command(command: AnyCommand | app_commands.Group, phrases: Phrases) -> None:
    """Give a command, or a group of them, and its parameters their base descriptions."""
    name = key_of(command)
    command.description = described(phrases, f"chat.command_{name}")
    if isinstance(command, app_commands.Group):
        return
    texts = {
        parameter.name: described(phrases, f"chat.parameter_{name}_{parameter.name}")
        for parameter in command.parameters
    }
    if texts:
        app_commands.describe(
            **{name: app_commands.locale_str(text) for name, text in texts.items()}
        )(command)
