"""Captured answers of Kiwoom, read without loss: by the edge all of them, by our tables ours.

A file that is added later is read by the edge without a word here, and has to be given its table.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from decimal import Decimal

import pytest

from brokers.kiwoom.errors import raise_for
from brokers.kiwoom.fields import (
    BarRow,
    OrderableRow,
    OrderAnswer,
    StockRow,
    ValuationRow,
    ValuationSum,
)
from brokers.kiwoom.fields_etf import EtfFactsRow
from brokers.kiwoom.fields_market import ChangeRankRow
from brokers.wire.bodies import read_json
from brokers.wire.fields import WireRow, read_row, read_rows, read_table
from core.errors import BrokerRefused, RateLimited
from tests.brokers.kiwoom.wire_fixtures import PAYLOADS

FILES = sorted(path.stem for path in PAYLOADS.glob("*.json") if not path.name.startswith("ws-"))
ABSENT = pytest.param(
    "", marks=pytest.mark.skip("the captured payloads are not beside this checkout")
)
OK = {"return_code": 0, "return_msg": ""}
REFUSALS = {
    "error-1700": (429, RateLimited),
    "error-8020": (200, BrokerRefused),
    "kt10000-reject": (200, BrokerRefused),
}
# Which table reads which part of which call's answer; "" is what stands beside the lists.
TABLES: Mapping[str, Mapping[str, type[WireRow]]] = {
    "ka10001": {"": StockRow},
    "ka10027": {"pred_pre_flu_rt_upper": ChangeRankRow},
    "ka10081": {"stk_dt_pole_chart_qry": BarRow},
    "ka40002": {"": EtfFactsRow},
    "kt00004": {"": ValuationSum, "stk_acnt_evlt_prst": ValuationRow},
    "kt00010": {"": OrderableRow},
    "kt10000": {"": OrderAnswer},
}
# The bot takes open orders out of kt00007, which also tells of filled ones. Frames of the stream
# have tests of their own (test_stream_records.py).
WITHOUT_TABLE = {"ka10075"}
# Their sign says which way the price moved, and is dropped.
PRICES = frozenset(
    "cur_prc base_pric upl_pric lst_pric open_pric high_pric low_pric avg_prc".split()  # noqa: SIM905
)


def call_of(name: str) -> str:
    return name.rsplit("__", 1)[0]


def document_of(name: str) -> dict[str, object]:
    """The captured answer; a list that its author kept alone gets its envelope."""
    document = json.loads((PAYLOADS / f"{name}.json").read_text("utf-8"))
    if call_of(name) == "ka10027" and "return_code" not in document:
        document = {**document, **OK}
    assert isinstance(document, dict)
    return document


def said_again(name: str, value: object, wire: str) -> bool:
    """Whether a value says all that its text on the wire says."""
    text = wire.strip()
    if isinstance(value, int | Decimal):
        number = Decimal(text)
        return Decimal(value) == (abs(number) if name in PRICES else number)
    if isinstance(value, str):
        # Codes lose their class, order numbers their padding.
        return value in {text, text.removeprefix("A").removeprefix("Q"), text.lstrip("0")}
    return f"{value:%Y%m%d}" == text


@pytest.mark.parametrize("name", FILES or [ABSENT])
def test_the_edge_reads_every_answer_without_loss(name):
    sent = document_of(name)
    body = read_json(json.dumps(sent, ensure_ascii=False).encode())
    assert body == sent
    refusal = REFUSALS.get(call_of(name))
    if refusal is None:
        raise_for(200, body)
        return
    with pytest.raises(refusal[1]) as raised:
        raise_for(refusal[0], body)
    if isinstance(raised.value, BrokerRefused):
        assert raised.value.text == str(sent["return_msg"]).strip()


@pytest.mark.parametrize("name", FILES or [ABSENT])
def test_our_tables_keep_every_field_they_name(name):
    sent = document_of(name)
    for part, kind in TABLES.get(call_of(name), {}).items():
        if part:
            listed = read_rows(sent, part, name)
            assert listed == sent[part]
            read, rows = read_table(kind, listed, name), listed
        else:
            read, rows = [read_row(kind, sent, name)], [sent]
        assert len(read) == len(rows)
        for row, wire in zip(read, rows, strict=True):
            assert isinstance(wire, Mapping)
            for field, told in kind.model_fields.items():
                text = wire.get(told.alias or field)
                if text is not None:
                    assert said_again(field, getattr(row, field), str(text)), (part, field)


def test_every_captured_file_has_its_reader():
    if not FILES:
        pytest.skip("the captured payloads are not beside this checkout")
    assert set(TABLES) | set(REFUSALS) | WITHOUT_TABLE == {call_of(name) for name in FILES}
