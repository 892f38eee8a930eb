import asyncio
from datetime import datetime, timedelta

import pytest

from core.domain.krx import KST
from core.domain.modes import Mode
from core.errors import BrokerRefused, BrokerUnavailable, BrokerUnreachable, RateLimited
from core.ports.broker import AccessToken
from core.runtime.clock import SteppedClock
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore, token_key

KEY = token_key("app", Mode.VTS)
MORNING = datetime(2026, 11, 20, 8, tzinfo=KST)


class Issuer:
    """Issues numbered tokens and writes down when; faults are queued in `faults`."""

    def __init__(self, clock) -> None:
        self.clock = clock
        self.at: list[datetime] = []
        self.faults: list[Exception] = []
        self.life = timedelta(days=1)
        self.gate = asyncio.Event()
        self.gate.set()

    async def __call__(self):
        self.at.append(self.clock.now())
        await self.gate.wait()
        if self.faults:
            raise self.faults.pop(0)
        return AccessToken(f"token{len(self.at)}", self.clock.now() + self.life)


@pytest.fixture
def clock():
    return SteppedClock(MORNING, rate=0)


@pytest.fixture
def issuer(clock):
    return Issuer(clock)


@pytest.fixture
def store(tmp_path):
    return FileTokenStore(tmp_path)


@pytest.fixture
def cache(issuer, store, clock):
    return TokenCache(issuer, store, KEY, clock)


async def settle() -> None:
    for _ in range(5):
        await asyncio.sleep(0)


async def test_gate_c_one_issue_for_200_callers(cache, issuer):
    issuer.gate.clear()
    callers = [asyncio.create_task(cache.get()) for _ in range(200)]
    await settle()
    issuer.gate.set()
    assert {token.value for token in await asyncio.gather(*callers)} == {"token1"}
    assert len(issuer.at) == 1


async def test_gate_c_the_token_is_stored_and_used_after_a_restart(cache, issuer, store, clock):
    token = await cache.get()
    assert store.load(KEY) == token
    assert await TokenCache(issuer, store, KEY, clock).get() == token
    assert len(issuer.at) == 1


async def test_gate_c_an_expiring_token_is_renewed_before_it_ends(cache, issuer, clock):
    await cache.get()
    clock.set(MORNING + timedelta(hours=23, minutes=49))
    assert (await cache.get()).value == "token1"
    clock.set(MORNING + timedelta(hours=23, minutes=51))
    assert (await cache.get()).value == "token2"


async def test_a_rejected_token_is_dropped_and_the_next_issue_waits_a_minute(
    cache, issuer, store, clock
):
    token = await cache.get()
    cache.invalidate(token)
    assert store.load(KEY) is None
    with pytest.raises(RateLimited):
        await cache.get(wait_seconds_max=5)
    again = asyncio.create_task(cache.get())
    await settle()
    clock.set(MORNING + timedelta(seconds=59))
    await settle()
    assert len(issuer.at) == 1
    with pytest.raises(RateLimited):
        await cache.get(wait_seconds_max=0.5)  # somebody else waits already
    clock.set(MORNING + timedelta(seconds=61))
    assert (await asyncio.wait_for(again, 30)).value == "token2"
    cache.invalidate(token)
    assert (await cache.get()).value == "token2"


async def test_100_restarts_issue_once_a_minute(issuer, store, clock):
    issuer.faults = [BrokerUnavailable("no answer") for _ in range(100)]
    for second in range(0, 100, 1):
        clock.set(MORNING + timedelta(seconds=second))
        with pytest.raises((BrokerUnavailable, RateLimited)):
            await TokenCache(issuer, store, KEY, clock).get(wait_seconds_max=0)
    assert issuer.at == [MORNING, MORNING + timedelta(seconds=61)]


async def test_waiters_share_a_failure_and_the_next_call_tries_again(cache, issuer, clock):
    issuer.faults = [BrokerRefused("EGW00103", "no such key")]
    issuer.gate.clear()
    callers = [asyncio.create_task(cache.get()) for _ in range(20)]
    await settle()
    issuer.gate.set()
    results = await asyncio.gather(*callers, return_exceptions=True)
    assert all(isinstance(result, BrokerRefused) for result in results)
    assert len(issuer.at) == 1
    clock.set(MORNING + timedelta(seconds=61))
    assert (await cache.get()).value == "token2"


async def test_a_refused_connection_needs_no_spacing(cache, issuer, store):
    issuer.faults = [BrokerUnreachable("refused")]
    with pytest.raises(BrokerUnreachable):
        await cache.get()
    assert store.last_issue(KEY) is None
    assert (await cache.get(wait_seconds_max=0)).value == "token2"


async def test_a_cancelled_leader_is_replaced(cache, issuer, clock):
    issuer.gate.clear()
    leader = asyncio.create_task(cache.get())
    await settle()
    follower = asyncio.create_task(cache.get())
    await settle()
    leader.cancel()
    issuer.gate.set()
    await settle()
    clock.set(MORNING + timedelta(seconds=61))
    assert (await asyncio.wait_for(follower, 30)).value == "token2"
    assert leader.cancelled()


async def test_tokens_and_instants_of_another_clock_are_not_believed(issuer, store, clock):
    store.save(KEY, AccessToken("future", MORNING + timedelta(days=900)))
    store.note_issue(KEY, MORNING + timedelta(days=899))
    token = await TokenCache(issuer, store, KEY, clock).get(wait_seconds_max=0)
    assert token.value == "token1"


async def test_a_full_disk_does_not_lose_the_token_in_memory(issuer, tmp_path, clock):
    (tmp_path / "file").write_text("not a folder")
    cache = TokenCache(issuer, FileTokenStore(tmp_path / "file"), KEY, clock)
    assert (await cache.get()).value == "token1"
    assert (await cache.get()).value == "token1"
    assert len(issuer.at) == 1


async def test_a_rejected_token_on_a_disk_that_refuses_is_not_used_again(
    cache, issuer, store, clock, monkeypatch
):
    token = await cache.get()

    def refuse(*_values):
        raise OSError("read-only file system")

    monkeypatch.setattr(store, "_write", refuse)
    cache.invalidate(token)
    assert store.load(KEY) == token
    clock.set(MORNING + timedelta(seconds=61))
    assert (await cache.get()).value == "token2"
    assert (await cache.get()).value == "token2"
    assert len(issuer.at) == 2
