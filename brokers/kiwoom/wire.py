"""Requests on Kiwoom's wire: every call is a POST, the `api-id` header says which.

The official API knows no request signing; `sign_requests` adds the header that the user's document
describes, for a gateway that asks for it.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx

from brokers.kiwoom.account import KiwoomAccount
from brokers.kiwoom.calls import Call
from brokers.kiwoom.errors import raise_for, result_of
from brokers.wire.bodies import believe, encode, read_json, server_ahead
from brokers.wire.clients import RawAnswer, exchange, send_once
from core.domain.orders import NotSent, Unresolved
from core.ports.broker import AccessToken
from core.ports.clock import Clock

Turn = Callable[[str], Awaitable[None]]

_JSON = {"content-type": "application/json;charset=UTF-8"}


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful read. `next_key` leads to the next page, "" when this was the last one.

    `announces_more` is what the server says, with or without a way on. `server_ahead` is how far its
    clock runs before ours, None when it does not say.
    """

    body: Mapping[str, object]
    announces_more: bool = False
    next_key: str = ""
    server_ahead: timedelta | None = None


async def _at_once(_api_id: str) -> None:
    """Send without a pause."""


@dataclass(frozen=True, slots=True)
class KiwoomWire:
    """Sends requests and reads envelopes. Holds clients, remembers nothing.

    `turn` is awaited with the api-id before each read; orders wait before they come here. `clock`
    says when a request really left and its answer came: waiting for a turn is no part of that.
    """

    account: KiwoomAccount
    reads: httpx.AsyncClient
    orders: httpx.AsyncClient
    clock: Clock
    turn: Turn = _at_once

    async def read(
        self, call: Call, token: AccessToken, document: Mapping[str, str], *, next_key: str = ""
    ) -> Answer:
        """Read once. Raises BrokerError by the table of reactions."""
        headers = self._headers(call, token)
        if next_key:
            headers |= {"cont-yn": "Y", "next-key": next_key}
        request = self._request(self.reads, call.path, encode(document), headers)
        await self.turn(call.api_id)
        asked_at = self.clock.now()
        response = await exchange(self.reads, request, call.api_id, self.account.allowed.read_total)
        body = believe(response, raise_for)
        return Answer(
            body,
            response.headers.get("cont-yn", "").strip() == "Y",
            response.headers.get("next-key", "").strip(),
            server_ahead(response.headers.get("date", ""), asked_at, self.clock.now()),
        )

    async def post_auth(self, path: str, document: Mapping[str, str]) -> Mapping[str, object]:
        """Post to the token service. Raises BrokerError; a body without `return_code` is believed."""
        request = self._request(self.reads, path, encode(document), dict(_JSON))
        response = await exchange(self.reads, request, path, self.account.allowed.read_total)
        if response.status_code == httpx.codes.OK:
            body = read_json(response.content)
            if not result_of(body):
                return body
        return believe(response, raise_for)

    async def post_order(
        self, call: Call, token: AccessToken, content: bytes
    ) -> RawAnswer | NotSent | Unresolved:
        """Send one order POST, once. Never raises for what the network does."""
        headers = self._headers(call, token)
        request = self._request(self.orders, call.path, content, headers)
        return await send_once(self.orders, request, self.account.allowed.order_total)

    def _request(
        self, client: httpx.AsyncClient, path: str, content: bytes, headers: dict[str, str]
    ) -> httpx.Request:
        if self.account.sign_requests:
            headers["signature"] = signature(self.account.app_secret, path, content)
        url = self.account.base_url + path
        return client.build_request("POST", url, content=content, headers=headers)

    @staticmethod
    def _headers(call: Call, token: AccessToken) -> dict[str, str]:
        return {**_JSON, "authorization": f"Bearer {token.value}", "api-id": call.api_id}


def signature(secret: str, path: str, content: bytes) -> str:
    """Return HMAC-SHA256 over path and body as hex, as the user's document describes it."""
    return hmac.new(secret.encode(), path.encode() + content, hashlib.sha256).hexdigest()
