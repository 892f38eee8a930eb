"""`python -m bot token revoke`: gives the kept access token back to the broker."""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack
from dataclasses import dataclass

from bot import locales
from bot.brokerage import open_brokerage
from bot.by_hand.loading import loaded
from bot.operations.process_lock import ProcessLock
from bot.wiring.desk import TOKEN_FOLDER
from bot.wiring.foundations import LOCK_FILE
from core.errors import BrokerError, DataError, TokenRejected
from core.ports.broker import AccessToken
from core.runtime.clock import SystemClock
from core.runtime.token_store import FileTokenStore


@dataclass(frozen=True, slots=True)
class _Kept:
    """Where the token is kept, and who takes it back."""

    store: FileTokenStore
    key: str
    revoke: Callable[[AccessToken], Awaitable[None]]

    async def give_back(self) -> tuple[bool, str, str]:
        """Return (done, which sentence says so, the broker's reason)."""
        token = self.store.load(self.key)
        if token is None:
            return True, "token_none", ""
        try:
            await self.revoke(token)
        except TokenRejected:
            self.store.delete(self.key)
            return True, "token_dead", ""
        except BrokerError as error:
            # It may live on at the broker, and without the file nobody could ask again.
            return False, "token_kept", str(error) or type(error).__name__
        self.store.delete(self.key)
        return True, "token_revoked", ""


async def revoke() -> tuple[bool, str]:
    """Ask the broker to kill the kept token, forget it, and return (done, text).

    Only while the bot is off, which holds the same token in memory. Raises ConfigurationError while
    it runs and DataError where no broker has given a token.
    """
    settings = loaded()
    phrases = locales.load(settings.locale)
    if settings.sandbox_url:
        raise DataError(phrases.say("console.token_nobody"))
    async with AsyncExitStack() as stack:
        brokerage = open_brokerage(settings, SystemClock(), ())
        stack.push_async_callback(brokerage.adapter.close)
        if brokerage.revoke is None:
            raise DataError(phrases.say("console.token_nobody"))
        kept = _Kept(
            FileTokenStore(settings.data_dir / TOKEN_FOLDER), brokerage.token_key, brokerage.revoke
        )
        if not settings.data_dir.is_dir():
            return True, phrases.say("console.token_none")
        busy = phrases.say("console.token_bot_runs")
        with ProcessLock(settings.data_dir / LOCK_FILE, busy=busy):
            done, key, reason = await kept.give_back()
        if key == "token_revoked" and brokerage.paces_of == "kis":
            key = "token_revoked_kis"
        name = f"{settings.broker}/{settings.mode.value}"
        return done, phrases.say(f"console.{key}", broker=name, reason=reason)
