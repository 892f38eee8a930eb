from datetime import date
from itertools import pairwise

import pytest

from brokers.sim import rules
from sandbox.kis.profiles import Call
from tests.sandbox.kis.client import CHART, QUOTE, SYMBOL, caller

PRICE, BOOK, DAILY = "FHKST01010100", "FHKST01010200", "FHKST03010100"


def test_price_follows_the_minute(either):
    output = either.call(Call.PRICE, PRICE, QUOTE).payload["output"]
    view = either.view()
    assert output["stck_prpr"] == str(view.minute.last)
    assert output["stck_sdpr"] == str(view.base)
    assert (output["stck_mxpr"], output["stck_llam"]) == (
        str(view.upper_limit),
        str(view.lower_limit),
    )
    assert output["aspr_unit"] == str(view.tick)
    assert int(output["prdy_vrss"]) == view.minute.last - view.base
    assert int(output["w52_lwpr"]) <= int(output["w52_hgpr"])
    assert output["stck_dryy_hgpr"] != "0"
    again = either.call(Call.PRICE, PRICE, QUOTE).payload["output"]
    assert again == output


def test_the_sign_says_the_direction(either):
    signs = set()
    for minute in range(0, 60, 5):
        either.at(10, minute)
        output = either.call(Call.PRICE, PRICE, QUOTE).payload["output"]
        change = int(output["prdy_vrss"])
        signs.add(output["prdy_vrss_sign"])
        assert output["prdy_vrss_sign"] == ("3" if change == 0 else "2" if change > 0 else "5")
    assert signs


def test_ten_levels_around_the_best_prices(either):
    output = either.call(Call.BOOK, BOOK, QUOTE).payload["output1"]
    minute = either.view().minute
    asks = [int(output[f"askp{level}"]) for level in range(1, 11)]
    bids = [int(output[f"bidp{level}"]) for level in range(1, 11)]
    assert (asks[0], bids[0]) == (minute.ask, minute.bid)
    assert asks == sorted(set(asks))
    assert bids == sorted(set(bids), reverse=True)
    day = either.now.date()
    assert all(rules.is_on_tick(price, day) for price in asks + bids)
    assert int(output["total_askp_rsqn"]) == sum(
        int(output[f"askp_rsqn{level}"]) for level in range(1, 11)
    )
    assert output["aspr_acpt_hour"] == f"{either.now:%H%M%S}"


def test_the_book_is_empty_before_the_open_and_dated_at_the_close(vts):
    vts.at(15, 45)
    output = vts.call(Call.BOOK, BOOK, QUOTE).payload["output1"]
    assert output["aspr_acpt_hour"] == "153000"
    vts.at(9, 0, day=date(2026, 11, 21))
    vts.state.last_issue = None
    vts.login()
    output = vts.call(Call.BOOK, BOOK, QUOTE).payload["output1"]
    assert (output["askp1"], output["askp_rsqn1"], output["total_bidp_rsqn"]) == ("0", "0", "0")


@pytest.mark.parametrize(
    ("call", "tr_id"), [(Call.PRICE, PRICE), (Call.BOOK, BOOK), (Call.CHART, DAILY)]
)
def test_unknown_symbols_and_markets(either, call, tr_id):
    unknown = either.call(call, tr_id, {**CHART, "FID_INPUT_ISCD": "999999"}).payload
    assert (unknown["rt_cd"], unknown["msg_cd"]) == ("2", "MCA05918")
    wrong = either.call(call, tr_id, {**CHART, "FID_COND_MRKT_DIV_CODE": "U"}).payload
    assert wrong["msg1"] == "ERROR : INPUT INVALID_CHECK_FID_COND_MRKT_DIV_CODE"


def chart(client, **fields):
    return client.call(Call.CHART, DAILY, {**CHART, **fields}).payload


def test_at_most_a_hundred_bars_newest_first_and_the_next_page_by_date(either):
    first = chart(either)
    days = [row["stck_bsop_date"] for row in first["output2"]]
    assert len(days) == 100
    assert days == sorted(days, reverse=True)
    assert first["output1"]["hts_kor_isnm"] == f"ETF {SYMBOL}"
    second = chart(either, FID_INPUT_DATE_2=str(int(days[-1]) - 1))
    assert second["output2"][0]["stck_bsop_date"] < days[-1]


