"""What /help says: what the bot can do by topic, the commands of a topic, and one in full."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

import discord

from bot.chat.access import Right
from bot.chat.budget import GREY, TOTAL_MAX, FittedEmbed, lines_within
from bot.chat.command_groups import GROUPS, AnyCommand, key_of
from bot.chat.translation import both_names, named, path_in
from core.ports.phrases import Phrases

# The commands that are in no group, which are those of every day.
DAILY = "daily"
TOPICS = (DAILY, *GROUPS)


def topic_of(command: AnyCommand) -> str:
    """Return under which topic a command stands."""
    return command.qualified_name.partition(" ")[0] if command.parent else DAILY


def of_topic(known: Sequence[AnyCommand], topic: str) -> list[AnyCommand]:
    """Return the commands of a topic, in their order."""
    return [one for one in known if topic_of(one) == topic]


def topic_name(topic: str, phrases: Phrases) -> str:
    """Return a topic's heading: the group as it is typed, or what the top is for."""
    if topic == DAILY:
        return phrases.say("chat.help_daily")
    return f"/{named(phrases, 'name', topic) or topic}"


def topic_about(topic: str, phrases: Phrases) -> str:
    """Return in one line what is found under a topic."""
    return phrases.say("chat.help_daily_about" if topic == DAILY else f"chat.command_{topic}")


def about(command: AnyCommand, phrases: Phrases) -> str:
    """Return in one line what a command does."""
    return phrases.say(f"chat.command_{key_of(command)}")


def found_by(known: Sequence[AnyCommand], typed: str, phrases: Phrases) -> AnyCommand | None:
    """Return the command of this name, in English or in the person's language."""
    wanted = " ".join(typed.strip().lstrip("/").casefold().split())
    names: Mapping[str, AnyCommand] = {one.qualified_name: one for one in known} | {
        path_in(one, phrases): one for one in known
    }
    return names.get(wanted)


def overview(phrases: Phrases) -> discord.Embed:
    """Return a line for each topic: short enough to be read without scrolling on a phone."""
    lines = [f"**{topic_name(one, phrases)}** {topic_about(one, phrases)}" for one in TOPICS]
    return FittedEmbed(
        phrases=phrases,
        title=phrases.say("chat.help_title"),
        description="\n".join([phrases.say("chat.help_intro"), "", *lines]),
        colour=GREY,
        footer=phrases.say("chat.help_more"),
    ).embed


def topic_embed(topic: str, known: Sequence[AnyCommand], phrases: Phrases) -> discord.Embed:
    """Return the commands of a topic, a line each."""
    lines = [
        f"`{both_names(one, phrases)}` {about(one, phrases)}" for one in of_topic(known, topic)
    ]
    more = phrases.say("embeds.more", count="{count}")
    title = phrases.say("chat.help_topic_title", topic=topic_name(topic, phrases))
    return FittedEmbed(
        phrases=phrases,
        title=title,
        description=lines_within(lines, more, TOTAL_MAX // 2),
        colour=GREY,
    ).embed


def in_full(command: AnyCommand, phrases: Phrases) -> discord.Embed:
    """Return what a command does, who may use it, its options and an example."""
    key = key_of(command)
    right: Right = command.extras.get("right", Right.TRADE)
    fitted = FittedEmbed(
        phrases=phrases,
        title=both_names(command, phrases),
        description=about(command, phrases),
        colour=GREY,
    )
    fitted.add(phrases.say("chat.help_who"), phrases.say(f"chat.help_right_{right.value}"))
    options = [
        f"`{named(phrases, 'option', one.name) or one.name}` {phrases.say(f'chat.parameter_{key}_{one.name}')}"
        for one in command.parameters
    ]
    fitted.add(phrases.say("chat.help_options"), "\n".join(options))
    fitted.add(phrases.say("chat.help_example"), phrases.say(f"chat.example_{key}"))
    return fitted.embed
