"""Captured answers, read without loss: by the generic edge all of them, by our tables ours.

A file that is added later is read by the generic edge without a word here.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

import pytest

from brokers.kis.errors import raise_for
from brokers.kis.fields import (
    BarRow,
    BuyingPowerRow,
    CashRow,
    HoldingRow,
    HolidayRow,
    OrderAnswer,
    OrderRow,
    PriceRow,
    SellableRow,
    TokenAnswer,
)
from brokers.kis.fields_etf import BasketRow, ComponentRow, EtfRow, NavDayRow, NavPriceRow, NavRow
from brokers.kis.fields_index import IndexRow
from brokers.kis.fields_quotes import BookRow, ChangeRankRow, ExpectedRow, VolumeRankRow
from brokers.kis.fields_records import NewsRow
from brokers.kis.fields_statements import ProfitSumRow
from brokers.wire.bodies import read_json
from brokers.wire.fields import WireRow, read_output, read_row, read_rows, read_table
from core.errors import BrokerError, NotOfferedHere, RateLimited
from tests.brokers.kis.wire_fixtures import PAYLOADS

FILES = sorted(path.stem for path in PAYLOADS.glob("*.json"))
ABSENT = pytest.param(
    "", marks=pytest.mark.skip("the captured payloads are not beside this checkout")
)
OK = {"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상처리 되었습니다."}
REFUSALS = {
    "error-EGW00133": RateLimited,
    "error-EGW00201": RateLimited,
    "error-EGW02006": NotOfferedHere,
}
# Which table reads which part of which call's answer.
TABLES: Mapping[str, Mapping[str, type[WireRow]]] = {
    "chk-holiday": {"output": HolidayRow},
    "etfetn-inquire-price": {"output": EtfRow},
    "fluctuation": {"output": ChangeRankRow},
    "inquire-asking-price-exp-ccn": {"output1": BookRow, "output2": ExpectedRow},
    "inquire-balance": {"output1": HoldingRow, "output2": CashRow},
    "inquire-component-stock-price": {"output1": BasketRow, "output2": ComponentRow},
    "inquire-daily-ccld": {"output1": OrderRow},
    "inquire-daily-itemchartprice": {"output2": BarRow},
    "inquire-index-price": {"output": IndexRow},
    "inquire-period-trade-profit": {"output2": ProfitSumRow},
    "inquire-price": {"output": PriceRow},
    "inquire-psbl-order": {"output": BuyingPowerRow},
    "inquire-psbl-sell": {"output": SellableRow},
    "nav-comparison-daily-trend": {"output": NavDayRow},
    "nav-comparison-trend": {"output1": NavPriceRow, "output2": NavRow},
    "news-title": {"output": NewsRow},
    "order-cash": {"output": OrderAnswer},
    "order-rvsecncl": {"output": OrderAnswer},
    "volume-rank": {"output": VolumeRankRow},
}


def call_of(name: str) -> str:
    return name.rsplit("__", 1)[0]


def document_of(name: str) -> dict[str, Any]:
    """The captured answer; an author's part gets the envelope that he left out."""
    document: dict[str, Any] = json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))
    if {"rt_cd", "error_code", "access_token"} & set(document):
        return document
    return {**OK, **(document if {"output1", "output2"} & set(document) else {"output": document})}


def records(value: object) -> list[Mapping[str, object]]:
    if isinstance(value, Mapping):
        return [value]
    assert isinstance(value, list)
    return [row for row in value if isinstance(row, Mapping)]


@pytest.mark.parametrize("name", FILES or [ABSENT])
def test_the_generic_edge_reads_every_answer_without_loss(name):
    sent = document_of(name)
    body = read_json(json.dumps(sent, ensure_ascii=False).encode())
    assert body == sent
    refusal = REFUSALS.get(call_of(name))
    if refusal is not None or sent.get("rt_cd", "0") != "0":
        with pytest.raises(refusal or BrokerError):
            raise_for(500 if refusal else 200, body)
        return
    if "rt_cd" in sent:
        raise_for(200, body)
    split: dict[str, object] = {}
    for key, value in sent.items():
        if isinstance(value, list):
            split[key] = records(read_rows(body, key, name))
            assert split[key] == value
        else:
            split[key] = read_output(body, key, name)
    assert split == sent


@pytest.mark.parametrize("name", FILES or [ABSENT])
def test_our_tables_keep_every_field_they_name(name):
    sent, tables = document_of(name), TABLES.get(call_of(name), {})
    body = read_json(json.dumps(sent, ensure_ascii=False).encode())
    for part, kind in tables.items():
        if part not in sent:
            continue
        rows = records(sent[part])
        read = (
            read_table(kind, read_rows(body, part, name), name)
            if isinstance(sent[part], list)
            else [read_row(kind, read_output(body, part, name), name)]
        )
        assert len(read) == len(rows)
        for row, wire in zip(read, rows, strict=True):
            for field in kind.model_fields:
                if field in wire:
                    assert said_again(getattr(row, field), str(wire[field])), (part, field)
    if call_of(name) == "tokenP":
        # Whoever published it had removed the token.
        token = read_row(TokenAnswer, {**body, "access_token": "removed"}, name)
        assert token.expires_in == sent["expires_in"]
        assert str(token.access_token_token_expired) == sent["access_token_token_expired"]


def said_again(value: object, wire: str) -> bool:
    """Whether a value says all that its text on the wire says."""
    text = wire.strip()
    if value is None:
        return not text.strip("0")
    if isinstance(value, datetime | str):
        return (
            str(value) == text or text.lstrip("0") == value or (not value and not text.strip("0"))
        )
    if isinstance(value, date):
        return value.strftime("%Y%m%d") == text
    if isinstance(value, time):
        return value.strftime("%H%M%S") == text
    assert isinstance(value, int | Decimal)
    return Decimal(value) == Decimal(text)


def test_every_captured_call_of_the_mission_has_its_table():
    if not FILES:
        pytest.skip("the captured payloads are not beside this checkout")
    assert set(TABLES) <= {call_of(name) for name in FILES}
