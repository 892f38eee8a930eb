"""Command descriptions in every language we have."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import discord
from discord import app_commands

from bot.chat.command_groups import key_of
from core.ports.phrases import Phrases

DESCRIPTION_MAX = 100
_Location = app_commands.TranslationContextLocation


class CommandTranslator(app_commands.Translator):
    """Finds descriptions by the command's name; names themselves stay as they are."""

    def __init__(self, languages: Mapping[str, Phrases]) -> None:
        """Keep the languages."""
        self._languages = languages

    async def translate(
        self,
        string: app_commands.locale_str,
        locale: discord.Locale,
        context: app_commands.TranslationContextTypes,
    ) -> str | None:
        """Return the description in `locale`, or None to keep the base text."""
        del string  # the key comes from what is described, not from the text
        phrases = self._languages.get(locale.value.split("-", 1)[0])
        key = _key(context)
        return described(phrases, key) if phrases is not None and key else None


def _key(context: app_commands.TranslationContextTypes) -> str | None:
    data: Any = context.data
    if context.location in {_Location.command_description, _Location.group_description}:
        return f"chat.command_{key_of(data)}"
    if context.location is _Location.parameter_description:
        return f"chat.parameter_{key_of(data.command)}_{data.name}"
    return None


def described(phrases: Phrases, key: str) -> str:
    """Return a description within Discord's 100 characters."""
    return phrases.say(key)[:DESCRIPTION_MAX]


def word_command(
    command: app_commands.Command[Any, ..., Any] | app_commands.Group, phrases: Phrases
) -> None:
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
