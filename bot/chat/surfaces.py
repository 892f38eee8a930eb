"""Discord as the place where services show tickets, alarms and reports."""

from __future__ import annotations

import asyncio
import hashlib
import io
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass
from http import HTTPStatus
from pathlib import PurePosixPath
from typing import Any
from urllib.parse import urlsplit

import aiohttp
import discord
import structlog

from bot.chat.calendar_button import question_buttons
from bot.chat.calling import calling, manner_of, manner_of_alarm
from bot.chat.host import ChatHost
from bot.chat.letter_embed import letter_embed
from bot.chat.reminder_link import reminder_link
from bot.chat.report_embeds import briefing_embed, closing_embed
from bot.chat.text import label
from bot.chat.ticket_embed import ticket_buttons, ticket_embed
from bot.chat.watch_embed import alarm_embed
from bot.chat.week_embed import week_embed, week_view
from core.domain.briefing import Briefing, ClosingReport
from core.domain.notices import Loudness, NoticeKind
from core.domain.outbox import OutboxMessage
from core.domain.reflection_run import WeeklyReport
from core.errors import DeliveryRefused, TradingError
from core.ports.letters import MonthlyLetter
from core.ports.surface import TicketView

_LOG = structlog.get_logger(__name__)
SEND_SECONDS = 20.0
READY_SECONDS = 10.0
NONCE_MAX = 25
# What Discord gives at once. More is not said in the main channel in the evening of a letter.
LETTER_LOOKS_BACK = 100
_UNKNOWN_CHANNEL = 10003
_THREAD_ARCHIVED = 50083


class Undeliverable(TradingError):
    """Discord could not be reached, or has trouble of its own; the sender tries again later."""


@asynccontextmanager
async def _delivering(host: ChatHost, what: str) -> AsyncIterator[None]:
    """Bound a delivery in time; every way of failing is DeliveryRefused or Undeliverable."""
    try:
        async with asyncio.timeout(READY_SECONDS):
            await host.wait_until_ready()
        async with asyncio.timeout(SEND_SECONDS):
            yield
    except (discord.DiscordException, aiohttp.ClientError, OSError, RuntimeError) as error:
        # RuntimeError is what discord.py raises before login and after close.
        kind = DeliveryRefused if _is_refusal(error) else Undeliverable
        raise kind(f"{what}: {error!r}") from error


def _is_refusal(error: Exception) -> bool:
    """Whether Discord understood and says no: a lost permission, a deleted channel."""
    return (
        isinstance(error, discord.HTTPException)
        and HTTPStatus.BAD_REQUEST <= error.status < HTTPStatus.INTERNAL_SERVER_ERROR
        and error.status != HTTPStatus.TOO_MANY_REQUESTS
    )


@dataclass(frozen=True, slots=True)
class DiscordTicketSurface:
    """One message per ticket, edited through its whole life (core.ports.surface.TicketSurface)."""

    host: ChatHost

    async def show_ticket(self, view: TicketView) -> tuple[int, int]:
        """Edit the ticket's message, or send it when it has none or the message is gone."""
        ticket = view.ticket
        async with _delivering(self.host, f"ticket {ticket.ticket_id}"):
            if ticket.channel_id is not None and ticket.message_id is not None:
                try:
                    await self._edit(ticket.channel_id, ticket.message_id, view)
                except discord.NotFound:
                    _LOG.info("ticket message is gone", ticket=ticket.ticket_id)
                else:
                    return ticket.channel_id, ticket.message_id
            return await self._send(view)

    async def _edit(self, channel_id: int, message_id: int, view: TicketView) -> None:
        message = self.host.get_partial_messageable(channel_id).get_partial_message(message_id)
        try:
            await self._write(message, view)
        except discord.HTTPException as error:
            if error.code != _THREAD_ARCHIVED:
                raise
            # Unlike a new message, an edit does not open an archived thread by itself.
            thread = await self.host.fetch_channel(channel_id)
            if isinstance(thread, discord.Thread):
                await thread.edit(archived=False)
            await self._write(message, view)

    async def _write(self, message: discord.PartialMessage, view: TicketView) -> None:
        phrases = self.host.services.public
        await message.edit(embed=ticket_embed(view, phrases), view=ticket_buttons(view, phrases))

    async def _send(self, view: TicketView) -> tuple[int, int]:
        main = self.host.services.settings.main_channel_id
        channel_id = view.ticket.channel_id or main
        try:
            return await self._send_to(channel_id, view)
        except discord.NotFound as error:
            # A deleted thread must not hide a ticket: it goes to the main channel.
            if error.code != _UNKNOWN_CHANNEL or channel_id == main:
                raise
            return await self._send_to(main, view)

    async def _send_to(self, channel_id: int, view: TicketView) -> tuple[int, int]:
        phrases = self.host.services.public
        ticket = view.ticket
        # discord.py adds enforce_nonce: a repeat after a lost answer returns the first message.
        # A message that was deleted must not be "returned", so its successor has another nonce.
        again = ticket.message_id is not None
        nonce = f"{ticket.ticket_id}-{ticket.version}" if again else ticket.ticket_id
        message = await self.host.get_partial_messageable(channel_id).send(
            embed=ticket_embed(view, phrases),
            view=ticket_buttons(view, phrases),
            nonce=nonce[:NONCE_MAX],
            **self._manner(channel_id),
        )
        return channel_id, message.id

    def _manner(self, channel_id: int) -> dict[str, Any]:
        """Call who is awake; in a thread people are looking already."""
        services = self.host.services
        if channel_id != services.settings.main_channel_id:
            return {}
        return calling(services.notices.awake())


