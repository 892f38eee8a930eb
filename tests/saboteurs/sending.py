"""Defects between the arm and the broker's door, and in what is made of the answer."""

from __future__ import annotations

import json
from dataclasses import replace

import httpx

from brokers.kis import posts, wire
from brokers.wire import clients
from core.domain.orders import (
    Accepted,
    BrokerOrderRef,
    NotSent,
    OrderState,
    Rejected,
    Side,
    Unresolved,
)
from core.runtime.broker_session import BrokerSession
from core.services.orders import outcomes
from core.services.orders.arming import Armed
from core.services.orders.execution import Executor
from core.services.orders.outcomes import Outcomes
from core.services.orders.results import Sent
from core.services.orders.transitions import with_state
from tests.saboteurs.saboteur import Swap, saboteur

_place = BrokerSession.place_order
_read = Outcomes._read
_classify = posts.classify


def _classified(instead):
    return [Swap(posts, "classify", instead)]


@saboteur
def retry_on_time_out():
    """Posts once more when no answer came."""

    async def place_order(self, request):
        outcome = await _place(self, request)
        return await _place(self, request) if isinstance(outcome, Unresolved) else outcome

    return [Swap(BrokerSession, "place_order", place_order)]


@saboteur
def retry_on_refusal():
    """Posts once more when the broker said no."""

    async def place_order(self, request):
        outcome = await _place(self, request)
        return await _place(self, request) if isinstance(outcome, Rejected) else outcome

    return [Swap(BrokerSession, "place_order", place_order)]


@saboteur
def retry_by_the_http_client():
    """Lets the HTTP layer send an order POST again after a broken connection."""
    post = wire.KisWire.post_order

    async def post_order(self, endpoint, token, content, hashkey=""):
        answer = await post(self, endpoint, token, content, hashkey)
        lost = isinstance(answer, Unresolved) and "Read" in answer.reason
        return await post(self, endpoint, token, content, hashkey) if lost else answer

    return [Swap(wire.KisWire, "post_order", post_order)]


@saboteur
def send_before_commit():
    """Posts first and stores the attempt afterwards."""

    async def arm_and_send(self, ticket, order, ready, history):
        outcome = await self._context.broker.place_order(ready.request)
        armed = await self._armer.arm(ticket, order, ready, history)
        if not isinstance(armed, Armed):
            return armed
        return Sent(await self._outcomes.note(armed.order, outcome))

    return [Swap(Executor, "_arm_and_send", arm_and_send)]


@saboteur
def post_twice():
    """Sends every order two times."""

    async def place_order(self, request):
        await _place(self, request)
        return await _place(self, request)

    return [Swap(BrokerSession, "place_order", place_order)]


@saboteur
def one_share_more():
    """Sends Q+1 shares."""

    async def place_order(self, request):
        return await _place(self, replace(request, quantity=request.quantity + 1))

    return [Swap(BrokerSession, "place_order", place_order)]


@saboteur
def one_tick_worse():
    """Sends one tick outside of what was armed."""

    async def place_order(self, request):
        tick = 5 if request.side is Side.BUY else -5
        return await _place(self, replace(request, price_won=request.price_won + tick))

    return [Swap(BrokerSession, "place_order", place_order)]


@saboteur
def other_side():
    """Buys what was to be sold and sells what was to be bought."""

    async def place_order(self, request):
        side = Side.SELL if request.side is Side.BUY else Side.BUY
        return await _place(self, replace(request, side=side))

    return [Swap(BrokerSession, "place_order", place_order)]


@saboteur
def other_symbol():
    """Puts another symbol into the body of an order."""
    document = posts.order_document

    def order_document(account, request):
        return document(account, request) | {"PDNO": "102110"}

    return [Swap(posts, "order_document", order_document)]


@saboteur
def server_fault_is_a_refusal():
    """Takes every 5xx for a proven refusal."""

    def classify(answer, day):
        if answer.status >= 500:
            return Rejected(code=str(answer.status), text="server")
        return _classify(answer, day)

    return _classified(classify)


@saboteur
def unknown_code_is_a_refusal():
    """Takes every failure code for a proven refusal."""

    def classify(answer, day):
        outcome = _classify(answer, day)
        try:
            body = json.loads(answer.content)
        except ValueError:
            return outcome
        if isinstance(outcome, Unresolved) and isinstance(body, dict) and body.get("rt_cd") != "0":
            return Rejected(code=str(body.get("msg_cd")), text="no")
        return outcome

    return _classified(classify)


