"""The two clients of a broker: kept connections for reads, a fresh one for each order POST.

Neither follows redirects, retries or takes anything from the environment (a proxy or a .netrc
there would change where an order goes).
"""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import Mapping
from dataclasses import dataclass
from functools import lru_cache

import httpx

from core.domain.orders import NotSent, Unresolved
from core.domain.unsent import Unsent
from core.errors import BrokerUnavailable, BrokerUnreachable

_ORDER_CONNECTIONS_MAX = 4
_READ_CONNECTIONS_MAX = 20
# No byte of a request is written before the connection stands.
_NEVER_CONNECTED = (httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout)
_LOST = (httpx.HTTPError, httpx.StreamError, OSError)


@dataclass(frozen=True, slots=True, kw_only=True)
class Timeouts:
    """Host seconds. `connect` bounds DNS, TCP and TLS; the others bound a whole exchange."""

    connect: float = 2.0
    order_total: float = 7.0
    read_total: float = 10.0


# 모의투자 was seen to answer tokens and balances after 7 to 10 s.
VTS_TIMEOUTS = Timeouts(order_total=15.0, read_total=20.0)
REAL_TIMEOUTS = Timeouts()


@dataclass(frozen=True, slots=True)
class RawAnswer:
    """An answer to a post, not yet believed."""

    status: int
    content: bytes


def read_client(timeouts: Timeouts, context: ssl.SSLContext) -> httpx.AsyncClient:
    """Return the client for reads; it keeps connections."""
    return httpx.AsyncClient(
        verify=context,
        timeout=httpx.Timeout(timeouts.read_total, connect=timeouts.connect),
        limits=httpx.Limits(max_connections=_READ_CONNECTIONS_MAX),
        trust_env=False,
        follow_redirects=False,
    )


def order_client(timeouts: Timeouts, context: ssl.SSLContext) -> httpx.AsyncClient:
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


def get_request(
    client: httpx.AsyncClient, url: str, params: Mapping[str, str], headers: Mapping[str, str]
) -> httpx.Request:
    """Return the GET that `client.build_request` makes of these; no header may be the client's own.

    That one takes the address apart twice and merges what is empty here, which is a tenth of what
    a whole read costs. Four fifths of what is left were the parameters, put into the address and
    taken apart again, and all day long they are the same few.
    """
    return httpx.Request(
        "GET",
        _asked(url, tuple(params.items())),
        headers=[
            *client.headers.raw,
            *((name.encode(), v.encode()) for name, v in headers.items()),
        ],
        cookies=client.cookies,
        extensions={"timeout": client.timeout.as_dict()},
    )


@lru_cache(maxsize=1_024)
def _asked(url: str, params: tuple[tuple[str, str], ...]) -> httpx.URL:
    """Return the address with its parameters; httpx never changes a URL."""
    # As a dictionary, as httpx takes it: it tells no parameters and empty ones apart.
    return httpx.URL(_address(url), params=dict(params))


@lru_cache(maxsize=256)
def _address(url: str) -> httpx.URL:
    return httpx.URL(url)


async def send_once(
    client: httpx.AsyncClient, request: httpx.Request, total_seconds: float
) -> RawAnswer | NotSent | Unresolved:
    """Send an order POST once. Never raises for what the network does.

    A cancelled caller cancels the request; who must not, shields (the broker session does).
    """
    if client.is_closed:
        return NotSent(reason="the order connection is closed", cause=Unsent.NO_CONNECTION)
    try:
        async with asyncio.timeout(total_seconds):
            response = await client.send(request)
    except _NEVER_CONNECTED as error:
        return NotSent(reason=f"no connection: {type(error).__name__}", cause=Unsent.NO_CONNECTION)
    except _LOST as error:  # TimeoutError is an OSError
        return Unresolved(reason=f"no answer: {type(error).__name__}")
    return RawAnswer(response.status_code, response.content)


async def exchange(
    client: httpx.AsyncClient, request: httpx.Request, what: str, total_seconds: float
) -> httpx.Response:
    """Send a read. Raises BrokerUnreachable without a connection, BrokerUnavailable without answer."""
    if client.is_closed:
        raise BrokerUnreachable(f"{what}: the connection is closed")
    try:
        async with asyncio.timeout(total_seconds):
            return await client.send(request)
    except _NEVER_CONNECTED as error:
        raise BrokerUnreachable(f"{what}: {type(error).__name__}") from error
    except _LOST as error:
        raise BrokerUnavailable(f"{what}: {type(error).__name__}") from error
