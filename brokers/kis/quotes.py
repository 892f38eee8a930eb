"""The order book, the last trades and the rankings, from wire rows to domain values."""

from __future__ import annotations

from datetime import datetime

from brokers.kis.fields import is_yes, signed
from brokers.kis.fields_quotes import (
    BookRow,
    ChangeRankRow,
    ExpectedRow,
    TradeRow,
    VolumeRankRow,
)
from core.domain.instrument import Symbol
from core.domain.money import Won
from core.domain.order_book import BookLevel, OrderBook, Trade
from core.domain.ranking import ChangeRank, VolumeRank
from core.errors import BrokerRefused

_LEVELS = 10


def order_book(
    row: BookRow, expected: ExpectedRow, symbol: Symbol, received_at: datetime
) -> OrderBook:
    """Return the book. Raises BrokerRefused for a symbol that KIS does not know: all is zero."""
    if expected.stck_sdpr == 0:
        raise BrokerRefused("EMPTY_QUOTE", f"no such symbol: {symbol}")
    return OrderBook(
        symbol=symbol,
        asks=_side(row, "askp"),
        bids=_side(row, "bidp"),
        ask_shares=row.total_askp_rsqn,
        bid_shares=row.total_bidp_rsqn,
        changed_at=row.aspr_acpt_hour,
        expected_won=Won(expected.antc_cnpr) if expected.antc_cnpr else None,
        expected_shares=expected.antc_vol or 0,
        in_volatility_interruption=is_yes(expected.vi_cls_code),
        received_at=received_at,
    )


def _side(row: BookRow, name: str) -> tuple[BookLevel, ...]:
    levels = (
        (getattr(row, f"{name}{level}"), getattr(row, f"{name}_rsqn{level}"))
        for level in range(1, _LEVELS + 1)
    )
    return tuple(
        BookLevel(price_won=Won(price), quantity=quantity or 0)
        for price, quantity in levels
        if price
    )


def trade(row: TradeRow) -> Trade:
    """Return one of the last trades."""
    return Trade(
        at=row.stck_cntg_hour,
        price_won=Won(row.stck_prpr),
        change_won=signed(row.prdy_vrss, row.prdy_vrss_sign),
        shares=row.cntg_vol,
        strength_percent=row.tday_rltv,
    )


def volume_rank(row: VolumeRankRow) -> VolumeRank:
    """Return one line of the volume ranking."""
    return VolumeRank(
        rank=row.data_rank,
        code=row.mksc_shrn_iscd,
        name=row.hts_kor_isnm,
        price_won=Won(row.stck_prpr),
        change_won=signed(row.prdy_vrss, row.prdy_vrss_sign),
        change_percent=signed(row.prdy_ctrt, row.prdy_vrss_sign),
        volume_shares=row.acml_vol,
        average_shares=row.avrg_vol,
        increase_percent=row.vol_inrt,
        turnover_won=row.acml_tr_pbmn,
    )


def change_rank(row: ChangeRankRow) -> ChangeRank:
    """Return one line of the ranking by change."""
    return ChangeRank(
        rank=row.data_rank,
        code=row.stck_shrn_iscd,
        name=row.hts_kor_isnm,
        price_won=Won(row.stck_prpr),
        change_won=signed(row.prdy_vrss, row.prdy_vrss_sign),
        change_percent=signed(row.prdy_ctrt, row.prdy_vrss_sign),
        volume_shares=row.acml_vol,
        days=(row.cnnt_ascn_dynu or 0) - (row.cnnt_down_dynu or 0),
    )
