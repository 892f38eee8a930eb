"""`python -m bot init`: asks, checks and writes `.env`; until the end it writes nothing."""

from __future__ import annotations

import asyncio
import os
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from rich.console import Console

from bot import locales
from bot.onboarding.addresses import Addresses, addresses_at
from bot.onboarding.asking_broker import Account, ask_account, ask_keys, ask_limits
from bot.onboarding.asking_discord import ask_discord
from bot.onboarding.asking_model import ask_model
from bot.onboarding.env_text import filled, keep_copy, values_in, write_private
from bot.onboarding.interview import Interview
from bot.onboarding.terminal import RichTerminal, Terminal
from bot.operations.logs import configure
from bot.settings import ENV_FILE, Settings, load
from bot.settings.redaction import mask_account
from core.errors import ConfigurationError, DataError
from core.ports.clock import Clock
from core.runtime.clock import SystemClock

EXAMPLE = Path(__file__).parents[2] / ".env.example"
_SECRET = ("_KEY", "_SECRET", "_TOKEN", "_PASSPHRASE")


class Left(Exception):
    """The person left before the end; nothing was written."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Wanted:
    """What was asked for on the command line."""

    is_offline: bool = False
    pin: bool = False
    env_file: Path = ENV_FILE


def init(*, is_offline: bool, pin: bool) -> None:
    """Interview the person at this terminal. Raises DataError, ConfigurationError or Left."""
    # A process without standard input has none of Python's either.
    if sys.stdin is None or not sys.stdin.isatty() or not sys.stdout.isatty():
        raise DataError(locales.in_all("init.no_terminal"))
    # What the parts log on their way is for a bot's log, not for somebody who is being asked.
    configure("CRITICAL")
    terminal = RichTerminal(Console(), locales.load("ko"))
    conduct(terminal, Wanted(is_offline=is_offline, pin=pin), SystemClock())


def conduct(terminal: Terminal, wanted: Wanted, clock: Clock) -> None:
    """Ask everything, and write the file once the person has seen it whole and said yes.

    Raises Left when the person leaves, ConfigurationError when what came of it does not fit
    together, DataError when the file cannot be written. In each case the file is as it was.
    """
    try:
        _conduct(terminal, wanted, clock)
    except (KeyboardInterrupt, EOFError):
        raise Left(locales.in_all("init.left")) from None
    except OSError as error:
        reason = error.strerror or str(error)
        raise DataError(locales.in_all("init.unwritten", reason=reason)) from error


def _conduct(terminal: Terminal, wanted: Wanted, clock: Clock) -> None:
    text, old = _beginning(terminal, wanted.env_file)
    interview = Interview(
        terminal=terminal,
        phrases=_language(terminal, old),
        old=old,
        is_offline=wanted.is_offline,
        pin=wanted.pin,
    )
    interview.answers["LOCALE"] = interview.phrases.say("init.language")
    terminal.head(interview.say("title"), interview.say("about"))
    _tell_environment(interview)
    sandbox = os.environ.get("SANDBOX_URL", "") or interview.now("SANDBOX_URL")
    addresses = asyncio.run(addresses_at("" if wanted.is_offline else sandbox))
    account = _ask_all(interview, addresses)
    _review(interview, account)
    if not terminal.agree(interview.say("write", path=str(wanted.env_file)), default=True):
        raise Left(locales.in_all("init.left"))
    _write(interview, wanted.env_file, filled(text, interview.answers), clock)
    terminal.head(interview.say("done"), interview.say("next"))


def _beginning(terminal: Terminal, path: Path) -> tuple[str, Mapping[str, str]]:
    """Return the text to fill in and what it says today. Raises DataError or Left."""
    fresh = EXAMPLE.read_text(encoding="utf-8") if EXAMPLE.is_file() else ""
    if not path.exists():
        return fresh, {}
    if not path.is_file():
        raise DataError(locales.in_all("init.no_file", path=str(path)))
    try:
        # Not as text: that would hide how its lines end.
        text = path.read_bytes().decode("utf-8")
    except UnicodeDecodeError:
        text = None
    old = None if text is None else values_in(text)
    terminal.note(locales.in_all("init.exists", path=str(path)))
    ways = ["change", "anew", "leave"] if old is not None else ["anew", "leave"]
    names = [locales.in_all(f"init.way_{way}") for way in ways]
    way = ways[terminal.choose(locales.in_all("init.way_which"), names, 0)]
    if way == "leave":
        raise Left(locales.in_all("init.left"))
    if way == "anew" or text is None or old is None:
        return fresh, {}
    return text, old


def _language(terminal: Terminal, old: Mapping[str, str]) -> locales.LocalePhrases:
    """Ask for the language, Korean first; the terminal's own words follow."""
    known = [locales.load(name) for name in locales.LOCALES]
    default = locales.LOCALES.index(old["LOCALE"]) if old.get("LOCALE") in locales.LOCALES else 0
    names = [one.say("init.language_name") for one in known]
    phrases = known[terminal.choose(locales.in_all("init.language_which"), names, default)]
    if isinstance(terminal, RichTerminal):
        terminal.phrases = phrases
    return phrases


def _tell_environment(interview: Interview) -> None:
    """Name the settings that the environment holds: they outrank whatever is written here."""
    known = {name.upper() for name in Settings.model_fields}
    given = sorted(known & {name for name, value in os.environ.items() if value.strip()})
    if given:
        interview.terminal.note(interview.say("environment", names=", ".join(given)))


def _ask_all(interview: Interview, addresses: Addresses) -> Account:
    """Ask part after part."""
    begin = interview.terminal.section
    begin(interview.say("part_account"), interview.say("part_account_about"))
    account = ask_account(interview)
    ask_keys(interview, account, addresses)
    begin(interview.say("part_discord"), interview.say("part_discord_about"))
    ask_discord(interview, addresses)
    begin(interview.say("part_limits"), interview.say("part_limits_about"))
    ask_limits(interview)
    begin(interview.say("part_model"), interview.say("part_model_about"))
    ask_model(interview, addresses)
    return account


def _review(interview: Interview, account: Account) -> None:
    """Show what will be written, secrets masked."""
    interview.terminal.section(interview.say("part_review"), "")
    rows = [(interview.say("mode"), interview.say(f"account_{account.name}"))]
    rows += [(name, _shown(name, value)) for name, value in interview.answers.items()]
    interview.terminal.table(rows)


def _shown(name: str, value: str) -> str:
    if name.endswith("_ACCOUNT_NO"):
        return mask_account(value)
    if name.endswith(_SECRET):
        return "••••" if value else "-"
    return value or "-"


def _write(interview: Interview, path: Path, text: str, clock: Clock) -> None:
    """Write the file if a bot would start with it. Raises ConfigurationError otherwise."""

    def judged(draft: Path) -> None:
        try:
            load(env_file=draft)
        except ConfigurationError as error:
            raise ConfigurationError(interview.say("does_not_fit", reason=str(error))) from None
        if path.exists():
            copy = keep_copy(path, clock.now())
            interview.terminal.good(interview.say("copied", path=str(copy)))

    write_private(path, text, judged)
    interview.terminal.good(interview.say("written", path=str(path)))
