"""The one owner of the access token: keeps, stores, renews and drops it.

An issue sends the customer a message and is allowed once a minute, so it happens once for however
many callers wait, never twice within 60 s (restarts included), and a stored token is used first.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import datetime, timedelta
from typing import Protocol

import structlog

from core.errors import BrokerError, BrokerUnreachable, RateLimited
from core.ports.broker import AccessToken, TokenStore
from core.ports.clock import Clock

_LOG = structlog.get_logger(__name__)

# A minute by the broker's count, and a second for a request that travels faster than the last one:
# an issue that arrives 59.9 s after the other is refused, and costs another minute.
ISSUE_SPACING = timedelta(seconds=61)
RENEW_BEFORE = timedelta(minutes=10)
# A broker's token lives a day. One that claims more was stored under another clock.
STORED_LIFE_MAX = timedelta(hours=25)

Issue = Callable[[], Awaitable[AccessToken]]


class IssueStore(TokenStore, Protocol):
    """A token store that also remembers when a token was last asked for."""

    def last_issue(self, key: str) -> datetime | None:
        """Return when a token was last asked for, or None."""

    def note_issue(self, key: str, at: datetime | None) -> None:
        """Remember when a token was last asked for (None: never)."""


class TokenCache:
    """Hands out a valid token. Its state: the token, and the issue under way if there is one."""

    def __init__(self, issue: Issue, store: IssueStore, key: str, clock: Clock) -> None:
        """`issue` is the adapter's `issue_token`; `key` names (app key, mode) in the store."""
        self._issue = issue
        self._store = store
        self._key = key
        self._clock = clock
        self._token: AccessToken | None = None
        # The last one the broker rejected: a store that cannot be written still holds it.
        self._rejected: str | None = None
        self._issued_at: datetime | None = None
        self._flight: asyncio.Future[AccessToken | BrokerError | None] | None = None
        # Why the last issue failed; None once one works.
        self.trouble: BrokerError | None = None

    @property
    def held_until(self) -> datetime | None:
        """Until when the token in hand is good; None without one. Asks nobody for another."""
        return None if self._token is None else self._token.expires_at

    async def get(self, wait_seconds_max: float | None = None) -> AccessToken:
        """Return a token that lives for some minutes yet.

        Waits for the 60 s between two issues, in business time; with `wait_seconds_max` it raises
        RateLimited instead of waiting longer. Raises BrokerError when the issue fails; everybody
        who waited for the same issue gets the same error.
        """
        while True:
            token = self._usable()
            if token is not None:
                return token
            if self._flight is None:
                return await self._lead(wait_seconds_max)
            self._refuse_long_wait(wait_seconds_max)
            outcome = await asyncio.shield(self._flight)
            if isinstance(outcome, BrokerError):
                raise outcome
            if outcome is not None:
                return outcome
            # The leading caller was cancelled: somebody else leads now.

    def invalidate(self, token: AccessToken) -> None:
        """Forget `token` because the broker rejected it; a newer one stays."""
        self._rejected = token.value
        if self._token is not None and self._token.value == token.value:
            self._token = None
        stored = self._store.load(self._key)
        if stored is not None and stored.value == token.value:
            _LOG.warning("token dropped")
            try:
                self._store.delete(self._key)
            except OSError:
                _LOG.exception("a rejected token could not be deleted")

    def _usable(self) -> AccessToken | None:
        now = self._clock.now()
        if self._token is None:
            stored = self._store.load(self._key)
            if stored is None or stored.value == self._rejected:
                return None
            if stored.expires_at > now + STORED_LIFE_MAX:
                return None
            self._token = stored
        return self._token if self._token.expires_at > now + RENEW_BEFORE else None

    async def _lead(self, wait_seconds_max: float | None) -> AccessToken:
        self._refuse_long_wait(wait_seconds_max)
        flight: asyncio.Future[AccessToken | BrokerError | None]
        flight = asyncio.get_running_loop().create_future()
        self._flight = flight
        outcome: AccessToken | BrokerError | None = None
        try:
            outcome = await self._issue_in_time()
        except BrokerError as error:
            outcome = error
            raise
        finally:
            self._flight = None
            self.trouble = outcome if isinstance(outcome, BrokerError) else None
            flight.set_result(outcome)
        return outcome

    async def _issue_in_time(self) -> AccessToken:
        await self._clock.sleep_until(self._earliest_issue())
        before = self._last_issue()
        # Written first: a crash during the issue must not make the next start ask at once.
        self._note_issue(self._clock.now())
        try:
            token = await self._issue()
        except BrokerUnreachable:
            self._note_issue(before)  # nothing was asked, so nothing needs spacing
            raise
        self._token = token
        try:
            self._store.save(self._key, token)
        except OSError:
            # The token in memory serves this process; the next start asks for another one.
            _LOG.exception("token could not be stored")
        _LOG.info("token issued", expires_at=token.expires_at.isoformat())
        return token

    def _earliest_issue(self) -> datetime:
        now = self._clock.now()
        last = self._last_issue()
        if last is None or last > now:  # an instant in the future was noted under another clock
            return now
        return max(last + ISSUE_SPACING, now)

    def _last_issue(self) -> datetime | None:
        return self._issued_at or self._store.last_issue(self._key)

    def _note_issue(self, at: datetime | None) -> None:
        self._issued_at = at
        try:
            self._store.note_issue(self._key, at)
        except OSError:
            _LOG.exception("the instant of a token issue could not be stored")

    def _refuse_long_wait(self, wait_seconds_max: float | None) -> None:
        if wait_seconds_max is None:
            return
        wait = (self._earliest_issue() - self._clock.now()).total_seconds()
        if wait > wait_seconds_max:
            raise RateLimited(f"the next token may be asked for in {wait:.0f} s")
