import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from core.domain.account import AccountSnapshot, BuyingPower
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import BarSeries
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import (
    Accepted,
    BrokerOrderRef,
    NotSent,
    OrderHistory,
    OrderRequest,
    OrderType,
    Rejected,
    Side,
    Unresolved,
)
from core.domain.unsent import Unsent
from core.errors import (
    BrokerProtocolError,
    BrokerRefused,
    BrokerUnavailable,
    BrokerUnreachable,
    LedgerLimited,
    NotOfferedHere,
    RateLimited,
    TokenRejected,
)
from core.ports.broker import AccessToken, BrokerIdentity
from core.runtime.broker_session import BrokerSession
from core.runtime.clock import SteppedClock
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.rate_limiter import Lane, Pace, RateLimiter
from core.runtime.supervisor import TaskSupervisor
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore, token_key

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=KST)
KODEX = Symbol("069500")
BUY = OrderRequest(symbol=KODEX, side=Side.BUY, quantity=Shares(1), price_won=Won(35_000))
TAKEN = Accepted(ref=BrokerOrderRef(number="7"), accepted_at=NOW)
PACE = Pace(start=10, ceiling=10, ledger_start=10, ledger_ceiling=10, timeout_seconds=7)


@dataclass
class ScriptedAdapter:
    """Plays back what it is given: values are returned, exceptions raised, then `usual`."""

    script: list[object] = field(default_factory=list)
    usual: object = None
    tokens: list[str] = field(default_factory=list)
    issued: int = 0
    issue_fault: Exception | None = None
    gate: asyncio.Event = field(default_factory=asyncio.Event)
    entered: asyncio.Event = field(default_factory=asyncio.Event)
    closed: bool = False

    identity = BrokerIdentity(
        broker="fake", mode=Mode.VTS, base_url="", account_masked="", account_hash=""
    )

    async def issue_token(self):
        self.issued += 1
        if self.issue_fault is not None:
            raise self.issue_fault
        return AccessToken(f"t{self.issued}", NOW + timedelta(days=1))

    async def _play(self, token, *_args, **_options):
        self.tokens.append(token.value)
        self.entered.set()
        await self.gate.wait()
        answer = self.script.pop(0) if self.script else self.usual
        if isinstance(answer, BaseException):
            raise answer
        return answer

    place_order = cancel_order = order_history = account = buying_power = _play
    sellable = quote = daily_bars = is_open_day = _play

    def fault_of(self, code):
        return {"DEAD": TokenRejected, "FAST": RateLimited, "LEDGER": LedgerLimited}.get(code)

    async def close(self):
        self.closed = True


@pytest.fixture
def adapter():
    adapter = ScriptedAdapter()
    adapter.gate.set()
    return adapter


@pytest.fixture
def clock():
    """Stands still: a slow host is no machine that stood still. `hurry` where time must pass."""
    return SteppedClock(NOW, rate=0)


@pytest.fixture
def hurry(clock):
    clock.set(rate=2_000)


@pytest.fixture
def limiter(clock):
    return RateLimiter(clock, PACE)


@pytest.fixture
async def tasks():
    supervisor = TaskSupervisor()
    yield supervisor
    await supervisor.aclose()


@pytest.fixture
def session(adapter, clock, limiter, tasks, tmp_path):
    tokens = TokenCache(
        adapter.issue_token, FileTokenStore(tmp_path), token_key("app", Mode.VTS), clock
    )
    return BrokerSession(adapter, tokens, limiter, clock, SystemIdentifiers(), tasks)


@pytest.mark.parametrize(
    "fault",
    [
        BrokerUnavailable("silence"),
        BrokerUnreachable("refused"),
        RateLimited("EGW00201"),
        BrokerProtocolError("output missing"),
    ],
)
@pytest.mark.usefixtures("hurry")
async def test_reads_are_tried_again_three_times_and_then_fail(session, adapter, clock, fault):
    adapter.script = [fault, fault, fault]
    adapter.usual = 5
    before = clock.now()
    assert await session.sellable(KODEX) == 5
    assert clock.now() - before >= timedelta(seconds=7)
    assert len(adapter.tokens) == 4
    adapter.script = [fault] * 4
    with pytest.raises(type(fault)):
        await session.sellable(KODEX)
    assert len(adapter.tokens) == 8


