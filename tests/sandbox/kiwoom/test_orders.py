import pytest

from tests.sandbox.kiwoom.client import (
    CHANGES,
    CHART,
    FILLS,
    HOLDINGS,
    OPEN,
    ORDERABLE,
    SYMBOL,
    VALUATION,
    VOLUMES,
    caller,
)


def refused(reply):
    assert reply.payload["return_code"] == 20, reply.payload
    assert "ord_no" not in reply.payload
    assert next(iter(reply.payload)) == "return_msg"
    return reply.payload["return_msg"]


def test_an_order_waits_and_is_cancelled(vts):
    taken = vts.order(3, vts.view().lower_limit).payload
    assert taken["ord_no"] == "0000001"
    (row,) = vts.rows()
    assert (row["ord_no"], row["stk_cd"], row["trde_tp"]) == ("0000001", "A069500", "지정가")
    assert (row["ord_qty"], row["ord_remnq"], row["cntr_qty"]) == (
        "0000000003",
        "0000000003",
        "0000000000",
    )
    assert (row["acpt_tp"], row["ori_ord"], row["ord_tm"]) == ("접수", "0000000", "10:00:01")
    (waiting,) = vts.read("ka10075", OPEN)["oso"]
    assert (waiting["ord_no"], waiting["oso_qty"], waiting["io_tp_nm"]) == ("0000001", "3", "+매수")
    done = vts.cancel("0000001").payload
    assert (done["ord_no"], done["base_orig_ord_no"]) == ("0000002", "0000001")
    assert done["cncl_qty"] == "000000000003"
    order, cancel = vts.rows()
    assert (order["ord_remnq"], order["acpt_tp"]) == ("0000000000", "접수")
    assert (cancel["ori_ord"], cancel["cnfm_qty"]) == ("0000001", "0000000003")
    assert (cancel["mdfy_cncl"], cancel["io_tp_nm"]) == ("취소확인", "현금매수취소")
    assert vts.read("ka10075", OPEN)["oso"] == []
    assert "(RC4033:" in refused(vts.cancel("0000001"))


def test_a_market_order_fills_and_changes_the_account(vts):
    vts.order(5)
    vts.at(10, 10)
    (row,) = vts.rows()
    assert (row["trde_tp"], row["ord_uv"]) == ("시장가", "0000000000")
    assert (row["cntr_qty"], row["ord_remnq"], row["acpt_tp"]) == (
        "0000000005",
        "0000000000",
        "접수",
    )
    (filled,) = vts.read("ka10076", FILLS)["cntr"]
    assert (filled["cntr_qty"], filled["ord_stt"]) == ("5", "체결")
    assert int(filled["cntr_pric"]) == int(row["cntr_uv"])
    statement = vts.read("kt00004", VALUATION)
    (lot,) = statement["stk_acnt_evlt_prst"]
    (held,) = vts.read("kt00018", HOLDINGS)["acnt_evlt_remn_indv_tot"]
    assert (lot["stk_cd"], lot["rmnd_qty"]) == ("A069500", "000000000005")
    assert (held["rmnd_qty"], held["trde_able_qty"]) == ("000000000000005", "000000000000005")
    # The same holding: gross there, net of fees here.
    assert int(held["evlt_amt"]) - int(held["sum_cmsn"]) == int(lot["evlt_amt"])
    assert held["tax"] == "000000000000000"
    assert int(lot["pl_amt"]) == int(held["evltv_prft"])
    deposit = vts.read("kt00001", {"qry_tp": "2"})
    assert deposit["entr"] == "000000001000000"
    assert int(deposit["d2_entra"]) == int(statement["d2_entra"]) < 1_000_000
    assert deposit["stk_entr_prst"] == []


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"price": 1}, "RC4027"),
        ({"odd": 1}, "RC4003"),
        ({"quantity": 10_000}, "RC4025"),
        ({"symbol": "999999"}, "RC4007"),
        ({"buy": False}, "800033"),
        ({"dmst_stex_tp": "NXT"}, "RC9000"),
        ({"dmst_stex_tp": "SOR"}, "RC9000"),
        ({"trde_tp": "6"}, "RC9000"),
    ],
)
def test_refusals_of_the_ledger(vts, change, code):
    price = vts.view().base
    odd = change.pop("odd", 0)
    if "price" in change:
        price = vts.view().lower_limit - 5
        change.pop("price")
    terms = {"quantity": 1, "price": price + odd, **change}
    assert f"({code}:모의투자 " in refused(vts.order(**terms))


def test_refusals_by_the_hour():
    vts = caller("vts", hour=8)
    vts.at(8, 20)
    assert "(RC4057:모의투자 장시작전)" in refused(vts.order(1))
    vts.at(15, 30)
    assert "(RC4058:모의투자 장종료)" in refused(vts.order(1))


@pytest.mark.parametrize(
    "change",
    [{"ord_qty": "0"}, {"ord_qty": "1.5"}, {"trde_tp": "99"}, {"ord_uv": "x", "trde_tp": "0"}],
)
def test_malformed_orders(vts, change):
    reply = vts.order(1, 0, **change).payload
    assert reply["return_code"] == 2
    assert "[1517:" in reply["return_msg"]


def test_cancels_name_the_stock_and_all_that_remains(vts):
    vts.order(3, vts.view().lower_limit)
    assert "(RC4032:" in refused(vts.cancel("0000001", stk_cd="102110"))
    assert "(RC4032:" in refused(vts.cancel("0000009"))
    assert vts.cancel("0000001", cncl_qty="1").payload["return_code"] == 2
    assert vts.cancel("0000001", cncl_qty="3").payload["return_code"] == 0


