"""Who may talk to the page's server: this machine's browser, on this page, and nobody else.

A loopback port is open to every web site that the visitor's browser shows: it can post to
127.0.0.1, or reach it under a name of its own. So the Host must be loopback, and a call that does
something must come from this very page.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable

from aiohttp import web
from multidict import CIMultiDictProxy

_NAMES = frozenset({"127.0.0.1", "localhost"})
HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        "img-src 'self' http://127.0.0.1:*; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


@web.middleware
async def only_this_page(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign hosts and foreign pages; add the headers that keep the page to itself."""
    if not _is_ours(request.headers, request.method):
        return web.json_response({"error": "not from this page"}, status=403)
    response = await handler(request)
    if not response.prepared:
        response.headers.update(HEADERS)
    return response


def _is_ours(headers: CIMultiDictProxy[str], method: str) -> bool:
    host = headers.get("Host", "")
    if host.rsplit(":", 1)[0] not in _NAMES:
        return False
    origin = headers.get("Origin")
    # A program without an Origin is a test or another bot; a browser always names it on a POST.
    is_foreign = origin is not None and origin != f"http://{host}"
    opens_socket = headers.get("Upgrade", "").lower() == "websocket"
    return not is_foreign or (method == "GET" and not opens_socket)