@pytest.mark.parametrize("fault", [BrokerRefused("OPSQ2001", "no"), NotOfferedHere("no")])
async def test_refusals_are_not_asked_again(session, adapter, fault):
    adapter.script = [fault]
    with pytest.raises(type(fault)):
        await session.is_open_day(date(2026, 11, 20))
    assert len(adapter.tokens) == 1


@pytest.mark.usefixtures("hurry")
async def test_gate_c_expiry_and_reissue_a_rejected_token_is_replaced_once(session, adapter):
    adapter.script = [TokenRejected("EGW00123")]
    adapter.usual = 1
    assert await session.sellable(KODEX) == 1
    assert adapter.tokens == ["t1", "t2"]
    adapter.script = [TokenRejected("EGW00121"), TokenRejected("EGW00121")]
    with pytest.raises(TokenRejected):
        await session.sellable(KODEX)
    assert adapter.tokens[-2:] == ["t2", "t3"]


async def test_every_read_reaches_the_adapter(session, adapter):
    adapter.script = answers = [
        OrderHistory(day=NOW.date(), read_at=NOW, orders=()),
        AccountSnapshot(deposit_won=Won(0), settled_d2_won=Won(0), positions=(), taken_at=NOW),
        BuyingPower(cash_won=Won(1), quantity_max=0),
        BarSeries(symbol=KODEX, adjusted=True, source="x", bars=()),
        True,
        "quote",
    ]
    expected = list(answers)
    day = NOW.date()
    got = [
        await session.order_history(day),
        await session.account(),
        await session.buying_power(KODEX, Won(1), OrderType.LIMIT),
        await session.daily_bars(KODEX, day, day, adjusted=True),
        await session.is_open_day(day),
        await session.quote(KODEX),
    ]
    assert got == expected
    assert session.identity.broker == "fake"


async def test_an_order_is_one_call_whatever_comes_back(session, adapter):
    for outcome in (TAKEN, NotSent(reason="refused"), Unresolved(reason="silence")):
        adapter.script = [outcome]
        assert await session.place_order(BUY) == outcome
    adapter.script = [TAKEN]
    assert await session.cancel_order(TAKEN.ref) == TAKEN
    assert len(adapter.tokens) == 4


async def test_no_token_means_not_sent(session, adapter, clock):
    clock.set(rate=0)  # a minute of this clock is 30 ms: no time at all on a busy machine
    adapter.issue_fault = BrokerUnavailable("silence")
    outcome = await session.place_order(BUY)
    assert isinstance(outcome, NotSent)
    outcome = await session.place_order(BUY)  # the next issue is a minute away: no waiting
    assert isinstance(outcome, NotSent)
    assert (adapter.issued, adapter.tokens) == (1, [])


async def test_an_order_refused_for_its_token_drops_the_token_and_is_not_repeated(
    session, adapter, clock
):
    refused = Rejected(code="DEAD", text="token")
    adapter.script = [refused]
    assert await session.place_order(BUY) == refused
    assert adapter.tokens == ["t1"]
    clock.set(NOW + timedelta(seconds=62))
    adapter.usual = 1
    assert await session.sellable(KODEX) == 1
    assert adapter.tokens == ["t1", "t2"]


async def test_an_order_refused_for_speed_slows_everything_down(session, adapter, limiter):
    adapter.script = [Rejected(code="FAST", text="slow"), Rejected(code="OTHER", text="cash")]
    await session.place_order(BUY)
    await session.place_order(BUY)
    assert (limiter.rate, limiter.ledger_rate) == (5, 5)


async def test_an_order_refused_by_the_ledger_slows_the_ledger_alone(session, adapter, limiter):
    adapter.script = [Rejected(code="LEDGER", text="slow")]
    await session.place_order(BUY)
    assert (limiter.rate, limiter.ledger_rate) == (10, 5)


