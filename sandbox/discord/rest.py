"""The REST face: `handle(turn) → Reply`, pure over the state; routes, token, pace and faults."""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Callable
from dataclasses import dataclass
from typing import Final

from sandbox.discord import commands, interactions, message_routes, render, threads
from sandbox.discord.events import Turn
from sandbox.discord.permissions import guild_permissions
from sandbox.discord.state import APPLICATION_ID, GUILD_ID, Fault, Window
from sandbox.discord.wire import Json, Refusal, Reply, Request

Handler = Callable[[Turn], Reply]

GLOBAL_PER_SECOND: Final = 50
"""Requests per host second and bot; interaction endpoints are exempt."""

_WINDOWS_KEPT = 1000
_VIA = "1.1 google"


@dataclass(frozen=True, slots=True)
class Route:
    """One method and path; `open` routes carry their permission in the path, not in a header."""

    method: str
    template: str
    pattern: re.Pattern[str]
    handler: Handler
    open: bool

    def bucket(self, params: dict[str, str]) -> str:
        """Return the rate-limit bucket: the route and its major parameters."""
        major = [params[key] for key in ("channel", "guild", "token") if key in params]
        return " ".join([self.method, self.template, *major])


def handle(turn: Turn) -> Reply:
    """Answer one call. Refusals become replies; the state is changed only by calls that succeed."""
    fault = take_fault(turn.state.faults, turn.request)
    if fault is not None and fault.kind != "lost":
        return _faulty(fault)
    reply = _answer(turn)
    return Reply(reply.status, fate="cut") if fault is not None else reply


def _answer(turn: Turn) -> Reply:
    try:
        route = _authorised(turn, _find(turn))
        headers, limited = _pace(turn, route)
        if limited is not None:
            return limited
        try:
            reply = route.handler(turn)
        except Refusal as refusal:
            return Reply(refusal.status, refusal.body(), headers)
        return Reply(reply.status, reply.body, {**headers, **reply.headers})
    except Refusal as refusal:
        return Reply(refusal.status, refusal.body())


def _find(turn: Turn) -> Route:
    known = False
    for route in ROUTES:
        match = route.pattern.fullmatch(turn.request.path)
        if match and route.method == turn.request.method:
            turn.params.update(match.groupdict())
            return route
        known = known or match is not None
    raise Refusal(405, 0, "405: Method Not Allowed") if known else Refusal(404, 0, "404: Not Found")


def _authorised(turn: Turn, route: Route) -> Route:
    if not route.open and turn.request.authorization != f"Bot {turn.state.bot_token}":
        raise Refusal(401, 0, "401: Unauthorized")
    return route


def _pace(turn: Turn, route: Route) -> tuple[dict[str, str], Reply | None]:
    state, host = turn.state, turn.moment.host
    if len(state.windows) > _WINDOWS_KEPT:
        state.windows = {
            key: one
            for key, one in state.windows.items()
            if host - one.began < state.bucket_seconds
        }
    bucket = route.bucket(turn.params)
    window = _window(state.windows, bucket, host, state.bucket_seconds)
    left_seconds = max(window.began + state.bucket_seconds - host, 0.001)
    over = window.used >= state.bucket_limit
    window.used += not over
    headers = {
        "X-RateLimit-Limit": str(state.bucket_limit),
        "X-RateLimit-Remaining": str(state.bucket_limit - window.used),
        "X-RateLimit-Reset": f"{turn.now.timestamp() + left_seconds:.3f}",
        "X-RateLimit-Reset-After": f"{left_seconds:.3f}",
        "X-RateLimit-Bucket": f"{abs(_stable_hash(route.method + route.template)):016x}",
    }
    if over:
        return headers, too_many(left_seconds, "user", headers)
    if not route.open:
        everyone = _window(state.windows, "global", host, 1.0)
        everyone.used += 1
        if everyone.used > GLOBAL_PER_SECOND:
            return headers, too_many(everyone.began + 1.0 - host, "global", {})
    return headers, None


def _window(windows: dict[str, Window], key: str, host: float, seconds: float) -> Window:
    window = windows.get(key)
    if window is None or host - window.began >= seconds:
        window = windows[key] = Window(began=host)
    return window


