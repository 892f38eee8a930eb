"""The bot's token, its server and channels, and the people it obeys."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Coroutine, Sequence
from typing import Any, TypeVar

from bot.invitation import invite_link, lacking
from bot.onboarding.addresses import Addresses
from bot.onboarding.checking import fault_of
from bot.onboarding.interview import TRIES_MAX, Interview
from bot.operations.discord_rest import (
    Application,
    DiscordFault,
    DiscordRefused,
    DiscordRest,
    Named,
    looks_like_token,
)
from core.errors import DataError

T = TypeVar("T")


def ask_discord(interview: Interview, addresses: Addresses) -> None:
    """Ask for everything of Discord; each answer is checked there as soon as it is given."""
    application = _ask_token(interview, addresses)
    rest = None
    if application is not None:
        rest = addresses.discord(interview.now("DISCORD_TOKEN"))
        _ask_content(interview, rest, application)
    else:
        _content_unasked(interview)
    _show_link(interview, application)
    _ask_guild(interview, rest)
    _ask_channels(interview, rest)
    _ask_people(interview, rest, application)


def _ask_token(interview: Interview, addresses: Addresses) -> Application | None:
    """Return the application behind the token; None when Discord cannot be asked."""

    def judge(value: str) -> str | None:
        return None if looks_like_token(value) else interview.say("token_shape")

    interview.terminal.note(interview.say("token_where"))
    for _ in range(TRIES_MAX):
        token = interview.secret("DISCORD_TOKEN", "token", judge)
        if interview.is_offline:
            return None
        try:
            found = interview.waited("discord_busy", addresses.discord(token).application())
        except DiscordRefused as refused:
            interview.terminal.bad(interview.phrases.say(f"doctor.discord_{refused.fault.value}"))
            if refused.fault is not DiscordFault.TOKEN:
                return None
            continue
        interview.terminal.good(interview.say("token_good", name=found.name))
        return found
    raise DataError(interview.say("too_often"))


def _ask_content(interview: Interview, rest: DiscordRest, application: Application) -> None:
    """See whether the bot may read what people write; without it there is the reply button."""
    found: Application | None = application
    while found is not None and not found.reads_content:
        interview.terminal.bad(interview.say("content_missing"))
        interview.terminal.note(interview.say("content_costs"))
        if not interview.terminal.agree(interview.say("content_again"), default=True):
            interview.answers["DISCORD_MESSAGE_CONTENT"] = "N"
            return
        found = _told(interview, rest.application())
    interview.answers["DISCORD_MESSAGE_CONTENT"] = "Y"
    if found is not None:
        interview.terminal.good(interview.say("content_good"))


def _content_unasked(interview: Interview) -> None:
    interview.terminal.note(interview.say("content_costs"))
    agreed = interview.terminal.agree(interview.say("content_granted"), default=True)
    interview.answers["DISCORD_MESSAGE_CONTENT"] = "Y" if agreed else "N"


def _show_link(interview: Interview, application: Application | None) -> None:
    token = interview.now("DISCORD_TOKEN")
    number = application.application_id if application else application_of(token)
    if number is None:
        return
    interview.terminal.note(interview.say("invite"))
    link = invite_link(number, pin=interview.pin, private_threads=_private_threads(interview))
    interview.terminal.note(link)


def _private_threads(interview: Interview) -> bool:
    """Whether an `.env` that is there wants private threads."""
    return interview.now("DISCORD_PRIVATE_THREADS").upper() == "Y"


def application_of(token: str) -> int | None:
    """Return the id that a token begins with, or None: its first part is that, in base64."""
    head = token.partition(".")[0]
    try:
        text = base64.urlsafe_b64decode(head + "=" * (-len(head) % 4)).decode("ascii")
    except (binascii.Error, UnicodeDecodeError):
        return None
    return int(text) if text.isdecimal() else None


def _ask_guild(interview: Interview, rest: DiscordRest | None) -> None:
    """Choose among the servers that the bot is in; by its id where Discord cannot be asked."""
    while rest is not None:
        guilds = _told(interview, rest.guilds())
        if guilds is None:
            break
        if guilds:
            interview.answers["DISCORD_GUILD_ID"] = _one_of(
                interview, "guild_which", guilds, "DISCORD_GUILD_ID"
            )
            return
        if not interview.terminal.agree(interview.say("guild_none"), default=True):
            break
    interview.setting("DISCORD_GUILD_ID", "guild_id")


def _ask_channels(interview: Interview, rest: DiscordRest | None) -> None:
    channels: Sequence[Named] = ()
    guild = int(interview.now("DISCORD_GUILD_ID"))
    if rest is not None:
        channels = _told(interview, rest.text_channels(guild)) or ()
    main = _ask_channel(interview, "DISCORD_CHANNEL_ID", "channel_which", channels)
    _check_place(interview, rest, guild, main)
    is_own = interview.now("DISCORD_ALERT_CHANNEL_ID") not in {"", main}
    if not interview.terminal.agree(interview.say("alert_own"), default=is_own):
        interview.give("DISCORD_ALERT_CHANNEL_ID", "")
        return
    alert = _ask_channel(interview, "DISCORD_ALERT_CHANNEL_ID", "alert_which", channels)
    _check_place(interview, rest, guild, alert)


def _ask_channel(interview: Interview, name: str, key: str, channels: Sequence[Named]) -> str:
    if not channels:
        return interview.setting(name, f"{key}_id")
    interview.answers[name] = _one_of(interview, key, channels, name)
    return interview.answers[name]


def _check_place(interview: Interview, rest: DiscordRest | None, guild: int, channel: str) -> None:
    """Name what the bot may not do in a channel, until it may or the person goes on."""
    while rest is not None:
        found = _told(interview, rest.permissions(guild, int(channel)))
        if found is None:
            return
        missing = lacking(found, private_threads=_private_threads(interview))
        if not missing:
            interview.terminal.good(interview.say("place_good"))
            return
        names = ", ".join(interview.phrases.say(f"doctor.permission_{one}") for one in missing)
        interview.terminal.bad(interview.say("place_lacks", names=names))
        if not interview.terminal.agree(interview.say("place_again"), default=True):
            return


def _ask_people(
    interview: Interview, rest: DiscordRest | None, application: Application | None
) -> None:
    """Ask who owns and who approves; the bot's own maker is offered for both."""
    maker = str(application.owner_id) if application and application.owner_id else ""
    interview.terminal.note(interview.say("people_where"))
    if application and application.owner_name:
        interview.terminal.note(
            interview.say("people_maker", name=application.owner_name, number=maker)
        )
    owners = _ask_ids(interview, rest, "DISCORD_OWNER_IDS", "owners", maker)
    _ask_ids(interview, rest, "DISCORD_APPROVER_IDS", "approvers", owners)


