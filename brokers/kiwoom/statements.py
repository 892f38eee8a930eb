"""Statements of a Kiwoom account: realised profit by day; the rest out of its lists."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import date

from brokers.from_lists import StatementsFromLists
from brokers.kiwoom import calls
from brokers.kiwoom.broker import KiwoomBroker
from brokers.kiwoom.fields_statements import DayProfitRow, DayProfitSum
from brokers.kiwoom.pages import read_all
from brokers.kiwoom.wire import Turn
from brokers.wire.fields import read_row, read_table
from core.domain.statements import DayProfit, ProfitByDay, ProfitTotals
from core.errors import NotOfferedHere
from core.ports.broker import AccessToken
from core.ports.statements import StatementCall

_DAY_FORMAT = "%Y%m%d"


@dataclass(frozen=True, slots=True)
class KiwoomStatements(StatementsFromLists):
    """Implements `core.ports.statements.StatementsAdapter`; takes its turns like the broker."""

    lists: KiwoomBroker

    def taking_turns(self, turn: Turn) -> KiwoomStatements:
        """Return a copy that awaits `turn` with the api-id before every read."""
        return replace(self, lists=self.lists.taking_turns(turn))

    def refused(self, call: StatementCall) -> NotOfferedHere | None:
        """Return why `call` is not offered, or None when it is."""
        if call is StatementCall.PROFIT_BY_DAY:
            return None
        return StatementsFromLists.refused(self, call)

    async def profit_by_day(self, token: AccessToken, start: date, end: date) -> ProfitByDay:
        """Read the realised profit of each day that has one, newest first, all pages.

        Kiwoom takes the fee and the tax of a sale off its profit, and not the fee of the purchase
        (recomputed from a captured sale). It states no rate.
        """
        api_id = calls.PROFIT_BY_DAY.api_id
        document = {"strt_dt": start.strftime(_DAY_FORMAT), "end_dt": end.strftime(_DAY_FORMAT)}
        found = await read_all(self.lists.wire, calls.PROFIT_BY_DAY, token, document, "dt_rlzt_pl")
        rows = read_table(DayProfitRow, found.rows, api_id, blank="dt")
        total = read_row(DayProfitSum, found.last, api_id)
        rows.sort(key=lambda row: row.dt, reverse=True)
        return ProfitByDay(
            days=tuple(_day_profit(row) for row in rows),
            totals=ProfitTotals(
                bought_won=total.tot_buy_amt,
                sold_won=total.tot_sell_amt,
                fee_won=total.trde_cmsn,
                tax_won=total.trde_tax,
                realised_won=total.rlzt_pl,
            ),
        )


def _day_profit(row: DayProfitRow) -> DayProfit:
    return DayProfit(
        session=row.dt,
        bought_won=row.buy_amt,
        sold_won=row.sell_amt,
        realised_won=row.tdy_sel_pl,
        fee_won=row.tdy_trde_cmsn,
        tax_won=row.tdy_trde_tax,
        percent=None,
    )
