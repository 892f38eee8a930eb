"""The selects and buttons of /system setup, good after a restart too, for owners alone."""

from __future__ import annotations

import re
from collections.abc import Collection, Sequence
from typing import Any

import discord
import structlog

from bot.chat.access import Right
from bot.chat.host import ChatHost, Interaction, host_of, refused, taken, tell
from bot.chat.modals import limits_modal, open_modal
from bot.chat.rows import button_row
from bot.chat.selects import PLACEHOLDER_MAX, list_of, values_of
from bot.chat.setup_services import SetupDesk
from bot.chat.setup_words import LIMITS, change_text, setup_embed
from bot.chat.text import clip, harmless, label
from bot.invitation import lacking
from core.domain.instrument import Instrument, Symbol
from core.domain.setup import Setup, SetupPart, SetupRefusal
from core.errors import TradingError
from core.ports.phrases import Phrases

_LOG = structlog.get_logger(__name__)
OPTIONS_MAX = 25
_PLACES = {"main": SetupPart.MAIN_CHANNEL, "alert": SetupPart.ALERT_CHANNEL}
_Wrapped = discord.ui.DynamicItem


class PlaceSelect(
    _Wrapped[discord.ui.ChannelSelect[discord.ui.View]], template=re.compile(r"s1:(main|alert)")
):
    """Chooses the main channel or that of the alarms."""

    def __init__(self, which: str, channel_id: int = 0, text: str = "") -> None:
        now = [discord.SelectDefaultValue(id=channel_id, type=_CHANNEL)] if channel_id else []
        super().__init__(
            discord.ui.ChannelSelect(
                custom_id=f"s1:{which}",
                channel_types=[discord.ChannelType.text],
                placeholder=label(text, PLACEHOLDER_MAX) or None,
                default_values=now,
            )
        )
        self.part = _PLACES[which]

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[Any],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> PlaceSelect:
        """Rebuild the select from its custom_id."""
        return cls(match[1])

    async def callback(self, interaction: Interaction) -> None:
        """Take the channel if the bot may do there what it must."""
        if await refused(interaction, Right.OWN):
            return
        host, chosen = host_of(interaction), values_of(interaction)
        phrases = host.words(interaction)
        missing = _missing_in(interaction, int(chosen[0])) if chosen else None
        if missing is None:
            await tell(interaction, phrases.say("setup.no_channel"))
            return
        if missing:
            names = ", ".join(phrases.say(f"doctor.permission_{name}") for name in missing)
            text = phrases.say("setup.channel_lacks", channel=f"<#{chosen[0]}>", names=names)
            await tell(interaction, text)
            return
        await choose(interaction, self.part, chosen)


class PeopleSelect(
    _Wrapped[discord.ui.UserSelect[discord.ui.View]], template=re.compile(r"s1:people")
):
    """Chooses who may press ✅ beside the owners."""

    def __init__(self, people: Collection[int] = (), text: str = "") -> None:
        now = [discord.SelectDefaultValue(id=one, type=_USER) for one in sorted(people)]
        super().__init__(
            discord.ui.UserSelect(
                custom_id="s1:people",
                placeholder=label(text, PLACEHOLDER_MAX) or None,
                min_values=1,
                max_values=OPTIONS_MAX,
                default_values=now[:OPTIONS_MAX],
            )
        )

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[Any],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],  # noqa: ARG003 - the signature is discord.py's
        /,
    ) -> PeopleSelect:
        """Rebuild the select."""
        return cls()

    async def callback(self, interaction: Interaction) -> None:
        """Take the people; a bot is none."""
        if await refused(interaction, Right.OWN):
            return
        data: Any = interaction.data
        users = (data.get("resolved") or {}).get("users") or {}
        if any(one.get("bot") for one in users.values()):
            await tell(interaction, host_of(interaction).words(interaction).say("setup.no_bots"))
            return
        await choose(interaction, SetupPart.APPROVERS, values_of(interaction))


class UniverseSelect(
    _Wrapped[discord.ui.Select[discord.ui.View]], template=re.compile(r"s1:universe:([0-9])")
):
    """Chooses, of one page of the universe, what may be bought."""

    def __init__(
        self, page: int, some: Sequence[Instrument] = (), left_out: Collection[str] = ()
    ) -> None:
        options = [
            discord.SelectOption(
                label=label(one.name, 100),
                value=str(one.symbol),
                description=str(one.symbol),
                default=one.symbol not in left_out,
            )
            for one in some
        ]
        super().__init__(
            list_of(f"s1:universe:{page}", options, least=0, most=max(len(options), 1))
        )
        self.page = page

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[Any],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> UniverseSelect:
        """Rebuild the select from its custom_id."""
        return cls(int(match[1]))

    async def callback(self, interaction: Interaction) -> None:
        """Leave out what is not chosen on this page; the other pages stay as they are."""
        if await refused(interaction, Right.OWN):
            return
        desk = host_of(interaction).services.setup
        here = {str(symbol) for symbol in page_of(desk, self.page)}
        left_out = {str(symbol) for symbol in desk.current.left_out} - here
        await choose(
            interaction, SetupPart.LEFT_OUT, left_out | (here - set(values_of(interaction)))
        )


