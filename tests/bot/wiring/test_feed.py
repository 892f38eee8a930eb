"""Which source the feed has, and when quotes rest."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from pathlib import Path
from types import MappingProxyType

import pytest
from structlog.testing import capture_logs

from bot.brokerage import open_brokerage
from bot.settings import Settings
from bot.wiring.feed import rests_until
from brokers.kis.stream import KisStream
from brokers.kiwoom.stream import KiwoomStream
from core.domain.calendar import TradingCalendar
from core.domain.krx import KST
from core.domain.ticks import Channel
from core.errors import BrokerUnavailable
from core.ports.broker import AccessToken
from core.ports.feed import TickSource
from tests.fakes.hand_clock import HandClock

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
KIS = {
    "broker": "kis",
    "kis_vts_app_key": "k" * 36,
    "kis_vts_app_secret": "s" * 180,
    "kis_vts_account_no": "12345678",
}


KIWOOM = {
    "broker": "kiwoom",
    "kiwoom_vts_app_key": "k" * 43,
    "kiwoom_vts_app_secret": "s" * 43,
    "kiwoom_vts_account_no": "81190067",
}


class NoTokens:
    async def get(self) -> AccessToken:
        raise BrokerUnavailable("nobody is there")

    def invalidate(self, token: AccessToken) -> None:
        """Nothing is kept."""


def stream(settings: Mapping[str, object], **urls: str) -> TickSource | None:
    make = open_brokerage(Settings.model_validate(settings), HandClock(NOW), (), **urls).stream
    return None if make is None else make(NoTokens())


def address(settings: Mapping[str, object], **urls: str) -> str:
    made = stream(settings, **urls)
    assert isinstance(made, KiwoomStream)
    return made._url


def test_kis_has_its_stream() -> None:
    made = stream(KIS)
    assert isinstance(made, KisStream)
    assert made.channels == {Channel.TRADE, Channel.BOOK}
    assert made.budget == 41
    with_notices = stream(KIS | {"kis_hts_id": "me"})
    assert with_notices is not None
    assert with_notices.budget == 40


@pytest.mark.parametrize(
    ("settings", "urls"),
    [
        (KIS | {"kis_stream": "N"}, {}),
        (KIS | {"kis_vts_websocket_url": ""}, {}),
        (KIS, {"kis_url": "http://127.0.0.1:9"}),  # a sandbox without one: never the real host
        (KIWOOM | {"kiwoom_stream": "N"}, {}),
        (KIWOOM | {"kiwoom_vts_websocket_url": ""}, {}),
        (KIWOOM, {"kiwoom_url": "http://127.0.0.1:9"}),
    ],
)
def test_where_no_stream_is_wanted_or_known_quotes_are_asked_for(settings, urls) -> None:
    assert stream(settings, **urls) is None


def test_a_sandbox_brings_its_own_address() -> None:
    urls = {"kis_url": "http://127.0.0.1:9", "kis_stream_url": "ws://127.0.0.1:9"}
    assert stream(KIS, **urls) is not None


def test_kiwoom_has_its_stream_at_the_official_address() -> None:
    path = "/api/dostk/websocket"
    assert address(KIWOOM) == f"wss://mockapi.kiwoom.com:10000{path}"
    own = KIWOOM | {"kiwoom_vts_websocket_url": "wss://mockapi.kiwoom.com:10000/api/websocket"}
    assert address(own) == "wss://mockapi.kiwoom.com:10000/api/websocket"
    urls = {"kiwoom_url": "http://127.0.0.1:9", "kiwoom_stream_url": "ws://127.0.0.1:9"}
    assert address(KIWOOM, **urls) == f"ws://127.0.0.1:9{path}"


def test_the_address_of_older_documents_is_replaced_and_told() -> None:
    old = KIWOOM | {"kiwoom_vts_websocket_url": "wss://openapi.kiwoom.com:443/api/ws"}
    with capture_logs() as logs:
        assert address(old) == "wss://mockapi.kiwoom.com:10000/api/dostk/websocket"
    assert [line["setting"] for line in logs] == ["KIWOOM_VTS_WEBSOCKET_URL"]


def test_the_simulated_broker_has_none(tmp_path: Path) -> None:
    assert stream({"broker": "sim", "data_dir": tmp_path}) is None


def at(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=KST)


@pytest.mark.parametrize(
    ("now", "until"),
    [
        ("2026-11-20T08:00", "2026-11-20T08:10"),
        ("2026-11-20T08:25", "2026-11-20T08:30"),
        ("2026-11-20T08:30", None),
        ("2026-11-20T12:00", None),
        ("2026-11-20T15:59", None),
        ("2026-11-20T16:00", "2026-11-20T16:10"),
        ("2026-11-21T12:00", "2026-11-21T12:10"),
        ("2099-01-05T12:00", None),
    ],
)
def test_quotes_rest_while_nothing_is_traded(now: str, until: str | None) -> None:
    calendar = TradingCalendar(MappingProxyType({}))
    assert rests_until(calendar, at(now)) == (at(until) if until else None)
