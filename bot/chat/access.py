"""Who may do what, and where. Asked before anything else; the order desk asks again."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum

import discord

from bot.chat.services import ChatSettings


class Right(Enum):
    """What an action needs.

    Viewers may LOOK. Approvers may TRADE too: approve, decline, edit, cancel, halt. Owners may also
    OWN: resume after a trip, accept differences, arm real orders, loosen limits.
    """

    LOOK = "look"
    TRADE = "trade"
    OWN = "own"


@dataclass(frozen=True, slots=True)
class Access:
    """The rule: one guild, its named channels and their threads, named users."""

    settings: ChatSettings

    def may(self, user_id: int, right: Right) -> bool:
        """Whether the user has the right."""
        if user_id in self.settings.owner_ids:
            return True
        if user_id in self.settings.approver_ids:
            return right is not Right.OWN
        return right is Right.LOOK and user_id in self.settings.viewer_ids

    def is_our_place(self, channel: object) -> bool:
        """Whether the channel is one of ours or a thread below one."""
        ours = self.settings.channel_ids
        if isinstance(channel, discord.Thread):
            return channel.parent_id in ours
        return getattr(channel, "id", None) in ours

    def place_refusal(self, interaction: discord.Interaction[discord.Client]) -> str | None:
        """Return the phrase key of why this place is refused, whoever acts, or None."""
        if interaction.guild_id != self.settings.guild_id:
            return "chat.refused_guild"
        if not self.is_our_place(interaction.channel):
            return "chat.refused_channel"
        return None

    def refusal(self, interaction: discord.Interaction[discord.Client], right: Right) -> str | None:
        """Return the phrase key of why this is refused, or None."""
        place = self.place_refusal(interaction)
        if place is None and not self.may(interaction.user.id, right):
            return f"chat.refused_{right.value}"
        return place
