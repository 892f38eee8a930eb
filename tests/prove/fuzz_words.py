"""Damaged button ids, tool arguments, price files, strategy files, settings and feeds."""

from __future__ import annotations

import csv
import io
import json
import os
import random
import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from pathlib import Path

from bot import settings
from bot.files.strategy import SEED_FILE, read_strategy
from brokers.sim.prices_csv import BarFile
from core.domain.tickets import TicketAction, custom_id, parse_custom_id
from core.errors import ConfigurationError, DataError, ModelError
from core.llm.schemas import PRICE_WON_MAX, QUANTITY_MAX, parse_call
from core.news.parse import parse_feed
from core.ports.dialogue import ProposeAsk
from core.ports.model import ToolCall
from tests.prove.feed_trees import big_tree, feed_tree
from tests.prove.mutation import JSON_TOKENS, WORD_TOKENS, Template, encoded, pick

_IDS = tuple(
    Template(custom_id(action, "4F9KQ2ZD"), ((0, 2), (3, 5)), WORD_TOKENS)
    for action in TicketAction
)
_CALLS = tuple(
    (name, Template.of(json.dumps(arguments, ensure_ascii=False)))
    for name, arguments in (
        ("quote", {"symbol": "069500"}),
        ("bars", {"symbol": "069500", "sessions": 20, "chart": True}),
        ("orders", {"scope": "open"}),
        ("search_instrument", {"query": "ㅋㄷㅅ"}),
        ("calendar", {"day": "2026-11-02"}),
        (
            "propose_order",
            {
                "symbol": "069500",
                "side": "sell",
                "quantity": 3,
                "limit_price_won": 35150,
                "reason": "부탁",
            },
        ),
    )
)
_CSV = Template.of(
    "date,symbol,open,high,low,close,volume\n"
    "2024-12-24,069500,35050,35200,35000,35150,120345\n"
    "2024-12-26,069500,35150,35300,35100,35250,98765\n"
    "2024-12-26,102110,0,0,0,35250,0\n",
    WORD_TOKENS,
)
_FEED = Template.of(
    '<?xml version="1.0" encoding="UTF-8"?><rss version="2.0"><channel><title>증권</title>'
    "<item><title>ETF &amp; 금리</title><link>https://example.invalid/1</link>"
    "<pubDate>Mon, 02 Nov 2026 07:30:00 +0900</pubDate><description>&lt;b&gt;글&lt;/b&gt;"
    "</description></item></channel></rss>",
    (
        *WORD_TOKENS,
        "<!DOCTYPE a [<!ENTITY b 'c'>]>",
        "&b;",
        "<![CDATA[",
        "]]>",
        "<script>",
        "EUC-KR",
        "utf-7",
    ),
)
_SETTINGS = {
    "DISCORD_TOKEN": "token",
    "DISCORD_GUILD_ID": "500000000000000001",
    "DISCORD_CHANNEL_ID": "500000000000000002",
    "DISCORD_APPROVER_IDS": "500000000000000011, 500000000000000012",
    "KIS_MODE": "KIS_VTS",
    "BROKER": "kis",
    "KIS_VTS_APP_KEY": "key",
    "KIS_VTS_APP_SECRET": "secret",
    "KIS_VTS_ACCOUNT_NO": "50012333",
    "KIS_VTS_ACNT_PRDT_CD": "01",
    "KIS_VTS_BASE_URL": "https://openapivts.koreainvestment.com:29443",
    "ENABLE_REAL_ORDER": "N",
    "ORDER_LIMIT_KRW": "400000",
    "COMMISSION_PERCENT": "0.015",
    "DATABASE_URL": "sqlite:///trade.db",
    "NEWS_FEEDS": "https://example.invalid/rss",
    "SANDBOX_URL": "http://127.0.0.1:8700",
    "LOCALE": "ko",
    "IDLE_MINUTES": "30",
}
_VALUES = {name: Template.of(text, (*WORD_TOKENS, "[", "://")) for name, text in _SETTINGS.items()}
# One short element is some dozens: it is counted, built, looked at, and its text is cleaned.
CALLS_PER_BYTE_MAX = 10
_NO_FILE = Path("prove-no-such-file.env")
_PLAIN = re.compile(r"\s*-?[0-9]+(\.[0-9]+)?\s*")
_SYMBOL = re.compile(r"[0-9][0-9A-Z]{5}")


def custom_ids(dice: random.Random) -> str:
    """A damaged button id is None, or exactly what would be built again from what was read."""
    text = pick(dice, _IDS).damaged(dice)
    read = parse_custom_id(text)
    if read is not None and custom_id(*read) != text:
        return f"custom id {text!r} read as {read}"
    return ""


