"""The account: holdings and cash, buying power, what can be sold."""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

from brokers.sim.values import CashBook, Holding

from . import fields
from .answers import Visit, inquiry, percent
from .paging import page_of
from .past import Past, yesterday
from .wire import Reply


@dataclass(frozen=True, slots=True)
class _Valued:
    """A holding at the present price."""

    holding: Holding
    price: int
    base: int

    @property
    def cost(self) -> int:
        exact = self.holding.average_cost * self.holding.quantity
        return int(exact.quantize(Decimal(1), rounding=ROUND_HALF_UP))

    @property
    def value(self) -> int:
        return self.price * self.holding.quantity

    @property
    def gain(self) -> int:
        return self.value - self.cost


def balance(visit: Visit) -> Reply:
    """Inquire-balance. INQR_DVSN 02 is refused since 2026-02-10, unless the state is lenient."""
    visit.account()
    visit.one_of("AFHR_FLPR_YN", {"N", "Y", "X"})
    visit.need("OFL_YN")
    visit.one_of("INQR_DVSN", {"01", "02"} if visit.state.accepts_old else {"01"})
    visit.one_of("UNPR_DVSN", {"01"})
    visit.one_of("FUND_STTL_ICLD_YN", {"Y", "N"})
    visit.one_of("FNCG_AMT_AUTO_RDPT_YN", {"Y", "N"})
    visit.one_of("PRCS_DVSN", {"00", "01"})
    state = visit.state
    past = yesterday(visit)
    valued = [_value(visit, holding) for holding in _shown_holdings(visit, past)]
    page = page_of(
        visit,
        valued,
        state.profile.balance_page,
        key=lambda row: row.holding.symbol,
        echo=(state.account, state.product, "N", "", "01", "01", "N", ""),
    )
    outputs = {
        **page.cursors,
        "output1": [_holding_row(visit, row, past) for row in page.rows],
        "output2": [_balance_sum(visit, valued, past)],
    }
    kind = "none" if not valued else "done" if page.is_last else "more"
    return inquiry(visit, kind, outputs, cont=page.cont)


def buying_power(visit: Visit) -> Reply:
    """Inquire-psbl-order. For a market order the calculation price is the upper limit."""
    visit.account()
    symbol, asked = visit.need("PDNO"), visit.need("ORD_UNPR").strip()
    division = visit.need("ORD_DVSN")
    # Documented as Y or N; a client of years (mojito2) sends 1.
    visit.one_of("CMA_EVLU_AMT_ICLD_YN", {"Y", "N", "1", "0"})
    visit.one_of("OVRS_ICLD_YN", {"Y", "N", "1", "0"})
    exchange, now = visit.state.exchange, visit.now
    price = visit.whole("ORD_UNPR") if asked else 0
    is_market = division == "01" or price == 0
    amount, quantity = exchange.buying_power(now, symbol, price, is_market=is_market)
    view = exchange.market(now, symbol)
    basis = (view.upper_limit if view else 0) if is_market else price
    if not division.strip():
        quantity, basis = 0, 0
    values = {
        "ord_psbl_cash": exchange.cash(now).orderable,
        "psbl_qty_calc_unpr": basis,
        "nrcvb_buy_amt": amount,
        "nrcvb_buy_qty": quantity,
        # ETFs of this account are bought at a margin of 100 %: with and without credit agree.
        "max_buy_amt": amount,
        "max_buy_qty": quantity,
    }
    return inquiry(visit, "done", {"output": fields.filled(fields.BUYING_POWER, values)})


def sellable(visit: Visit) -> Reply:
    """Inquire-psbl-sell (실전 only)."""
    visit.account()
    symbol = visit.need("PDNO")
    found = [row for row in visit.state.exchange.holdings(visit.now) if row.symbol == symbol]
    if not found:
        empty = {"pdno": symbol, "prdt_name": visit.state.prices.name(symbol)}
        return inquiry(visit, "none", {"output": fields.filled(fields.SELLABLE, empty)})
    row = _value(visit, found[0])
    values = {
        "pdno": symbol,
        "prdt_name": visit.state.prices.name(symbol),
        "buy_qty": row.holding.bought_today,
        "sll_qty": row.holding.sold_today,
        "cblc_qty": row.holding.quantity,
        "ord_psbl_qty": row.holding.sellable,
        "pchs_avg_pric": f"{row.holding.average_cost:.4f}",
        "pchs_amt": row.cost,
        "now_pric": row.price,
        "evlu_amt": row.value,
        "evlu_pfls_amt": row.gain,
        "evlu_pfls_rt": percent(row.gain, row.cost),
    }
    return inquiry(visit, "sellable", {"output": fields.filled(fields.SELLABLE, values)})


