"""Real orders leave only when everything is there: every combination, down to the bytes."""

from __future__ import annotations

import asyncio
import itertools
from dataclasses import dataclass, fields, replace
from datetime import timedelta

import httpx
import pytest

from bot import locales
from bot.settings import Settings
from bot.settings.interlock import REAL_HOSTS, fingerprint, switches_of
from brokers.kis.broker import KisBroker
from brokers.kis.wire import KisWire
from core.domain.instrument import Symbol
from core.domain.interlock import (
    ARMED_FOR,
    SETTING_REAL_ARMING,
    Arming,
    Evidence,
    Point,
    Switches,
    arming_text,
    is_typed,
    missing,
    read_arming,
)
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import NotSent, OrderRequest, OrderType, Side
from core.errors import BrokerUnavailable, StorageError
from core.ports.broker import AccessToken
from core.runtime.interlock import Claim, Examiners, OpenInterlock, RealInterlock
from core.runtime.interlocked_broker import InterlockedBroker
from tests.bot.operations.kit import FakeSettingsLedger
from tests.brokers.kis.wire_fixtures import make_account, ok
from tests.fakes.desk_kit import at
from tests.fakes.hand_clock import HandClock

NOW = at(10)
OWNER, APPROVER = 11, 12
ORDER = OrderRequest(
    symbol=Symbol("069500"),
    side=Side.BUY,
    quantity=Shares(1),
    order_type=OrderType.LIMIT,
    price_won=Won(35_000),
)
# What each condition of the settings needs, and what stands there when it is not met.
GIVEN = {
    "broker_is_real": ({"broker": "kis"}, {"broker": "sim"}),
    "account_is_real": ({"kis_mode": "KIS_REAL"}, {"kis_mode": "KIS_VTS"}),
    "orders_enabled": ({"enable_real_order": "Y"}, {"enable_real_order": "N"}),
    "host_is_real": ({}, {"kis_real_base_url": "https://example.com"}),
    "key_is_own": ({"kis_vts_app_key": "vts-key"}, {"kis_vts_app_key": "real-key"}),
    "account_is_listed": (
        {"real_account_allowlist": "12345678-01"},
        {"real_account_allowlist": "12345678-02"},
    ),
    "owners_named": ({"discord_owner_ids": str(OWNER)}, {}),
    "limits_given": (
        {"capital_limit_krw": "500000", "order_limit_krw": "100000", "day_limit_krw": "200000"},
        {"capital_limit_krw": "500000", "day_limit_krw": "200000"},
    ),
    "no_sandbox": ({}, {"sandbox_url": "http://127.0.0.1:1"}),
}
BASE = {
    "kis_real_app_key": "real-key",
    "kis_real_app_secret": "real-secret",
    "kis_vts_app_secret": "vts-secret",
    "kis_real_account_no": "12345678",
    "discord_approver_ids": str(APPROVER),
}


def settings_of(met: dict[str, bool]) -> Settings:
    values = dict(BASE)
    for name, (there, absent) in GIVEN.items():
        values |= there if met[name] else absent
    return Settings.model_validate(values)


ALL_MET = settings_of(dict.fromkeys(GIVEN, True))
COMBINATIONS = [
    dict(zip(GIVEN, bits, strict=True)) for bits in itertools.product([True, False], repeat=9)
]


@dataclass
class Found:
    """What the examiners find."""

    probe: Exception | None = None
    days: int = 10
    wrong: tuple[str, ...] = ()
    record: Exception | None = None

    async def probed(self) -> None:
        if self.probe is not None:
            raise self.probe

    async def vts_days(self) -> int:
        if self.record is not None:
            raise self.record
        return self.days

    async def doctor(self) -> tuple[str, ...]:
        return self.wrong


@dataclass
class Bench:
    settings: Settings
    found: Found
    ledger: FakeSettingsLedger
    clock: HandClock
    build: str = "b1"

    def interlock(self) -> RealInterlock:
        claim = Claim(
            switches=switches_of(self.settings),
            fingerprint=fingerprint(self.settings, self.build),
            account_no=self.settings.kis_real_account_no,
            owner_ids=self.settings.discord_owner_ids,
            days_needed=self.settings.real_after_vts_days,
        )
        examiners = Examiners(
            probe=self.found.probed, vts_days=self.found.vts_days, doctor=self.found.doctor
        )
        return RealInterlock(self.ledger, self.clock, locales.load("ko"), claim, examiners)

    def arm_by_hand(self, **changes: object) -> None:
        arming = Arming(
            owner_id=OWNER,
            armed_at=NOW - timedelta(days=1),
            expires_at=NOW + timedelta(days=29),
            fingerprint=fingerprint(self.settings, self.build),
        )
        self.ledger.rows[SETTING_REAL_ARMING] = arming_text(replace(arming, **changes))  # type: ignore[arg-type]