def tool_arguments(dice: random.Random) -> str:
    """Damaged tool arguments give an ask inside the bounds, or a ModelError."""
    name, template = pick(dice, _CALLS)
    text = template.damaged(dice)
    try:
        ask = parse_call(ToolCall(call_id="c", name=name, arguments=text))
    except ModelError:
        return ""
    if isinstance(ask, ProposeAsk):
        quantity, price = ask.quantity, ask.limit_price_won
        fits = (quantity is None or 1 <= quantity <= QUANTITY_MAX) and (
            price is None or 1 <= price <= PRICE_WON_MAX
        )
        plain = ask.symbol.isascii() and len(ask.symbol) == 6
        if not (fits and plain):
            return f"{name} {text!r} read as {ask}"
    return ""


def price_lines(dice: random.Random) -> str:
    """A damaged price file gives bars that make sense, or a DataError."""
    text = _CSV.damaged(dice)
    path = _scratch() / "bars.csv"
    path.write_bytes(encoded(text))
    try:
        bars = BarFile(path)
    except DataError:
        return ""
    for symbol in bars.symbols():
        first, last = bars.sessions()[0], bars.sessions()[-1]
        for bar in bars.daily_bars(symbol, first, last, adjusted=False):
            prices = (bar.open, bar.high, bar.low)
            real = prices == (0, 0, 0) or (min(prices) > 0 and bar.low <= bar.high)
            if bar.close < 1 or bar.volume < 0 or not real:
                return f"price file {text!r} read as {bar}"
    odd = _odd_numbers(text)
    return f"price file {text!r}: {odd!r} read as a number" if odd else ""


def _odd_numbers(text: str) -> list[str]:
    """Return what stands in a number's column and is no plain number."""
    rows = list(csv.reader(io.StringIO(text, newline="")))
    titles = [title.strip().lower() for title in rows[0]]
    places = [titles.index(name) for name in ("open", "high", "low", "close", "volume")]
    codes = titles.index("symbol")
    return [
        row[place]
        for row in rows[1:]
        if row and _SYMBOL.fullmatch(row[codes])
        for place in places
        if not _PLAIN.fullmatch(row[place])
    ]


def strategy_texts(dice: random.Random) -> str:
    """A damaged strategy file is read, or refused with a ConfigurationError."""
    try:
        read_strategy(Path("strategy.toml"), _strategy().damaged(dice))
    except ConfigurationError:
        return ""
    return ""


def setting_values(dice: random.Random) -> str:
    """Damaged settings are read, or refused with a ConfigurationError."""
    values = dict(_SETTINGS)
    for _ in range(1 + int(dice.random() * 2)):
        name = dice.choice(tuple(values))
        if dice.random() < 0.2:
            del values[name]
        else:
            values[name] = _VALUES[name].damaged(dice)
    try:
        settings.load(env_file=_NO_FILE, overrides=values)
    except ConfigurationError:
        return ""
    return ""


def big_feeds(dice: random.Random) -> str:
    """A feed that is long, wide or deep takes work in proportion to its length.

    Counted are the calls, because a time would depend on the machine.
    """
    text = big_tree(dice)
    calls = 0

    def count(*_: object) -> None:
        nonlocal calls
        calls += 1

    content = encoded(text)
    sys.setprofile(count)
    try:
        parse_feed("feed", content)
    except DataError:
        pass
    finally:
        sys.setprofile(None)
    if calls > CALLS_PER_BYTE_MAX * len(content):
        return f"feed {text[:600]!r} of {len(content)} bytes took {calls} calls"
    return ""


def feeds(dice: random.Random) -> str:
    """A damaged or overgrown feed gives plain headlines, or a DataError."""
    text = feed_tree(dice) if dice.random() < 0.25 else _FEED.damaged(dice)
    try:
        headlines = parse_feed("feed", encoded(text)).headlines
    except DataError:
        return ""
    for item in headlines:
        if item.link and not item.link.startswith(("https://", "http://")):
            return f"feed {text!r} read as {item}"
    return ""


@contextmanager
def clean_environment() -> Iterator[None]:
    """Hide the host's variables, which rank beside the settings under test."""
    kept = dict(os.environ)
    os.environ.clear()
    os.environ["PATH"] = kept.get("PATH", "")
    try:
        yield
    finally:
        os.environ.clear()
        os.environ.update(kept)


@contextmanager
def scratch_folder() -> Iterator[None]:
    """Give the price files a folder for the time of a run."""
    with tempfile.TemporaryDirectory(prefix="prove-fuzz-") as name:
        _FOLDER.append(Path(name))
        try:
            yield
        finally:
            _FOLDER.pop()


_FOLDER: list[Path] = []


def _scratch() -> Path:
    return _FOLDER[-1]


@cache
def _strategy() -> Template:
    text = SEED_FILE.read_text(encoding="utf-8")
    head = "\n".join(text.splitlines()[:60])
    lines = head[: head.rindex("[[universe]]")] if "[[universe]]" in head else text
    return Template.of(lines, (*JSON_TOKENS, *WORD_TOKENS))
