"""The part of the self-check that asks others: Discord, the model, and what time they have."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from datetime import timedelta
from email.utils import parsedate_to_datetime

import httpx

from bot.exports.google_sheet import GoogleSheet, SheetFailed, SheetFault
from bot.exports.sheet_words import sheet_fault_words
from bot.invitation import lacking
from bot.operations.discord_rest import NETWORK_SECONDS, DiscordFault, DiscordRefused, DiscordRest
from bot.operations.model_rest import ListFault, ModelsUnlisted, models_at
from bot.operations.patient import Found, Patient, when
from core.domain.breakers import CLOCK_TOLD
from core.domain.checkup import Verdict
from core.domain.setup import SetupPart
from storage.ledger import SqlLedger

SHEET_LOOK_SECONDS = 20.0
_PLACES = (SetupPart.MAIN_CHANNEL, SetupPart.ALERT_CHANNEL)
# A date in a header has whole seconds: on average it is half of one late.
_HALF_A_SECOND = timedelta(milliseconds=500)


def _asked(patient: Patient) -> DiscordRest | Found:
    """Return who asks Discord, or why nobody does."""
    token = patient.settings.discord_token.get_secret_value()
    if patient.is_offline:
        return Verdict.SKIPPED, patient.phrases.say("doctor.say_offline")
    if not token:
        return Verdict.SKIPPED, patient.phrases.say("doctor.say_no_token")
    return DiscordRest(token, patient.discord_api)


def _refused(refused: DiscordRefused, patient: Patient) -> Found:
    """Silence proves nothing; whatever else Discord says is a finding."""
    silent = refused.fault is DiscordFault.UNREACHABLE
    text = patient.phrases.say(f"doctor.discord_{refused.fault.value}")
    return (Verdict.SKIPPED if silent else Verdict.BAD), text


async def discord(patient: Patient) -> Found:
    """Whether Discord takes the token."""
    rest = _asked(patient)
    if not isinstance(rest, DiscordRest):
        return rest
    try:
        return Verdict.GOOD, (await rest.application()).name
    except DiscordRefused as refused:
        return _refused(refused, patient)


async def intents(patient: Patient) -> Found:
    """Whether Discord grants the one privileged intent, where the settings count on it."""
    if not patient.settings.discord_message_content:
        return Verdict.GOOD, patient.phrases.say("doctor.say_intent_unused")
    rest = _asked(patient)
    if not isinstance(rest, DiscordRest):
        return rest
    try:
        granted = (await rest.application()).reads_content
    except DiscordRefused:
        # The check of the token says what is wrong.
        return Verdict.SKIPPED, "-"
    word = "granted" if granted else "missing"
    return when(good=granted, text=patient.phrases.say(f"doctor.say_intent_{word}"))


async def channels(patient: Patient) -> Found:
    """Whether the bot may do in each of its channels what it must; each lack is named."""
    rest = _asked(patient)
    if not isinstance(rest, DiscordRest):
        return rest
    guild = patient.settings.discord_guild_id
    places = await _places(patient)
    if not guild or not places:
        return Verdict.BAD, patient.phrases.say("doctor.say_no_channels")
    faults: list[str] = []
    for number in places:
        try:
            found = await rest.permissions(guild, number)
            missing = lacking(found, private_threads=patient.settings.discord_private_threads)
        except DiscordRefused as refused:
            if refused.fault in {DiscordFault.UNREACHABLE, DiscordFault.TOKEN}:
                return Verdict.SKIPPED, "-"
            faults.append(f"{number}: {_refused(refused, patient)[1]}")
            continue
        if missing:
            names = ", ".join(patient.phrases.say(f"doctor.permission_{one}") for one in missing)
            faults.append(patient.phrases.say("doctor.say_lacks", channel=number, names=names))
    text = " · ".join(faults) or patient.phrases.say("doctor.say_channels", count=len(places))
    return when(good=not faults, text=text)


async def _places(patient: Patient) -> tuple[int, ...]:
    """Return the channels of the settings, and those that owners chose in Discord."""
    found = set(patient.settings.channel_ids)
    if patient.database is not None:
        async with SqlLedger(patient.database).transaction() as tx:
            stored = [await tx.setting(f"setup.{part.value}") for part in _PLACES]
        found |= {int(text) for text in stored if text and text.isdecimal()}
    return tuple(sorted(found))


async def clock(patient: Patient) -> Found:
    """How far this machine's clock is from those of Discord and of the broker's server."""
    if patient.is_offline or patient.settings.sandbox_url:
        key = "say_offline" if patient.is_offline else "say_sandbox_clock"
        return Verdict.SKIPPED, patient.phrases.say(f"doctor.{key}")
    addresses = {}
    if patient.settings.discord_token.get_secret_value():
        addresses["Discord"] = f"{patient.discord_api}/gateway"
    if patient.broker is not None:
        identity = patient.broker.identity
        addresses[identity.broker] = identity.base_url
    told = {name: await _ahead(url, patient) for name, url in addresses.items()}
    known = {name: ahead for name, ahead in told.items() if ahead is not None}
    if not known:
        return Verdict.SKIPPED, patient.phrases.say("doctor.say_no_clock")
    good = all(abs(ahead) <= CLOCK_TOLD for ahead in known.values())
    text = " · ".join(f"{name} {ahead.total_seconds():+.1f} s" for name, ahead in known.items())
    return when(good=good, text=text)


async def _ahead(url: str, patient: Patient) -> timedelta | None:
    """Return how far a server's clock runs before ours; None when it does not say."""
    asked_at = patient.clock.now()
    try:
        async with httpx.AsyncClient(trust_env=False, timeout=NETWORK_SECONDS) as client:
            answer = await client.get(url)
        told = parsedate_to_datetime(answer.headers.get("Date", "")) + _HALF_A_SECOND
    except (httpx.HTTPError, httpx.InvalidURL, ValueError):
        return None
    # It was dated somewhere between our asking and our hearing.
    between = asked_at + (patient.clock.now() - asked_at) / 2
    return told - between


