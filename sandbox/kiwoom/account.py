"""The account: its number, deposit, valuation, holdings, and what may be ordered."""

from __future__ import annotations

from decimal import ROUND_HALF_UP, Decimal

from sandbox.kis.wire import Reply

from . import fields
from .answers import DONE, Visit, answer, padded
from .holdings import Valued, deposit_and_value, percent_of
from .paging import page_of

_WIDE, _NARROW, _SHORT = 15, 12, 10
_CREDIT_TIMES = {"20": 5, "30": 3, "40": 2, "50": 2, "60": 1}
_RATES = frozenset({"crd_grnt_rt"})


def number(visit: Visit) -> Reply:
    """ka00001."""
    return answer(visit, {"acctNo": visit.state.account + visit.state.account_class}, DONE)


def deposit(visit: Visit) -> Reply:
    """kt00001: cash today and after each of the two next settlements."""
    visit.one_of("qry_tp", {"2", "3"})
    cash = visit.state.exchange.cash(visit.now)
    amounts = {
        "entr": cash.deposit,
        "pymn_alow_amt": min(cash.deposit, cash.orderable),
        "ord_alow_amt": cash.orderable,
        "d1_entra": cash.d1,
        "d1_pymn_alow_amt": min(cash.d1, cash.orderable),
        "d2_entra": cash.d2,
        "d2_buy_exct_amt": cash.buys_today,
        "d2_sel_exct_amt": cash.sells_today,
        "d2_pymn_alow_amt": min(cash.d2, cash.orderable),
        **{f"{rate}stk_ord_alow_amt": cash.orderable for rate in ("20", "30", "40", "50", "60")},
        "100stk_ord_alow_amt": cash.orderable,
    }
    values = {name: padded(amount, _WIDE) for name, amount in amounts.items()}
    values |= {"crd_grnt_rt": "0.00", "min_ord_alow_yn": "N"}
    row = fields.filled(fields.DEPOSIT, values, padded(0, _WIDE))
    return answer(visit, {**row, "stk_entr_prst": []}, "조회가 완료되었습니다.")


def valuation(visit: Visit) -> Reply:
    """kt00004: `evlt_amt` is net of both fees and tax."""
    visit.one_of("qry_tp", {"0", "1"})
    visit.one_of("dmst_stex_tp", {"KRX", "NXT"})
    held, cash = _held(visit), visit.state.exchange.cash(visit.now)
    page, key = page_of(visit, held, visit.state.profile.holdings_page, lambda row: row.symbol)
    gross = sum(row.gross for row in held)
    amounts = {
        "entr": cash.deposit,
        "d2_entra": cash.d2,
        "tot_est_amt": sum(row.net for row in held),
        "aset_evlt_amt": cash.deposit + gross,
        "tot_pur_amt": sum(row.paid for row in held),
        "prsm_dpst_aset_amt": deposit_and_value(cash.deposit, held),
    }
    values = {name: padded(amount, _NARROW) for name, amount in amounts.items()}
    texts = {"acnt_nm": "홍길동", "brch_nm": "영업부"}
    rates = dict.fromkeys(("tdy_lspft_rt", "lspft_ratio", "lspft_rt"), "0.00")
    head = fields.filled(fields.VALUATION, {**values, **texts, **rates}, padded(0, _NARROW))
    rows = {"stk_acnt_evlt_prst": [_valuation_row(row) for row in page]}
    return answer(visit, {**head, **rows}, "조회가 완료되었습니다.", next_key=key)


def holdings(visit: Visit) -> Reply:
    """kt00018: `evlt_amt` is gross."""
    visit.one_of("qry_tp", {"1", "2"})
    visit.one_of("dmst_stex_tp", {"KRX", "NXT"})
    held, cash = _held(visit), visit.state.exchange.cash(visit.now)
    page, key = page_of(visit, held, visit.state.profile.holdings_page, lambda row: row.symbol)
    paid, gross = sum(row.paid for row in held), sum(row.gross for row in held)
    gain = sum(row.gain for row in held)
    amounts = {
        "tot_pur_amt": paid,
        "tot_evlt_amt": gross,
        "tot_evlt_pl": gain,
        "prsm_dpst_aset_amt": deposit_and_value(cash.deposit, held),
    }
    values = {name: padded(amount, _WIDE) for name, amount in amounts.items()}
    values["tot_prft_rt"] = percent_of(gain, paid, 2)
    head = fields.filled(fields.HOLDINGS, values, padded(0, _WIDE))
    rows = {"acnt_evlt_remn_indv_tot": [_holding_row(row, paid) for row in page]}
    return answer(visit, {**head, **rows}, next_key=key)