@saboteur
def unreadable_is_a_refusal():
    """Takes an answer that is not JSON for a refusal."""

    def classify(answer, day):
        outcome = _classify(answer, day)
        unread = isinstance(outcome, Unresolved) and "JSON" in outcome.reason
        return Rejected(code="-", text="unreadable") if unread else outcome

    return _classified(classify)


@saboteur
def accepted_without_a_number():
    """Makes up a number when an accepted order has none."""

    def classify(answer, day):
        outcome = _classify(answer, day)
        unnumbered = isinstance(outcome, Unresolved) and "usable number" in outcome.reason
        ref = BrokerOrderRef(number="99", branch="00950")
        return Accepted(ref=ref, accepted_at=None) if unnumbered else outcome

    return _classified(classify)


@saboteur
def silence_is_not_sent():
    """Says NOT_SENT when no answer came."""

    async def place_order(self, request):
        outcome = await _place(self, request)
        return NotSent(reason="?") if isinstance(outcome, Unresolved) else outcome

    return [Swap(BrokerSession, "place_order", place_order)]


@saboteur
def broken_connection_is_not_sent():
    """Takes a connection that broke after the request for one that never stood."""
    never = (*clients._NEVER_CONNECTED, httpx.ReadError, httpx.RemoteProtocolError, TimeoutError)
    return [Swap(clients, "_NEVER_CONNECTED", never)]


@saboteur
def silence_is_rejected():
    """Stores REJECTED when no answer came."""

    def read(self, order, outcome):
        if isinstance(outcome, Unresolved):
            return with_state(order, OrderState.REJECTED, "?"), {}
        return _read(self, order, outcome)

    return [Swap(Outcomes, "_read", read)]


@saboteur
def silence_is_working():
    """Stores WORKING, without a number, when no answer came."""

    def read(self, order, outcome):
        if isinstance(outcome, Unresolved):
            return with_state(order, OrderState.WORKING, "?"), {}
        return _read(self, order, outcome)

    return [Swap(Outcomes, "_read", read)]


@saboteur
def refused_is_working():
    """Stores WORKING after a refusal."""

    def read(self, order, outcome):
        if isinstance(outcome, Rejected):
            return with_state(order, OrderState.WORKING, "?"), {}
        return _read(self, order, outcome)

    return [Swap(Outcomes, "_read", read)]


@saboteur
def answers_number_is_believed():
    """Takes a number that was on the list before the arm, or is another order's."""

    async def is_taken(tx, armed, number):
        return False

    return [Swap(outcomes, "_is_taken", is_taken)]


@saboteur
def number_is_forgotten():
    """Stores WORKING without the number that the broker gave."""

    def read(self, order, outcome):
        new, facts = _read(self, order, outcome)
        return replace(new, ref=None), facts

    return [Swap(Outcomes, "_read", read)]


@saboteur
def reservation_released_in_finally():
    """Gives back what an order holds as soon as the POST has ended, however it ended."""
    send = Executor._send

    async def released(self, armed):
        try:
            return await send(self, armed)
        finally:
            async with self._context.ledger.transaction() as tx:
                await tx.release(armed.order.order_id)

    return [Swap(Executor, "_send", released)]


@saboteur
def outcome_is_not_stored():
    """Forgets to write down that nothing was proven."""
    note = Outcomes.note

    async def forgetful(self, order, outcome):
        return order if isinstance(outcome, Unresolved) else await note(self, order, outcome)

    async def nothing(context):
        """Whoever was interrupted is not doubted either."""

    from core.services.orders import recovery, running

    return [
        Swap(Outcomes, "note", forgetful),
        Swap(recovery, "doubt_interrupted", nothing),
        Swap(running, "doubt_interrupted", nothing),
    ]


@saboteur
def accepted_is_filled():
    """Stores 체결 when the broker said 접수."""

    def read(self, order, outcome):
        new, facts = _read(self, order, outcome)
        if isinstance(outcome, Accepted):
            new = replace(new, filled=order.request.quantity)
        return new, facts

    return [Swap(Outcomes, "_read", read)]
