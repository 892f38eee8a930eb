"""Where the checks of an interview are made: the real services, or a sandbox on loopback."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit

from bot.brokerage import open_brokerage
from bot.operations.discord_rest import DISCORD_API, DiscordRest
from bot.operations.model_rest import models_at
from bot.sandbox_link import SandboxAddresses, SandboxLink
from bot.settings import Settings, load
from bot.settings.rules import LOOPBACK
from core.errors import ConfigurationError
from core.ports.broker import BrokerIdentity
from core.runtime.clock import SystemClock
from core.runtime.supervisor import TaskSupervisor

_NO_FILE = Path("/nonexistent/.env")


@dataclass(frozen=True, slots=True, kw_only=True)
class Addresses:
    """Who is asked. `sandbox` is None in the real world."""

    sandbox: SandboxAddresses | None = None

    @property
    def discord_api(self) -> str:
        """Where Discord answers."""
        return self.sandbox.discord_api if self.sandbox else DISCORD_API

    def discord(self, token: str) -> DiscordRest:
        """Return who asks Discord with `token`."""
        return DiscordRest(token, self.discord_api)

    async def models(self, key: str, base_url: str) -> frozenset[str]:
        """Return the models of the server. Raises ModelsUnlisted."""
        return await models_at(key, self.sandbox.model if self.sandbox else base_url)

    async def account(self, answers: Mapping[str, str]) -> BrokerIdentity:
        """Log in with the answers, read the account, and say whose it is. Raises TradingError.

        The token that this takes is kept where the bot looks for it: a broker gives one a minute.
        """
        from bot.wiring.desk import session_of  # late: it brings the whole desk

        settings = settings_with(answers)
        clock, supervisor, known = SystemClock(), TaskSupervisor(), self.sandbox
        brokerage = open_brokerage(
            settings,
            clock,
            (),
            kis_url=known.kis if known else "",
            kiwoom_url=known.kiwoom if known else "",
        )
        try:
            session = session_of(settings, brokerage, clock, supervisor)
            await session.account()
            return session.identity
        finally:
            await supervisor.aclose()
            await brokerage.adapter.close()


def settings_with(answers: Mapping[str, str]) -> Settings:
    """Return the settings that these answers make, above those of the environment.

    Raises ConfigurationError.
    """
    known = Settings.model_fields
    overrides = {name.lower(): text for name, text in answers.items() if name.lower() in known}
    return load(env_file=_NO_FILE, overrides=overrides, local_only=True)


async def addresses_at(sandbox_url: str) -> Addresses:
    """Return the addresses that a sandbox tells, or the real ones without one.

    Raises ConfigurationError when the sandbox does not answer.
    """
    if not sandbox_url:
        return Addresses()
    if urlsplit(sandbox_url).hostname not in LOOPBACK:
        raise ConfigurationError("SANDBOX_URL must be a loopback address")
    link = SandboxLink(sandbox_url)
    try:
        found, _ = await link.open()
    finally:
        await link.close()
    return Addresses(sandbox=found)
