"""Our answers against captured ones, text by text: the same keys in the same order, the same form.

The form of a text is what a strict reader would trip over: digits, how many decimals, padding.
Where ours differs on purpose the reason stands in `REASONS`; a reason nobody needs fails the test.
"""

import json
import re
from pathlib import Path

import pytest

from sandbox.kis.profiles import BOTH_CALLS, Call
from tests.sandbox.kis.requests import READS

PAYLOADS = Path(__file__).parents[3] / ".." / "shared" / "data" / "payloads" / "kis"
pytestmark = pytest.mark.skipif(
    not PAYLOADS.is_dir(), reason="the captured payloads are not beside this checkout"
)
# (mode, call, file, the parts compared; () is the whole answer)
ANSWERS = [
    ("real", Call.PRICE, "inquire-price__1", ()),
    ("real", Call.PRICE, "inquire-price__3", ()),
    ("real", Call.BOOK, "inquire-asking-price-exp-ccn__1", ()),
    ("real", Call.CHART, "inquire-daily-itemchartprice__1", ()),
    ("real", Call.HOLIDAYS, "chk-holiday__1", ()),
    ("real", Call.HOLIDAYS, "chk-holiday__3", ()),
    ("real", Call.DAILY_ORDERS, "inquire-daily-ccld__1", ()),
    ("real", Call.BALANCE, "inquire-balance__1", ("output1",)),
    ("real", Call.BALANCE, "inquire-balance__5", ("output2",)),
    ("vts", Call.BUYING_POWER, "inquire-psbl-order__1", ()),
    ("real", Call.SELLABLE, "inquire-psbl-sell__1", ()),
    ("real", Call.VOLUME_RANK, "volume-rank__1", ()),
    ("real", Call.FLUCTUATION, "fluctuation__1", ()),
    ("real", Call.INDEX, "inquire-index-price__1", ()),
    ("real", Call.ETF_PRICE, "etfetn-inquire-price__1", ("output",)),
    ("real", Call.NAV_TREND, "nav-comparison-trend__1", ()),
    ("real", Call.NAV_DAILY, "nav-comparison-daily-trend__1", ()),
    ("real", Call.COMPONENTS, "inquire-component-stock-price__1", ()),
    ("real", Call.NEWS, "news-title__1", ()),
    ("real", Call.PRODUCT_INFO, "search-info__1", ()),
    ("real", Call.PROFIT_BY_TRADE, "inquire-period-trade-profit__1", ("output2",)),
    ("vts", Call.MINUTES, "inquire-time-itemchartprice__1", ()),
    ("real", Call.STATE, "inquire-price-2__1", ()),
    ("vts", Call.OVERTIME_TRADES, "inquire-time-overtimeconclusion__1", ("output1",)),
    ("vts", Call.OVERTIME_DAYS, "inquire-daily-overtimeprice__1", ()),
    ("real", Call.OVERTIME_BOOK, "inquire-overtime-asking-price__1", ("output",)),
    ("real", Call.OVERTIME_CHANGES, "overtime-fluctuation__1", ()),
    ("real", Call.INDEX_CATEGORIES, "inquire-index-category-price__1", ()),
    ("real", Call.INDEX_MOMENTS, "inquire-index-timeprice__1", ()),
    ("real", Call.INDEX_EXPECTED, "exp-index-trend__1", ()),
    ("real", Call.OPINIONS, "invest-opbysec__1", ()),
    ("real", Call.BULK_TRADES, "bulk-trans-num__1", ()),
    ("real", Call.COMPANY_TRADES, "traded-by-company__1", ()),
    ("real", Call.CAPITALISATION, "market-cap__1", ()),
    ("real", Call.BOOK_TOTALS, "quote-balance__1", ()),
    ("real", Call.DISPARITY, "disparity__1", ()),
    ("real", Call.PREFERRED, "prefer-disparate-ratio__1", ()),
    ("real", Call.EXPECTED, "exp-trans-updown__1", ()),
    ("real", Call.SHORT_SALE, "short-sale__1", ()),
    ("real", Call.CREDIT, "credit-balance__1", ()),
]

# Why a text of ours has another form, or a key is ours or theirs alone.
REASONS = {
    **{
        ("search-info__1", f"output.{key}"): "theirs is an American share, ours a domestic fund"
        for key in (
            "prdt_eng_name",
            "prdt_eng_name120",
            "prdt_eng_abrv_name",
            "shtn_pdno",
            "wrap_asst_type_cd",
        )
    },
    ("quote-balance__1", "output.mksc_shrn_iscd"): "theirs is an ETN, whose code has a Q before it",
    ("news-title__1", "output.iscd1"): "our newest title names no issue",
    ("news-title__1", "output.kor_isnm1"): "our newest title names no issue",
    ("inquire-period-trade-profit__1", "output2.loan_int"): "on the published list; the author's "
    "copy lacks it",
}


def captured(name):
    document = json.loads((PAYLOADS / f"{name}.json").read_text(encoding="utf-8"))
    return document if "rt_cd" in document or "output2" in document else partial(document)


def partial(document):
    """Some authors kept the `output` alone."""
    return document if "output1" in document else {"output": document}


def form(text):
    if text == "":
        return "empty"
    if text != text.strip():
        return f"padded to {len(text.encode('cp949'))}"
    if re.fullmatch(r"-?[0-9]+", text):
        return "whole"
    decimals = re.fullmatch(r"-?[0-9]+\.([0-9]+)", text)
    return f"{len(decimals[1])} decimals" if decimals else "text"


def forms(value, path=""):
    """Every text of an answer with its path; of a list the first row."""
    if isinstance(value, dict):
        found: dict[str, str] = {}
        for key, inner in value.items():
            found |= forms(inner, f"{path}.{key}" if path else key)
        return found
    if isinstance(value, list):
        return forms(value[0], path) if value else {}
    assert isinstance(value, str), path
    return {path: form(value)}


def differences(ours, theirs):
    if list(ours) != list(theirs):
        for path in sorted(set(ours) ^ set(theirs)):
            yield path
        common = [path for path in ours if path in theirs]
        assert common == [path for path in theirs if path in ours], "another order of keys"
    for path in ours:
        if path in theirs and ours[path] != theirs[path]:
            yield path


@pytest.mark.parametrize(("mode", "call", "name", "parts"), ANSWERS)
def test_every_text_has_the_form_of_the_captured_one(request, mode, call, name, parts):
    client = request.getfixturevalue(mode)
    client.order(1, 0, division="01")
    client.at(10, 10)
    client.order(1, 0, buy=False, division="01")
    client.at(10, 12)
    client.order(1, 0, division="01")
    client.at(10, 14)
    tr_id, fields = READS[call]
    if mode == "vts" and call not in BOTH_CALLS:
        tr_id = "V" + tr_id[1:]
    ours, theirs = client.call(call, tr_id, fields).payload, captured(name)
    kept = parts or tuple(ours)
    found = differences(
        forms({key: ours[key] for key in kept}), forms({key: theirs[key] for key in kept})
    )
    assert set(found) == {path for file, path in REASONS if file == name}
    if not parts:
        assert set(ours) == set(theirs)


def test_every_captured_file_is_compared():
    here = Path(__file__)
    told = here.read_text("utf-8") + (here.parent / "test_shapes.py").read_text("utf-8")
    files = {path.stem for path in PAYLOADS.glob("*.json")}
    assert {name for name in files if f'"{name}' not in told} == set()