def test_the_list_is_filtered_and_paged():
    client = caller("vts", orders_page=2)
    low = client.view().lower_limit
    for _ in range(5):
        client.order(1, low)
    numbers, key, seen = [], "", 0
    while True:
        headers = {"cont_yn": "Y", "next_key": key} if key else {}
        reply = client.call(
            "kt00007",
            {"qry_tp": "1", "stk_bond_tp": "0", "sell_tp": "0", "dmst_stex_tp": "%"},
            **headers,
        )
        numbers += [row["ord_no"] for row in reply.payload["acnt_ord_cntr_prps_dtl"]]
        seen += 1
        key = reply.headers["next-key"]
        if reply.headers["cont-yn"] != "Y":
            break
    assert numbers == [f"{n:07d}" for n in range(1, 6)]
    assert (seen, key) == (3, "")
    assert (
        client.call("kt00007", {"qry_tp": "1"}, cont_yn="Y", next_key="x").payload["return_code"]
        == 2
    )
    assert client.rows(qry_tp="2")[0]["ord_no"] == "0000005"
    assert client.rows(sell_tp="1") == []
    assert client.rows(stk_cd="102110") == []
    assert len(client.rows(fr_ord_no="4")) == 2
    assert client.rows(qry_tp="4") == []
    client.cancel("0000005")
    # Not the whole list fits on a page, so ask for what is open only.
    assert [row["ord_no"] for row in client.rows(qry_tp="3", fr_ord_no="4")] == ["0000004"]


def test_a_stale_key_is_refused(vts):
    reply = vts.call("ka10081", CHART, cont_yn="Y", next_key="nothing")
    assert "[1517:" in reply.payload["return_msg"]


def test_bars_page_by_page():
    client = caller("vts", chart_page=30)
    first = client.call("ka10081", CHART)
    second = client.call("ka10081", CHART, cont_yn="Y", next_key=first.headers["next-key"])
    days = [
        row["dt"] for reply in (first, second) for row in reply.payload["stk_dt_pole_chart_qry"]
    ]
    assert len(days) == 60
    assert days == sorted(days, reverse=True)
    assert days[0] == "20261119"


def test_quotes_carry_the_direction_in_the_sign(vts):
    row, view = vts.read("ka10001", {"stk_cd": SYMBOL}), vts.view()
    assert row["base_pric"] == str(view.base)
    assert abs(int(row["cur_prc"])) == view.minute.last
    assert (row["cur_prc"][0] == "-") == (view.minute.last < view.base)
    assert row["upl_pric"] == f"+{view.upper_limit}"
    assert int(row["pred_pre"]) == view.minute.last - view.base
    unknown = vts.read("ka10001", {"stk_cd": "999999"})
    assert {value for key, value in unknown.items() if not key.startswith("return")} == {""}
    assert vts.read("ka10100", {"stk_cd": "999999"})["code"] == ""


def test_the_book_has_ten_levels_a_side(vts):
    book, minute = vts.read("ka10004", {"stk_cd": SYMBOL}), vts.view().minute
    assert abs(int(book["sel_fpr_bid"])) == minute.ask
    assert abs(int(book["buy_fpr_bid"])) == minute.bid
    asks = [abs(int(book[f"sel_{level}th_pre_bid"])) for level in range(2, 11)]
    assert asks == sorted(asks)
    assert asks[0] > minute.ask
    assert vts.read("ka10004", {"stk_cd": "999999"})["sel_fpr_bid"] == ""


def test_lists_and_rankings(vts):
    listed = vts.read("ka10099", {"mrkt_tp": "8"})["list"]
    assert [row["code"] for row in listed] == sorted(row["code"] for row in listed)
    assert {row["auditInfo"] for row in listed} == {"정상"}
    assert vts.read("ka10099", {"mrkt_tp": "10"})["list"] == []
    vts.state.marks[SYMBOL] = {"auditInfo": "거래정지"}
    assert vts.read("ka10100", {"stk_cd": SYMBOL})["auditInfo"] == "거래정지"
    up = vts.read("ka10027", CHANGES)["pred_pre_flu_rt_upper"]
    rates = [float(row["flu_rt"]) for row in up]
    assert rates == sorted(rates, reverse=True)
    down = vts.read("ka10027", CHANGES | {"sort_tp": "3"})["pred_pre_flu_rt_upper"]
    assert [row["stk_cd"] for row in down] == [row["stk_cd"] for row in up][::-1]
    most = vts.read("ka10030", VOLUMES)["tdy_trde_qty_upper"]
    shares = [int(row["trde_qty"]) for row in most]
    assert shares == sorted(shares, reverse=True)
    amounts = vts.read("ka10030", VOLUMES | {"sort_tp": "3"})["tdy_trde_qty_upper"]
    assert {row["stk_cd"] for row in amounts} == {row["stk_cd"] for row in most}


def test_real_accounts_are_told_quantities_and_know_sor(real):
    row = real.read("kt00010", ORDERABLE)
    assert row["profa_100ord_alowq"] == f"{1_000_000 // 35_000:010d}"
    taken = real.order(1, dmst_stex_tp="SOR").payload
    assert (taken["return_code"], taken["return_msg"]) == (0, "매수주문이 완료되었습니다.")
    assert "(RC4025:주문" in refused(real.order(10_000, real.view().base))


def test_an_open_day_shows_its_bar_and_a_quiet_account_is_empty(vts):
    rows = vts.read("ka10081", CHART | {"base_dt": "20261120"})["stk_dt_pole_chart_qry"]
    assert rows[0]["dt"] == "20261120"
    assert vts.read("kt00004", VALUATION)["stk_acnt_evlt_prst"] == []
    assert vts.read("kt00018", HOLDINGS)["tot_prft_rt"] == "0.00"
    assert vts.read("ka00001")["acctNo"] == "8119006711"
