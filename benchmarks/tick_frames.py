"""Seeded trade messages, and how fast a parser reads them: `python tick_frames.py PARSER COUNT RECORDS`.

Runs by itself, so that a Python that has only the peers can run it: nothing of ours is imported but
where it is asked for. Prints the records read per second of CPU time.
"""

from __future__ import annotations

import random
import sys
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from types import SimpleNamespace
from typing import Any

HEAD = "0|H0STCNT0|{count:03d}|"
FIRST_SYMBOL = 100_000
TRADES_A_SECOND = 20
# A trade of 46 fields as the fact sheet lays them out; what differs is put in by position.
_REST_1 = "62700.41^62700^63000^62300"
_REST_2 = "607878273600^25807^15918^-9889^93.01^4614191^4291558^1^0.45^63.03^090013^3^0^090646^5"
_REST_3 = (
    "-300^100741^2^400^20261126^20^N^71292^244009^2795345^2044512^0.16^5367918^180.61^0^^62700"
)


def record(symbol: int, number: int, coin: random.Random) -> str:
    """Return one record; its cumulative volume is `number`."""
    last = coin.randrange(10_000, 60_000) * 5
    change = coin.randrange(0, 500) * 5
    sign = coin.choice("25") if change else "3"
    shown = f"-{change}" if sign == "5" else str(change)
    seconds = 9 * 3600 + number // TRADES_A_SECOND % 22_000
    hour = f"{seconds // 3600:02d}{seconds // 60 % 60:02d}{seconds % 60:02d}"
    return (
        f"{symbol:06d}^{hour}^{last}^{sign}^{shown}^0.64^{_REST_1}^{last + 5}^{last}"
        f"^{coin.randrange(1, 999)}^{number}^{_REST_2}^{_REST_3}"
    )


def messages(count: int, total: int, seed: int = 7, symbols: int = 40) -> Iterator[str]:
    """Yield messages of `count` records each, `total` records in all, numbered from 1."""
    coin = random.Random(seed)  # noqa: S311  seeded data, not cryptography
    for start in range(1, total + 1, count):
        size = min(count, total + 1 - start)
        symbol = FIRST_SYMBOL + coin.randrange(symbols)
        body = "^".join(record(symbol, start + index, coin) for index in range(size))
        yield HEAD.format(count=size) + body


def ours() -> Callable[[str], int]:
    """Return our reading, with all that the receive loop does to read a message."""
    sys.path.insert(0, str(Path(__file__).resolve().parents[1]))
    from datetime import datetime

    from brokers.kis.stream_frames import Data, read_message
    from brokers.kis.stream_records import ONE_TRADE, one_trade, trades
    from core.domain.krx import KST

    at = datetime(2026, 11, 26, 10, 0, tzinfo=KST)

    def read(message: str) -> int:
        if message.startswith(ONE_TRADE):
            one_trade(message, at)
            return 1
        data = read_message(message)
        if not isinstance(data, Data):
            raise TypeError
        return len(trades(data, at))

    return read


def mojito2() -> Callable[[str], int]:
    """Return mojito2's: a dict of texts per record; its queue between processes is left out."""
    from mojito.koreainvestment import KoreaInvestmentWS

    found: list[Any] = []
    peer = KoreaInvestmentWS.__new__(KoreaInvestmentWS)
    peer.queue = SimpleNamespace(put=found.append)

    def read(message: str) -> int:
        if message[0] == "0":
            tokens = message.split("|")
            if tokens[1] == "H0STCNT0":
                peer.parse_execution(tokens[2], tokens[3])
        size = len(found)
        found.clear()
        return size

    return read


def python_kis() -> Callable[[str], int]:
    """Return python-kis': seventeen typed fields per record."""
    from pykis.api.websocket import WEBSOCKET_RESPONSES_MAP
    from pykis.responses.websocket import KisWebsocketResponse

    kind = WEBSOCKET_RESPONSES_MAP["H0STCNT0"]

    def read(message: str) -> int:
        _encrypted, _tr_id, count, body = message.split("|", 3)
        return len(list(KisWebsocketResponse.parse(body, count=int(count), response_type=kind)))

    return read


PARSERS = {"ours": ours, "mojito2": mojito2, "python-kis": python_kis}


def main() -> int:
    """Measure one parser and print its rate."""
    name, count, total = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
    read = PARSERS[name]()
    made = list(messages(count, total))
    best = float("inf")
    for _ in range(3):
        began = time.process_time()
        size = sum(map(read, made))
        best = min(best, time.process_time() - began)
        if size != total:
            sys.stderr.write(f"{name} lost {total - size} of {total} records\n")
            return 1
    sys.stdout.write(f"{total / best}\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
