"""Seeded trade messages, and how fast parsers read them, in turn in one process.

`python -m benchmarks.tick_frames ROUNDS RECORDS [FOLDER]` prints JSON; FOLDER holds the packages of
the peers, for the same Python. A process of its own, because the peers import half of PyPI.
"""

from __future__ import annotations

import json
import random
import sys
import time
from collections.abc import Callable, Iterator, Sequence
from datetime import datetime
from types import SimpleNamespace
from typing import Any

from brokers.kis.stream_trades import ONE_TRADE, one_trade, several_trades
from core.domain.krx import KST

HEAD = "0|H0STCNT0|{count:03d}|"
COUNTS = range(1, 21)
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
    at = datetime(2026, 11, 26, 10, 0, tzinfo=KST)

    def read(message: str) -> int:
        if message.startswith(ONE_TRADE):
            one_trade(message, at)
            return 1
        return len(several_trades(message, at))

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
# python-kis reads a tenth of what the others do in the same time.
SHARES = {"ours": 1, "mojito2": 1, "python-kis": 8}


def compared(names: Sequence[str], count: int, rounds: int, records: int) -> dict[str, object]:
    """Return each parser's best rate at `count` records a message, and ours beside each peer's.

    The ratio is the median of the rounds: in one round all read the same messages one after the
    other, so that what else runs on the machine slows all of them.
    """
    readers = {name: PARSERS[name]() for name in names}
    made = list(messages(count, records))
    used: dict[str, list[float]] = {name: [] for name in names}
    for _ in range(rounds):
        for name, read in readers.items():
            some = made[: max(len(made) // SHARES[name], 1)]
            began = time.process_time()
            size = sum(map(read, some))
            used[name].append((time.process_time() - began) / size)
            if size != sum(int(message[11:14]) for message in some):
                raise RuntimeError(f"{name} read {size} of {count} a message")
    row: dict[str, object] = {"records_per_message": count}
    for name in names:
        row[f"{name}_per_s"] = round(1 / min(used[name]))
    for name in names[1:]:
        times = sorted(peer / own for own, peer in zip(used["ours"], used[name], strict=True))
        row[f"times_{name}"] = round(times[len(times) // 2], 2)
    return row


def main() -> int:
    """Compare at every count and print the rows."""
    rounds, records = int(sys.argv[1]), int(sys.argv[2])
    sys.path += sys.argv[3:]
    names = tuple(PARSERS) if sys.argv[3:] else ("ours",)
    rows = [compared(names, count, rounds, records) for count in COUNTS]
    sys.stdout.write(json.dumps(rows) + "\n")
    return 0


if __name__ == "__main__":
    sys.exit(main())
