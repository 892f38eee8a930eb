"""Arguments of a hostile or confused model never become a request by halves."""

from __future__ import annotations

import json
import random

import pytest

from core.domain.instrument import Symbol
from core.domain.orders import Side
from core.errors import ModelError
from core.llm.schemas import ARGUMENT_CHARACTERS_MAX, TOOLS, parse_call, tool_specs
from core.ports.dialogue import (
    BarsAsk,
    CalendarAsk,
    EtfAsk,
    LimitsAsk,
    MemoryAsk,
    NewsAsk,
    OrderBookAsk,
    OrdersAsk,
    PortfolioAsk,
    ProposeAsk,
    QuoteAsk,
    RulesAsk,
    SearchAsk,
    TrialAsk,
)
from core.ports.model import ToolCall

GOOD = {
    "symbol": "069500",
    "side": "buy",
    "quantity": 3,
    "limit_price_won": None,
    "reason": "요청",
}


def parse(name, arguments):
    text = arguments if isinstance(arguments, str) else json.dumps(arguments, ensure_ascii=False)
    return parse_call(ToolCall(call_id="c", name=name, arguments=text))


def test_every_schema_is_strict_and_ours():
    specs = tool_specs()
    assert len({spec.name for spec in specs}) == len(specs) == 14
    for spec in specs:
        assert spec.parameters["additionalProperties"] is False
        properties = spec.parameters["properties"]
        assert isinstance(properties, dict)
        assert spec.parameters["required"] == list(properties)


@pytest.mark.parametrize(
    ("name", "arguments", "kind"),
    [
        ("portfolio", {}, PortfolioAsk),
        ("portfolio", "", PortfolioAsk),
        ("news", {}, NewsAsk),
        ("risk_limits", {}, LimitsAsk),
        ("rules", {}, RulesAsk),
        ("order_book", {"symbol": "069500"}, OrderBookAsk),
        ("etf", {"symbol": "069500"}, EtfAsk),
        ("backtest", {"start": None, "end": "2023-01-02", "cash_won": 1_000_000}, TrialAsk),
        ("quote", {"symbol": "0080G0"}, QuoteAsk),
        ("bars", {"symbol": "069500", "sessions": 60, "chart": True}, BarsAsk),
        ("orders", {"scope": "open"}, OrdersAsk),
        ("search_instrument", {"query": "코덱스"}, SearchAsk),
        ("memory_search", {"query": "환율"}, MemoryAsk),
        ("calendar", {"day": "2023-03-02"}, CalendarAsk),
        ("calendar", {"day": None}, CalendarAsk),
    ],
)
def test_good_calls_are_read(name, arguments, kind):
    assert isinstance(parse(name, arguments), kind)


def test_a_good_proposal_is_read_exactly():
    assert parse("propose_order", GOOD) == ProposeAsk(Symbol("069500"), Side.BUY, 3, None, "요청")


def test_all_is_for_sells_only():
    assert parse("propose_order", {**GOOD, "side": "sell", "quantity": None}).quantity is None
    with pytest.raises(ModelError, match="sells only"):
        parse("propose_order", {**GOOD, "quantity": None})


BAD_VALUES: dict[str, list[object]] = {
    "quantity": [0, -1, 3.0, 3.5, "3", "１０", True, 10**7, 10**40, [3], {}, 1e3],
    "limit_price_won": [0, -5, 35000.0, "35,000", True, 10**12],
    "symbol": [
        "KODEX 200", "69500", "0695000", "０６９５００", "069500\n", "a69500", 69500, None, "",
    ],
    "side": ["BUY", "hold", "", None, 1],
    "reason": ["", None, 1, "가" * 501],
}  # fmt: skip
BAD_FIELDS = [(field, value) for field, values in BAD_VALUES.items() for value in values]


@pytest.mark.parametrize(("field", "value"), BAD_FIELDS)
def test_a_proposal_with_one_wrong_field_is_refused(field, value):
    with pytest.raises(ModelError, match=r"propose_order"):
        parse("propose_order", {**GOOD, field: value})


@pytest.mark.parametrize(
    "text",
    [
        "{", "[]", "null", "3", '"text"', "{'symbol': 1}", "NaN",
        '{"symbol": "069500", "side": "buy", "quantity": NaN, "limit_price_won": null, "reason": "x"}',
        '{"symbol": "069500", "side": "buy", "side": "sell", "quantity": 1, "limit_price_won": null, "reason": "x"}',
        '{"symbol": "069500", "side": "buy", "quantity": 1, "quantity": 9, "limit_price_won": null, "reason": "x"}',
        "[" * 3_000,
        "9" * 5_000,
    ],
)  # fmt: skip
def test_broken_json_and_doubled_keys_are_refused(text):
    with pytest.raises(ModelError):
        parse("propose_order", text)


@pytest.mark.parametrize("missing", list(GOOD))
def test_a_missing_field_is_refused(missing):
    with pytest.raises(ModelError, match=missing):
        parse("propose_order", {key: value for key, value in GOOD.items() if key != missing})


def test_an_extra_field_is_refused():
    with pytest.raises(ModelError, match="market"):
        parse("propose_order", {**GOOD, "market": True})


def test_unknown_tools_long_arguments_and_impossible_days_are_refused():
    with pytest.raises(ModelError, match="unknown tool"):
        parse("place_order", GOOD)
    with pytest.raises(ModelError, match="too long"):
        parse("search_instrument", {"query": "x" * ARGUMENT_CHARACTERS_MAX})
    with pytest.raises(ModelError, match="day"):
        parse("calendar", {"day": "2023-02-30"})


def test_random_bytes_of_a_good_call_never_raise_anything_else():
    dice = random.Random(20230302)
    good = json.dumps(GOOD)
    read = 0
    for _ in range(3_000):
        text = list(good)
        for _change in range(dice.randint(1, 4)):
            text[dice.randrange(len(text))] = chr(
                dice.choice((34, 44, 48, 57, 92, 123, 125, 0xFF11))
            )
        try:
            ask = parse("propose_order", "".join(text))
        except ModelError:
            continue
        read += 1
        assert isinstance(ask, ProposeAsk)
        assert type(ask.quantity) is int
        assert 1 <= ask.quantity <= 1_000_000
    assert read < 3_000


@pytest.mark.parametrize(
    "arguments",
    [
        {"start": "2023-02-30", "end": None, "cash_won": 1_000_000},
        {"start": None, "end": "2023-1-2", "cash_won": 1_000_000},
        {"start": None, "end": None, "cash_won": 1},
        {"start": None, "end": None, "cash_won": "1000000"},
        {"start": None, "cash_won": 1_000_000},
    ],
)
def test_a_trial_with_odd_days_or_cash_is_refused(arguments):
    with pytest.raises(ModelError, match=r"^backtest: "):
        parse("backtest", arguments)


def test_every_tool_has_a_kind_of_ask_of_its_own():
    kinds = {type(parse(name, GOOD_CALLS[name])) for name in TOOLS}
    assert len(kinds) == len(TOOLS)


GOOD_CALLS = {
    "portfolio": {},
    "orders": {"scope": "today"},
    "risk_limits": {},
    "rules": {},
    "quote": {"symbol": "069500"},
    "order_book": {"symbol": "069500"},
    "etf": {"symbol": "069500"},
    "bars": {"symbol": "069500", "sessions": 60, "chart": False},
    "search_instrument": {"query": "코덱스"},
    "calendar": {"day": None},
    "backtest": {"start": None, "end": None, "cash_won": 1_000_000},
    "news": {},
    "memory_search": {"query": "환율"},
    "propose_order": GOOD,
}