def test_todays_bar_is_partial_while_open_and_absent_before(vts):
    rows = chart(vts)["output2"]
    assert rows[0]["stck_bsop_date"] == "20261120"
    assert rows[0]["stck_clpr"] == str(vts.view().minute.last)
    vts.at(15, 31)
    over = chart(vts)["output2"]
    assert over[0]["stck_bsop_date"] == "20261120"
    bar = vts.state.prices.daily_bars(SYMBOL, vts.now.date(), vts.now.date(), adjusted=True)[0]
    assert over[0]["acml_vol"] == str(bar.volume)


def test_no_session_that_is_not_over_before_the_open():
    vts = caller("vts", hour=8)
    assert chart(vts)["output2"][0]["stck_bsop_date"] == "20261119"
    assert chart(vts, FID_INPUT_DATE_1="20261120")["output2"] == []


def test_changes_are_against_the_session_before(vts):
    rows = chart(vts, FID_INPUT_DATE_1="20261110", FID_INPUT_DATE_2="20261119")["output2"]
    assert [row["stck_bsop_date"] for row in rows][-1] == "20261110"
    for newer, older in pairwise(rows):
        assert int(newer["prdy_vrss"]) == int(newer["stck_clpr"]) - int(older["stck_clpr"])
    assert int(rows[-1]["prdy_vrss"]) != 0


@pytest.mark.parametrize(("period", "count"), [("W", 3), ("M", 1), ("Y", 1)])
def test_longer_periods_keep_the_extremes(vts, period, count):
    span = {"FID_INPUT_DATE_1": "20261102", "FID_INPUT_DATE_2": "20261119"}
    daily = chart(vts, **span)["output2"]
    rows = chart(vts, **span, FID_PERIOD_DIV_CODE=period)["output2"]
    if period != "W":
        rows = chart(vts, FID_PERIOD_DIV_CODE=period, FID_INPUT_DATE_2="20261119")["output2"]
        assert int(rows[0]["stck_hgpr"]) >= max(int(row["stck_hgpr"]) for row in daily)
        assert len(rows) >= count
        return
    assert len(rows) == count
    assert sum(int(row["acml_vol"]) for row in rows) == sum(int(row["acml_vol"]) for row in daily)


@pytest.mark.parametrize(
    "fields",
    [
        {"FID_PERIOD_DIV_CODE": "H"},
        {"FID_ORG_ADJ_PRC": ""},
        {"FID_INPUT_DATE_1": "x"},
        {"FID_INPUT_DATE_1": "20261231", "FID_INPUT_DATE_2": "20260101"},
    ],
)
def test_bad_chart_questions(vts, fields):
    assert chart(vts, **fields)["rt_cd"] == "2"


def test_holidays_of_real(real):
    fields = {"BASS_DT": "20260923", "CTX_AREA_NK": "", "CTX_AREA_FK": ""}
    reply = real.call(Call.HOLIDAYS, "CTCA0903R", fields)
    rows = {row["bass_dt"]: row for row in reply.payload["output"]}
    assert len(rows) == 24
    assert (rows["20260924"]["opnd_yn"], rows["20260924"]["tr_day_yn"]) == ("N", "Y")
    assert rows["20260924"]["wday_dvsn_cd"] == "05"
    assert rows["20260923"]["opnd_yn"] == "Y"
    assert len(reply.payload["ctx_area_nk"]) == 20


def test_stock_info_of_real(real):
    fields = {"PRDT_TYPE_CD": "300", "PDNO": SYMBOL}
    output = real.call(Call.STOCK_INFO, "CTPF1002R", fields).payload["output"]
    assert output["pdno"].endswith(SYMBOL)
    assert output["prdt_name"] == f"ETF {SYMBOL}"
    missing = real.call(Call.STOCK_INFO, "CTPF1002R", {**fields, "PDNO": "999999"}).payload
    assert missing["rt_cd"] == "2"
