"""Rows of buttons that discord.py does not have to remember."""

from __future__ import annotations

from typing import Any

import discord


def button_row(*items: discord.ui.Item[Any]) -> discord.ui.View:
    """Return a view of dynamic items, already "finished".

    A press rebuilds the item from its custom_id, so nothing needs the view afterwards; discord.py
    stores every unfinished view for ever, and stopping it later would also unregister its items.
    """
    view = discord.ui.View(timeout=None)
    for item in items:
        view.add_item(item)
    view.stop()
    return view
