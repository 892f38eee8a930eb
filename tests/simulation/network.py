"""The wire between one life and the broker: an httpx transport onto the sandbox's handler.

A request that has left arrives (or not) whatever becomes of its sender; an answer arrives only
while somebody waits for it. Nothing is written before the connection stands.
"""

from __future__ import annotations

import asyncio
import contextvars
import json
from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import parse_qsl

import httpx

from sandbox.kis.wire import Reply, Request
from tests.simulation.border import Kind
from tests.simulation.broker import BrokerHost
from tests.simulation.fence import Fence
from tests.simulation.loop import VirtualLoop
from tests.simulation.weather import (
    CANCEL_FAULTS,
    LIST_FAULTS,
    POST_FAULTS,
    READ_FAULTS,
    Weather,
)

_HTML = b"<html><head><title>502 Bad Gateway</title></head><body>nginx</body></html>"
_LATE = frozenset({"post_accepted_late", "cancel_late"})
_LOST = frozenset({"post_request_lost", "cancel_request_lost", "read_lost"})
_REFUSED = frozenset({"post_connect_error", "cancel_connect_error", "read_connect_error"})
_NO_ROUTE = frozenset({"post_connect_timeout", "read_connect_timeout"})
_RESET_BEFORE = frozenset({"post_reset_before", "read_stale_connection"})
# Answered by the gateway: the request never reaches the ledger.
_ANSWERED_BEFORE = frozenset(
    {
        "post_500_before",
        "post_egw00201",
        "post_token_rejected",
        "read_500",
        "read_egw00201",
        "read_blank_outage",
        "read_html",
        "page_two_fails",
        "token_issue_fails",
    }
)


@dataclass(frozen=True, slots=True)
class Answer:
    """What comes back over the wire."""

    status: int
    headers: dict[str, str]
    content: bytes


class Wire:
    """Everything between the lives and the broker's door."""

    def __init__(self, loop: VirtualLoop, weather: Weather, host: BrokerHost) -> None:
        self.loop = loop
        self.weather = weather
        self.host = host
        # Deliveries belong to nobody's life.
        self.nobody = contextvars.copy_context()
        self.on_request: Callable[[httpx.Request], None] = lambda _request: None
        self.on_departure: Callable[[Request, float], object] = lambda *_: None
        self.on_arrival: Callable[[object, int, Reply], None] = lambda *_: None
        self.on_answer: Callable[[object, bytes], None] = lambda *_: None
        self.on_quote: Callable[[float], None] = lambda _seconds: None

    def fate_of(self, request: Request) -> str:
        """Draw what happens to this request."""
        border = self.host.border
        kind = border.kind(request)
        if kind is Kind.ORDER:
            return self.weather.one_of(POST_FAULTS)
        if kind is Kind.CANCEL:
            return self.weather.one_of(CANCEL_FAULTS)
        if kind is Kind.TOKEN:
            return "token_issue_fails" if self.weather.strikes("token_issue_fails") else ""
        fault = self.weather.one_of(READ_FAULTS)
        if not fault and kind is Kind.LIST:
            fault = self.weather.one_of(LIST_FAULTS)
            if fault == "page_two_fails" and not border.is_next_page(request):
                return ""
        return fault

    def later(self, seconds: float, callback: Callable[[], object]) -> None:
        """Call back after `seconds`, whoever is alive then."""
        self.loop.call_later(seconds, callback, context=self.nobody)

    def arrive(self, request: Request, tag: object, *, is_late: bool) -> Reply:
        """The request reaches the broker."""
        before = len(self.host.orders_today()) if tag is not None else 0
        reply = self.host.handle(request, is_late=is_late)
        self.on_arrival(tag, before, reply)
        return reply