@dataclass(frozen=True, slots=True)
class DiscordAlerts:
    """Alarms in the alert channel (core.ports.outbox.AlarmChannel)."""

    host: ChatHost

    async def post(self, message: OutboxMessage) -> bool:
        """Post an alarm; return whether it was. Never raises: the outbox keeps what was not."""
        embed = alarm_embed(message, self.host.services.public)
        channel_id = self.host.services.settings.alert_channel_id
        # discord.py adds enforce_nonce: a repeat after a lost answer returns the first message.
        nonce = hashlib.sha256(message.key.encode()).hexdigest()[:NONCE_MAX]
        try:
            async with _delivering(self.host, "alarm"):
                channel = self.host.get_partial_messageable(channel_id)
                buttons = question_buttons(message.key, self.host.services.public)
                buttons = buttons or reminder_link(message.key, self.host.services)
                view = buttons or discord.utils.MISSING
                manner = manner_of_alarm(self.host.services, message.key)
                await channel.send(embed=embed, nonce=nonce, view=view, **manner)
        except TradingError as error:
            _LOG.warning("alarm not delivered yet", title=message.title, error=str(error))
            return False
        return True


@dataclass(frozen=True, slots=True)
class DiscordReports:
    """Reports in the main channel (core.ports: ReportSurface, LivingWeeks, LetterBoard)."""

    host: ChatHost

    async def show_briefing(self, briefing: Briefing, chart_png: bytes | None) -> None:
        """Post the briefing. Raises Undeliverable or DeliveryRefused."""
        phrases = self.host.services.public
        alt = phrases.say("embeds.briefing_alt", day=briefing.day.isoformat())
        embed = briefing_embed(briefing, phrases)
        name = f"briefing-{briefing.day:%Y%m%d}.png"
        await self._post(NoticeKind.BRIEFING, embed, chart_png, name, alt)

    async def show_closing(self, report: ClosingReport, chart_png: bytes | None) -> None:
        """Post the closing report. Raises Undeliverable or DeliveryRefused."""
        phrases = self.host.services.public
        alt = phrases.say("embeds.closing_alt", day=report.day.isoformat())
        names = {str(item.symbol): item.name for item in self.host.services.market.instruments()}
        embed = closing_embed(report, phrases, names)
        name = f"closing-{report.day:%Y%m%d}.png"
        await self._post(NoticeKind.CLOSING, embed, chart_png, name, alt)

    async def show_week(
        self, report: WeeklyReport, chart_png: bytes | None
    ) -> tuple[int, int] | None:
        """Post the week with the buttons of its rules and prompt. Raises Undeliverable or DeliveryRefused."""
        phrases = self.host.services.public
        alt = phrases.say("weeks.chart_alt", week=report.week)
        embed = week_embed(report, phrases)
        view = week_view(report, phrases) or discord.utils.MISSING
        # Made again after an answer of its model, it is another message.
        version = report.prompt.version if report.prompt else 0
        numbers = [item.proposal.number for item in report.rules.rules] if report.rules else []
        name = f"week-{report.week}-{version}-{max(numbers, default=0)}.png"
        return await self._post(NoticeKind.REFLECTION, embed, chart_png, name, alt, view)

    async def amend_week(self, report: WeeklyReport) -> None:
        """Show the week as it stands now in its own message: an edit calls nobody.

        Raises Undeliverable or DeliveryRefused.
        """
        if report.place is None:
            return
        phrases = self.host.services.public
        channel_id, message_id = report.place
        embed, view = week_embed(report, phrases), week_view(report, phrases)
        async with _delivering(self.host, f"week {report.week}"):
            try:
                channel = self.host.get_partial_messageable(channel_id)
                message = await channel.fetch_message(message_id)
            except discord.NotFound:
                _LOG.info("message of a week is gone", week=report.week)
                return
            if _buttons_on(message) == _buttons_of(view):
                return
            for shown in message.embeds[:1]:
                if shown.image.url:
                    # The file stays with the message; an embed without its name would drop it.
                    picture = PurePosixPath(urlsplit(shown.image.url).path).name
                    embed.set_image(url=f"attachment://{picture}")
            await message.edit(embed=embed, view=view)

    async def show_letter(self, letter: MonthlyLetter, chart_png: bytes | None) -> None:
        """Post the letter of a month. Raises Undeliverable or DeliveryRefused."""
        phrases = self.host.services.public
        alt = phrases.say("letter.chart_alt", month=letter.month.first_day)
        embed = letter_embed(letter, phrases)
        await self._post(NoticeKind.LETTER, embed, chart_png, f"letter-{letter.month}.png", alt)

    async def has_letter(self, letter: MonthlyLetter) -> bool:
        """Whether the newest messages hold one of ours with this letter's title.

        A nonce keeps a repeat back for some minutes only. Raises Undeliverable or DeliveryRefused.
        """
        services, me = self.host.services, self.host.user
        title = letter_embed(letter, services.public).title
        async with _delivering(self.host, f"look for letter {letter.month}"):
            channel = await self.host.fetch_channel(services.settings.main_channel_id)
            if me is None or not isinstance(channel, discord.abc.Messageable):
                return False
            async for message in channel.history(limit=LETTER_LOOKS_BACK):
                if message.author.id == me.id and title in {one.title for one in message.embeds}:
                    return True
        return False

    async def _post(
        self,
        kind: NoticeKind,
        embed: discord.Embed,
        chart_png: bytes | None,
        filename: str,
        alt: str,
        view: discord.ui.View = discord.utils.MISSING,
    ) -> tuple[int, int] | None:
        """Return the channel and the message, None where only the digest tells of it."""
        services = self.host.services
        channel_id = services.settings.main_channel_id
        if services.notices.current.loudness(kind) is Loudness.OFF:
            await services.notices.keep(kind, filename, str(embed.title))
            return None
        manner = manner_of(services, kind)
        # As for alarms: a report whose answer was lost is tried again, and shows once.
        nonce = filename.removesuffix(".png")[:NONCE_MAX]
        async with _delivering(self.host, filename):
            channel = self.host.get_partial_messageable(channel_id)
            if chart_png is None:
                message = await channel.send(embed=embed, nonce=nonce, view=view, **manner)
                return channel_id, message.id
            embed.set_image(url=f"attachment://{filename}")
            picture = discord.File(
                io.BytesIO(chart_png), filename=filename, description=label(alt, 1000)
            )
            message = await channel.send(
                embed=embed, file=picture, nonce=nonce, view=view, **manner
            )
        return channel_id, message.id


def _buttons_on(message: discord.Message) -> set[str]:
    """Return the custom_ids of the buttons that a message has now."""
    rows = (row for row in message.components if isinstance(row, discord.ActionRow))
    return {item.custom_id or "" for row in rows for item in row.children}


def _buttons_of(view: discord.ui.View | None) -> set[str]:
    """Return the custom_ids of the buttons that it would have."""
    rows = [] if view is None else view.to_components()
    return {item["custom_id"] for row in rows for item in row["components"]}
