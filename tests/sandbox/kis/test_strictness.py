"""As strict as the real one: every field must be there, ids belong to calls, 모의투자 lacks calls."""

import io
import zipfile

import pytest

from sandbox.kis.faults import AFTER, BEFORE
from sandbox.kis.profiles import BOTH_CALLS, REAL_ONLY_CALLS, Call
from sandbox.kis.wire import Fault, Reply
from tests.sandbox.kis.client import KEYS
from tests.sandbox.kis.requests import READS


def own_id(client, call):
    tr_id, _ = READS[call]
    in_account = tr_id.startswith(("TTTC", "CTSC")) and call not in REAL_ONLY_CALLS
    return "V" + tr_id[1:] if client.state.profile.is_vts and in_account else tr_id


def test_every_call_that_reads_has_a_request_here():
    assert set(READS) == set(Call) - {Call.ORDER, Call.CHANGE}


@pytest.mark.parametrize("call", READS)
def test_the_good_request_is_answered_and_a_field_that_is_not_there_is_named(real, call):
    tr_id, fields = READS[call]
    reply = real.call(call, tr_id, fields)
    assert (reply.status, reply.payload["rt_cd"]) == (200, "0")
    assert reply.headers["tr_id"] == tr_id
    for name in fields:
        reply = real.call(call, tr_id, {key: fields[key] for key in fields if key != name})
        assert (reply.status, reply.payload["rt_cd"], reply.payload["msg_cd"]) == (
            200,
            "2",
            "OPSQ2001",
        )
        assert reply.payload["msg1"].endswith(f"INPUT_FIELD_NAME {name}")
        assert not {"output", "output1", "output2"} & set(reply.payload)


@pytest.mark.parametrize(
    ("call", "change", "code"),
    [
        (Call.VOLUME_RANK, {"FID_COND_SCR_DIV_CODE": "20170"}, "OPSQ2001"),
        (Call.VOLUME_RANK, {"FID_BLNG_CLS_CODE": "9"}, "OPSQ2001"),
        (Call.FLUCTUATION, {"fid_cond_scr_div_code": "20171"}, "OPSQ2001"),
        (Call.FLUCTUATION, {"fid_rank_sort_cls_code": "7"}, "OPSQ2001"),
        (Call.FLUCTUATION, {"fid_rank_sort_cls_code": ""}, "OPSQ2001"),
        (Call.INDEX, {"FID_COND_MRKT_DIV_CODE": "J"}, "OPSQ2001"),
        (Call.INDEX, {"FID_INPUT_ISCD": "9999"}, "MCA05918"),
        (Call.INDEX_CHART, {"FID_INPUT_DATE_2": "20260101"}, "OPSQ2001"),
        (Call.NAV_DAILY, {"FID_INPUT_DATE_2": "20260101"}, "OPSQ2001"),
        (Call.NAV_DAILY, {"FID_INPUT_DATE_1": "2026-11-01"}, "OPSQ2001"),
        (Call.NAV_TIME, {"FID_COND_MRKT_DIV_CODE": "J"}, "OPSQ2001"),
        (Call.NAV_TIME, {"FID_HOUR_CLS_CODE": "59"}, "OPSQ2001"),
        (Call.COMPONENTS, {"FID_COND_SCR_DIV_CODE": "0"}, "OPSQ2001"),
        (Call.ETF_PRICE, {"FID_INPUT_ISCD": "999999"}, "MCA05918"),
        (Call.TRADES, {"FID_INPUT_ISCD": "999999"}, "MCA05918"),
        (Call.NEWS, {"FID_INPUT_DATE_1": "20261120"}, "OPSQ2001"),
        (Call.NEWS, {"FID_INPUT_HOUR_1": "0000250000"}, "OPSQ2001"),
        (Call.STOCK_INFO, {"PRDT_TYPE_CD": "512"}, "OPSQ2001"),
        (Call.STOCK_INFO, {"PDNO": "999999"}, "OPSQ2001"),
        (Call.ASSETS, {"CANO": "00000000"}, "OPSQ2000"),
        (Call.PROFIT_BY_DAY, {"INQR_END_DT": "20260101"}, "OPSQ2001"),
        (Call.PROFIT_BY_DAY, {"INQR_DVSN": "01"}, "OPSQ2001"),
        (Call.PROFIT_BY_TRADE, {"SORT_DVSN": "9"}, "OPSQ2001"),
        (Call.PROFIT_BY_TRADE, {"CTX_AREA_NK100": "nowhere"}, "OPSQ2001"),
    ],
)
def test_a_value_that_is_not_allowed_is_refused(real, call, change, code):
    tr_id, fields = READS[call]
    cont = "N" if "CTX_AREA_NK100" in change else ""
    reply = real.call(call, tr_id, {**fields, **change}, cont=cont)
    assert (reply.status, reply.payload["rt_cd"], reply.payload["msg_cd"]) == (200, "2", code)


