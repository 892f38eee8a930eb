"""Requests on KIS's wire: a read is a GET, an order a POST, the `tr_id` header says which."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

import httpx

from brokers.kis.account import KisAccount
from brokers.kis.endpoints import Endpoint
from brokers.kis.errors import raise_for
from brokers.wire.bodies import believe, encode, raise_unread, read_json, server_ahead
from brokers.wire.clients import RawAnswer, exchange, get_request, send_once
from core.domain.orders import NotSent, Unresolved
from core.ports.broker import AccessToken
from core.ports.clock import Clock

_MORE_FOLLOWS = frozenset({"F", "M"})


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful read. `has_more` is what the server says in its tr_cont header.

    `server_ahead` is how far the clock that dates the orders runs before ours, None when it does
    not say.
    """

    body: Mapping[str, object]
    has_more: bool
    server_ahead: timedelta | None = None


@dataclass(frozen=True, slots=True)
class KisWire:
    """Sends requests and reads envelopes. Holds clients, remembers nothing.

    `clock` says when a request left and its answer came: the pauses between the pages of a list are
    no part of that.
    """

    account: KisAccount
    reads: httpx.AsyncClient
    orders: httpx.AsyncClient
    clock: Clock

    async def get(
        self,
        endpoint: Endpoint,
        token: AccessToken,
        params: Mapping[str, str],
        *,
        is_next_page: bool = False,
    ) -> Answer:
        """Read once. Raises BrokerError by the table of reactions."""
        tr_id = endpoint.tr_id(is_vts=self.account.is_vts)
        headers = self._headers(tr_id, token) | {"tr_cont": "N" if is_next_page else ""}
        url = self.account.base_url + endpoint.path
        request = get_request(self.reads, url, params, headers)
        asked_at = self.clock.now()
        response = await self._exchange(request, endpoint.name)
        body = believe(response, raise_for)
        return Answer(
            body,
            response.headers.get("tr_cont", "").strip() in _MORE_FOLLOWS,
            server_ahead(response.headers.get("date", ""), asked_at, self.clock.now()),
        )

    async def post_auth(
        self, path: str, document: Mapping[str, str], headers: Mapping[str, str] | None = None
    ) -> Mapping[str, object]:
        """Post to the token, key or hash service, whose answers carry no result code.

        Raises BrokerError. A refusal is BrokerRefused with the code of either envelope.
        """
        request = self.reads.build_request(
            "POST",
            self.account.base_url + path,
            content=encode(document),
            headers={"content-type": "application/json", **(headers or {})},
        )
        response = await self._exchange(request, path)
        if response.status_code != httpx.codes.OK:
            return believe(response, raise_for)  # which raises: only HTTP 200 can be a success
        body = read_json(response.content)
        if "error_code" in body or body.get("rt_cd", "0") != "0":
            raise_for(response.status_code, body)
        return body

    async def download(self, url: str) -> bytes:
        """Read a public file: no key travels with it. Raises BrokerError."""
        response = await self._exchange(self.reads.build_request("GET", url), url)
        if response.status_code != httpx.codes.OK:
            raise_unread(response.status_code)
        return response.content

    async def post_order(
        self, endpoint: Endpoint, token: AccessToken, content: bytes, hashkey: str = ""
    ) -> RawAnswer | NotSent | Unresolved:
        """Send one order POST, once. Never raises for what the network does."""
        headers = self._headers(endpoint.tr_id(is_vts=self.account.is_vts), token)
        if hashkey:
            headers["hashkey"] = hashkey
        url = self.account.base_url + endpoint.path
        request = self.orders.build_request("POST", url, content=content, headers=headers)
        return await send_once(self.orders, request, self.account.allowed.order_total)

    async def _exchange(self, request: httpx.Request, what: str) -> httpx.Response:
        return await exchange(self.reads, request, what, self.account.allowed.read_total)

    def _headers(self, tr_id: str, token: AccessToken) -> dict[str, str]:
        return {
            "content-type": "application/json; charset=utf-8",
            "authorization": f"Bearer {token.value}",
            "appkey": self.account.app_key,
            "appsecret": self.account.app_secret,
            "tr_id": tr_id,
            "custtype": self.account.custtype,
        }
