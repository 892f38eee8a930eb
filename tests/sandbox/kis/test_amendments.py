"""정정 (RVSE_CNCL_DVSN_CD 01) and the kinds of orders beside 지정가 and 시장가."""

from datetime import timedelta

import pytest

from sandbox.kis.profiles import Call
from sandbox.kis.stream_values import fill_notice, order_notice
from tests.sandbox.kis.client import CCLD, OPEN, caller

AMEND = {"RVSE_CNCL_DVSN_CD": "01"}


def resting(client, ticks=10):
    """A price that rests in the book."""
    view = client.view()
    return view.minute.bid - ticks * view.tick


def number(client, value):
    return f"{value:010d}" if not client.state.profile.is_vts else str(value)


def rows(client):
    """Today's rows, oldest first."""
    return client.ccld(INQR_DVSN="01")["output1"]


@pytest.mark.parametrize(("mode", "code"), [("vts", "40620000"), ("real", "APBK0013")])
def test_an_amended_order_lives_on_under_a_new_number(mode, code):
    client = caller(mode)
    price = resting(client)
    first = client.order(3, price).payload["output"]["ODNO"]
    changed = client.cancel(first, **AMEND, ORD_UNPR=str(price - 5)).payload
    assert (changed["rt_cd"], changed["msg_cd"]) == ("0", code)
    assert changed["output"]["ODNO"] == number(client, 2)
    original, amended = rows(client)
    assert (amended["orgn_odno"], amended["ord_unpr"]) == (first, str(price - 5))
    assert (amended["ord_qty"], amended["rmn_qty"], amended["cncl_yn"] == "Y") == ("3", "3", False)
    assert amended["sll_buy_dvsn_cd_name"] == "매수정정"
    assert (original["rmn_qty"], original["cncl_cfrm_qty"]) == ("0", "3")
    for row in (original, amended):
        parts = ("tot_ccld_qty", "rmn_qty", "cncl_cfrm_qty", "rjct_qty")
        assert int(row["ord_qty"]) == sum(int(row[part]) for part in parts)


def test_a_part_is_amended_and_the_rest_waits_at_its_old_price(either):
    price = resting(either)
    first = either.order(5, price).payload["output"]["ODNO"]
    part = {**AMEND, "QTY_ALL_ORD_YN": "N", "ORD_QTY": "2", "ORD_UNPR": str(price - 10)}
    assert either.cancel(first, **part).payload["rt_cd"] == "0"
    original, amended = rows(either)
    assert (original["rmn_qty"], original["ord_unpr"]) == ("3", str(price))
    assert (amended["rmn_qty"], amended["ord_unpr"]) == ("2", str(price - 10))


def test_cash_follows_the_price_and_what_does_not_fit_leaves_all_as_it_was(either):
    def orderable():
        return either.state.exchange.cash(either.now).orderable

    price = resting(either)
    shares = 1_000_000 // price - 1
    before = orderable()
    first = either.order(shares, price).payload["output"]["ODNO"]
    held = before - orderable()
    lower = {**AMEND, "ORD_UNPR": str(price - 100)}
    second = either.cancel(first, **lower).payload["output"]["ODNO"]
    assert before - orderable() < held
    refused = either.cancel(second, **AMEND, ORD_UNPR=str(price + 2_000)).payload
    is_vts = either.state.profile.is_vts
    assert refused["msg_cd"] == ("40250000" if is_vts else "APBK0952")
    assert rows(either)[-1]["rmn_qty"] == str(shares)
    assert either.cancel(second).payload["rt_cd"] == "0"
    assert orderable() == before


def test_an_amended_order_is_cancelled_by_its_own_number_alone(either):
    price = resting(either)
    first = either.order(2, price).payload["output"]["ODNO"]
    second = either.cancel(first, **AMEND, ORD_UNPR=str(price - 5)).payload["output"]["ODNO"]
    is_vts = either.state.profile.is_vts
    nothing = "40330000" if is_vts else "APBK0927"
    assert either.cancel(first).payload["msg_cd"] == nothing
    assert either.cancel(first, **AMEND, ORD_UNPR=str(price)).payload["msg_cd"] == nothing
    assert either.cancel(second).payload["rt_cd"] == "0"
    assert [row["rmn_qty"] for row in rows(either)] == ["0", "0", "0"]