def _stable_hash(text: str) -> int:
    total = 0
    for byte in text.encode():
        total = (total * 1_000_003 + byte) & 0xFFFFFFFFFFFFFFFF
    return total


def too_many(retry_after: float, scope: str, headers: dict[str, str]) -> Reply:
    """Return a 429. The ``Via`` header is what makes discord.py retry instead of giving up."""
    extra = {
        **headers,
        "Via": _VIA,
        "Retry-After": str(max(1, round(retry_after))),
        "X-RateLimit-Scope": scope,
    }
    if scope == "global":
        extra["X-RateLimit-Global"] = "true"
    body: Json = {
        "message": "You are being rate limited.",
        "retry_after": round(retry_after, 3),
        "global": scope == "global",
    }
    return Reply(429, body, extra)


def take_fault(faults: list[Fault], request: Request) -> Fault | None:
    """Return the first fault that matches ``METHOD /path`` (shell wildcards) and use it up by one."""
    address = f"{request.method} {request.path}"
    for fault in faults:
        if fnmatch.fnmatchcase(address, fault.route):
            fault.times -= 1
            if fault.times <= 0:
                faults.remove(fault)
            return fault
    return None


FAULT_KINDS: Final = (
    "429",  # this bucket is full
    "429_global",  # the bot as a whole is too fast
    "429_shared",  # somebody else filled the bucket
    "cloudflare",  # a ban: 429 without Via, not JSON
    "500",
    "502",
    "503",
    "504",
    "cut",  # the connection ends before the call is handled
    "lost",  # the call is handled, the answer never arrives
    "hang",  # no answer within the life of the connection
)


def _faulty(fault: Fault) -> Reply:
    scopes = {"429": "user", "429_global": "global", "429_shared": "shared"}
    if fault.kind in scopes:
        return too_many(fault.retry_after, scopes[fault.kind], {})
    if fault.kind == "cloudflare":
        return Reply(429, "error code: 1015", {"Content-Type": "text/plain"})
    if fault.kind == "cut":
        return Reply(0, fate="cut")
    if fault.kind == "hang":
        return Reply(0, fate="hang")
    return Reply(int(fault.kind), {"message": f"{fault.kind}: Server Error", "code": 0})


def _me(turn: Turn) -> Reply:
    return Reply(200, render.user(turn.state, APPLICATION_ID))


def _my_guilds(turn: Turn) -> Reply:
    """Return our one guild, unless a test has taken the bot out of it."""
    if APPLICATION_ID not in turn.state.member_roles:
        return Reply(200, [])
    known = render.guild(turn.state)
    part = {name: known[name] for name in ("id", "name", "icon", "banner")}
    held = str(guild_permissions(turn.state, APPLICATION_ID))
    return Reply(200, [{**part, "owner": False, "permissions": held, "features": []}])


def _user(turn: Turn) -> Reply:
    if turn.params["user"] not in turn.state.users:
        raise Refusal(404, 10013, "Unknown User")
    return Reply(200, render.user(turn.state, turn.params["user"]))


def _application(turn: Turn) -> Reply:
    return Reply(200, render.application(turn.state))


def _gateway(turn: Turn) -> Reply:
    return Reply(200, {"url": turn.state.gateway_url})


def _gateway_bot(turn: Turn) -> Reply:
    limits = {"total": 1000, "remaining": 999, "reset_after": 0, "max_concurrency": 1}
    body = {"url": turn.state.gateway_url, "shards": 1, "session_start_limit": limits}
    return Reply(200, body)


def _check_guild(turn: Turn) -> None:
    if turn.params["guild"] != GUILD_ID:
        raise Refusal(404, 10004, "Unknown Guild")


def _guild(turn: Turn) -> Reply:
    _check_guild(turn)
    return Reply(200, render.guild(turn.state))


def _guild_channels(turn: Turn) -> Reply:
    _check_guild(turn)
    return Reply(200, render.guild_channels(turn.state))


def _guild_roles(turn: Turn) -> Reply:
    _check_guild(turn)
    return Reply(200, list(turn.state.roles.values()))


def _guild_threads(turn: Turn) -> Reply:
    _check_guild(turn)
    return threads.list_active(turn)


