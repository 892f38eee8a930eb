"""Lets all HTTP clients of a test process share one TLS context.

Each new one reads the list of the world's certificates, which takes longer than most tests; and
what the tests talk to is on loopback, without TLS.
"""

from __future__ import annotations

import ssl
from typing import Any

import httpx
from httpx._transports import default


def share_tls() -> None:
    """From now on, clients that ask for nothing special get the context that the first one got."""
    made = httpx.create_ssl_context
    shared: list[ssl.SSLContext] = []

    def create(verify: Any = True, cert: Any = None, trust_env: bool = True) -> ssl.SSLContext:
        if verify is not True or cert is not None:
            return made(verify, cert, trust_env)
        shared.extend(() if shared else (made(trust_env=False),))
        return shared[0]

    places: tuple[Any, ...] = (httpx, default)
    for place in places:
        place.create_ssl_context = create
