"""Market reads: quotes, bars and holidays, from wire rows to domain values."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import date, datetime

from brokers.kis.fields import BarRow, HolidayRow, PriceRow, is_yes
from brokers.wire.fields import read_table
from core.domain.instrument import Symbol
from core.domain.market import Bar, Designation, Quote
from core.domain.money import Won
from core.errors import BrokerProtocolError, BrokerRefused

BAR_SOURCE = "KIS"
_HALTED_STATE = "58"  # 거래정지
# iscd_stat_cls_code: 55 신용가능, 57 증거금 100 %, 00 그 외. A code that is not here is not guessed.
_PLAIN_STATES = frozenset({"00", "55", "57", _HALTED_STATE})
_STATES: Mapping[str, Designation] = {
    "51": Designation.ADMINISTRATIVE,
    "52": Designation.RISK,
    "53": Designation.WARNING,
    "54": Designation.CAUTION,
    "59": Designation.OVERHEATED,
}
# invt_caful_yn, short_over_yn, sltr_yn, mang_issu_cls_code
_FLAGS = (
    Designation.CAUTION,
    Designation.OVERHEATED,
    Designation.LIQUIDATION,
    Designation.ADMINISTRATIVE,
)
# mrkt_warn_cls_code: 00 none.
WARNINGS: Mapping[str, Designation] = {
    "01": Designation.CAUTION,
    "02": Designation.WARNING,
    "03": Designation.RISK,
}


def quote(row: PriceRow, symbol: Symbol, received_at: datetime) -> Quote:
    """Return the quote. The call carries no order book, so both best prices are None.

    Raises BrokerRefused for a symbol that KIS does not know: it answers with zeros.
    """
    if row.stck_sdpr == 0 or row.aspr_unit == 0:
        raise BrokerRefused("EMPTY_QUOTE", f"no such symbol: {symbol}")
    last = row.stck_prpr or row.stck_sdpr
    return Quote(
        symbol=symbol,
        last_won=Won(last),
        base_won=Won(row.stck_sdpr),
        upper_limit_won=Won(row.stck_mxpr),
        lower_limit_won=Won(row.stck_llam),
        tick_won=row.aspr_unit,
        best_ask_won=None,
        best_bid_won=None,
        open_won=Won(row.stck_oprc or 0),
        high_won=Won(row.stck_hgpr or 0),
        low_won=Won(row.stck_lwpr or 0),
        volume_shares=row.acml_vol,
        is_halted=row.temp_stop_yn == "Y" or row.iscd_stat_cls_code == _HALTED_STATE,
        received_at=received_at,
        designations=_designations(row),
        in_vi=is_yes(row.vi_cls_code) if row.vi_cls_code else None,
    )


def _designations(row: PriceRow) -> frozenset[Designation]:
    """Return every warning of the answer. Only the state must be there; what is unknown warns too."""
    state, warning = row.iscd_stat_cls_code, row.mrkt_warn_cls_code
    flags = (row.invt_caful_yn, row.short_over_yn, row.sltr_yn, row.mang_issu_cls_code)
    # Some flags come as N, some as 0, some not at all.
    found = {meaning for flag, meaning in zip(flags, _FLAGS, strict=True) if is_yes(flag)}
    if state not in _PLAIN_STATES:
        found.add(_STATES.get(state, Designation.UNKNOWN))
    if warning not in {"", "00"}:
        found.add(WARNINGS.get(warning, Designation.UNKNOWN))
    return frozenset(found)


def bars_of(rows: Sequence[object], symbol: Symbol, where: str) -> list[Bar]:
    """Return the bars of one page as sent (newest first), without its blank placeholder rows."""
    found = read_table(BarRow, rows, f"{where} output2", blank="stck_bsop_date")
    return [_bar(row, symbol) for row in found]


def _bar(row: BarRow, symbol: Symbol) -> Bar:
    # A session without trades comes with open, high and low 0: it stood at its close.
    flat = row.acml_vol == 0 or 0 in {row.stck_oprc, row.stck_hgpr, row.stck_lwpr}
    close = row.stck_clpr
    return Bar(
        symbol=symbol,
        session=row.stck_bsop_date,
        open_won=close if flat else row.stck_oprc,
        high_won=close if flat else row.stck_hgpr,
        low_won=close if flat else row.stck_lwpr,
        close_won=close,
        volume_shares=row.acml_vol,
    )


def opens_on(rows: Iterable[HolidayRow], day: date) -> bool:
    """Whether the exchange opens on `day`. Raises BrokerProtocolError when it is not listed."""
    for row in rows:
        if row.bass_dt == day:
            return row.opnd_yn == "Y"
    raise BrokerProtocolError(f"chk-holiday: {day} is not listed")