async def test_a_cancelled_caller_never_cuts_the_post(session, adapter, tasks):
    adapter.gate.clear()
    adapter.usual = TAKEN
    caller = asyncio.create_task(session.place_order(BUY))
    await asyncio.wait_for(adapter.entered.wait(), 30)
    caller.cancel()
    with pytest.raises(asyncio.CancelledError):
        await caller
    assert tasks.names() == ("broker order",)
    adapter.gate.set()
    async with asyncio.timeout(30):
        while tasks.names():  # noqa: ASYNC110  the supervisor has no event for this
            await asyncio.sleep(0)
    assert adapter.tokens == ["t1"]


async def test_a_shutdown_during_the_post_leaves_it_unresolved(session, adapter, tasks):
    adapter.gate.clear()
    caller = asyncio.create_task(session.place_order(BUY))
    await asyncio.wait_for(adapter.entered.wait(), 30)
    await tasks.aclose()
    assert isinstance(await asyncio.wait_for(caller, 30), Unresolved)


async def test_a_shutdown_before_the_post_leaves_it_not_sent(session, adapter, limiter, tasks):
    held = [await limiter.take(Lane.QUOTE, ledger=True) for _ in range(10)]
    caller = asyncio.create_task(session.place_order(BUY))
    async with asyncio.timeout(30):
        while not limiter.waiting:  # noqa: ASYNC110  the limiter has no event for this
            await asyncio.sleep(0)
    await tasks.aclose()
    assert isinstance(await asyncio.wait_for(caller, 30), NotSent)
    assert adapter.tokens == []
    assert limiter.waiting == 0
    assert len(held) == 10


@pytest.mark.usefixtures("hurry")
async def test_an_order_that_finds_no_slot_in_time_is_not_sent(session, adapter, limiter):
    for _ in range(10):
        await limiter.take(Lane.QUOTE, ledger=True)
    outcome = await asyncio.wait_for(session.place_order(BUY), 30)
    assert isinstance(outcome, NotSent)
    assert adapter.tokens == []


async def test_a_machine_that_stood_still_before_the_post_sends_nothing(
    session, adapter, limiter, clock
):
    held = [await limiter.take(Lane.QUOTE, ledger=True) for _ in range(10)]
    caller = asyncio.create_task(session.place_order(BUY))
    async with asyncio.timeout(5):
        while not limiter.waiting:  # noqa: ASYNC110  the limiter has no event for this
            await asyncio.sleep(0)
    for waiter in held:
        limiter.give_back(waiter, answered=None)
    # Its turn has come; before it can take it, the machine stands still for half a minute.
    clock.set(NOW + timedelta(seconds=30))
    outcome = await asyncio.wait_for(caller, 5)
    assert outcome == NotSent(
        reason="the machine stood still before the post", cause=Unsent.STOOD_STILL
    )
    assert adapter.tokens == []
    adapter.usual = TAKEN
    assert await session.place_order(BUY) == TAKEN


async def test_a_defect_or_a_late_fault_in_the_adapter_is_unresolved(session, adapter):
    for fault in (ZeroDivisionError(), RateLimited("in the middle")):
        adapter.script = [fault]
        assert isinstance(await session.place_order(BUY), Unresolved)


@dataclass
class PagedAdapter(ScriptedAdapter):
    next_request: Callable[[], Awaitable[None]] | None = None
    clock: SteppedClock = field(default_factory=lambda: SteppedClock(NOW))
    seen: list[datetime] = field(default_factory=list)

    def paced(self, next_request):
        self.next_request = next_request
        return self

    async def sellable(self, token, symbol):
        for page in range(3):
            if page:
                assert self.next_request is not None
                await self.next_request()
            self.seen.append(self.clock.now())
        return len(self.seen)


@pytest.mark.usefixtures("hurry")
async def test_each_page_takes_its_turn(clock, tasks, tmp_path):
    adapter = PagedAdapter(clock=clock)
    one = Pace(start=1, ceiling=1, ledger_start=1, ledger_ceiling=1, timeout_seconds=7)
    tokens = TokenCache(adapter.issue_token, FileTokenStore(tmp_path), "a" * 32, clock)
    session = BrokerSession(
        adapter, tokens, RateLimiter(clock, one), clock, SystemIdentifiers(), tasks
    )
    assert await asyncio.wait_for(session.sellable(KODEX), 30) == 3
    gaps = [later - earlier for earlier, later in zip(adapter.seen, adapter.seen[1:], strict=False)]
    assert min(gaps) >= timedelta(seconds=1)