class SimTransport(httpx.AsyncBaseTransport):
    """The sockets of one life."""

    def __init__(self, wire: Wire, fence: Fence) -> None:
        self._wire = wire
        self._fence = fence

    async def handle_async_request(self, request: httpx.Request) -> httpx.Response:
        wire = self._wire
        limits = request.extensions.get("timeout", {})
        asked = asked_of(request)
        wire.on_request(request)
        began = wire.loop.time()
        kind = wire.host.border.step(asked)
        self._fence.step(f"net.connect.{kind}")
        fate = wire.fate_of(asked)
        await self._connect(request, fate, limits.get("connect") or 60.0)
        self._fence.step(f"net.send.{kind}")
        tag = wire.on_departure(asked, wire.loop.time() - began)
        answer: asyncio.Future[Answer | Exception] = wire.loop.create_future()
        self._depart(request, asked, tag, fate, answer)
        self._fence.step(f"net.sent.{kind}")
        try:
            async with asyncio.timeout(limits.get("read")):
                found = await answer
        except TimeoutError:
            raise httpx.ReadTimeout("no answer", request=request) from None
        self._fence.step(f"net.answer.{kind}")
        if isinstance(found, Exception):
            raise found
        wire.on_answer(tag, found.content)
        return httpx.Response(
            found.status, headers=found.headers, content=found.content, request=request
        )

    async def _connect(self, request: httpx.Request, fate: str, allowed: float) -> None:
        weather = self._wire.weather
        if fate in _NO_ROUTE:
            await asyncio.sleep(allowed)
            raise httpx.ConnectTimeout("no route", request=request)
        await asyncio.sleep(weather.between(0.001, 0.03))
        if fate in _REFUSED or self._wire.host.is_down(self._wire.loop.time()):
            raise httpx.ConnectError("refused", request=request)

    def _depart(
        self,
        request: httpx.Request,
        asked: Request,
        tag: object,
        fate: str,
        answer: asyncio.Future[Answer | Exception],
    ) -> None:
        """Put the request on the wire. What follows happens without its sender."""
        wire, weather = self._wire, self._wire.weather

        def settle(found: Answer | Exception, seconds: float) -> None:
            def answered() -> None:
                if not answer.done():
                    answer.set_result(found)

            wire.later(seconds, answered)

        def arrived() -> None:
            found = _garbled(
                fate, wire.arrive(asked, tag, is_late=fate in _LATE), request, wire.host
            )
            if found is not None:
                slow = fate in {"post_slow", "read_slow"}
                back = weather.between(3, 9) if slow else weather.between(0.005, 0.15)
                settle(found, back)
                if wire.host.border.kind(asked) is Kind.QUOTE:
                    wire.on_quote(back)

        if fate in _LOST:
            return
        travel = _travel(fate, weather, request)
        if fate in _RESET_BEFORE:
            settle(httpx.ReadError("connection reset", request=request), travel)
        elif fate in _ANSWERED_BEFORE:
            status, content = wire.host.border.answers.get(fate, (502, _HTML))
            settle(Answer(status, {}, content), travel)
        else:
            wire.later(travel, arrived)


def _travel(fate: str, weather: Weather, request: httpx.Request) -> float:
    """Return the seconds a request is on its way."""
    if fate == "post_accepted_late":
        return float(request.extensions["timeout"]["read"]) + weather.between(5, 60)
    return weather.between(1, 12) if fate == "cancel_late" else weather.between(0.002, 0.08)


def asked_of(request: httpx.Request) -> Request:
    """Return a request as the server sees it."""
    return Request(
        method=request.method,
        path=request.url.path,
        headers={name.lower().decode(): value.decode() for name, value in request.headers.raw},
        query=dict(parse_qsl(request.url.query.decode(), keep_blank_values=True)),
        body=request.content,
    )


_NO_ANSWER = frozenset({"post_reply_lost", "post_accepted_late", "cancel_reply_lost"})
_CUT = frozenset({"post_invalid_json", "read_invalid_json"})
_BLANK_AFTER = frozenset({"post_500_after", "cancel_500_after"})


def _garbled(
    fate: str, reply: Reply, request: httpx.Request, host: BrokerHost
) -> Answer | Exception | None:
    """Return what is left of an answer on its way back; None when nothing is."""
    headers, content = dict(reply.headers), reply.content
    found: Answer | Exception | None
    if fate in _NO_ANSWER:
        found = None
    elif fate == "post_truncated":
        found = httpx.RemoteProtocolError("peer closed connection", request=request)
    elif fate == "post_reset_after":
        found = httpx.ReadError("connection reset", request=request)
    elif fate == "post_html":
        found = Answer(502, {}, _HTML)
    elif fate in _CUT:
        found = Answer(reply.status, headers, content[: len(content) * 2 // 3])
    elif fate == "read_empty_body":
        found = Answer(200, headers, b"")
    elif fate in _BLANK_AFTER:
        status, said = host.border.answers["blank_after"]
        found = Answer(status, {}, said)
    elif fate == "post_unknown_code":
        status, said = host.border.answers["unknown_code"]
        found = Answer(status, headers, said)
    else:
        found = _altered(fate, reply, headers, host)
    return found


def _altered(fate: str, reply: Reply, headers: dict[str, str], host: BrokerHost) -> Answer:
    """Return an answer that reads well and says something else."""
    body = json.loads(reply.content) if reply.payload is not None else {}
    earlier = host.earlier_number() if fate == "post_number_repeated" else 0
    host.border.bend(fate, body, headers, earlier)
    content = json.dumps(body, ensure_ascii=False).encode() if body else reply.content
    return Answer(reply.status, headers, content)
