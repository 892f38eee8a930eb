"""The account's statements at KIS. Frozen, without memory, like the broker's adapter.

모의투자 has none of these calls; its open orders come out of the day's order list.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime
from typing import TypeVar

from brokers.kis import endpoints
from brokers.kis.broker import KisBroker
from brokers.kis.endpoints import Endpoint
from brokers.kis.fields_statements import (
    AssetClassRow,
    AssetSumRow,
    DayProfitRow,
    OpenOrderRow,
    ProfitSumRow,
    TradeProfitRow,
)
from brokers.kis.pages import NextRequest, read_all
from brokers.wire.fields import WireRow, read_output, read_row, read_rows, read_table
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import Won, round_won
from core.domain.orders import BrokerOrderRef, Side
from core.domain.statements import (
    AssetClass,
    AssetStatement,
    DayProfit,
    OpenOrder,
    ProfitByDay,
    ProfitByTrade,
    ProfitTotals,
    TradeProfit,
    open_orders_of,
)
from core.errors import NotOfferedHere
from core.ports.broker import AccessToken
from core.ports.statements import StatementCall

_Row = TypeVar("_Row", bound=WireRow)

_DAY_FORMAT = "%Y%m%d"
_BUY_CODE = "02"
# What each call needs; open orders need nothing that 모의투자 lacks.
_NEEDS: Mapping[StatementCall, Endpoint] = {
    StatementCall.ASSETS: endpoints.ASSETS,
    StatementCall.PROFIT_BY_DAY: endpoints.PROFIT_BY_DAY,
    StatementCall.PROFIT_BY_TRADE: endpoints.PROFIT_BY_TRADE,
}


@dataclass(frozen=True, slots=True)
class KisStatements:
    """Implements `core.ports.statements.StatementsAdapter` over the wire of a `KisBroker`."""

    broker: KisBroker

    def paced(self, next_request: NextRequest) -> KisStatements:
        """Return a copy that awaits `next_request` before each request of a call but the first."""
        return replace(self, broker=self.broker.paced(next_request))

    def refused(self, call: StatementCall) -> NotOfferedHere | None:
        """Return why this mode does not offer `call`, or None when it does."""
        endpoint = _NEEDS.get(call)
        if endpoint is None:
            return None
        refusal = endpoint.refusal(is_vts=self.broker.account_settings.is_vts)
        return None if refusal is None else NotOfferedHere(f"{call.value}: {refusal}")

    async def open_orders(self, token: AccessToken) -> tuple[OpenOrder, ...]:
        """Read today's orders that can still be cancelled, all pages."""
        broker, endpoint = self.broker, endpoints.OPEN_ORDERS
        asked_at = broker.clock.now()
        if broker.account_settings.is_vts:
            return open_orders_of(await broker.order_history(token, asked_at.date()))
        params = broker.account_settings.account_fields | {"INQR_DVSN_1": "0", "INQR_DVSN_2": "0"}
        listing = await read_all(
            broker.wire, endpoint, token, params, broker.next_request, key="output"
        )
        rows = read_table(OpenOrderRow, listing.rows, f"{endpoint.name} output")
        # A row read twice, because the pages shifted, counts once, as last read.
        found = {row.odno: _open_order(row, asked_at) for row in rows if row.psbl_qty > 0}
        return tuple(found.values())

    async def assets(self, token: AccessToken) -> AssetStatement:
        """Read everything that is in the account, by class."""
        asked_at = self.broker.clock.now()
        self._insist(StatementCall.ASSETS)
        endpoint = endpoints.ASSETS
        params = self.broker.account_settings.account_fields | {
            "INQR_DVSN_1": "",
            "BSPR_BF_DT_APLY_YN": "",
        }
        body = (await self.broker.wire.get(endpoint, token, params)).body
        classes = read_table(
            AssetClassRow, read_rows(body, "output1", endpoint.name), f"{endpoint.name} output1"
        )
        total = _sum_row(AssetSumRow, body, endpoint)
        return AssetStatement(
            classes=tuple(_asset_class(row) for row in classes),
            total_won=total.tot_asst_amt,
            net_won=total.nass_tot_amt,
            deposit_won=total.tot_dncl_amt,
            securities_won=total.evlu_amt_smtl,
            profit_won=total.evlu_pfls_amt_smtl,
            loans_won=total.loan_amt_smtl,
            taken_at=asked_at,
        )

    async def profit_by_day(self, token: AccessToken, start: date, end: date) -> ProfitByDay:
        """Read the realised profit of each day, newest first, all pages."""
        self._insist(StatementCall.PROFIT_BY_DAY)
        extra = {"INQR_DVSN": "00"}
        rows, totals = await self._profits(
            endpoints.PROFIT_BY_DAY, DayProfitRow, token, (start, end), extra
        )
        return ProfitByDay(days=tuple(_day_profit(row) for row in rows), totals=totals)

    async def profit_by_trade(self, token: AccessToken, start: date, end: date) -> ProfitByTrade:
        """Read the realised profit of each symbol and day, newest first, all pages."""
        self._insist(StatementCall.PROFIT_BY_TRADE)
        rows, totals = await self._profits(
            endpoints.PROFIT_BY_TRADE, TradeProfitRow, token, (start, end), {}
        )
        return ProfitByTrade(trades=tuple(_trade_profit(row) for row in rows), totals=totals)

    def _insist(self, call: StatementCall) -> None:
        refusal = self.refused(call)
        if refusal is not None:
            raise refusal

    async def _profits(
        self,
        endpoint: Endpoint,
        kind: type[_Row],
        token: AccessToken,
        span: tuple[date, date],
        extra: Mapping[str, str],
    ) -> tuple[list[_Row], ProfitTotals]:
        params = self.broker.account_settings.account_fields | {
            "INQR_STRT_DT": span[0].strftime(_DAY_FORMAT),
            "INQR_END_DT": span[1].strftime(_DAY_FORMAT),
            "SORT_DVSN": "00",
            "CBLC_DVSN": "00",
            "PDNO": "",
            **extra,
        }
        listing = await read_all(
            self.broker.wire, endpoint, token, params, self.broker.next_request
        )
        rows = read_table(kind, listing.rows, f"{endpoint.name} output1")
        total = _sum_row(ProfitSumRow, listing.last, endpoint)
        totals = ProfitTotals(
            bought_won=total.buy_tr_amt_smtl,
            sold_won=total.sll_tr_amt_smtl,
            fee_won=total.tot_fee,
            tax_won=total.tot_tltx,
            realised_won=total.tot_rlzt_pfls,
        )
        return rows, totals


