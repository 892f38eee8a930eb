"""The page's own server, on loopback: files, the live line, people's acts, the stage's switches.

It adds nothing to what `sandbox.discord` and `sandbox.steering` can do; it lets a browser do it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from importlib.util import find_spec
from pathlib import Path

from aiohttp import web

from sandbox import steering
from sandbox.demo.place import DATA_FOLDER
from sandbox.demo.stage import Stage
from sandbox.discord.acting import DeskError
from sandbox.discord.control import perform
from sandbox.discord.snapshot import MESSAGE_STYLE
from sandbox.discord.wire import Json
from sandbox.servers import LOOPBACK, Running, as_json
from sandbox.servers import start as start_server
from sandbox.web import live, orders, stage_acts
from sandbox.web.fonts import without_empty_tables
from sandbox.web.guard import only_this_page

STATIC = Path(__file__).parent / "static"
BODY_BYTES_MAX = 100_000
MESSAGES_MAX = 100
LEDGERS = "autotrade-*.db"
# What a person may do from the page; the other acts of the desk make trouble, and have switches.
PERSONAL = frozenset(
    {"slash", "autocomplete", "press", "select", "submit_modal", "say", "join", "commands"}
)
_KINDS = {
    ".html": "text/html",
    ".css": "text/css",
    ".js": "text/javascript",
    ".json": "application/json",
}
_FONTS = ("NanumGothic.ttf", "NanumGothicBold.ttf")

Handler = Callable[[web.Request], Awaitable[web.StreamResponse]]


async def serve_page(stage: Stage, port: int = 0) -> Running:
    """Serve the page of this stage; port 0 takes a free one. Raises PortTaken."""
    app = web.Application(client_max_size=BODY_BYTES_MAX, middlewares=[only_this_page])
    reads: dict[str, Callable[[Stage, web.Request], Awaitable[web.StreamResponse]]] = {
        "/live": _live,
        "/channels": _channels,
        "/messages": _messages,
        "/orders": _orders,
    }
    for path, act in reads.items():
        app.router.add_get(path, _with(stage, act))
    app.router.add_post("/act/{name}", _with(stage, _act))
    app.router.add_post("/stage/{name}", _with(stage, _stage))
    app.router.add_get("/", _file)
    app.router.add_get("/message.css", _message_style)
    app.router.add_get("/font/{name}", _font)
    app.router.add_get("/static/{name}", _file)
    return await start_server(app, LOOPBACK, port)


def _with(
    stage: Stage, act: Callable[[Stage, web.Request], Awaitable[web.StreamResponse]]
) -> Handler:
    """Bind the stage, and answer in words what a person could not have done."""

    async def served(request: web.Request) -> web.StreamResponse:
        try:
            return await act(stage, request)
        except (DeskError, ValueError, RecursionError) as error:
            return as_json({"error": str(error)}, status=400)

    return served


async def _live(stage: Stage, request: web.Request) -> web.StreamResponse:
    return await live.follow(request, stage, _viewer(stage, request))


async def _channels(stage: Stage, request: web.Request) -> web.StreamResponse:
    """Return who is here and which channels and threads `viewer` sees."""
    shown = [
        {
            "id": one["id"],
            "name": one["name"],
            "parent_id": one.get("parent_id"),
            "is_thread": bool(one.get("thread_metadata")),
            "archived": bool((one.get("thread_metadata") or {}).get("archived")),
        }
        for one in stage.desk.channels(_viewer(stage, request))
    ]
    people = [
        {"name": name, "display": stage.desk.user(name).display}
        for name, number in stage.desk.users.items()
        if number != stage.desk.application_id
    ]
    return as_json({"channels": shown, "people": people})


async def _messages(stage: Stage, request: web.Request) -> web.StreamResponse:
    """Return the newest messages of a channel before `before` (""), oldest first, as HTML."""
    viewer, channel = _viewer(stage, request), request.query.get("channel", "")
    if not stage.desk.sees(viewer, channel):
        raise DeskError(f"{viewer} cannot see {channel}")
    before = request.query.get("before", "")
    if before and not before.isdecimal():
        raise ValueError("before is a message id")
    page, has_more = stage.desk.newest(
        channel, viewer, int(before) if before else None, MESSAGES_MAX
    )
    return as_json(
        {
            "messages": [{"id": one["id"], "html": stage.desk.html(one)} for one in page],
            "more": has_more,
        }
    )


async def _orders(stage: Stage, _request: web.Request) -> web.StreamResponse:
    """Return the day's orders from both sides."""
    day = stage.world.clock.now().date()
    files = sorted((stage.folder / DATA_FOLDER).glob(LEDGERS))
    try:
        ledger = await asyncio.to_thread(orders.in_the_ledger, files[0]) if files else []
    except orders.LedgerUnread:
        ledger = None
    return as_json(
        {
            "exchange": orders.at_the_exchange(stage.world, day),
            "posts": orders.posts(stage.world, day),
            "ledger": ledger,
        }
    )


async def _act(stage: Stage, request: web.Request) -> web.StreamResponse:
    """Do what a person does; the answer's message comes as HTML on the live line as well."""
    name = request.match_info["name"]
    if name not in PERSONAL:
        return as_json({"error": f"no act {name}"}, status=404)
    status, body = await perform(stage.desk, name, await _body(request))
    message = (body.get("result") or {}).get("message") if _is_answer(body) else None
    if message:
        body["result"]["message"] = {"id": message["id"], "channel_id": message["channel_id"]}
    return as_json(body, status)


async def _stage(stage: Stage, request: web.Request) -> web.StreamResponse:
    """Move a switch beside the channel."""
    act = stage_acts.ACTS.get(request.match_info["name"])
    if act is None:
        return as_json({"error": f"no switch {request.match_info['name']}"}, status=404)
    return as_json({"result": await act(stage, await _body(request))})


async def _body(request: web.Request) -> dict[str, object]:
    if request.content_type != "application/json":
        raise ValueError("the body is application/json")
    return steering.as_object(await request.json() if request.can_read_body else {})


def _is_answer(body: Json) -> bool:
    return isinstance(body.get("result"), dict) and "message" in body["result"]


def _viewer(stage: Stage, request: web.Request) -> str:
    """Return whom this tab belongs to. Raises DeskError for nobody we know."""
    return stage.desk.user(request.query.get("viewer", "owner")).name


async def _file(request: web.Request) -> web.StreamResponse:
    name = request.match_info.get("name", "index.html")
    path = STATIC / name
    if path.name != name or path.suffix not in _KINDS or not path.is_file():
        return web.Response(status=404)
    return _text(path.read_text(encoding="utf-8"), _KINDS[path.suffix])


async def _message_style(_request: web.Request) -> web.StreamResponse:
    return _text(MESSAGE_STYLE, "text/css")


async def _font(request: web.Request) -> web.StreamResponse:
    """Serve the font that the charts are written with; its package is found, never imported."""
    name = request.match_info["name"]
    spec = find_spec("koreanize_matplotlib")
    if name not in _FONTS or spec is None or spec.origin is None:
        return web.Response(status=404)
    path = Path(spec.origin).parent / "fonts" / name
    if not path.is_file():
        return web.Response(status=404)
    body = without_empty_tables(await asyncio.to_thread(path.read_bytes))
    return web.Response(body=body, headers={"Content-Type": "font/ttf"})


def _text(text: str, kind: str) -> web.Response:
    return web.Response(text=text, content_type=kind, charset="utf-8")