@pytest.fixture
def bench():
    return Bench(ALL_MET, Found(), FakeSettingsLedger(), HandClock(NOW))


async def refusal(bench: Bench, interlock: RealInterlock) -> str | None:
    async with bench.ledger.transaction() as tx:
        return await interlock.refusal(tx)


class WithToken:
    """The adapter as the services see it, without pace and retries."""

    def __init__(self, adapter: KisBroker) -> None:
        self.adapter = adapter

    @property
    def identity(self):
        return self.adapter.identity

    async def place_order(self, request):
        return await self.adapter.place_order(AccessToken("t", NOW), request)


def adapter_of(settings: Settings, sent: list[httpx.Request]) -> KisBroker:
    def answer(request: httpx.Request) -> httpx.Response:
        sent.append(request)
        output = {"ODNO": "0000000001", "KRX_FWDG_ORD_ORGNO": "06010", "ORD_TMD": "100000"}
        return httpx.Response(200, json=ok(output=output))

    real = settings.mode is not Mode.VTS
    account = make_account(
        settings.mode,
        base_url=settings.kis_real_base_url if real else settings.kis_vts_base_url,
    )
    client = httpx.AsyncClient(transport=httpx.MockTransport(answer))
    clock = HandClock(NOW)
    return KisBroker(account, KisWire(account, reads=client, orders=client, clock=clock), clock)


def test_every_condition_is_one_switch() -> None:
    assert set(GIVEN) == {field.name for field in fields(Switches)}
    for name in GIVEN:
        met = dict.fromkeys(GIVEN, True) | {name: False}
        found = switches_of(settings_of(met))
        assert [key for key in GIVEN if not getattr(found, key)] == [name]


def test_of_every_combination_only_the_full_set_lets_orders_through() -> None:
    names = [field.name for field in fields(Switches)]
    open_ones = []
    for bits in itertools.product([True, False], repeat=15):
        switches = Switches(**dict(zip(names, bits[:9], strict=True)))
        probed, days, doctor, armed, same, in_time = bits[9:]
        arming = Arming(
            owner_id=OWNER,
            armed_at=NOW,
            expires_at=NOW + ARMED_FOR if in_time else NOW,
            fingerprint="x" if same else "y",
        )
        evidence = Evidence(probed=probed, vts_days=10 if days else 9, doctor_green=doctor)
        if not missing(switches, evidence, 10, arming if armed else None, "x", NOW):
            open_ones.append(bits)
    assert open_ones == [(True,) * 15]


@pytest.mark.slow
@pytest.mark.parametrize("kis", [True, False])
async def test_a_real_transaction_id_leaves_only_with_the_full_set(kis: bool) -> None:
    sent: list[httpx.Request] = []
    real_ids: list[dict[str, bool]] = []
    for met in COMBINATIONS:
        if met["broker_is_real"] is not kis:
            continue
        settings = settings_of(met)
        bench = Bench(settings, Found(), FakeSettingsLedger(), HandClock(NOW))
        bench.arm_by_hand()
        interlock: RealInterlock | OpenInterlock = bench.interlock()
        if not (met["broker_is_real"] and met["account_is_real"]):
            interlock = OpenInterlock()  # as the wiring does
        else:
            await bench.interlock().examine()
            assert isinstance(interlock, RealInterlock)
            await interlock.examine()
            assert (await refusal(bench, interlock) is None) is all(met.values())
        if settings.mode is Mode.SIM:
            continue  # the simulated exchange has no wire
        adapter = adapter_of(settings, sent)
        await InterlockedBroker(WithToken(adapter), interlock).place_order(ORDER)  # type: ignore[arg-type]
        await adapter.close()
        ids = [request.headers.get("tr_id", "") for request in sent]
        sent.clear()
        if any(one.startswith("TTTC") for one in ids):
            real_ids.append(met)
    assert real_ids == ([dict.fromkeys(GIVEN, True)] if kis else [])


