"""Answers to "does the exchange open on that day?", under the alarm that asks."""

from __future__ import annotations

import re
from datetime import date

import discord
import structlog

from bot.chat.access import Right
from bot.chat.host import Interaction, host_of, refused, tell
from bot.chat.rows import button_row
from bot.chat.text import clip, harmless
from core.errors import TradingError
from core.ports.phrases import Phrases
from core.services.market.days import DayAnswer

_LOG = structlog.get_logger(__name__)
_QUESTION = re.compile(r"calendar:(?P<day>\d{4}-\d{2}-\d{2}):.*")
_DONE = frozenset({DayAnswer.OPENED, DayAnswer.CLOSED})


class CalendarButton(
    discord.ui.DynamicItem[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"d1:(?P<word>open|closed):(?P<day>\d{4}-\d{2}-\d{2})"),
):
    """One answer. It carries the day: a press after a restart works."""

    def __init__(self, day: date, *, is_open: bool, text: str = "?") -> None:
        super().__init__(
            discord.ui.Button(
                style=discord.ButtonStyle.success if is_open else discord.ButtonStyle.secondary,
                label=text,
                custom_id=f"d1:{'open' if is_open else 'closed'}:{day.isoformat()}",
            )
        )
        self.day, self.is_open = day, is_open

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[discord.ui.View],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> CalendarButton:
        """Rebuild the button from its custom_id."""
        return cls(date.fromisoformat(match["day"]), is_open=match["word"] == "open")

    async def callback(self, interaction: Interaction) -> None:
        """Take the answer and say it to everybody. To open a day is an owner's."""
        if await refused(interaction, Right.OWN if self.is_open else Right.TRADE):
            return
        await interaction.response.defer()
        host = host_of(interaction)
        try:
            outcome = await host.services.days.answer(
                self.day, is_open=self.is_open, actor=str(interaction.user.id)
            )
        except TradingError:
            _LOG.exception("press failed", user=interaction.user.id)
            await tell(interaction, host.words(interaction).say("chat.failed"))
            return
        if outcome not in _DONE:
            words = host.words(interaction)
            await tell(interaction, words.say(f"calendar.answer_{outcome.value}", day=self.day))
            return
        text = host.services.public.say(
            f"calendar.answer_{outcome.value}",
            day=self.day,
            who=harmless(clip(interaction.user.display_name, 40)),
        )
        await interaction.followup.send(text)


def question_buttons(key: str, phrases: Phrases) -> discord.ui.View | None:
    """Return the buttons of an alarm that asks about a day, None for every other alarm."""
    found = _QUESTION.fullmatch(key)
    if found is None:
        return None
    day = date.fromisoformat(found["day"])
    return button_row(
        CalendarButton(day, is_open=True, text=phrases.say("calendar.button_open")),
        CalendarButton(day, is_open=False, text=phrases.say("calendar.button_closed")),
    )
