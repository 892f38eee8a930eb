"""Which addresses may be read: known hosts over https, at public network addresses.

A feed names addresses, and a redirect names more; neither may lead into our own network.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Awaitable, Callable, Collection
from dataclasses import dataclass

import httpx

from core.errors import FeedError, FeedFault

LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
# Where Korean market news redirects to, beside the hosts of the feeds themselves.
KNOWN_HOSTS = frozenset(
    {
        "hankyung.com",
        "mk.co.kr",
        "yna.co.kr",
        "dart.fss.or.kr",
        "kind.krx.co.kr",
        "kr.investing.com",
        "news.google.com",
        "edaily.co.kr",
        "newsis.com",
        "openapi.naver.com",
    }
)
HOST_CHARACTERS_MAX = 253
_HTTPS_PORT = 443
_GLOBAL_UNICAST = ipaddress.IPv6Network("2000::/3")
# NAT64 (RFC 6052), and the older form of an IPv4 address (RFC 4291).
_TRANSLATED = ipaddress.IPv6Network("64:ff9b::/96")
_COMPATIBLE = ipaddress.IPv6Network("::/96")
# Given to protocols (RFC 6890): nobody's web site.
_PROTOCOLS = ipaddress.IPv4Network("192.0.0.0/24")

Resolve = Callable[[str], Awaitable[Collection[str]]]


async def resolve(host: str) -> Collection[str]:
    """Return the network addresses of a host. Raises FeedError when it has none."""
    loop = asyncio.get_running_loop()
    try:
        found = await loop.getaddrinfo(host, _HTTPS_PORT, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise FeedError(FeedFault.UNKNOWN_HOST) from error
    return {str(entry[4][0]) for entry in found}


def is_public(address: str) -> bool:
    """Whether a network address is on the public internet: no loopback, private or link-local one.

    An IPv4 address in the clothes of IPv6 counts as what it is, and of IPv6 only what is given to
    networks of the internet counts at all: site-local and local translation prefixes are not.
    """
    try:
        found = ipaddress.ip_address(address.partition("%")[0])
    except ValueError:
        return False
    if isinstance(found, ipaddress.IPv6Address):
        inner = _inside(found)
        if inner is None:
            return found in _GLOBAL_UNICAST and found.is_global
        found = inner
    return found.is_global and not found.is_multicast and found not in _PROTOCOLS


def _inside(address: ipaddress.IPv6Address) -> ipaddress.IPv4Address | None:
    """Return the IPv4 address that an IPv6 address leads to, or None."""
    if address in _TRANSLATED or address in _COMPATIBLE:
        return ipaddress.IPv4Address(int(address) & 0xFFFFFFFF)
    return address.ipv4_mapped or address.sixtofour or (address.teredo or (None, None))[1]


@dataclass(frozen=True, slots=True, kw_only=True)
class Places:
    """The hosts that may be read, and with `sandbox` the loopback address as well."""

    hosts: frozenset[str] = KNOWN_HOSTS
    sandbox: bool = False
    resolve: Resolve = resolve

    def refusal(self, url: httpx.URL) -> FeedFault | None:
        """Return why an address may not be read, or None. Looks nothing up."""
        if url.host in LOOPBACK:
            is_fine = self.sandbox and url.scheme in {"http", "https"}
            return None if is_fine else FeedFault.OUR_NETWORK
        if url.scheme != "https" or url.port not in {None, _HTTPS_PORT}:
            return FeedFault.NOT_HTTPS
        if not url.host or len(url.host) > HOST_CHARACTERS_MAX or not self._is_listed(url.host):
            return FeedFault.UNLISTED
        return None

    async def check(self, url: httpx.URL) -> None:
        """Raise FeedError unless the address may be read and leads to public addresses only."""
        fault = self.refusal(url)
        if fault is not None:
            raise FeedError(fault, detail=url.host[:HOST_CHARACTERS_MAX])
        if url.host in LOOPBACK:
            return
        addresses = await self.resolve(url.host)
        if not addresses or not all(is_public(one) for one in addresses):
            raise FeedError(FeedFault.OUR_NETWORK)

    def check_peer(self, url: httpx.URL, response: httpx.Response) -> None:
        """Raise FeedError when the connection went to another kind of address than was looked up.

        A name server may answer the second question differently from the first.
        """
        stream = response.extensions.get("network_stream")
        peer = stream.get_extra_info("server_addr") if stream is not None else None
        if url.host not in LOOPBACK and peer is not None and not is_public(str(peer[0])):
            raise FeedError(FeedFault.OUR_NETWORK)

    def _is_listed(self, host: str) -> bool:
        return any(host == one or host.endswith(f".{one}") for one in self.hosts)
