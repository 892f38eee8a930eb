"""Market data and statements through the session: paced like reads, refused before any call."""

from dataclasses import dataclass, field
from datetime import date, datetime, timedelta

import pytest

from brokers.unoffered import UnofferedMarketData
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.listing import Board
from core.domain.market_index import MarketIndex
from core.domain.modes import Mode
from core.domain.ranking import Direction, VolumeOrder
from core.errors import BrokerUnavailable, NotOfferedHere
from core.ports.broker import AccessToken
from core.ports.market_data import MarketCall
from core.ports.statements import StatementCall
from core.runtime.call_record import CallRecord
from core.runtime.clock import SteppedClock
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.market_data_session import MarketDataSession
from core.runtime.rate_limiter import Pace, RateLimiter
from core.runtime.reads import Reads
from core.runtime.statements_session import StatementsSession
from core.runtime.token_cache import TokenCache
from core.runtime.token_store import FileTokenStore, token_key

NOW = datetime(2026, 11, 20, 9, 30, tzinfo=KST)
DAY = date(2026, 11, 20)
KODEX = Symbol("069500")
PACE = Pace(start=10, ceiling=10, ledger_start=1, ledger_ceiling=1, timeout_seconds=7)

MARKET = {
    MarketCall.ORDER_BOOK: (KODEX,),
    MarketCall.TRADES: (KODEX,),
    MarketCall.ETF: (KODEX,),
    MarketCall.NAV: (KODEX,),
    MarketCall.NAV_DAYS: (KODEX, DAY, DAY),
    MarketCall.NAV_MOMENTS: (KODEX, 60),
    MarketCall.BASKET: (KODEX,),
    MarketCall.VOLUME_RANKING: (VolumeOrder.SHARES,),
    MarketCall.CHANGE_RANKING: (Direction.UP,),
    MarketCall.INDEX: (MarketIndex.KOSPI,),
    MarketCall.INDEX_BARS: (MarketIndex.KOSPI, DAY, DAY),
    MarketCall.INSTRUMENT: (KODEX,),
    MarketCall.NEWS_TITLES: (KODEX, NOW),
    MarketCall.LISTINGS: (Board.KOSPI,),
}
STATEMENTS = {
    StatementCall.OPEN_ORDERS: (),
    StatementCall.ASSETS: (),
    StatementCall.PROFIT_BY_DAY: (DAY, DAY),
    StatementCall.PROFIT_BY_TRADE: (DAY, DAY),
}

CALLS = {call.value for call in (*MARKET, *STATEMENTS)}


@dataclass
class Source:
    """Offers everything: each call gives its own name back with what it was asked."""

    script: list[Exception] = field(default_factory=list)
    asked: list[tuple[object, ...]] = field(default_factory=list)
    no: NotOfferedHere | None = None
    issued: int = 0

    async def issue_token(self):
        self.issued += 1
        return AccessToken("t", NOW + timedelta(days=1))

    def refused(self, _call):
        return self.no

    def __getattr__(self, name):
        if name not in CALLS:
            raise AttributeError(name)

        async def call(*arguments):
            self.asked.append((name, *arguments))
            if self.script:
                raise self.script.pop(0)
            return name

        return call


@pytest.fixture
def source():
    return Source()


@pytest.fixture
def reads(source, tmp_path):
    clock = SteppedClock(NOW, rate=2_000)
    tokens = TokenCache(
        source.issue_token, FileTokenStore(tmp_path), token_key("app", Mode.VTS), clock
    )
    return Reads(source, tokens, RateLimiter(clock, PACE), clock, SystemIdentifiers(), CallRecord())


def _session(kind, reads):
    return MarketDataSession(reads) if isinstance(kind, MarketCall) else StatementsSession(reads)


@pytest.mark.parametrize(("call", "arguments"), [*MARKET.items(), *STATEMENTS.items()])
async def test_every_call_reaches_the_adapter_with_its_token(source, reads, call, arguments):
    session = _session(call, reads)
    assert await getattr(session, call.value)(*arguments) == call.value
    ((name, *given),) = source.asked
    assert given.pop(0).value == "t"
    assert (name, tuple(given)) == (call.value, arguments)


@pytest.mark.parametrize(("call", "arguments"), [*MARKET.items(), *STATEMENTS.items()])
async def test_what_is_not_offered_is_a_value_and_costs_nothing(source, reads, call, arguments):
    source.no = NotOfferedHere("not here")
    session = _session(call, reads)
    assert session.refused(call) is source.no
    assert await getattr(session, call.value)(*arguments) is source.no
    assert (source.asked, source.issued) == ([], 0)


async def test_a_broker_that_says_so_itself_is_not_asked_again(source, reads):
    source.script = [NotOfferedHere("EGW02006")]
    answer = await MarketDataSession(reads).nav(KODEX)
    assert isinstance(answer, NotOfferedHere)
    assert len(source.asked) == 1


async def test_a_passing_fault_is_tried_again(source, reads):
    source.script = [BrokerUnavailable("silence")] * 2
    assert not isinstance(await StatementsSession(reads).assets(), NotOfferedHere)
    assert len(source.asked) == 3


async def test_another_adapter_of_the_account_shares_token_and_record(source, reads):
    other = Source()
    await MarketDataSession(reads).nav(KODEX)
    await StatementsSession(reads.beside(other)).open_orders()
    assert (source.issued, other.issued) == (1, 0)
    assert len(other.asked) == 1


@pytest.mark.parametrize(("call", "arguments"), MARKET.items())
async def test_a_source_without_anything_refuses_each_call_by_name(call, arguments):
    nothing = UnofferedMarketData()
    assert call.value in str(nothing.refused(call))
    with pytest.raises(NotOfferedHere, match=call.value):
        await getattr(nothing, call.value)(AccessToken("t", NOW), *arguments)