def test_amended_to_the_market_it_fills_and_its_original_keeps_its_books(either):
    first = either.order(2, resting(either)).payload["output"]["ODNO"]
    changed = either.cancel(first, **AMEND, ORD_DVSN="01", ORD_UNPR="0")
    assert changed.payload["rt_cd"] == "0"
    either.now += timedelta(minutes=3)
    original, amended = rows(either)
    assert (original["tot_ccld_qty"], amended["tot_ccld_qty"]) == ("0", "2")
    assert (amended["ord_dvsn_cd"], amended["ord_unpr"]) == ("01", "0")
    filled = either.cancel(amended["odno"], **AMEND, ORD_UNPR=str(resting(either))).payload
    assert filled["rt_cd"] != "0"


@pytest.mark.parametrize(
    ("fields", "codes"),
    [
        ({"ORD_UNPR": "1"}, ("40310000", "APBK0506")),
        ({"ORD_UNPR": "0"}, ("40310000", "APBK0506")),
        ({"QTY_ALL_ORD_YN": "N", "ORD_QTY": "9"}, ("40330000", "APBK0927")),
        ({"ORD_DVSN": "05"}, ("40310000", "APBK0963")),
        ({"ORD_DVSN": "02"}, ("40310000", "APBK0963")),
        ({"ORD_DVSN": "??"}, ("OPSQ2001", "OPSQ2001")),
        ({"ORGN_ODNO": "77"}, ("40320000", "APBK0927")),
    ],
)
def test_amendments_that_are_refused_change_nothing(either, fields, codes):
    price = resting(either)
    first = either.order(3, price).payload["output"]["ODNO"]
    asked = {**AMEND, "ORD_UNPR": str(price - 5), "ORGN_ODNO": first, **fields}
    assert (
        either.cancel(**{"number": first, **asked}).payload["msg_cd"]
        == codes[0 if either.state.profile.is_vts else 1]
    )
    [row] = rows(either)
    assert (row["rmn_qty"], row["ord_unpr"]) == ("3", str(price))


def test_after_the_close_nothing_is_amended(either):
    price = resting(either)
    first = either.order(3, price).payload["output"]["ODNO"]
    either.at(15, 31)
    late = either.cancel(first, **AMEND, ORD_UNPR=str(price - 5)).payload
    assert late["msg_cd"] == ("40580000" if either.state.profile.is_vts else "APBK0919")


def test_open_orders_tell_an_amended_one(real):
    price = resting(real)
    first = real.order(2, price).payload["output"]["ODNO"]
    second = real.cancel(first, **AMEND, ORD_UNPR=str(price - 5)).payload["output"]["ODNO"]
    [row] = real.call(Call.OPEN_ORDERS, "TTTC0084R", OPEN).payload["output"]
    assert (row["odno"], row["orgn_odno"]) == (second, first)
    assert (row["rvse_cncl_dvsn_name"], row["psbl_qty"]) == ("정정", "2")


def test_a_sale_is_amended_without_needing_its_shares_twice(either):
    either.order(2, 0, division="01")
    either.now += timedelta(minutes=3)
    view = either.view()
    high = view.minute.ask + 20 * view.tick
    first = either.order(2, high, buy=False).payload["output"]["ODNO"]
    assert either.cancel(first, **AMEND, ORD_UNPR=str(high + 5)).payload["rt_cd"] == "0"
    assert rows(either)[-1]["sll_buy_dvsn_cd_name"] == "매도정정"


def notices(client):
    orders = client.state.exchange.orders(client.now.date())
    return [order_notice(client.state, "sandbox", order).split("^") for order in orders]


def test_notices_say_what_an_order_is(either):
    price = resting(either)
    first = either.order(2, price).payload["output"]["ODNO"]
    second = either.cancel(first, **AMEND, ORD_UNPR=str(price - 5)).payload["output"]["ODNO"]
    either.cancel(second)
    told = notices(either)
    assert [(one[5], one[14]) for one in told] == [("0", "1"), ("1", "2"), ("2", "2")]
    assert [one[3] for one in told] == ["", first, second]


# 최유리, 최우선, IOC, FOK, 조건부


def test_best_of_the_other_side_trades_and_best_of_its_own_waits(either):
    view = either.view()
    either.order(1, 0, division="03")
    either.order(1, 0, division="04")
    taken, waiting = rows(either)
    assert (taken["ord_unpr"], taken["tot_ccld_qty"]) == (str(view.minute.ask), "1")
    assert (waiting["ord_unpr"], waiting["rmn_qty"]) == (str(view.minute.bid), "1")
    assert (taken["ord_dvsn_name"], taken["ord_dvsn_cd"]) == ("최유리지정가", "03")
    assert (waiting["ord_dvsn_name"], waiting["ord_dvsn_cd"]) == ("최우선지정가", "04")


