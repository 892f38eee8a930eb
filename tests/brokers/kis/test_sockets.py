"""The two real clients against real sockets that misbehave."""

import asyncio
from contextlib import asynccontextmanager

import pytest

from brokers.kis.broker import open_kis
from brokers.wire.clients import Timeouts
from core.domain.instrument import Symbol
from core.domain.money import Shares, Won
from core.domain.orders import Accepted, NotSent, OrderRequest, Side, Unresolved
from core.errors import BrokerUnavailable, BrokerUnreachable
from core.runtime.clock import SteppedClock
from tests.brokers.kis.wire_fixtures import NOW, TOKEN, make_account

BUY = OrderRequest(
    symbol=Symbol("069500"), side=Side.BUY, quantity=Shares(1), price_won=Won(35_150)
)
BODY = b'{"rt_cd":"0","msg_cd":"APBK0013","msg1":"","output":{"ODNO":"0000000042"}}'
REPLY = b"HTTP/1.1 200 OK\r\ncontent-type: application/json\r\ncontent-length: %d\r\n\r\n%s"


class Server:
    """Counts connections and requests; `behave` answers one connection."""

    def __init__(self, behave) -> None:
        self.behave = behave
        self.connections = 0
        self.requests = 0

    async def __call__(self, reader, writer):
        self.connections += 1
        try:
            while await self._one(reader):
                self.requests += 1
                if not await self.behave(writer):
                    break
        except ConnectionError:
            pass
        finally:
            writer.close()

    @staticmethod
    async def _one(reader) -> bool:
        try:
            head = await reader.readuntil(b"\r\n\r\n")
        except asyncio.IncompleteReadError:
            return False
        for line in head.lower().split(b"\r\n"):
            if line.startswith(b"content-length:"):
                await reader.readexactly(int(line.split(b":")[1]))
        return True


async def answer(writer):
    writer.write(REPLY % (len(BODY), BODY))
    await writer.drain()
    return True


async def close(_writer):
    return False


async def half(writer):
    writer.write((REPLY % (len(BODY), BODY))[:-20])
    await writer.drain()
    return False


async def silence(_writer):
    await asyncio.sleep(5)
    return False


async def drip(writer):
    """Answer a byte now and then: no single read is late, but the whole never ends."""
    for byte in REPLY % (len(BODY), BODY):
        writer.write(bytes([byte]))
        await writer.drain()
        await asyncio.sleep(0.05)
    return False


@asynccontextmanager
async def serving(behave, **account):
    handler = Server(behave)
    tasks: set[asyncio.Task[object]] = set()

    async def on_connection(reader, writer):
        task = asyncio.current_task()
        assert task is not None
        tasks.add(task)
        await handler(reader, writer)

    server = await asyncio.start_server(on_connection, "127.0.0.1", 0)
    port = server.sockets[0].getsockname()[1]
    timeouts = Timeouts(connect=0.5, order_total=0.3, read_total=0.3)
    settings = make_account(base_url=f"http://127.0.0.1:{port}", timeouts=timeouts, **account)
    broker = open_kis(settings, SteppedClock(NOW, rate=0))
    try:
        yield broker, handler
    finally:
        await broker.close()
        server.close()
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)


async def test_every_order_gets_a_connection_of_its_own():
    async with serving(answer) as (broker, server):
        for _ in range(3):
            assert isinstance(await broker.place_order(TOKEN, BUY), Accepted)
        assert (server.connections, server.requests) == (3, 3)


@pytest.mark.parametrize("behave", [close, half, silence, drip])
async def test_an_order_that_gets_no_whole_answer_is_unresolved_and_sent_once(behave):
    async with serving(behave) as (broker, server):
        assert isinstance(await broker.place_order(TOKEN, BUY), Unresolved)
        assert server.requests == 1


@pytest.mark.parametrize("behave", [close, half, silence, drip])
async def test_a_read_that_gets_no_whole_answer_is_unavailable(behave):
    async with serving(behave) as (broker, _server):
        with pytest.raises(BrokerUnavailable) as raised:
            await broker.quote(TOKEN, "069500")
        assert type(raised.value) is BrokerUnavailable


async def test_nobody_listening_is_proof_that_nothing_was_sent():
    async with serving(answer) as (broker, server):
        pass
    settings = make_account(base_url=broker.identity.base_url)
    broker = open_kis(settings, SteppedClock(NOW, rate=0))
    assert isinstance(await broker.place_order(TOKEN, BUY), NotSent)
    with pytest.raises(BrokerUnreachable):
        await broker.quote(TOKEN, Symbol("069500"))
    assert server.requests == 0
    await broker.close()


async def test_a_server_without_tls_is_proof_that_nothing_was_sent():
    async with serving(answer) as (broker, server):
        settings = make_account(
            base_url=broker.identity.base_url.replace("http:", "https:"),
            timeouts=Timeouts(connect=0.2, order_total=5),
        )
        secure = open_kis(settings, SteppedClock(NOW, rate=0))
        assert isinstance(await secure.place_order(TOKEN, BUY), NotSent)
        assert server.requests == 0
        await secure.close()


async def test_proxies_of_the_environment_are_not_used(monkeypatch):
    for name in ("http_proxy", "HTTP_PROXY", "all_proxy", "ALL_PROXY"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    async with serving(answer) as (broker, server):
        assert isinstance(await broker.place_order(TOKEN, BUY), Accepted)
        assert server.requests == 1