def _value(visit: Visit, holding: Holding) -> _Valued:
    view = visit.state.exchange.market(visit.now, holding.symbol)
    return _Valued(holding, view.minute.last if view else 0, view.base if view else 0)


def _shown_holdings(visit: Visit, past: Past) -> list[Holding]:
    """Return what is held, and with no shares what was sold out and has not settled (D+2)."""
    held = list(visit.state.exchange.holdings(visit.now))
    known = {holding.symbol for holding in held}
    gone = sorted(set(past.sold) - known)
    return held + [Holding(symbol, 0, 0, Decimal(0), 0, 0) for symbol in gone]


def _holding_row(visit: Visit, row: _Valued, past: Past) -> dict[str, str]:
    holding = row.holding
    values = {
        "pdno": holding.symbol,
        "prdt_name": visit.state.prices.name(holding.symbol),
        "trad_dvsn_name": "현금",
        "bfdy_buy_qty": past.bought[holding.symbol],
        "bfdy_sll_qty": past.sold[holding.symbol],
        "thdt_buyqty": holding.bought_today,
        "thdt_sll_qty": holding.sold_today,
        "hldg_qty": holding.quantity,
        "ord_psbl_qty": holding.sellable,
        "pchs_avg_pric": f"{holding.average_cost:.4f}",
        "pchs_amt": row.cost,
        "prpr": row.price,
        "evlu_amt": row.value,
        "evlu_pfls_amt": row.gain,
        "evlu_pfls_rt": percent(row.gain, row.cost),
        "evlu_erng_rt": percent(row.gain, row.cost, digits=8),
        "fltt_rt": percent(row.price - row.base, row.base, digits=8),
        "bfdy_cprs_icdc": row.price - row.base,
        "item_mgna_rt_name": "100%",
        "grta_rt_name": "100%",
        "stck_loan_unpr": "0.0000",
    }
    return fields.filled(fields.HOLDING, values)


def _balance_sum(visit: Visit, valued: list[_Valued], past: Past) -> dict[str, str]:
    cash = visit.state.exchange.cash(visit.now)
    before = _assets_before(valued, cash)
    securities = sum(row.value for row in valued)
    cost = sum(row.cost for row in valued)
    values = {
        "dnca_tot_amt": cash.deposit,
        "nxdy_excc_amt": cash.d1,
        "prvs_rcdl_excc_amt": cash.d2,
        "bfdy_buy_amt": past.bought_won,
        "thdt_buy_amt": cash.buys_today,
        "bfdy_sll_amt": past.sold_won,
        "thdt_sll_amt": cash.sells_today,
        "bfdy_tlex_amt": past.fees,
        "thdt_tlex_amt": cash.fees_today + cash.taxes_today,
        "scts_evlu_amt": securities,
        "tot_evlu_amt": securities + cash.d2,
        "nass_amt": securities + cash.d2,
        "fncg_gld_auto_rdpt_yn": "",
        "pchs_amt_smtl_amt": cost,
        "evlu_amt_smtl_amt": securities,
        "evlu_pfls_smtl_amt": securities - cost,
        "bfdy_tot_asst_evlu_amt": before,
        "asst_icdc_amt": securities + cash.d2 - before if before else 0,
        # It stays at zero in captured answers, whatever the amount beside it says.
        "asst_icdc_erng_rt": "0.00000000",
    }
    return fields.filled(fields.BALANCE_SUM, values)


def _assets_before(valued: list[_Valued], cash: CashBook) -> int:
    """Return what all was worth at the close before: what is held now, today's trades undone."""
    shares = sum(
        row.base * (row.holding.quantity - row.holding.bought_today + row.holding.sold_today)
        for row in valued
    )
    spent = cash.buys_today - cash.sells_today + cash.fees_today + cash.taxes_today
    return shares + cash.d2 + spent
