"""Kiwoom's real account is behind the same interlock: every combination of the settings."""

from __future__ import annotations

import itertools

import httpx
import pytest

from bot import brokerage
from bot.settings import Settings
from bot.settings.interlock import real_account, switches_of
from brokers.kiwoom.broker import KiwoomBroker
from brokers.kiwoom.wire import KiwoomWire
from core.domain.modes import Mode
from core.errors import ConfigurationError
from core.runtime.clock import SteppedClock
from core.runtime.interlock import OpenInterlock
from core.runtime.interlocked_broker import InterlockedBroker
from core.runtime.token_store import token_key
from tests.bot.operations.kit import FakeSettingsLedger
from tests.bot.settings.test_interlock import (
    GIVEN,
    NOW,
    ORDER,
    Bench,
    Found,
    WithToken,
)
from tests.brokers.kiwoom.wire_fixtures import make_account, ok
from tests.fakes.hand_clock import HandClock

OF_KIWOOM = GIVEN | {
    "broker_is_real": ({"broker": "kiwoom"}, {"broker": "sim"}),
    "account_is_real": ({"kiwoom_mode": "KIWOOM_REAL"}, {"kiwoom_mode": "KIWOOM_VTS"}),
    "host_is_real": ({}, {"kiwoom_real_base_url": "https://example.com"}),
    "key_is_own": ({"kiwoom_vts_app_key": "vts-key"}, {"kiwoom_vts_app_key": "real-key"}),
}
BASE = {
    "kiwoom_real_app_key": "real-key",
    "kiwoom_real_app_secret": "real-secret",
    "kiwoom_vts_app_secret": "vts-secret",
    "kiwoom_vts_account_no": "81190067",
    "kiwoom_real_account_no": "12345678",
    "discord_approver_ids": "12",
}


def settings_of(met: dict[str, bool]) -> Settings:
    values = dict(BASE)
    for name, (there, absent) in OF_KIWOOM.items():
        values |= there if met[name] else absent
    return Settings.model_validate(values)


ALL_MET = dict.fromkeys(OF_KIWOOM, True)


def test_every_condition_is_one_switch() -> None:
    assert real_account(settings_of(ALL_MET)) == "1234567801"
    for name in OF_KIWOOM:
        if name == "broker_is_real":
            continue  # of another broker every other condition is judged by that broker's names
        found = switches_of(settings_of(ALL_MET | {name: False}))
        assert [key for key in OF_KIWOOM if not getattr(found, key)] == [name]


@pytest.mark.slow
async def test_an_order_leaves_for_the_real_account_only_with_the_full_set() -> None:
    left: list[dict[str, bool]] = []
    names = [name for name in OF_KIWOOM if name != "broker_is_real"]
    for bits in itertools.product([True, False], repeat=len(names)):
        met = {"broker_is_real": True, **dict(zip(names, bits, strict=True))}
        settings = settings_of(met)
        bench = Bench(settings, Found(), FakeSettingsLedger(), HandClock(NOW))
        bench.arm_by_hand()
        interlock = bench.interlock()
        await interlock.examine()
        sent: list[httpx.Request] = []
        adapter = _adapter(settings, sent)
        guard = interlock if met["account_is_real"] else OpenInterlock()
        await InterlockedBroker(WithToken(adapter), guard).place_order(ORDER)  # type: ignore[arg-type]
        await adapter.close()
        if sent and settings.mode is not Mode.VTS:
            left.append(met)
    assert left == [ALL_MET]


def _adapter(settings: Settings, sent: list[httpx.Request]) -> KiwoomBroker:
    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        return httpx.Response(200, json=ok(ord_no="0000001"))

    account = make_account(settings.mode)
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    clock = SteppedClock(NOW, rate=0)
    wire = KiwoomWire(account, reads=client, orders=client, clock=clock)
    return KiwoomBroker(account, wire, clock)


async def test_the_adapter_that_the_settings_name() -> None:
    vts = settings_of(ALL_MET | {"account_is_real": False, "orders_enabled": False})
    opened = brokerage.open_brokerage(vts, HandClock(NOW), (), kiwoom_url="http://127.0.0.1:9/")
    assert opened.adapter.identity.broker == "kiwoom"
    assert opened.adapter.identity.base_url == "http://127.0.0.1:9"
    assert (opened.pace, opened.paces_of) == (Mode.VTS, "kiwoom")
    assert opened.prices_label == "키움 모의투자"
    assert opened.token_key != token_key("vts-key", Mode.VTS)
    await opened.adapter.close()
    watched = settings_of(ALL_MET | {"orders_enabled": False})
    opened = brokerage.open_brokerage(watched, HandClock(NOW), ())
    assert opened.adapter.identity.base_url == "https://api.kiwoom.com"
    assert (opened.pace, opened.prices_label) == (Mode.OBSERVE, "키움")
    await opened.adapter.close()


def test_keys_that_kiwoom_could_never_accept_are_named() -> None:
    wrong = Settings.model_validate(
        {"broker": "kiwoom", "kiwoom_vts_app_key": "비밀", "kiwoom_vts_account_no": "81190067"}
    )
    with pytest.raises(ConfigurationError, match=r"KIWOOM_VTS_…: the app key"):
        brokerage.open_brokerage(wrong, HandClock(NOW), ())
