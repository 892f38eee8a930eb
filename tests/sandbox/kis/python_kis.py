"""A day with python-kis, as its README has it: run by itself, writes what it saw into a JSON file.

`python python_kis.py REST-URL WEBSOCKET-URL APP-KEY SECRET ACCOUNT SYMBOL DAY FILE`
"""

from __future__ import annotations

import json
import sys
import threading
from datetime import date
from pathlib import Path

import pykis.client.websocket
import pykis.kis

WAIT_SECONDS = 60.0


def main() -> None:
    url, stream, key, secret, account_no, code, day, result = sys.argv[1:]
    pykis.kis.REAL_DOMAIN = url
    pykis.client.websocket.WEBSOCKET_REAL_DOMAIN = stream
    kis = pykis.PyKis(
        id="sandbox", account=account_no, appkey=key, secretkey=secret, keep_token=False
    )
    seen: dict[str, object] = {}
    stock = kis.stock(code)
    quote = stock.quote()
    seen["name"], seen["price"] = quote.name, str(quote.price)
    account = kis.account()
    seen["cash"] = int(account.balance("KR").deposits["KRW"].amount)
    filled = account.buy("KRX", code, qty=1)
    seen["bought"] = int(filled.number)
    below = quote.low_limit + 100
    open_order = account.buy("KRX", code, price=below, qty=1)
    seen["open"] = [int(order.number) for order in account.pending_orders(country="KR")]
    amended = open_order.modify(price=below + 5)
    seen["amended"] = [
        (int(order.number), int(order.unit_price)) for order in account.pending_orders(country="KR")
    ]
    amended.cancel()
    seen["open_after"] = [int(order.number) for order in account.pending_orders(country="KR")]
    begin = date.fromisoformat(day)
    orders = account.daily_orders(start=begin, end=begin, country="KR")
    seen["orders"] = sorted(int(order.number) for order in orders)
    seen["holding"] = {one.symbol: int(one.qty) for one in account.balance("KR").stocks}
    seen["days"] = len(stock.chart("30d").bars)
    seen["minutes"] = len(stock.day_chart().bars)
    seen["ticks"] = _ticks(stock)
    Path(result).write_text(json.dumps(seen, ensure_ascii=False), encoding="utf-8")


def _ticks(stock: object) -> list[str]:
    """Wait for a tick. Its order books have 59 fields, the real ones 62 by now: not asked for."""
    ticks: list[str] = []
    heard = threading.Event()

    def on_price(_sender: object, event: object) -> None:
        ticks.append(str(event.response.price))  # type: ignore[attr-defined]
        heard.set()

    ticket = stock.on("price", on_price)  # type: ignore[attr-defined]
    heard.wait(WAIT_SECONDS)
    ticket.unsubscribe()
    return ticks[:1]


if __name__ == "__main__":
    main()
