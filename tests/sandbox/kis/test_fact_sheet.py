"""Sentences of the fact sheet that no other file here holds, in its order."""

from datetime import date, timedelta

import pytest

from brokers.kis.stream_frames import Data, read_message
from brokers.kis.stream_records import books
from brokers.kis.stream_trades import several_trades
from sandbox.kis.moves import price_sign
from sandbox.kis.profiles import Call
from sandbox.kis.stream_texts import keys_of
from tests.sandbox.kis.client import ACCOUNT_FIELDS, OPEN, SYMBOL, caller
from tests.sandbox.kis.requests import READS
from tests.sandbox.kis.streams import listener

NEXT_SESSION = date(2026, 11, 23)
AFTER_NEXT = date(2026, 11, 24)


def asks(client, call, cont="", **change):
    tr_id, fields = READS[call]
    return client.call(call, tr_id, {**fields, **change}, cont=cont)


def later(client, day, hour=10):
    """Another day, with a token of its own."""
    client.at(hour, day=day)
    client.state.last_issue = None
    client.login()


# 2.4: the order list


def test_the_cursor_names_what_was_asked_for(real):
    real.order(1, 0, division="01")
    echo = real.ccld(PDNO=SYMBOL)["ctx_area_fk100"]
    assert len(echo) == 100
    asked = f"{real.state.account}!^01!^20261120!^20261120!^00000A{SYMBOL}!^00!^00!^00!^"
    assert echo.strip() == asked


def test_the_costs_are_those_of_the_whole_range_whatever_order_is_asked_for(real):
    real.order(10, 0, division="01")
    real.order(1, real.view().lower_limit)
    real.now += timedelta(minutes=5)
    fees = sum(fill.fee for fill in real.exchange.executions(real.now.date()))
    assert fees > 0
    assert real.ccld(ODNO="2")["output2"]["prsm_tlex_smtl"] == str(fees)


# 2.5: the balance


def test_what_was_sold_out_stays_with_no_shares_until_it_settles(either):
    either.order(2, 0, division="01")
    either.now += timedelta(minutes=3)
    either.order(2, 0, buy=False, division="01")
    either.now += timedelta(minutes=3)
    assert [row["hldg_qty"] for row in either.balance()["output1"]] == ["0"]
    later(either, NEXT_SESSION)
    [row] = either.balance()["output1"]
    assert (row["pdno"], row["hldg_qty"], row["ord_psbl_qty"]) == (SYMBOL, "0", "0")
    assert (row["bfdy_buy_qty"], row["bfdy_sll_qty"]) == ("2", "2")
    later(either, AFTER_NEXT)
    assert either.balance()["output1"] == []


def test_a_balance_tells_what_was_traded_the_session_before_and_what_all_was_worth(either):
    either.order(3, 0, division="01")
    either.now += timedelta(minutes=5)
    fills = either.exchange.executions(either.now.date())
    spent = sum(fill.price * fill.quantity for fill in fills)
    today = either.balance()["output2"][0]
    assert (today["bfdy_buy_amt"], today["bfdy_tot_asst_evlu_amt"]) == ("0", "1000000")
    assert int(today["asst_icdc_amt"]) == int(today["tot_evlu_amt"]) - 1_000_000
    later(either, NEXT_SESSION)
    [row], [sums] = either.balance()["output1"], either.balance()["output2"]
    assert (row["bfdy_buy_qty"], row["thdt_buyqty"], row["hldg_qty"]) == ("3", "0", "3")
    assert sums["bfdy_buy_amt"] == str(spent)
    assert sums["bfdy_tlex_amt"] == str(sum(fill.fee for fill in fills))
    before = 1_000_000 - spent - int(sums["bfdy_tlex_amt"]) + 3 * either.view().base
    assert sums["bfdy_tot_asst_evlu_amt"] == str(before)


# 2.11: quotes


def test_signs_at_the_limits_of_the_day(real):
    view = real.view()
    prices = (view.upper_limit, view.base + 5, view.base, view.base - 5, view.lower_limit)
    assert [price_sign(view, price) for price in prices] == ["1", "2", "3", "5", "4"]


