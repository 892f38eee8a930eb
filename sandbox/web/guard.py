"""Who may talk to the page's server, and what its answers let a browser do: nothing from elsewhere."""

from __future__ import annotations

from aiohttp import web

from sandbox.guard import Handler, is_ours, refusal

HEADERS = {
    "Content-Security-Policy": (
        "default-src 'none'; script-src 'self'; style-src 'self'; font-src 'self'; "
        "img-src 'self' http://127.0.0.1:*; connect-src 'self'; base-uri 'none'; "
        "form-action 'none'; frame-ancestors 'none'"
    ),
    "Cross-Origin-Resource-Policy": "same-origin",
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cache-Control": "no-store",
}


@web.middleware
async def only_this_page(request: web.Request, handler: Handler) -> web.StreamResponse:
    """Refuse foreign hosts and foreign pages; add the headers that keep the page to itself."""
    if not is_ours(request.headers, request.method):
        return refusal()
    response = await handler(request)
    if not response.prepared:
        response.headers.update(HEADERS)
    return response
