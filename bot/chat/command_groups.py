"""Where each slash command is found: a few at the top for every day, the rest in groups.

A phone shows the list of commands as it is, so what is used daily must not drown in it. Cogs
declare their commands plainly; this table alone puts them in their places.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

import discord
from discord import app_commands

AnyCommand = app_commands.Command[Any, ..., Any]
Tree = app_commands.CommandTree[Any]

# In the order of a day, which is that of /help.
TOP = (
    "trade",
    "portfolio",
    "orders",
    "chart",
    "briefing",
    "status",
    "stopentry",
    "halt",
    "resume",
    "help",
)
# What a cog calls `watch` is `/market watch`. A command that is in neither stays at the top, where
# a test finds it.
GROUPS: dict[str, tuple[str, ...]] = {
    "market": ("quote", "watch", "alerts"),
    "strategy": ("backtest", "whatif", "rules"),
    "risk": ("limits", "flatten", "reconcile", "arm", "disarm"),
    "report": ("pnl", "letter", "why", "reflect", "cost", "export"),
    "system": (
        "setup",
        "panel",
        "cooling-off",
        "notifications",
        "mode",
        "doctor",
        "settings",
        "calendar",
        "memory",
    ),
}


def arrange(tree: Tree, guild: discord.abc.Snowflake) -> None:
    """Move every command of `guild` to its group. Raises LookupError when one is not there."""
    for name, members in GROUPS.items():
        group = app_commands.Group(name=name, description=name)
        for member in members:
            command = tree.remove_command(member, guild=guild)
            if command is None or isinstance(command, app_commands.ContextMenu):
                raise LookupError(f"no cog has the command {member!r}")
            group.add_command(command)
        tree.add_command(group, guild=guild)


def placed(tree: Tree, guild: discord.abc.Snowflake) -> Iterator[AnyCommand]:
    """Return what people can call: the top in its order, then group after group."""
    for name in (*TOP, *GROUPS):
        found = tree.get_command(name, guild=guild)
        if isinstance(found, app_commands.Command):
            yield found
        elif isinstance(found, app_commands.Group):
            yield from (
                command
                for command in found.walk_commands()
                if isinstance(command, app_commands.Command)
            )


def key_of(command: AnyCommand | app_commands.Group) -> str:
    """Return how sentences about a command are named: ``market_watch_add``."""
    return command.qualified_name.replace(" ", "_").replace("-", "_")
