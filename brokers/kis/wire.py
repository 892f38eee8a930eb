"""Requests on the wire: reads over kept connections, the order POST over a fresh one each time.

Neither client follows redirects, retries or takes anything from the environment (a proxy or a
.netrc there would change where an order goes).
"""

from __future__ import annotations

import asyncio
import json
import ssl
from collections.abc import Mapping
from dataclasses import dataclass

import httpx

from brokers.kis.account import KisAccount, KisTimeouts
from brokers.kis.endpoints import Endpoint
from brokers.kis.errors import raise_for, raise_unread, read_json
from core.domain.orders import NotSent, Unresolved
from core.domain.unsent import Unsent
from core.errors import BrokerProtocolError, BrokerUnavailable, BrokerUnreachable
from core.ports.broker import AccessToken

_MORE_FOLLOWS = frozenset({"F", "M"})
_ORDER_CONNECTIONS_MAX = 4
_READ_CONNECTIONS_MAX = 20
# No byte of a request is written before the connection stands.
_NEVER_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LOST = (httpx.HTTPError, httpx.StreamError, OSError)


def read_client(timeouts: KisTimeouts, context: ssl.SSLContext) -> httpx.AsyncClient:
    """Return the client for reads; it keeps connections."""
    return httpx.AsyncClient(
        verify=context,
        timeout=httpx.Timeout(timeouts.read_total, connect=timeouts.connect),
        limits=httpx.Limits(max_connections=_READ_CONNECTIONS_MAX),
        trust_env=False,
        follow_redirects=False,
    )


def order_client(timeouts: KisTimeouts, context: ssl.SSLContext) -> httpx.AsyncClient:
    """Return the client for the order POST: a kept connection may be dead without our knowing."""
    return httpx.AsyncClient(
        transport=httpx.AsyncHTTPTransport(
            verify=context,
            trust_env=False,
            retries=0,
            limits=httpx.Limits(
                max_connections=_ORDER_CONNECTIONS_MAX, max_keepalive_connections=0
            ),
        ),
        timeout=httpx.Timeout(
            timeouts.order_total, connect=timeouts.connect, pool=timeouts.connect
        ),
        trust_env=False,
        follow_redirects=False,
    )


@dataclass(frozen=True, slots=True)
class Answer:
    """A successful read. `has_more` is what the server says in its tr_cont header.

    `date` is its Date header, by the clock that dates the orders; "" when it sends none.
    """

    body: Mapping[str, object]
    has_more: bool
    date: str = ""


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer to a post, not yet believed."""

    status: int
    content: bytes


@dataclass(frozen=True, slots=True)
class KisWire:
    """Sends requests and reads envelopes. Holds clients, remembers nothing."""

    account: KisAccount
    reads: httpx.AsyncClient
    orders: httpx.AsyncClient

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
        request = self.reads.build_request(
            "GET", self.account.base_url + endpoint.path, params=params, headers=headers
        )
        response = await self._exchange(request, endpoint.name)
        body = _believe(response)
        has_more = response.headers.get("tr_cont", "").strip() in _MORE_FOLLOWS
        return Answer(body, has_more, response.headers.get("date", ""))

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
            return _believe(response)  # which raises: only HTTP 200 can be a success
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
        """Send one order POST, once. Never raises for what the network does.

        A cancelled caller cancels the request; who must not, shields (the broker session does).
        """
        if self.orders.is_closed:
            return NotSent(reason="the order connection is closed", cause=Unsent.NO_CONNECTION)
        headers = self._headers(endpoint.tr_id(is_vts=self.account.is_vts), token)
        if hashkey:
            headers["hashkey"] = hashkey
        url = self.account.base_url + endpoint.path
        request = self.orders.build_request("POST", url, content=content, headers=headers)
        try:
            async with asyncio.timeout(self.account.allowed.order_total):
                response = await self.orders.send(request)
        except _NEVER_CONNECTED as error:
            return NotSent(
                reason=f"no connection: {type(error).__name__}", cause=Unsent.NO_CONNECTION
            )
        except _LOST as error:  # TimeoutError is an OSError
            return Unresolved(reason=f"no answer: {type(error).__name__}")
        return RawAnswer(response.status_code, response.content)

    async def _exchange(self, request: httpx.Request, what: str) -> httpx.Response:
        if self.reads.is_closed:
            raise BrokerUnreachable(f"{what}: the connection is closed")
        try:
            async with asyncio.timeout(self.account.allowed.read_total):
                return await self.reads.send(request)
        except _NEVER_CONNECTED as error:
            raise BrokerUnreachable(f"{what}: {type(error).__name__}") from error
        except _LOST as error:
            raise BrokerUnavailable(f"{what}: {type(error).__name__}") from error

    def _headers(self, tr_id: str, token: AccessToken) -> dict[str, str]:
        return {
            "content-type": "application/json; charset=utf-8",
            "authorization": f"Bearer {token.value}",
            "appkey": self.account.app_key,
            "appsecret": self.account.app_secret,
            "tr_id": tr_id,
            "custtype": self.account.custtype,
        }


def encode(document: Mapping[str, str]) -> bytes:
    """Return the exact bytes of a body; the hashkey is made over the same ones."""
    return json.dumps(document, separators=(",", ":")).encode()


def _believe(response: httpx.Response) -> Mapping[str, object]:
    try:
        body = read_json(response.content)
    except BrokerProtocolError:
        raise_unread(response.status_code)
    raise_for(response.status_code, body)
    return body