def _guild_members(turn: Turn) -> Reply:
    _check_guild(turn)
    return Reply(200, [render.full_member(turn.state, one) for one in turn.state.member_roles])


def _guild_member(turn: Turn) -> Reply:
    _check_guild(turn)
    if turn.params["user"] not in turn.state.member_roles:
        raise Refusal(404, 10007, "Unknown Member")
    return Reply(200, render.full_member(turn.state, turn.params["user"]))


def _routes() -> tuple[Route, ...]:
    table: list[tuple[str, Handler]] = [
        ("GET /users/@me", _me),
        ("GET /users/@me/guilds", _my_guilds),
        ("GET /users/{user}", _user),
        ("POST /users/@me/channels", message_routes.open_direct),
        ("GET /oauth2/applications/@me", _application),
        ("GET /applications/@me", _application),
        ("GET /gateway", _gateway),
        ("GET /gateway/bot", _gateway_bot),
        ("GET /guilds/{guild}", _guild),
        ("GET /guilds/{guild}/channels", _guild_channels),
        ("GET /guilds/{guild}/roles", _guild_roles),
        ("GET /guilds/{guild}/threads/active", _guild_threads),
        ("GET /guilds/{guild}/members", _guild_members),
        ("GET /guilds/{guild}/members/{user}", _guild_member),
        *_message_routes(),
        *_thread_routes(),
        ("POST /interactions/{interaction}/{token}/callback", interactions.callback),
        ("POST /webhooks/{application}/{token}", interactions.followup),
        ("GET /webhooks/{application}/{token}/messages/{message}", interactions.get_answer),
        ("PATCH /webhooks/{application}/{token}/messages/{message}", interactions.edit_answer),
        ("DELETE /webhooks/{application}/{token}/messages/{message}", interactions.delete_answer),
    ]
    for place in ("/applications/{application}/", "/applications/{application}/guilds/{guild}/"):
        table += [
            (f"GET {place}commands", commands.list_commands),
            (f"PUT {place}commands", commands.replace_commands),
            (f"POST {place}commands", commands.create_command),
            (f"GET {place}commands/{{command}}", commands.get_command),
            (f"PATCH {place}commands/{{command}}", commands.edit_command),
            (f"DELETE {place}commands/{{command}}", commands.delete_command),
        ]
    return tuple(_route(address, handler) for address, handler in table)


def _message_routes() -> list[tuple[str, Handler]]:
    messages = "/channels/{channel}/messages"
    return [
        ("GET /channels/{channel}", message_routes.get_channel),
        ("POST /channels/{channel}/typing", message_routes.typing),
        (f"GET {messages}", message_routes.list_messages),
        (f"POST {messages}", message_routes.create_message),
        (f"POST {messages}/bulk-delete", message_routes.bulk_delete),
        (f"GET {messages}/pins", message_routes.list_pins),
        (f"PUT {messages}/pins/{{message}}", message_routes.pin),
        (f"DELETE {messages}/pins/{{message}}", message_routes.unpin),
        (f"GET {messages}/{{message}}", message_routes.get_message),
        (f"PATCH {messages}/{{message}}", message_routes.edit_message),
        (f"DELETE {messages}/{{message}}", message_routes.delete_message),
    ]


def _thread_routes() -> list[tuple[str, Handler]]:
    channel = "/channels/{channel}"
    return [
        (f"PATCH {channel}", threads.edit_channel),
        (f"DELETE {channel}", threads.delete_channel),
        (f"POST {channel}/threads", threads.create_thread),
        (f"POST {channel}/messages/{{message}}/threads", threads.create_from_message),
        (f"GET {channel}/threads/archived/public", threads.list_archived),
        (f"GET {channel}/thread-members", threads.list_members),
        (f"PUT {channel}/thread-members/{{user}}", threads.add_member),
        (f"DELETE {channel}/thread-members/{{user}}", threads.remove_member),
    ]


def _route(address: str, handler: Handler) -> Route:
    method, template = address.split(" ", 1)
    pattern = re.compile(re.sub(r"{(\w+)}", r"(?P<\1>[^/]+)", template))
    is_open = template.startswith(("/interactions/", "/webhooks/"))
    return Route(method, template, pattern, handler, is_open)


ROUTES: Final = _routes()
