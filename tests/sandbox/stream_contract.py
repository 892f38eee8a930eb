"""What the sandbox's stream does whichever broker's it is: hours, pings, faults.

Subclass `StreamContract` in a test module (name it ``Test…``) and say what its listeners are there.
"""

from __future__ import annotations

from typing import Any

import pytest

from sandbox.streams import GOING_AWAY, HangUp, Send
from tests.sandbox.streams import StreamListener, is_ping


class StreamContract:
    """The shared suite. See the module's docstring for what a subclass provides."""

    @staticmethod
    def quiet() -> StreamListener:
        """Return a new listener that is registered for nothing, at ten o'clock."""
        raise NotImplementedError

    @staticmethod
    def trading() -> StreamListener:
        """Return a new listener to the trades of one symbol, before anything was told."""
        raise NotImplementedError

    @staticmethod
    def is_whole(message: Any) -> bool:
        """Whether a message of trades has all its fields."""
        raise NotImplementedError

    def test_nothing_is_traded_before_the_open_and_after_the_close(self) -> None:
        trading = self.trading()
        assert trading.at(8, 30).pump() == []
        assert trading.at(9, 0).pump() != []
        assert trading.at(15, 31).pump() == []

    def test_pings_come_every_ten_seconds_of_either_clock(self) -> None:
        quiet = self.quiet()
        assert quiet.pump_all() == []
        assert is_ping(quiet.pump_all(business=10, host=1)[0])
        assert quiet.pump_all(business=9, host=1) == []
        assert is_ping(quiet.pump_all(business=0, host=9)[0])
        assert quiet.pump_all(business=3600, host=0.1) == []
        assert is_ping(quiet.pump_all(host=0.1)[0])

    @pytest.mark.parametrize(("kind", "closing"), [("drop", 0), ("close", GOING_AWAY)])
    def test_a_fault_that_ends_the_connection(self, kind: str, closing: int) -> None:
        trading = self.trading()
        trading.hub.faults.add([kind])
        assert trading.connection.pump(trading.now, trading.host) == [HangUp(closing)]

    def test_faults_of_one_message(self) -> None:
        trading = self.trading()
        trading.hub.faults.add(["swallow", "duplicate", "truncate", {"delay": 2}])
        assert trading.pump(business=60) == []
        first, second = trading.pump(business=60)
        assert first == second
        assert self.is_whole(first)
        [cut] = trading.pump(business=60)
        assert not self.is_whole(cut)
        [late] = trading.connection.pump(trading.now.replace(minute=30), trading.host)
        assert isinstance(late, Send)
        assert late.after_seconds == 2

    def test_seeded_faults_are_the_same_each_time(self) -> None:
        def run() -> list[int]:
            one = self.trading()
            one.hub.faults.seed(7, 0.5, ["swallow", "duplicate"])
            return [len(one.pump(business=60)) for _ in range(20)]

        assert run() == run()
        assert set(run()) == {0, 1, 2}
