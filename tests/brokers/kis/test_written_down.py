"""What is kept of the wire: the redacted POST and answer, and how far the broker's clock runs ahead."""

from __future__ import annotations

from datetime import UTC, timedelta
from email.utils import format_datetime

import httpx
import pytest

from brokers.wire.bodies import server_ahead
from core.domain.instrument import Symbol
from core.domain.money import Shares, Won
from core.domain.orders import NotSent, OrderRequest, Side, Unresolved
from tests.brokers.kis.wire_fixtures import NOW, TOKEN, ok

BUY = OrderRequest(
    symbol=Symbol("069500"), side=Side.BUY, quantity=Shares(3), price_won=Won(35_150)
)
SECRETS = ("12345678", TOKEN.value)


def stated(seconds):
    return format_datetime((NOW + timedelta(seconds=seconds)).astimezone(UTC), usegmt=True)


async def test_post_and_answer_are_kept_without_what_opens_the_account(vts, script):
    echo = {"ODNO": "1", "CANO": "12345678", "token": TOKEN.value}
    script.answers = [ok(output=echo)]
    outcome = await vts.place_order(TOKEN, BUY)
    wire = outcome.wire
    assert wire.request.startswith("POST /uapi/domestic-stock/v1/trading/order-cash {")
    assert '"ORD_QTY":"3"' in wire.request
    assert wire.answer.startswith("HTTP 200 {")
    assert '"***"' in wire.answer
    for secret in (*SECRETS, vts.account_settings.app_key, vts.account_settings.app_secret):
        assert secret not in wire.request + wire.answer


async def test_a_long_answer_is_cut(vts, script):
    script.answers = [(502, b"<html>" + b"x" * 100_000)]
    outcome = await vts.place_order(TOKEN, BUY)
    assert isinstance(outcome, Unresolved)
    assert outcome.wire is not None
    assert len(outcome.wire.answer) == 2_000


@pytest.mark.parametrize(
    ("fault", "kind"),
    [(httpx.ConnectError("no"), NotSent), (httpx.ReadTimeout("slow"), Unresolved)],
)
async def test_without_an_answer_the_post_is_kept_alone(vts, script, fault, kind):
    script.answers = [fault]
    outcome = await vts.place_order(TOKEN, BUY)
    assert isinstance(outcome, kind)
    assert (bool(outcome.wire.request), outcome.wire.answer) == (True, "")


@pytest.mark.parametrize(
    ("header", "seconds"),
    [
        (stated(0), 0),
        (stated(2), 0),
        (stated(9), 6),  # 3 seconds after the question came the answer
        (stated(-2), 0),
        (stated(-40), -40),
        ("", None),
        ("yesterday", None),
        ("Fri, 20 Nov 2026 09:30:00 -0000", None),
    ],
)
def test_the_date_header_says_how_far_the_clocks_are_apart(header, seconds):
    expected = None if seconds is None else timedelta(seconds=seconds)
    assert server_ahead(header, NOW, NOW + timedelta(seconds=3)) == expected


async def test_the_order_list_carries_it(vts, script):
    page = ok(output1=[], output2={})
    script.answers = [(200, page, {"date": stated(45)}), page]
    assert (await vts.order_history(TOKEN, NOW.date())).server_ahead == timedelta(seconds=45)
    assert (await vts.order_history(TOKEN, NOW.date())).server_ahead is None
