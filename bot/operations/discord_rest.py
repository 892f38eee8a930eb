"""What Discord tells a bot over REST: who it is, where it is, and what it may do there.

It only reads. discord.py's own client would open a gateway; a check must not.
"""

from __future__ import annotations

import asyncio
import re
from dataclasses import dataclass
from enum import Enum
from http import HTTPStatus
from typing import Any

import discord
import httpx

from bot.invitation import permissions_in
from core.errors import TradingError

DISCORD_API = "https://discord.com/api/v10"
NETWORK_SECONDS = 10.0
# Flags of an application: may read messages, in full or while it is on few servers.
MESSAGE_CONTENT_FLAGS = (1 << 18) | (1 << 19)
TEXT_CHANNEL = 0
_TOKEN = re.compile(r"[\w-]+\.[\w-]+\.[\w-]+")


class DiscordFault(Enum):
    """Why there is no answer. The locale files hold a sentence for each (``doctor.discord_…``)."""

    UNREACHABLE = "unreachable"
    TOKEN = "token"  # noqa: S105  what is refused, not a token
    ABSENT = "absent"
    FORBIDDEN = "forbidden"
    ODD = "odd"


class DiscordRefused(TradingError):
    """Discord gave no usable answer; `fault` says why."""

    def __init__(self, fault: DiscordFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


@dataclass(frozen=True, slots=True, kw_only=True)
class Application:
    """The bot as Discord knows it. `owner_id` is its maker, 0 when a team without one."""

    application_id: int
    name: str
    owner_id: int
    owner_name: str
    reads_content: bool


@dataclass(frozen=True, slots=True)
class Named:
    """A server, channel or person."""

    id: int
    name: str


_FAULTS = {
    HTTPStatus.UNAUTHORIZED: DiscordFault.TOKEN,
    HTTPStatus.FORBIDDEN: DiscordFault.FORBIDDEN,
    HTTPStatus.NOT_FOUND: DiscordFault.ABSENT,
}


def looks_like_token(text: str) -> bool:
    """Whether a bot token can look like this: three parts with dots between."""
    return _TOKEN.fullmatch(text) is not None


class DiscordRest:
    """Asks Discord as the bot whose token it holds. Every method raises DiscordRefused."""

    def __init__(self, token: str, api: str = DISCORD_API) -> None:
        """`api` is where Discord answers."""
        self._api = api.rstrip("/")
        self._headers = {"Authorization": f"Bot {token}"}

    async def get(self, path: str) -> httpx.Response:
        """Return a successful answer."""
        try:
            async with (
                asyncio.timeout(NETWORK_SECONDS),
                httpx.AsyncClient(trust_env=False) as client,
            ):
                answer = await client.get(self._api + path, headers=self._headers)
        except (httpx.HTTPError, TimeoutError) as error:
            raise DiscordRefused(DiscordFault.UNREACHABLE) from error
        if answer.status_code != HTTPStatus.OK:
            status = HTTPStatus(answer.status_code)
            fallback = (
                DiscordFault.UNREACHABLE
                if status >= HTTPStatus.INTERNAL_SERVER_ERROR
                or status is HTTPStatus.TOO_MANY_REQUESTS
                else DiscordFault.ODD
            )
            raise DiscordRefused(_FAULTS.get(status, fallback))
        return answer

    async def application(self) -> Application:
        """Return the application behind the token."""
        found = await self._object("/applications/@me")
        try:
            team, maker = found.get("team"), found.get("owner") or {}
            owner = int(team["owner_user_id"]) if team else int(maker.get("id", 0))
            return Application(
                application_id=int(found["id"]),
                name=str(found["name"]),
                owner_id=owner,
                owner_name="" if team else _name_of(maker),
                reads_content=bool(int(found.get("flags", 0)) & MESSAGE_CONTENT_FLAGS),
            )
        except (KeyError, TypeError, ValueError) as error:
            raise DiscordRefused(DiscordFault.ODD) from error

    async def guilds(self) -> tuple[Named, ...]:
        """Return the servers that the bot is in."""
        return self._named(await self._list("/users/@me/guilds"))

    async def text_channels(self, guild_id: int) -> tuple[Named, ...]:
        """Return the text channels of a server, as its list shows them."""
        rows = await self._list(f"/guilds/{guild_id}/channels")
        texts = [row for row in rows if row.get("type") == TEXT_CHANNEL]
        return self._named(sorted(texts, key=lambda row: int(row.get("position", 0))))

    async def person(self, guild_id: int, user_id: int) -> Named | None:
        """Return a member of the server, or None for a bot. A stranger is ABSENT."""
        member = await self._object(f"/guilds/{guild_id}/members/{user_id}")
        user = member.get("user") or {}
        if user.get("bot"):
            return None
        return Named(user_id, str(member.get("nick") or "") or _name_of(user))

    async def permissions(self, guild_id: int, channel_id: int) -> discord.Permissions:
        """Return what the bot may do in a channel of the server."""
        me = await self._object("/users/@me")
        channel = await self._object(f"/channels/{channel_id}")
        roles = await self._list(f"/guilds/{guild_id}/roles")
        try:
            member = await self._object(f"/guilds/{guild_id}/members/{me['id']}")
            return permissions_in(channel, roles, member, guild_id)
        except (KeyError, TypeError, ValueError) as error:
            raise DiscordRefused(DiscordFault.ODD) from error

    async def _object(self, path: str) -> dict[str, Any]:
        found = _body(await self.get(path))
        if not isinstance(found, dict):
            raise DiscordRefused(DiscordFault.ODD)
        return found

    async def _list(self, path: str) -> list[dict[str, Any]]:
        found = _body(await self.get(path))
        if not isinstance(found, list) or not all(isinstance(one, dict) for one in found):
            raise DiscordRefused(DiscordFault.ODD)
        return found

    @staticmethod
    def _named(rows: list[dict[str, Any]]) -> tuple[Named, ...]:
        try:
            return tuple(Named(int(row["id"]), str(row["name"])) for row in rows)
        except (KeyError, TypeError, ValueError) as error:
            raise DiscordRefused(DiscordFault.ODD) from error


def _body(answer: httpx.Response) -> Any:
    try:
        return answer.json()
    except ValueError as error:
        raise DiscordRefused(DiscordFault.ODD) from error


def _name_of(user: dict[str, Any]) -> str:
    return str(user.get("global_name") or user.get("username") or "")