def orderable(visit: Visit) -> Reply:
    """kt00010. 모의투자 states amounts alone, no quantities; ETFs are bought at a margin of 100 %."""
    visit.need("stk_cd")
    visit.one_of("trde_tp", {"1", "2"})
    price = visit.whole("uv")
    cash = visit.state.exchange.cash(visit.now)
    amount = max(cash.orderable, 0)
    shares = amount // price if price and not visit.state.profile.is_vts else 0
    amounts = {f"profa_{rate}ord_alow_amt": amount * n for rate, n in _CREDIT_TIMES.items()}
    amounts |= {
        "profa_rdex_60ord_alow_amt": amount,
        "profa_100ord_alow_amt": amount,
        "entr": cash.deposit,
        "ord_alowa": amount,
        "wthd_alowa": min(cash.deposit, amount),
        "nxdy_wthd_alowa": min(cash.d1, amount),
        "d2entra": cash.d2,
    }
    values = {name: padded(won, _NARROW) for name, won in amounts.items()}
    values |= {name: padded(0, _SHORT) for name in fields.ORDERABLE if name.endswith("alowq")}
    values |= {"profa_100ord_alowq": padded(shares, _SHORT), "profa_rdex_aplc_tp": "0"}
    text = "주문/인출가능금액 시뮬레이션 조회완료하였습니다."
    return answer(visit, fields.filled(fields.ORDERABLE, values, padded(0, _NARROW)), text)


def _held(visit: Visit) -> list[Valued]:
    state, found = visit.state, []
    for holding in state.exchange.holdings(visit.now):
        if not holding.quantity:
            continue
        view = state.exchange.market(visit.now, holding.symbol)
        paid = (holding.average_cost * holding.quantity).quantize(Decimal(1), ROUND_HALF_UP)
        found.append(
            Valued(
                symbol=holding.symbol,
                name=state.prices.name(holding.symbol),
                quantity=holding.quantity,
                sellable=holding.sellable,
                paid=int(paid),
                price=view.minute.last if view else int(holding.average_cost),
                base=view.base if view else int(holding.average_cost),
                bought_today=holding.bought_today,
                sold_today=holding.sold_today,
            )
        )
    return found


def _valuation_row(row: Valued) -> dict[str, str]:
    amounts = {
        "rmnd_qty": row.quantity,
        "avg_prc": row.average,
        "cur_prc": row.price,
        "evlt_amt": row.net,
        "pl_amt": row.gain,
        "pur_amt": row.paid,
        "setl_remn": row.quantity - row.bought_today,
        "tdy_buyq": row.bought_today,
        "tdy_sellq": row.sold_today,
    }
    values = {name: padded(amount, _NARROW) for name, amount in amounts.items()}
    texts = {"stk_cd": f"A{row.symbol}", "stk_nm": row.name, "loan_dt": "", "pl_rt": row.rate(4)}
    return fields.filled(fields.VALUATION_ROW, {**values, **texts}, padded(0, _NARROW))


def _holding_row(row: Valued, paid_in_all: int) -> dict[str, str]:
    wide = {
        "evltv_prft": row.gain,
        "pur_pric": row.average,
        "rmnd_qty": row.quantity,
        "trde_able_qty": row.sellable,
        "tdy_buyq": row.bought_today,
        "tdy_sellq": row.sold_today,
        "pur_amt": row.paid,
        "pur_cmsn": row.buy_fee,
        "evlt_amt": row.gross,
        "sell_cmsn": row.sell_fee,
        "tax": row.tax,
        "sum_cmsn": row.buy_fee + row.sell_fee,
    }
    values = {name: padded(amount, _WIDE) for name, amount in wide.items()}
    values |= {
        "stk_cd": f"A{row.symbol}",
        "stk_nm": row.name,
        "prft_rt": row.rate(2),
        "pred_close_pric": padded(row.base, _NARROW),
        "cur_prc": padded(row.price, _NARROW),
        "poss_rt": percent_of(row.paid, paid_in_all, 2),
        "crd_tp": "00",
        "crd_tp_nm": "",
        "crd_loan_dt": "",
    }
    return fields.filled(fields.HOLDING_ROW, values, padded(0, _WIDE))
