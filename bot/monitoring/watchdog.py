"""Looks at the bot from outside, in session time: does it answer, and can Discord be reached?

It never trades. What it may do beside telling is reading the account, and writing the halt file.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field

import httpx
import structlog

from core.domain.calendar import TradingCalendar
from core.domain.conditions import Condition
from core.domain.krx import KST
from core.errors import TradingError
from core.ports.clock import Clock
from core.ports.phrases import Phrases
from core.runtime.clock import host_monotonic

_LOG = structlog.get_logger(__name__)
ASK_SECONDS = 5.0
WELL = ""
OTHER_BOT = "another bot answers there"

# Returns WELL, or in a few words what is wrong. Never raises.
Ask = Callable[[], Awaitable[str]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Leash:
    """What the watchdog asks and may do. `positions` and `halt` are None where it may not.

    `positions` words what the broker says is held (raises TradingError); `halt` writes the halt file
    and says so, in words.
    """

    ask_bot: Ask
    ask_discord: Ask
    clock: Clock
    calendar: TradingCalendar
    phrases: Phrases
    silent_seconds: float
    positions: Callable[[], Awaitable[str]] | None = None
    halt: Callable[[], str] | None = None


@dataclass(slots=True)
class _Silence:
    """Since when somebody has been silent (host seconds), and what was done about it, once."""

    since: float | None = None
    done: list[str] = field(default_factory=list)

    def lasts(self, why: str) -> float:
        """Return for how long it has lasted; 0 when `why` says that there is none."""
        if why == WELL:
            self.since = None
            self.done.clear()
            return 0.0
        now = host_monotonic()
        self.since = now if self.since is None else self.since
        return now - self.since


class Watchdog:
    """One look asks both. `look` is a `core.ports.alerting.Look`."""

    def __init__(self, leash: Leash) -> None:
        """Know of no silence yet."""
        self._leash = leash
        self._bot = _Silence()
        self._other = _Silence()
        self._discord = _Silence()

    async def look(self) -> Mapping[Condition, str]:
        """Return who has been silent for too long.

        Outside of session time nobody is asked, but who was silent until he answers.
        """
        found: dict[Condition, str] = {}
        leash = self._leash
        silent = (self._bot, self._other)
        if self._is_session() or any(one.since is not None for one in silent):
            text = await self._bot_trouble(await leash.ask_bot())
            if text:
                found[Condition.BOT_SILENT] = text
        if self._is_session() or self._discord.since is not None:
            why = await leash.ask_discord()
            seconds = self._discord.lasts(why)
            if why and seconds >= leash.silent_seconds:
                found[Condition.DISCORD_SILENT] = leash.phrases.say(
                    "conditions.text_discord_silent", seconds=round(seconds)
                )
        return found

    def _is_session(self) -> bool:
        now = self._leash.clock.now()
        hours = self._leash.calendar.known_hours(now.astimezone(KST).date())
        return hours is not None and hours.opens <= now <= hours.closes

    async def _bot_trouble(self, why: str) -> str:
        """Word what lasts for too long, or return "".

        A bot of another folder says nothing about ours, so nothing is done about it, and its time
        counts for no silence.
        """
        is_other = why == OTHER_BOT
        other = self._other.lasts(why if is_other else WELL)
        seconds = self._bot.lasts(WELL if is_other else why)
        if is_other and other >= self._leash.silent_seconds:
            return self._leash.phrases.say("conditions.text_other_bot", seconds=round(other))
        if not is_other and why and seconds >= self._leash.silent_seconds:
            return await self._bot_silent(seconds, why)
        return ""

    async def _bot_silent(self, seconds: float, why: str) -> str:
        """Word it; halt and read the account once for each silence, and only in the session."""
        say = self._leash.phrases.say
        if not self._bot.done and self._is_session():
            self._bot.done.extend(await self._act())
        text = say("conditions.text_bot_silent", seconds=round(seconds), why=why)
        return "\n".join((text, *self._bot.done))

    async def _act(self) -> list[str]:
        say, done = self._leash.phrases.say, [""]
        if self._leash.halt is not None:
            try:
                _LOG.warning("the watchdog wrote the halt file", said=self._leash.halt())
                done.append(say("conditions.halted"))
            except TradingError as error:
                done.append(say("conditions.not_halted", error=error))
        if self._leash.positions is not None:
            try:
                positions = await self._leash.positions()
            except TradingError as error:
                positions = str(error)
            done.append(say("conditions.positions", positions=positions))
        return done


def bot_at(url: str, folder: str) -> Ask:
    """Return what asks the health page of the bot that works in `folder`."""

    async def ask() -> str:
        try:
            async with httpx.AsyncClient(timeout=ASK_SECONDS, trust_env=False) as client:
                reply = await client.get(f"{url}/healthz")
            body = reply.json()
            if body["folder"] != folder:
                return OTHER_BOT
            wrong = [f"{name}: {text}" for name, text in body["checks"].items() if text != "ok"]
        except httpx.HTTPError as error:
            return type(error).__name__
        except (ValueError, KeyError, TypeError, AttributeError):
            return "what answers there is no bot"
        return "; ".join(wrong)

    return ask


def discord_at(api: str) -> Ask:
    """Return what asks whether Discord answers at all."""

    async def ask() -> str:
        try:
            async with httpx.AsyncClient(timeout=ASK_SECONDS, trust_env=False) as client:
                reply = await client.get(f"{api}/gateway")
        except httpx.HTTPError as error:
            return type(error).__name__
        return WELL if reply.is_success else f"HTTP {reply.status_code}"

    return ask
