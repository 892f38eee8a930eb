"""✅, ❌ and ↩️ under an update of the decision prompt. They carry its version: a restart loses nothing."""

from __future__ import annotations

import re

import discord
import structlog

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, host_of, refused, tell
from bot.chat.rows import button_row
from bot.chat.text import clip, harmless, label
from core.domain.decision_prompt import PromptAnswer, PromptNote, PromptOutcome
from core.errors import TradingError
from core.ports.phrases import Phrases

_LOG = structlog.get_logger(__name__)
_STYLES = {
    "apply": discord.ButtonStyle.success,
    "keep": discord.ButtonStyle.secondary,
    "back": discord.ButtonStyle.danger,
}
_SIGNS = {"apply": "✅", "keep": "❌", "back": "↩️"}
_DONE = frozenset({PromptAnswer.APPLIED, PromptAnswer.DECLINED, PromptAnswer.ROLLED_BACK})


class PromptButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"p1:(?P<word>apply|keep|back):(?P<version>[1-9][0-9]{0,8})"),
):
    """One answer to one version; an owner's only."""

    def __init__(self, word: str, version: int, text: str = "?") -> None:
        super().__init__(
            discord.ui.Button(
                style=_STYLES[word],
                label=label(text, 80),
                emoji=_SIGNS[word],
                custom_id=f"p1:{word}:{version}",
            )
        )
        self.word, self.version = word, version

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> PromptButton:
        """Rebuild the button from its custom_id."""
        return cls(match["word"], int(match["version"]))

    async def callback(self, interaction: Interaction) -> None:
        """Do it, and say it to everybody; what cannot be done is said to who pressed."""
        if await refused(interaction, Right.OWN):
            return
        await interaction.response.defer()
        host = host_of(interaction)
        try:
            answer = await self._answered(host, str(interaction.user.id))
            update = await host.services.prompts.update(self.version)
        except TradingError:
            _LOG.exception("press failed", user=interaction.user.id)
            await tell(interaction, host.words(interaction).say("chat.failed"))
            return
        if answer not in _DONE or update is None:
            await tell(interaction, host.words(interaction).say(f"weeks.answer_{answer.value}"))
            return
        phrases = host.services.public
        text = phrases.say(
            f"weeks.answer_{answer.value}",
            who=harmless(clip(interaction.user.display_name, 40)),
            version=self.version,
            backup=update.backup,
        )
        if answer is PromptAnswer.APPLIED:
            back = PromptButton("back", self.version, phrases.say("weeks.button_back"))
            await interaction.followup.send(text, view=button_row(back))
        else:
            await interaction.followup.send(text)

    async def _answered(self, host: ChatHost, actor: str) -> PromptAnswer:
        prompts = host.services.prompts
        if self.word == "apply":
            return await prompts.apply(self.version, actor)
        if self.word == "keep":
            return await prompts.decline(self.version, actor)
        return await prompts.roll_back(self.version, actor)


def prompt_buttons(note: PromptNote, phrases: Phrases) -> list[PromptButton]:
    """Return what may be answered to a week's update, none where there is none."""
    if note.outcome is PromptOutcome.PROPOSED:
        return [
            PromptButton("apply", note.version, phrases.say("weeks.button_apply")),
            PromptButton("keep", note.version, phrases.say("weeks.button_keep")),
        ]
    if note.outcome is PromptOutcome.APPLIED:
        return [PromptButton("back", note.version, phrases.say("weeks.button_back"))]
    return []