@pytest.mark.parametrize(
    ("change", "point"),
    [
        ({"probe": BrokerUnavailable("silence")}, Point.PROBED),
        ({"days": 9}, Point.VTS_RECORD),
        ({"record": StorageError("gone")}, Point.VTS_RECORD),
    ],
)
async def test_without_evidence_nothing_leaves(bench, change, point) -> None:
    for name, value in change.items():
        setattr(bench.found, name, value)
    bench.arm_by_hand()
    interlock = bench.interlock()
    await interlock.examine()
    said = locales.load("ko").say(
        f"interlock.point_{point.value}", days=bench.found.days, needed=10, found="-"
    )
    sentence = await refusal(bench, interlock)
    assert sentence is not None
    if change != {"record": bench.found.record}:
        assert said in sentence
    assert not interlock.is_complete
    sent: list[httpx.Request] = []
    adapter = adapter_of(ALL_MET, sent)
    broker = InterlockedBroker(WithToken(adapter), interlock)  # type: ignore[arg-type]
    assert broker.identity.mode is Mode.OBSERVE
    assert isinstance(await broker.place_order(ORDER), NotSent)
    assert sent == []
    await adapter.close()


@pytest.mark.parametrize(
    "changes",
    [
        {"fingerprint": "another"},
        {"expires_at": NOW},
        {"armed_at": NOW + timedelta(seconds=1)},
        # An end that no arming has was written by somebody else.
        {"armed_at": NOW - ARMED_FOR, "expires_at": NOW + timedelta(days=300)},
    ],
)
async def test_an_arming_for_something_else_is_none(bench, changes) -> None:
    bench.arm_by_hand(**changes)
    interlock = bench.interlock()
    await interlock.examine()
    assert await refusal(bench, interlock) is not None


async def test_an_owner_arms_by_typing_and_it_lapses_by_itself(bench) -> None:
    interlock = bench.interlock()
    standing = await interlock.standing()
    assert (standing.is_complete, standing.to_type) == (False, "실전 5678")
    assert standing.missing == (
        "소유자가 디스코드에서 /위험 실전열기(risk arm)로 확인하지 않았습니다",
    )
    for owner, text in ((APPROVER, "실전 5678"), (OWNER, "실전 8765"), (OWNER, "")):
        assert not (await interlock.arm(owner, text)).is_complete
        assert await refusal(bench, interlock) is not None
    assert (await interlock.arm(OWNER, " 실전  5678 ")).is_complete
    assert await refusal(bench, interlock) is None
    kinds = [(line.kind, line.actor) for line in bench.ledger.journal]
    refused = [("interlock.refused", str(who)) for who in (APPROVER, OWNER, OWNER)]
    assert kinds == [*refused, ("interlock.armed", str(OWNER))]
    # A restart keeps it; other settings or another build do not.
    again = bench.interlock()
    await again.examine()
    assert again.is_complete
    bench.build = "b2"
    changed = bench.interlock()
    await changed.examine()
    assert not changed.is_complete
    bench.clock.move(ARMED_FOR.total_seconds())
    assert not again.is_complete
    assert await refusal(bench, again) is not None


async def test_a_red_doctor_or_a_thin_record_cannot_be_armed(bench) -> None:
    bench.found.wrong = ("디스크: 가득 찼습니다",)
    interlock = bench.interlock()
    standing = await interlock.arm(OWNER, "실전 5678")
    assert not standing.is_complete
    assert standing.to_type == ""
    assert any("가득 찼습니다" in point for point in standing.missing)
    assert SETTING_REAL_ARMING not in bench.ledger.rows
    assert bench.ledger.journal[-1].facts == {"missing": ["doctor_green"]}


async def test_disarming_holds_at_once(bench) -> None:
    interlock = bench.interlock()
    assert (await interlock.arm(OWNER, "REAL 5678")).is_complete
    assert not await interlock.disarm(APPROVER)
    assert interlock.is_complete
    assert await refusal(bench, interlock) is None
    assert bench.ledger.journal[-1].kind == "interlock.refused"
    assert await interlock.disarm(OWNER)
    assert not interlock.is_complete
    assert await refusal(bench, interlock) is not None
    last = bench.ledger.journal[-1]
    assert (last.kind, last.actor, last.facts) == (
        "interlock.disarmed",
        str(OWNER),
        {"was_armed": True},
    )
    # Neither a restart nor the broker's seat in between opens it again.
    again = bench.interlock()
    await again.examine()
    assert not again.is_complete
    sent: list[httpx.Request] = []
    adapter = adapter_of(ALL_MET, sent)
    broker = InterlockedBroker(WithToken(adapter), interlock)  # type: ignore[arg-type]
    assert broker.identity.mode is Mode.OBSERVE
    await adapter.close()
    assert await interlock.disarm(OWNER)
    assert bench.ledger.journal[-1].facts == {"was_armed": False}


