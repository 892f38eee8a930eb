"""What arrives on one connection, on its way into the feed: the newest per symbol, then read."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Mapping
from datetime import datetime

from brokers.kis.stream_frames import Data, read_message
from brokers.kis.stream_notices import Cipher, notices
from brokers.kis.stream_records import (
    BOOKS,
    NAVS,
    STATES,
    books,
    navs,
    states,
)
from brokers.kis.stream_trades import ONE_TRADE, TRADES, TRADES_HEAD, one_trade, several_trades
from brokers.wire.stream import CountsFaults
from core.domain.instrument import Symbol
from core.domain.ticks import FillHint
from core.errors import BrokerProtocolError
from core.ports.clock import Clock
from core.ports.feed import FeedSink

# `0|H0STCNT0|001|` and the seven characters that hold a code, or six and the caret behind it.
_PLAIN = "0|"
_ONE_RECORD = tuple(f"{_PLAIN}{tr_id}|001|" for tr_id in (TRADES, BOOKS, NAVS, STATES))
_KEY_AT = slice(22)
# More than a connection can bring between two looks; beyond it is read at once.
KEPT_MAX = 4096


class Reading(CountsFaults):
    """Takes the messages of one connection and fills the sink."""

    def __init__(self, sink: FeedSink, clock: Clock, account: str) -> None:
        """`account` is ours: the notices of one HTS id may be about several."""
        self._sink = sink
        self._clock = clock
        self._account = account
        self._kept: dict[str, str] = {}
        self.was_up = False
        self.heard = 0

    def keep(self, message: str | bytes) -> bool:
        """Keep `message` until `read` when it is plain data; return whether it was.

        A newer message of the same symbol replaces an older one of a single record.
        """
        if not isinstance(message, str) or not message.startswith(_ONE_RECORD):
            return self._keep_apart(message)
        kept = self._kept
        if not kept:
            asyncio.get_running_loop().call_soon(self.read)
        elif len(kept) >= KEPT_MAX:
            self.read()
        self._kept[message[_KEY_AT]] = message
        return True

    def read(self) -> None:
        """Read what was kept and hand it on."""
        kept, self._kept = self._kept, {}
        self.heard += len(kept)
        now = self._clock.now()
        self._sink.alive()
        for message in kept.values():
            self._read_safely(message, now)

    def _keep_apart(self, message: str | bytes) -> bool:
        """Read plain data of several records at once, behind what was kept before it."""
        self.read()
        self.heard += 1
        if not isinstance(message, str) or not message.startswith(_PLAIN):
            return False
        self._read_safely(message, self._clock.now())
        return True

    def notice(self, data: Data, cipher: Cipher | None) -> None:
        """Hand on a notice; one that cannot be read is a hint all the same."""
        now = self._clock.now()
        hint = FillHint(order_number=None, symbol=None, received_at=now)
        try:
            found = notices(data, cipher)
        except BrokerProtocolError as error:
            self.count_fault(str(error))
            self._sink.hint(hint)
            return
        for one in found:
            if one.account and one.account != self._account:
                continue
            symbol = Symbol(one.symbol) if one.symbol else None
            self._sink.hint(FillHint(order_number=one.order_number, symbol=symbol, received_at=now))

    def _read_safely(self, message: str, now: datetime) -> None:
        try:
            if message.startswith(ONE_TRADE):
                self._sink.trade(one_trade(message, now))
            elif message.startswith(TRADES_HEAD):
                for trade in several_trades(message, now):
                    self._sink.trade(trade)
            else:
                self._read_one(message, now)
        except BrokerProtocolError as error:
            self.count_fault(str(error))

    def _read_one(self, message: str, now: datetime) -> None:
        data = read_message(message)
        if not isinstance(data, Data):
            raise BrokerProtocolError("stream: not data")
        reader = self._readers.get(data.tr_id)
        if reader is None:
            raise BrokerProtocolError(f"stream: {data.tr_id[:16]} was not asked for")
        reader(self, data, now)

    def _books(self, data: Data, now: datetime) -> None:
        for book in books(data, now):
            self._sink.book(book)

    def _navs(self, data: Data, now: datetime) -> None:
        for nav in navs(data, now):
            self._sink.nav(nav)

    def _states(self, data: Data, now: datetime) -> None:
        for state in states(data, now):
            self._sink.market_state(state)

    _readers: Mapping[str, Callable[[Reading, Data, datetime], None]] = {
        BOOKS: _books,
        NAVS: _navs,
        STATES: _states,
    }