def _sum_row(kind: type[_Row], body: Mapping[str, object], endpoint: Endpoint) -> _Row:
    """Read `output2`, an object or, like the balance's, a list of one."""
    output = read_output(body, "output2", endpoint.name)
    if isinstance(output, list):
        output = output[0] if len(output) == 1 else None
    return read_row(kind, output, f"{endpoint.name} output2")


def _open_order(row: OpenOrderRow, asked_at: datetime) -> OpenOrder:
    return OpenOrder(
        ref=BrokerOrderRef(number=row.odno, branch=row.ord_gno_brno),
        original_number=row.orgn_odno,
        symbol=Symbol(row.pdno),
        side=Side.BUY if row.sll_buy_dvsn_cd == _BUY_CODE else Side.SELL,
        ordered=row.ord_qty,
        filled=row.tot_ccld_qty,
        cancellable=row.psbl_qty,
        price_won=Won(round_won(row.ord_unpr)),
        placed_at=datetime.combine(asked_at.astimezone(KST).date(), row.ord_tmd, tzinfo=KST),
    )


def _asset_class(row: AssetClassRow) -> AssetClass:
    return AssetClass(
        bought_won=row.pchs_amt,
        value_won=row.evlu_amt,
        profit_won=row.evlu_pfls_amt,
        credit_won=row.crdt_lnd_amt,
        net_won=row.real_nass_amt,
        weight_percent=row.whol_weit_rt,
    )


def _day_profit(row: DayProfitRow) -> DayProfit:
    return DayProfit(
        session=row.trad_dt,
        bought_won=row.buy_amt,
        sold_won=row.sll_amt,
        realised_won=row.rlzt_pfls,
        fee_won=row.fee,
        tax_won=row.tl_tax,
        percent=row.pfls_rt,
    )


def _trade_profit(row: TradeProfitRow) -> TradeProfit:
    return TradeProfit(
        session=row.trad_dt,
        symbol=Symbol(row.pdno),
        name=row.prdt_name,
        bought_shares=row.buy_qty,
        bought_won=row.buy_amt,
        sold_shares=row.sll_qty,
        sold_won=row.sll_amt,
        realised_won=row.rlzt_pfls,
        fee_won=row.fee,
        tax_won=row.tl_tax,
        percent=row.pfls_rt,
    )