def test_the_band_of_a_leveraged_fund_is_wider():
    client = caller("real", symbols=("069500", "122630"), multiples={"122630": 2})
    for code, percent in (("069500", 30), ("122630", 60)):
        fields = {"FID_COND_MRKT_DIV_CODE": "J", "FID_INPUT_ISCD": code}
        row = client.call(Call.PRICE, "FHKST01010100", fields).payload["output"]
        base, high = int(row["stck_sdpr"]), int(row["stck_mxpr"])
        assert abs(high - base * (100 + percent) // 100) <= 5


# 2.12: bars


def minutes_of(client, **change):
    rows = asks(client, Call.MINUTES, **change).payload["output2"]
    return [row["stck_cntg_hour"] for row in rows]


def test_minute_bars_are_read_backwards_thirty_at_a_time(vts):
    vts.at(11, 0)
    first = minutes_of(vts, FID_INPUT_HOUR_1="110000")
    assert (len(first), first[0], first[-1]) == (30, "110000", "103100")
    second = minutes_of(vts, FID_INPUT_HOUR_1="103000")
    assert (second[0], second[-1]) == ("103000", "100100")
    assert minutes_of(vts, FID_INPUT_HOUR_1="090100") == ["090100", "090000"]
    # A later hour than now gives what there is, an earlier one than the open nothing.
    assert minutes_of(vts, FID_INPUT_HOUR_1="153000")[0] == "110000"
    assert minutes_of(vts, FID_INPUT_HOUR_1="085900") == []
    assert minutes_of(vts, FID_INPUT_HOUR_1="")[0] == "110000"
    refused = asks(vts, Call.MINUTES, FID_INPUT_HOUR_1="9").payload
    assert refused["msg1"].endswith("FID_INPUT_HOUR_1")


def test_a_minute_of_the_chart_is_the_minute_of_the_trades(vts):
    vts.at(11, 0)
    bars = asks(vts, Call.MINUTES, FID_INPUT_HOUR_1="110000").payload["output2"]
    trades = asks(vts, Call.TRADES).payload["output"]
    told = asks(vts, Call.CONCLUSIONS, FID_INPUT_HOUR_1="110000").payload["output2"]
    for bar, trade, conclusion in zip(bars, trades, told, strict=True):
        assert bar["stck_cntg_hour"] == trade["stck_cntg_hour"] == conclusion["stck_cntg_hour"]
        assert bar["stck_prpr"] == trade["stck_prpr"] == conclusion["stck_prpr"]
        assert bar["cntg_vol"] == trade["cntg_vol"] == conclusion["cnqn"]


def test_minutes_of_a_day_that_is_over_and_of_one_that_was_none(real):
    def minutes(**change):
        rows = asks(real, Call.PAST_MINUTES, **change).payload["output2"]
        assert {row["stck_bsop_date"] for row in rows} <= {"20261118", "20261120"}
        return [row["stck_cntg_hour"] for row in rows]

    whole = minutes(FID_INPUT_DATE_1="20261118")
    assert (len(whole), whole[0], whole[-1]) == (120, "153000", "133100")
    assert minutes(FID_INPUT_DATE_1="20261121") == []
    assert minutes(FID_INPUT_DATE_1="20261120")[0] == f"{real.now:%H%M00}"


def test_an_index_by_day_without_a_span(real):
    rows = asks(real, Call.INDEX_DAYS).payload["output2"]
    assert (len(rows), rows[0]["stck_bsop_date"]) == (100, "20261119")
    chart = asks(real, Call.INDEX_CHART).payload["output2"]
    assert rows[0]["bstp_nmix_prpr"] == chart[0]["bstp_nmix_prpr"]
    weeks = asks(real, Call.INDEX_DAYS, FID_PERIOD_DIV_CODE="W").payload["output2"]
    assert weeks[1]["stck_bsop_date"] < rows[4]["stck_bsop_date"]


def test_before_the_open_there_are_no_minutes(vts):
    early = caller("vts", hour=8)
    assert minutes_of(early, FID_INPUT_HOUR_1="153000") == []


def test_the_sister_of_the_daily_chart_has_the_flag_the_other_way_round(vts):
    days = asks(vts, Call.RECENT_DAYS).payload["output"]
    assert len(days) == 30
    assert days[0]["stck_bsop_date"] == "20261120"
    assert [row["stck_bsop_date"] for row in days] == sorted(
        (row["stck_bsop_date"] for row in days), reverse=True
    )
    chart = asks(vts, Call.CHART, FID_ORG_ADJ_PRC="0").payload["output2"]
    closes = {row["stck_bsop_date"]: row["stck_clpr"] for row in chart}
    assert all(closes[row["stck_bsop_date"]] == row["stck_clpr"] for row in days)
    assert days[0]["prdy_vrss"] == str(int(days[0]["stck_clpr"]) - int(days[1]["stck_clpr"]))
    for period, least in (("W", 30), ("M", 30)):
        rows = asks(vts, Call.RECENT_DAYS, FID_PERIOD_DIV_CODE=period).payload["output"]
        assert len(rows) == least
    assert asks(vts, Call.RECENT_DAYS, FID_PERIOD_DIV_CODE="Y").payload["msg_cd"] == "OPSQ2001"


# 2.15, 2.16: filters of the rankings


def codes_of(client, call, **change):
    rows = asks(client, call, **change).payload["output"]
    return {row.get("mksc_shrn_iscd", row.get("stck_shrn_iscd")) for row in rows}


def test_rankings_take_prices_and_shares_and_leave_etfs_out(real):
    everything = codes_of(real, Call.VOLUME_RANK)
    assert everything == set(real.state.prices.symbols())
    price = real.view().minute.last
    one = {"FID_INPUT_PRICE_1": str(price), "FID_INPUT_PRICE_2": str(price)}
    assert codes_of(real, Call.VOLUME_RANK, **one) == {SYMBOL}
    assert codes_of(real, Call.VOLUME_RANK, FID_VOL_CNT="999999999999") == set()
    assert codes_of(real, Call.VOLUME_RANK, FID_INPUT_PRICE_1="0") == everything
    assert codes_of(real, Call.VOLUME_RANK, FID_TRGT_EXLS_CLS_CODE="0000001000") == set()
    refused = asks(real, Call.VOLUME_RANK, FID_DIV_CLS_CODE="9").payload
    assert refused["msg_cd"] == "OPSQ2001"


def test_changes_within_a_rate(real):
    rows = asks(real, Call.FLUCTUATION).payload["output"]
    rates = sorted(float(row["prdy_ctrt"]) for row in rows)
    middle = rates[1]
    kept = asks(real, Call.FLUCTUATION, fid_rsfl_rate1=str(middle - 0.01)).payload["output"]
    assert len(kept) == len(rows) - 1
    kept = asks(real, Call.FLUCTUATION, fid_rsfl_rate2=str(rates[0] - 1)).payload["output"]
    assert kept == []
    assert asks(real, Call.FLUCTUATION, fid_rsfl_rate1="x").payload["msg_cd"] == "OPSQ2001"


# 2.17: indices


def test_an_index_by_week_month_and_year(vts):
    days = asks(vts, Call.INDEX_CHART, FID_INPUT_DATE_1="20260901").payload["output2"]
    weeks = asks(
        vts, Call.INDEX_CHART, FID_INPUT_DATE_1="20260901", FID_PERIOD_DIV_CODE="W"
    ).payload["output2"]
    assert 1 < len(weeks) < len(days) / 4
    assert weeks[0]["bstp_nmix_prpr"] == days[0]["bstp_nmix_prpr"]


def test_the_auctions_of_the_indices(real):
    rows = asks(real, Call.INDEX_EXPECTED).payload["output"]
    assert [row["stck_cntg_hour"] for row in rows[:2]] == ["666666", "085950"]
    closing = {"FID_MKOP_CLS_CODE": "2"}
    assert asks(real, Call.INDEX_EXPECTED, **closing).payload["output"] == []
    real.at(15, 29)
    rows = asks(real, Call.INDEX_EXPECTED, **closing).payload["output"]
    assert rows[0]["stck_cntg_hour"] == "152900"
    wrong = asks(real, Call.INDEX_EXPECTED, FID_INPUT_HOUR_1="7").payload
    assert wrong["msg_cd"] == "OPSQ2001"
    early = caller("real", hour=8)
    assert asks(early, Call.INDEX_EXPECTED).payload["output"] == []
    assert asks(early, Call.INDEX_MOMENTS).payload["output"] == []


def test_opinions_of_a_span_that_ends_before_it_begins(real):
    assert asks(real, Call.OPINIONS, FID_INPUT_DATE_2="20260101").payload["output"] == []


# 2.19, 2.21: pages of holidays and news


def test_holidays_go_on_behind_the_page_before_and_end(real):
    seen, conts, cursor = [], [], ""
    while "D" not in conts:
        reply = asks(real, Call.HOLIDAYS, "N" if cursor else "", CTX_AREA_NK=cursor)
        seen += [row["bass_dt"] for row in reply.payload["output"]]
        conts.append(reply.headers["tr_cont"])
        cursor = reply.payload["ctx_area_nk"]
        if reply.headers["tr_cont"] == "D":
            assert reply.payload["msg_cd"] == "KIOK0460"
    assert conts[:2] == ["F", "M"]
    assert len(set(seen)) == len(seen) > 365
    assert seen == sorted(seen)


def test_news_go_on_behind_the_last_row_and_can_be_searched(real):
    first = asks(real, Call.NEWS).payload["output"]
    last = first[-1]
    following = {
        "FID_INPUT_DATE_1": f"00{last['data_dt']}",
        "FID_INPUT_HOUR_1": f"0000{last['data_tm']}",
        "FID_INPUT_SRNO": last["cntt_usiq_srno"],
    }
    second = asks(real, Call.NEWS, **following).payload["output"]
    serials = [row["cntt_usiq_srno"] for row in first + second]
    assert len(set(serials)) == len(serials) > len(first)
    found = asks(real, Call.NEWS, FID_TITL_CNTT="증시").payload["output"]
    assert found
    assert all("증시" in row["hts_pbnt_titl_cntt"] for row in found)


# 2.3: fifty rows a call


def test_open_orders_come_fifty_at_a_time(real):
    low = real.view().lower_limit
    real.exchange.deposit(10_000_000)
    for _ in range(51):
        assert real.order(1, low).payload["rt_cd"] == "0"
    first = real.call(Call.OPEN_ORDERS, "TTTC0084R", OPEN)
    assert (len(first.payload["output"]), first.headers["tr_cont"]) == (50, "F")
    fields = {**OPEN, "CTX_AREA_NK100": first.payload["ctx_area_nk100"]}
    second = real.call(Call.OPEN_ORDERS, "TTTC0084R", fields, cont="N")
    assert (len(second.payload["output"]), second.headers["tr_cont"]) == (1, "D")


# 2.7: buying power without a price or an order type


def test_buying_power_without_an_order_is_an_amount(either):
    tail = "TTC8908R"
    flags = {"CMA_EVLU_AMT_ICLD_YN": "Y", "OVRS_ICLD_YN": "Y"}
    fields = {**ACCOUNT_FIELDS, "PDNO": "", "ORD_UNPR": "", "ORD_DVSN": "", **flags}
    row = either.call(Call.BUYING_POWER, either.letter + tail, fields).payload["output"]
    assert (row["nrcvb_buy_amt"], row["nrcvb_buy_qty"]) == ("1000000", "0")


# 5: the stream


def test_keys_look_like_captured_ones():
    iv, key = keys_of("seed")
    assert (len(iv), len(key)) == (16, 32)
    assert set(iv) <= set("0123456789abcdef")
    assert key.isalpha()
    assert key.islower()
    assert keys_of("other") != (iv, key)


@pytest.mark.parametrize(
    ("tr_id", "fields"), [("H0UNCNT0", 46), ("H0UNASP0", 65), ("H0NXCNT0", 0), ("H0STANC0", 0)]
)
def test_all_venues_together_are_krx_and_the_others_are_silent(tr_id, fields):
    one = listener("real")
    assert one.code(tr_id) == "OPSP0000"
    frames = one.pump() + one.pump(business=60) + one.pump(business=60)
    assert bool(frames) == bool(fields)
    for frame in frames:
        _, told, count, payload = frame.split("|", 3)
        assert told == tr_id
        assert len(payload.split("^")) == fields * int(count)


def test_states_of_all_venues_together():
    one = listener("real")
    one.ask("H0UNMKO0")
    one.hub.kis.marks[SYMBOL] = {"vi_cls_code": "Y"}
    [frame] = one.pump()
    head, payload = frame.rsplit("|", 1)
    assert head == "0|H0UNMKO0|001"
    assert (len(payload.split("^")), payload.split("^")[8]) == (11, "Y")


@pytest.mark.parametrize("tr_id", ["H0UNCNT0", "H0NXCNT0", "H0STANC0"])
def test_vts_has_no_other_venue(tr_id):
    assert listener("vts").code(tr_id) == "OPSP8991"


@pytest.mark.parametrize(
    ("tr_id", "width"), [("H0STCNT0", 47), ("H0STASP0", 63), ("H0UNCNT0", 47), ("H0UNASP0", 66)]
)
def test_the_records_of_late_2026_have_a_field_more_and_our_reader_passes_over_it(tr_id, width):
    one = listener("real")
    one.hub.kis.adds_fields = True
    one.ask(tr_id)
    frames = [frame for _ in range(3) for frame in one.pump(business=60)]
    assert len(frames) == 3
    for frame in frames:
        _, told, count, payload = frame.split("|", 3)
        fields = payload.split("^")
        assert (told, len(fields)) == (tr_id, width * int(count))
        if tr_id == "H0STCNT0":
            trades = several_trades(frame, one.now)
            assert [trade.last_won for trade in trades] == [int(price) for price in fields[2::47]]
        if tr_id == "H0STASP0":
            read = read_message(frame)
            assert isinstance(read, Data)
            [book] = books(read, one.now)
            assert book.best_ask_won == int(fields[3])
