"""What arrives on one connection of the Kiwoom stream, on its way into the feed."""

from __future__ import annotations

import structlog

from brokers.kiwoom.fields_stream import HOLDINGS, ORDERS
from brokers.kiwoom.stream_frames import Answer, Entry, Kicked, Ping, Real, System, read_frame
from brokers.kiwoom.stream_records import READERS, IndexLevel, MarketHours, Told
from brokers.wire.stream import CountsFaults
from core.domain.ticks import BookTop, FillHint, NavTick, Trade
from core.errors import BrokerProtocolError
from core.ports.clock import Clock
from core.ports.feed import FeedSink

_LOG = structlog.get_logger(__name__)
# Every one of these is told: two notices are two events, not an old and a new state.
_EACH = frozenset({ORDERS, HOLDINGS})


class Reading(CountsFaults):
    """Takes the frames of one connection and fills the sink."""

    def __init__(self, sink: FeedSink, clock: Clock) -> None:
        """Nothing has been heard yet."""
        self._sink = sink
        self._clock = clock
        self._indices: dict[str, IndexLevel] = {}
        self._phase = ""
        self.was_up = False
        self.heard = 0

    def keep(self, message: str | bytes) -> bool:
        """Read data at once; return False for a frame that asks for an answer, or is one."""
        self.heard += 1
        self._sink.alive()
        frame = self.read(message)
        if isinstance(frame, Real):
            self._tell(frame)
        return frame is None or isinstance(frame, Real)

    def read(self, message: str | bytes) -> Ping | Answer | Kicked | System | Real | None:
        """Take a message apart; what cannot be read is counted, and None."""
        if not isinstance(message, str):
            self.count_fault("a binary message")
            return None
        try:
            return read_frame(message)
        except BrokerProtocolError as error:
            self.count_fault(str(error))
            return None

    def _tell(self, frame: Real) -> None:
        """Hand on what a frame says; of each symbol and kind of price only the newest entry."""
        for _ in range(frame.unread):
            self.count_fault("an entry of a REAL frame")
        newest: dict[tuple[str, str, int], Entry] = {}
        for place, entry in enumerate(frame.entries):
            apart = place if entry.kind in _EACH else -1
            newest[entry.kind, entry.item, apart] = entry
        now = self._clock.now()
        for entry in newest.values():
            reader = READERS.get(entry.kind)
            if reader is None:
                self.count_fault(f"type {entry.kind[:8]} was not asked for")
                continue
            try:
                self._pass_on(reader(entry, now))
            except BrokerProtocolError as error:
                self.count_fault(str(error))

    def _pass_on(self, told: Told) -> None:
        sink = self._sink
        if isinstance(told, Trade):
            sink.trade(told)
        elif isinstance(told, BookTop):
            sink.book(told)
        elif isinstance(told, NavTick):
            sink.nav(told)
        elif isinstance(told, FillHint):
            sink.hint(told)
        elif isinstance(told, IndexLevel):
            self._indices[told.code] = told
        else:
            self._note(told)

    def _note(self, hours: MarketHours) -> None:
        """Write a new phase of the day into the log, and where the indices stood then."""
        if hours.phase == self._phase:
            return
        self._phase = hours.phase
        levels = {one.code: f"{one.level} ({one.change:+})" for one in self._indices.values()}
        _LOG.info("market phase", phase=hours.phase, remaining=hours.remaining, indices=levels)