def test_immediate_or_cancel_leaves_nothing_waiting(real):
    ask = real.view().minute.ask
    real.order(1, resting(real), division="11")
    real.order(1, ask, division="11")
    real.order(1, 0, division="13")
    real.order(1, 0, division="15")
    none, *taken = rows(real)
    assert (none["tot_ccld_qty"], none["rmn_qty"], none["cncl_cfrm_qty"]) == ("0", "0", "1")
    assert [(row["tot_ccld_qty"], row["rmn_qty"]) for row in taken] == [("1", "0")] * 3
    assert [one[7] for one in notices(real)] == ["1"] * 4


def test_fill_or_kill_takes_all_or_nothing():
    client = caller("real")
    client.exchange.deposit(1_000_000_000)
    ask = client.view().minute.ask
    client.order(25_000, ask, division="12")
    client.order(1, ask, division="12")
    killed, filled = rows(client)
    assert (killed["tot_ccld_qty"], killed["cncl_cfrm_qty"]) == ("0", "25000")
    assert (filled["tot_ccld_qty"], filled["rmn_qty"]) == ("1", "0")
    assert [one[7] for one in notices(client)] == ["2", "2"]


def test_a_conditional_order_takes_the_closing_price(either):
    view = either.view()
    low = view.lower_limit
    before = either.state.exchange.cash(either.now).orderable
    either.order(1, low, division="02")
    held = before - either.state.exchange.cash(either.now).orderable
    assert held >= view.upper_limit
    either.order(1, low)
    either.at(15, 31)
    conditional, plain = rows(either)
    assert (conditional["tot_ccld_qty"], conditional["ord_dvsn_name"]) == ("1", "조건부지정가")
    assert (plain["tot_ccld_qty"], plain["cncl_cfrm_qty"]) == ("0", "1")


@pytest.mark.parametrize("division", ["05", "06", "07", "21", "22", "27", "41", "80"])
def test_kinds_that_no_etf_is_traded_by_here(real, division):
    assert real.order(1, resting(real), division=division).payload["msg_cd"] == "APBK0963"


@pytest.mark.parametrize("division", ["11", "12", "13", "14", "15", "16"])
def test_vts_has_no_orders_of_the_moment(vts, division):
    assert vts.order(1, resting(vts), division=division).payload["msg_cd"] == "40310000"


# Venues


def test_an_order_sent_by_sor_says_so_in_lists_and_notices(real):
    real.order(1, resting(real), EXCG_ID_DVSN_CD="SOR")
    real.order(1, 0, division="01")
    assert [row["excg_dvsn_cd"] for row in rows(real)] == ["12", "02"]
    assert [row["excg_id_dvsn_cd"] for row in rows(real)] == ["SOR", "KRX"]
    assert [row["odno"] for row in real.ccld(EXCG_ID_DVSN_CD="SOR")["output1"]] == ["0000000001"]
    assert real.ccld(EXCG_ID_DVSN_CD="NXT")["output1"] == []
    assert len(real.ccld(EXCG_ID_DVSN_CD="ALL")["output1"]) == 2
    assert [one[19] for one in notices(real)] == ["3", "1"]
    opened = real.call(Call.OPEN_ORDERS, "TTTC0084R", OPEN).payload["output"]
    assert [(row["excg_id_dvsn_cd"], row["excg_id_dvsn_name"]) for row in opened] == [
        ("SOR", "SOR")
    ]
    fill = real.exchange.executions(real.now.date())[0]
    order = real.exchange.orders(real.now.date())[1]
    assert fill_notice(real.state, "sandbox", order, fill).split("^")[13:15] == ["2", "2"]


def test_another_branch_has_none_of_our_orders(either):
    either.order(1, resting(either))
    branch = either.state.profile.branch
    assert len(either.ccld(ORD_GNO_BRNO=branch)["output1"]) == 1
    assert either.ccld(ORD_GNO_BRNO="00001")["output1"] == []


def test_one_id_lists_three_months_and_the_other_what_is_older(either):
    either.order(1, 0, division="01")
    old_id = ("V" if either.state.profile.is_vts else "C") + "TSC9215R"
    fields = {"INQR_STRT_DT": "20261001", "INQR_END_DT": "20270228"}

    def listed(tr_id):
        return len(either.call(Call.DAILY_ORDERS, tr_id, {**CCLD, **fields}).payload["output1"])

    recent_id = either.letter + "TTC0081R"
    assert (listed(recent_id), listed(old_id)) == (1, 0)
    either.now += timedelta(days=92)
    either.state.last_issue = None
    either.login()
    assert (listed(recent_id), listed(old_id)) == (1, 0)
    either.now += timedelta(days=1)
    either.state.last_issue = None
    either.login()
    assert (listed(recent_id), listed(old_id)) == (0, 1)