def _ask_ids(
    interview: Interview, rest: DiscordRest | None, name: str, key: str, default: str
) -> str:
    def judge(value: str) -> str | None:
        if not value:
            return interview.say("fault_empty")
        wrong = fault_of(name, value, interview.phrases)
        return wrong if wrong is not None or rest is None else _strangers(interview, rest, value)

    value = interview.asked(interview.say(key), judge, default=interview.now(name) or default)
    interview.give(name, ", ".join(value.replace(",", " ").split()))
    return interview.now(name)


def _strangers(interview: Interview, rest: DiscordRest, value: str) -> str | None:
    """Return who of these is no person of the server; greet the others by name."""
    guild = int(interview.now("DISCORD_GUILD_ID"))
    for number in value.replace(",", " ").split():
        try:
            person = interview.waited("discord_busy", rest.person(guild, int(number)))
        except DiscordRefused as refused:
            if refused.fault is DiscordFault.ABSENT:
                return interview.say("person_absent", number=number)
            interview.terminal.note(interview.phrases.say(f"doctor.discord_{refused.fault.value}"))
            return None
        if person is None:
            return interview.say("person_bot", number=number)
        interview.terminal.good(interview.say("person", name=person.name, number=number))
    return None


def _one_of(interview: Interview, key: str, found: Sequence[Named], name: str) -> str:
    """Return the id of the one that is chosen; the one of today is offered."""
    ids = [str(one.id) for one in found]
    now = interview.now(name)
    default = ids.index(now) if now in ids else 0
    names = [f"{one.name} ({one.id})" for one in found]
    return ids[interview.terminal.choose(interview.say(key), names, default)]


def _told(interview: Interview, work: Coroutine[Any, Any, T]) -> T | None:
    """Return Discord's answer, or None once the person is told why there is none."""
    try:
        return interview.waited("discord_busy", work)
    except DiscordRefused as refused:
        interview.terminal.bad(interview.phrases.say(f"doctor.discord_{refused.fault.value}"))
        return None
