"""NAV by day, index bars and profits: keys, signs and units as the real server was seen to send."""

from __future__ import annotations

from datetime import timedelta
from decimal import Decimal

from tests.sandbox.kiwoom.client import INDEX_CHART, SESSION, SYMBOL, caller

NAV_KEYS = [
    *("cntr_dt", "cur_prc", "pre_sig", "pred_pre", "pre_rt", "trde_qty", "nav"),
    *("acc_trde_prica", "navidex_dispty_rt", "navetfdispty_rt", "trace_eor_rt"),
    *("trace_cur_prc", "trace_pred_pre", "trace_pre_sig"),
]
BAR_KEYS = ["cur_prc", "trde_qty", "dt", "open_pric", "high_pric", "low_pric", "trde_prica"]
DAY_KEYS = ["dt", "buy_amt", "sell_amt", "tdy_sel_pl", "tdy_trde_cmsn", "tdy_trde_tax"]
SUM_KEYS = ["tot_buy_amt", "tot_sell_amt", "rlzt_pl", "trde_cmsn", "trde_tax"]


def test_days_of_nav_newest_first_with_today_while_it_is_on(vts):
    first = vts.call("ka40003", {"stk_cd": SYMBOL})
    rows = first.payload["etfdaly_trnsn"]
    assert list(first.payload) == ["etfdaly_trnsn", "return_code", "return_msg"]
    assert [list(row) for row in rows] == [NAV_KEYS] * 30
    assert rows[0]["cntr_dt"] == f"{SESSION:%Y%m%d}"
    days = [row["cntr_dt"] for row in rows]
    assert days == sorted(set(days), reverse=True)
    for row in rows:
        price, nav = abs(int(row["cur_prc"])), abs(Decimal(row["nav"]))
        assert nav.as_tuple().exponent == -2
        rate = ((price - nav) * 100 / nav).quantize(Decimal("0.01"))
        assert abs(Decimal(row["navetfdispty_rt"]) - rate) <= Decimal("0.01")
        assert (row["pred_pre"][0] == "-") == (row["cur_prc"][0] == "-")
    key = first.headers["next-key"]
    again = vts.call("ka40003", {"stk_cd": SYMBOL}, cont_yn="Y", next_key=key)
    assert again.payload["etfdaly_trnsn"][0]["cntr_dt"] < days[-1]


def test_before_the_open_there_is_no_row_of_today():
    vts = caller("vts", hour=8)
    rows = vts.read("ka40003", {"stk_cd": SYMBOL})["etfdaly_trnsn"]
    assert rows[0]["cntr_dt"] < f"{SESSION:%Y%m%d}"
    assert vts.read("ka40003", {"stk_cd": "999999"})["etfdaly_trnsn"] == []


def test_index_bars_are_whole_hundredths_and_end_at_the_base_day(vts):
    base = SESSION - timedelta(days=1)
    body = vts.read("ka20006", {"inds_cd": "201", "base_dt": f"{base:%Y%m%d}"})
    rows = body["inds_dt_pole_qry"]
    assert (body["inds_cd"], rows[0]["dt"]) == ("201", f"{base:%Y%m%d}")
    assert [list(row) for row in rows] == [BAR_KEYS] * len(rows)
    assert all(row["cur_prc"].isdigit() for row in rows)
    assert len(rows) > 200
    # One won of the fund is 0.01 points, so a price and the hundredths are the same number.
    assert int(rows[0]["cur_prc"]) == vts.view().base


def test_an_index_and_its_bars_follow_one_fund_even_where_its_own_is_not_listed(vts):
    level = vts.read("ka20001", {"mrkt_tp": "1", "inds_cd": "101"})
    rows = vts.read("ka20006", INDEX_CHART | {"inds_cd": "101"})["inds_dt_pole_qry"]
    before = Decimal(level["cur_prc"].lstrip("+-")) - Decimal(level["pred_pre"])
    assert Decimal(rows[0]["cur_prc"]) / 100 == before


def test_a_sale_is_a_day_of_profit_without_the_fee_of_its_purchase(vts):
    span = {"strt_dt": f"{SESSION:%Y%m%d}", "end_dt": f"{SESSION:%Y%m%d}"}
    vts.order(2)
    vts.at(10, 5)
    assert vts.read("ka10074", span)["dt_rlzt_pl"] == []
    vts.order(2, buy=False)
    vts.at(10, 10)
    body = vts.read("ka10074", span)
    (row,) = body["dt_rlzt_pl"]
    assert list(body) == [*SUM_KEYS, "dt_rlzt_pl", "return_code", "return_msg"]
    assert list(row) == DAY_KEYS
    bought, sold = vts.exchange.executions(SESSION)
    profit = 2 * (sold.price - bought.price) - sold.fee
    assert int(row["tdy_sel_pl"]) == int(body["rlzt_pl"]) == profit
    assert int(row["tdy_trde_cmsn"]) == bought.fee + sold.fee
    assert (body["tot_buy_amt"], body["tot_sell_amt"]) == (row["buy_amt"], row["sell_amt"])