async def test_what_is_armed_stays_open_while_the_doctor_finds_something(bench) -> None:
    interlock = bench.interlock()
    await interlock.arm(OWNER, "실전 5678")
    bench.found.wrong = ("매매 상태: 정지",)
    standing = await interlock.standing()
    assert (standing.is_complete, standing.to_type) == (False, "")
    assert any("매매 상태" in point for point in standing.missing)
    # Whoever looks is told; the arming stood beside a green doctor and is not taken back by it.
    assert await refusal(bench, interlock) is None
    assert not (await interlock.arm(OWNER, "실전 5678")).is_complete


async def test_a_broker_that_is_down_at_start_is_asked_again(bench) -> None:
    bench.arm_by_hand()
    interlock = bench.interlock()
    bench.found.probe = BrokerUnavailable("silence")
    asked = 0

    async def later() -> None:
        nonlocal asked
        asked += 1
        if asked == 1:
            raise BrokerUnavailable("silence")

    interlock._examiners = replace(interlock._examiners, probe=later)
    running = asyncio.create_task(interlock.run())
    try:
        async with asyncio.timeout(10):
            while not interlock.is_complete:  # noqa: ASYNC110 - nobody tells
                await asyncio.sleep(0)
            assert asked == 2
            # Silent again while a person looks: that must not stay so until the next start.
            asked = 0
            assert not (await interlock.standing()).is_complete
            while not interlock.is_complete:  # noqa: ASYNC110 - as above
                await asyncio.sleep(0)
    finally:
        running.cancel()
        await asyncio.wait({running})


async def test_what_another_examination_found_meanwhile_stays_found(bench) -> None:
    bench.arm_by_hand()
    interlock = bench.interlock()
    async with bench.ledger.transaction() as tx:
        stored = await tx.setting(SETTING_REAL_ARMING)
        await tx.put_setting(SETTING_REAL_ARMING, "")

    async def armed_meanwhile() -> None:
        async with bench.ledger.transaction() as tx:
            await tx.put_setting(SETTING_REAL_ARMING, stored)
            await interlock.refusal(tx)

    interlock._examiners = replace(interlock._examiners, probe=armed_meanwhile)
    await interlock.examine()
    assert interlock.is_complete


async def test_a_watched_account_is_not_probed(bench) -> None:
    bench.settings = settings_of(dict.fromkeys(GIVEN, True) | {"orders_enabled": False})
    bench.found.probe = AssertionError()
    await bench.interlock().run()


@pytest.mark.parametrize("text", [None, "", "{", "[]", "{}", '{"owner": 1}', '"x"'])
def test_an_unreadable_arming_is_none(text) -> None:
    assert read_arming(text) is None


def test_a_naive_arming_is_none() -> None:
    naive = NOW.replace(tzinfo=None)
    arming = Arming(owner_id=1, armed_at=naive, expires_at=NOW, fingerprint="x")
    assert read_arming(arming_text(arming)) is None
    good = replace(arming, armed_at=NOW)
    assert read_arming(arming_text(good)) == good


def test_typing_is_exact() -> None:
    assert is_typed("실전 5678", "12345678")
    assert is_typed("REAL 5678", "12345678")
    for text in ("실전", "5678", "실전 1234", "실전5678", "실전 5678 네", "real 5678"):
        assert not is_typed(text, "12345678")


def test_the_fingerprint_covers_secrets_and_the_program() -> None:
    prints = {
        fingerprint(ALL_MET, "b1"),
        fingerprint(ALL_MET, "b2"),
        fingerprint(Settings.model_validate({**BASE, "kis_real_app_secret": "x"}), "b1"),
        fingerprint(Settings.model_validate({**BASE, "discord_owner_ids": "1"}), "b1"),
    }
    assert len(prints) == 4
    assert REAL_HOSTS == {
        "kis": "https://openapi.koreainvestment.com:9443",
        "kiwoom": "https://api.kiwoom.com",
    }