async def model(patient: Patient) -> Found:
    """Whether the model's server takes the key and has the models; a list costs nothing."""
    settings, say = patient.settings, patient.phrases.say
    key = settings.openai_api_key.get_secret_value()
    if not key:
        return Verdict.GOOD, say("doctor.say_no_model")
    if patient.is_offline:
        return Verdict.SKIPPED, say("doctor.say_offline")
    try:
        names = await models_at(key, patient.model_url or settings.openai_base_url)
    except ModelsUnlisted as refused:
        good = refused.fault is not ListFault.KEY
        verdict = Verdict.SKIPPED if good else Verdict.BAD
        return verdict, say(f"doctor.model_{refused.fault.value}")
    wanted = (settings.openai_model, settings.openai_flash_model)
    absent = [name for name in dict.fromkeys(wanted) if name not in names]
    if absent:
        return Verdict.BAD, say("doctor.say_unlisted", models=", ".join(absent))
    return Verdict.GOOD, ", ".join(dict.fromkeys(wanted))


async def sheet(patient: Patient) -> Found:
    """Whether Google shows the spreadsheet to the service account. Whether it may write, nobody tells."""
    settings, say = patient.settings, patient.phrases.say
    key = settings.google_sheet_key.get_secret_value()
    if not key:
        return Verdict.GOOD, say("doctor.say_no_sheet")
    account = settings.service_account()
    if patient.is_offline:
        return Verdict.SKIPPED, say("doctor.say_offline")
    book = GoogleSheet(key, account, api=patient.sheets_api, seconds=SHEET_LOOK_SECONDS)
    try:
        return Verdict.GOOD, f"{await book.look()} ({book.writes_as})"
    except SheetFailed as error:
        silent = error.fault in {SheetFault.BUSY, SheetFault.SLOW, SheetFault.UNREACHABLE}
        words = sheet_fault_words(patient.phrases, error, book.writes_as)
        return (Verdict.SKIPPED if silent else Verdict.BAD), words


OUTSIDE: dict[str, Callable[[Patient], Awaitable[Found]]] = {
    "discord": discord,
    "intents": intents,
    "channels": channels,
    "clock": clock,
    "model": model,
    "sheet": sheet,
}
