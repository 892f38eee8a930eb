"""What an order or a cancel ends as where the broker proves nothing: alike over every wire.

Subclass `PostsContract` in a test module beside the fixtures ``vts`` and ``script``, and say what
`cancelled` and `make_broker` are there.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, ClassVar

import httpx
import pytest

from core.domain.instrument import Symbol
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import (
    BrokerOrderRef,
    NotSent,
    OrderRequest,
    Side,
    SubmitOutcome,
    Unresolved,
)
from core.domain.unsent import Unsent
from core.ports.broker import BrokerAdapter
from tests.brokers.kis.wire_fixtures import TOKEN, Script

BUY = OrderRequest(
    symbol=Symbol("069500"), side=Side.BUY, quantity=Shares(3), price_won=Won(35_150)
)


def cause_of(outcome: SubmitOutcome) -> Unsent | None:
    assert isinstance(outcome, NotSent)
    return outcome.cause


async def assert_unresolved(
    broker: BrokerAdapter, script: Script, answer: object, ref: BrokerOrderRef
) -> None:
    """Order and cancel: neither is resolved by `answer`, and neither is sent a second time."""
    script.answers = [answer]
    assert isinstance(await broker.place_order(TOKEN, BUY), Unresolved)
    script.answers = [answer]
    assert isinstance(await broker.cancel_order(TOKEN, ref), Unresolved)
    assert len(script.requests) == 2


class PostsContract:
    """The shared suite. See the module's docstring for what a subclass provides."""

    cancelled: ClassVar[BrokerOrderRef]
    make_broker: ClassVar[Callable[..., Any]]

    @pytest.mark.parametrize(
        "answer",
        [
            (200, b"<html>ok</html>"),
            (200, b""),
            (200, b"[]"),
            (200, b"[" * 100_000),
            (204, b""),
            (302, b"", {"location": "http://127.0.0.1:9/other"}),
            (404, b""),
            (429, b""),
            (502, b"<html>bad gateway</html>"),
            httpx.ReadTimeout("late"),
            httpx.WriteError("cut"),
            httpx.ReadError("cut"),
            httpx.RemoteProtocolError("closed"),
            httpx.DecodingError("gzip"),
            OSError("network"),
        ],
    )
    async def test_what_nobody_can_read_is_unresolved_and_sent_once(self, vts, script, answer):
        await assert_unresolved(vts, script, answer, self.cancelled)

    @pytest.mark.parametrize("error", [httpx.ConnectError, httpx.ConnectTimeout, httpx.PoolTimeout])
    async def test_no_connection_is_not_sent(self, vts, script, error):
        script.answers = [error("x")]
        assert cause_of(await vts.place_order(TOKEN, BUY)) is Unsent.NO_CONNECTION

    async def test_a_closed_broker_sends_nothing(self, vts, script):
        await vts.close()
        assert cause_of(await vts.place_order(TOKEN, BUY)) is Unsent.NO_CONNECTION
        assert script.requests == []

    async def test_observe_sends_nothing(self, script):
        broker = self.make_broker(script, Mode.OBSERVE)
        assert cause_of(await broker.place_order(TOKEN, BUY)) is Unsent.LOCKED
        assert cause_of(await broker.cancel_order(TOKEN, self.cancelled)) is Unsent.LOCKED
        assert script.requests == []
        await broker.close()
