"""Fields of statements."""

from __future__ import annotations

from brokers.wire.fields import Count, Day, Whole, WireRow


class DayProfitRow(WireRow):
    """ka10074 `dt_rlzt_pl`: a day on which something was sold."""

    dt: Day
    buy_amt: Count
    sell_amt: Count
    tdy_sel_pl: Whole
    tdy_trde_cmsn: Count
    tdy_trde_tax: Count


class DayProfitSum(WireRow):
    """ka10074 beside the list."""

    tot_buy_amt: Count
    tot_sell_amt: Count
    rlzt_pl: Whole
    trde_cmsn: Count
    trde_tax: Count
