"""Whose calls a loopback server takes: this machine's programs, and pages of its own.

A loopback port is open to every web site that the visitor's browser shows: it can post to
127.0.0.1, or reach it under a name of its own. So the Host must be loopback, and a call that does
something must not come from another page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from multidict import CIMultiDictProxy

CONTROL = "/_control/"
_NAMES = frozenset({"127.0.0.1", "localhost"})

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


def is_ours(headers: CIMultiDictProxy[str], method: str) -> bool:
    """Whether a request may be served: it names loopback, and no foreign page makes it act."""
    host = headers.get("Host", "")
    if host.rsplit(":", 1)[0] not in _NAMES:
        return False
    origin = headers.get("Origin")
    # A program without an Origin is a test or another bot; a browser always names it on a POST.
    is_foreign = origin is not None and origin != f"http://{host}"
    opens_socket = headers.get("Upgrade", "").lower() == "websocket"
    return not is_foreign or (method == "GET" and not opens_socket)


def refusal() -> web.Response:
    """Return the answer to a request that is not ours to serve."""
    return web.json_response({"error": "only this machine's own programs and pages"}, status=403)


@web.middleware
async def control_is_ours(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep the control paths, which ask for no key, from other web sites."""
    if request.path.startswith(CONTROL) and not is_ours(request.headers, request.method):
        return refusal()
    return await handler(request)


@web.middleware
async def all_is_ours(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Keep every path of a server from other web sites."""
    return await handler(request) if is_ours(request.headers, request.method) else refusal()
