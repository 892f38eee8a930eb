"""What the bot says of itself: its mode, its settings, its health, and its calendar."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import date, timedelta

import discord

from bot.chat.budget import AMBER, GREY, RED, FittedEmbed, lines_within
from bot.chat.text import harmless, one_line
from core.domain.calendar import REGULAR, WEEKEND, CalendarDay, CalendarUnknown, TradingCalendar
from core.domain.checkup import MARKS, Check, Verdict
from core.domain.modes import Mode
from core.ports.broker import BrokerIdentity
from core.ports.phrases import Phrases
from core.runtime.interlock import Standing

DAYS_AHEAD = 60
SESSIONS_SHOWN = 5
TEXT_MAX = 300


def mode_embed(
    identity: BrokerIdentity, standing: Standing | None, phrases: Phrases
) -> discord.Embed:
    """Return the mode, what it means, and what changes it; `standing` is of the real account."""
    mode = identity.mode
    lines = [
        phrases.say(f"system.mode_{mode.value}"),
        phrases.say("system.mode_account", broker=identity.broker, account=identity.account_masked),
    ]
    if standing is not None and standing.missing:
        lines += [f"✘ {one_line(point, TEXT_MAX)}" for point in standing.missing]
    lines.append(phrases.say("system.mode_never"))
    return FittedEmbed(
        phrases=phrases,
        title=phrases.say("system.mode_title"),
        mode=mode,
        description="\n".join(lines),
        colour=RED if mode is Mode.REAL else GREY,
    ).embed


def settings_text(known: Mapping[str, str]) -> bytes:
    """Return all settings as a text file, as `python -m bot settings` prints them."""
    return "".join(f"{name.upper()}={value}\n" for name, value in known.items()).encode()


def setting_line(name: str, value: str, phrases: Phrases) -> str:
    """Return one setting."""
    return phrases.say("system.setting", name=name.upper(), value=harmless(value) or "-")


def checkup_embed(checks: Sequence[Check], phrases: Phrases) -> discord.Embed:
    """Return what is not well first, each with how to mend it; then the rest."""
    bad = [check for check in checks if check.verdict is Verdict.BAD]
    key = "system.unwell" if bad else "system.well"
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("system.doctor_title"),
        description=phrases.say(key, count=len(bad)),
        colour=AMBER if bad else GREY,
    )
    for check in bad:
        text = f"{one_line(check.text, TEXT_MAX)}\n→ {one_line(check.mend, TEXT_MAX)}"
        fitted.add(f"{MARKS[check.verdict]} {check.name}", text)
    others = [
        f"{MARKS[check.verdict]} {check.name}: {one_line(check.text, 120)}"
        for check in checks
        if check.verdict is not Verdict.BAD
    ]
    more = phrases.say("embeds.more", count="{count}")
    fitted.add(phrases.say("system.looked_at"), lines_within(others, more))
    return fitted.embed


def calendar_embed(calendar: TradingCalendar, today: date, phrases: Phrases) -> discord.Embed:
    """Return today, the next sessions, and each special day within two months."""
    known = list(_ahead(calendar, today))
    ahead = [day for day in known if day.day > today]
    sessions = [day for day in ahead if day.hours is not None][:SESSIONS_SHOWN]
    special = [day for day in ahead if day.source not in {REGULAR, WEEKEND}]
    more = phrases.say("embeds.more", count="{count}")
    text = _day(known[0], phrases) if known else phrases.say("status.no_calendar")
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("system.calendar_title"),
        description=phrases.say("system.calendar_today", day=text),
        colour=GREY,
    )
    for key, days in (("sessions", sessions), ("special", special)):
        lines = [_day(day, phrases) for day in days]
        fitted.add(
            phrases.say(f"system.calendar_{key}"),
            lines_within(lines, more) or phrases.say("system.calendar_none"),
        )
    return fitted.embed


def _ahead(calendar: TradingCalendar, today: date) -> Iterator[CalendarDay]:
    for number in range(DAYS_AHEAD + 1):
        try:
            yield calendar.describe(today + timedelta(days=number))
        except CalendarUnknown:
            return


def _day(known: CalendarDay, phrases: Phrases) -> str:
    hours, names = known.hours, phrases.say("system.weekdays").split()
    session = phrases.say("calendar.closed")
    if hours is not None:
        session = f"{hours.opens:%H:%M}–{hours.closes:%H:%M}"
    text = f"{known.day:%m-%d}({names[known.day.weekday()]}) {session}"
    return f"{text} · {one_line(known.reason, 60)}" if known.reason else text