def test_the_id_decides_which_call_is_meant_whatever_the_path(real):
    tr_id, fields = READS[Call.ETF_PRICE]
    sent = {"authorization": f"Bearer {real.token}", **KEYS, "tr_id": tr_id, "custtype": "P"}
    reply = real.send("GET", Call.PRICE.value, headers=sent, query=fields)
    assert "nav" in reply.payload["output"]
    # What orders is never meant by what reads, nor the other way round.
    real.now += real.pause
    order = {**sent, "tr_id": "TTTC0012U"}
    assert real.send("GET", Call.PRICE.value, headers=order).payload["msg_cd"] == "OPSQ0002"
    assert real.send("POST", Call.ORDER.value, headers=sent).payload["msg_cd"] == "OPSQ0002"


def test_an_id_that_nobody_knows_is_no_service(real):
    for call, (tr_id, fields) in READS.items():
        reply = real.call(call, f"{tr_id[:-1]}9", fields)
        assert (reply.status, reply.payload["msg_cd"]) == (200, "OPSQ0002"), call


def test_vts_lacks_what_it_lacks_and_has_the_rest(vts):
    assert set(REAL_ONLY_CALLS) | set(BOTH_CALLS) < set(Call)
    for call, (tr_id, fields) in READS.items():
        reply = vts.call(call, own_id(vts, call), fields)
        if call in REAL_ONLY_CALLS:
            assert (reply.status, reply.payload["msg_cd"]) == (500, "EGW02006"), call
            made_up = vts.call(call, "V" + tr_id[1:], fields)
            assert made_up.payload["msg_cd"] == "OPSQ0002", call
        else:
            assert reply.payload["rt_cd"] == "0", call


@pytest.mark.parametrize("fault", sorted((BEFORE | AFTER) - {"delay"}))
def test_the_fault_plan_covers_every_call(real, fault):
    for call, (tr_id, fields) in READS.items():
        real.now += real.pause
        real.state.faults.add(call.value, [fault])
        sent = {"authorization": f"Bearer {real.token}", **KEYS, "tr_id": tr_id, "custtype": "P"}
        outcome = real.send("GET", call.value, headers=sent, query=fields)
        if isinstance(outcome, Fault):
            continue
        assert outcome.content == b"" or (outcome.status, outcome.payload["rt_cd"]) == (500, "1")
        again = real.send("GET", call.value, headers=sent, query=fields)
        assert again.payload["rt_cd"] == "0", call


@pytest.mark.parametrize("name", ["kospi_code.mst", "kosdaq_code.mst"])
def test_master_files_are_open_to_everybody(vts, name):
    reply = vts.send("GET", f"/common/master/{name}.zip")
    assert isinstance(reply, Reply)
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        text = archive.read(name).decode("cp949")
    lines = text.splitlines()
    tail = 227 if name.startswith("kospi") else 221
    assert text.endswith("\n")
    for line in lines:
        assert line[-tail : -tail + 2] in {"EF", "ST"}
        assert len(line.encode("cp949")) == 9 + 12 + 40 + tail
    assert vts.send("POST", f"/common/master/{name}.zip").status == 404
    assert vts.send("GET", "/common/master/konex_code.mst.zip").status == 404


def test_the_split_of_the_published_script_finds_every_fund(real):
    """The broker's own sample cuts each line of text by its last 228 characters."""
    reply = real.send("GET", "/common/master/kospi_code.mst.zip")
    with zipfile.ZipFile(io.BytesIO(reply.content)) as archive:
        text = archive.read("kospi_code.mst").decode("cp949")
    found = {}
    for row in io.StringIO(text):
        head = row[: len(row) - 228]
        found[head[:9].rstrip()] = head[21:].strip()
    for code in real.state.prices.symbols():
        assert found[code] == real.state.prices.name(code)