class SetupButton(
    _Wrapped[discord.ui.Button[discord.ui.View]],
    template=re.compile(r"s1:(universe|limits|forget)"),
):
    """Opens the lists of the universe or the form of the limits, or goes back to the settings."""

    def __init__(self, what: str, text: str = "⚙️") -> None:
        super().__init__(
            discord.ui.Button(
                style=discord.ButtonStyle.secondary, label=label(text, 80), custom_id=f"s1:{what}"
            )
        )
        self.what = what

    @classmethod
    async def from_custom_id(
        cls,
        interaction: Interaction,  # noqa: ARG003 - the signature is discord.py's
        item: discord.ui.Item[Any],  # noqa: ARG003 - the signature is discord.py's
        match: re.Match[str],
        /,
    ) -> SetupButton:
        """Rebuild the button from its custom_id."""
        return cls(match[1])

    async def callback(self, interaction: Interaction) -> None:
        """Do what it is called."""
        if await refused(interaction, Right.OWN):
            return
        host = host_of(interaction)
        phrases = host.words(interaction)
        if self.what == "limits":
            lines = await host.services.limits.lines()
            shown = [line for line in lines if line.name in LIMITS]
            await open_modal(interaction, limits_modal(shown, phrases))
        elif self.what == "universe":
            view = universe_view(host)
            text = phrases.say("setup.universe_about")
            await interaction.response.send_message(text, view=view, ephemeral=True)
        else:
            await _forget(interaction, host)


CONTROLS = (PlaceSelect, PeopleSelect, UniverseSelect, SetupButton)
_CHANNEL = discord.SelectDefaultValueType.channel
_USER = discord.SelectDefaultValueType.user


def setup_view(setup: Setup, phrases: Phrases) -> discord.ui.View:
    """Return the controls below the embed."""
    return button_row(
        PlaceSelect("main", setup.main_channel_id, phrases.say("setup.pick_main")),
        PlaceSelect("alert", setup.alerts_go_to, phrases.say("setup.pick_alert")),
        PeopleSelect(setup.approver_ids, phrases.say("setup.pick_people")),
        *(
            SetupButton(what, phrases.say(f"setup.button_{what}"))
            for what in ("universe", "limits", "forget")
        ),
    )


def universe_view(host: ChatHost) -> discord.ui.View:
    """Return one list per twenty-five instruments."""
    desk = host.services.setup
    pages = range(-(-len(desk.universe) // OPTIONS_MAX))
    return button_row(
        *(
            UniverseSelect(
                page,
                [desk.universe[symbol] for symbol in page_of(desk, page)],
                {str(symbol) for symbol in desk.current.left_out},
            )
            for page in pages
        )
    )


def page_of(desk: SetupDesk, page: int) -> list[Symbol]:
    """Return the symbols of one list, always the same ones while the universe is the same."""
    return sorted(desk.universe)[page * OPTIONS_MAX : (page + 1) * OPTIONS_MAX]


async def setup_message(host: ChatHost, phrases: Phrases) -> tuple[discord.Embed, discord.ui.View]:
    """Return what /system setup shows."""
    services = host.services
    lines = await services.limits.lines()
    embed = setup_embed(services.setup, lines, services.settings.owner_ids, phrases)
    return embed, setup_view(services.setup.current, phrases)


async def choose(interaction: Interaction, part: SetupPart, values: Collection[str]) -> None:
    """Store a choice, put it in force, and show what it changed, to everybody too."""
    await interaction.response.defer()
    host = host_of(interaction)
    desk, phrases = host.services.setup, host.words(interaction)
    before = desk.current
    refusal: SetupRefusal | None
    try:
        refusal = await desk.choose(part, values, actor=str(interaction.user.id))
    except TradingError:
        _LOG.exception("a choice was not stored", part=part.value)
        await tell(interaction, phrases.say("chat.failed"))
        return
    if refusal is not None:
        await tell(interaction, phrases.say(f"setup.refused_{refusal.value}"))
        return
    await _changed(interaction, host, part, before)


async def _forget(interaction: Interaction, host: ChatHost) -> None:
    await interaction.response.defer()
    desk = host.services.setup
    before = desk.current
    await desk.forget(actor=str(interaction.user.id))
    parts = [part for part in SetupPart if _part(before, part) != _part(desk.current, part)]
    if not parts:
        await tell(interaction, host.words(interaction).say("setup.nothing_to_forget"))
    for part in parts:
        await _changed(interaction, host, part, before)


def _part(setup: Setup, part: SetupPart) -> object:
    fields: dict[SetupPart, object] = {
        SetupPart.MAIN_CHANNEL: setup.main_channel_id,
        SetupPart.ALERT_CHANNEL: setup.alerts_go_to,
        SetupPart.APPROVERS: setup.approver_ids,
        SetupPart.LEFT_OUT: setup.left_out,
    }
    return fields[part]


async def _changed(
    interaction: Interaction, host: ChatHost, part: SetupPart, before: Setup
) -> None:
    host.settle()
    after, names = host.services.setup.current, host.services.setup.universe
    phrases, public = host.words(interaction), host.services.public
    owners = host.services.settings.owner_ids
    await tell(interaction, change_text(part, before, after, names, owners, phrases))
    if part is not SetupPart.LEFT_OUT:
        embed, view = await setup_message(host, phrases)
        await taken(interaction.edit_original_response(embed=embed, view=view))
    who = clip(harmless(interaction.user.display_name), 60)
    changed = change_text(part, before, after, names, owners, public)
    text = public.say("setup.announced", text=changed, who=who)
    await taken(host.get_partial_messageable(after.main_channel_id).send(text))


def _missing_in(interaction: Interaction, channel_id: int) -> tuple[str, ...] | None:
    """Return which permissions the bot lacks in a channel; None for what is no text channel."""
    guild = interaction.guild
    channel = guild.get_channel(channel_id) if guild is not None else None
    if guild is None or not isinstance(channel, discord.TextChannel):
        return None
    settings = host_of(interaction).services.settings
    found = channel.permissions_for(guild.me)
    return lacking(found, private_threads=settings.private_threads)
