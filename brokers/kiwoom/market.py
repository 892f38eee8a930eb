"""Market reads: quotes, warnings and bars, from wire rows to domain values."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from typing import Protocol

from brokers.kiwoom.calls import STOCK
from brokers.kiwoom.fields import BarRow, StateRow, StockRow
from brokers.wire.fields import bare, read_row, read_table
from core.domain.instrument import Symbol
from core.domain.krx import etf_tick_won
from core.domain.market import Bar, Designation, Quote
from core.domain.money import Won
from core.errors import BrokerRefused

BAR_SOURCE = "Kiwoom"
_HALTED = "거래정지"
_PLAIN_AUDIT = frozenset({"정상", _HALTED})
# Words of auditInfo (ka10100); a word that is not here is not guessed.
_AUDITS: Mapping[str, Designation] = {
    "관리종목": Designation.ADMINISTRATIVE,
    "투자위험": Designation.RISK,
    "투자경고": Designation.WARNING,
    "투자주의": Designation.CAUTION,
    "투자주의환기종목": Designation.CAUTION,
    "단기과열": Designation.OVERHEATED,
    "정리매매": Designation.LIQUIDATION,
}
# orderWarning: 0 none, 1 a notice on ETFs.
_WARNINGS: Mapping[str, Designation] = {
    "1": Designation.CAUTION,
    "2": Designation.LIQUIDATION,
    "3": Designation.OVERHEATED,
    "4": Designation.RISK,
    "5": Designation.WARNING,
}


def stock_of(body: Mapping[str, object], symbol: Symbol) -> StockRow:
    """Return what ka10001 says of a stock. Raises BrokerRefused for one that it does not know.

    It then answers success and blank fields.
    """
    is_blank = bare(body.get("cur_prc")) is None and bare(body.get("base_pric")) is None
    row = None if is_blank else read_row(StockRow, body, STOCK.api_id)
    if row is None or not row.base_pric:
        raise BrokerRefused("EMPTY_QUOTE", f"no such symbol: {symbol}")
    return row


def quote(row: StockRow, state: StateRow, symbol: Symbol, asked_at: datetime) -> Quote:
    """Return the quote. The calls carry no order book, so both best prices are None."""
    last = row.cur_prc or row.base_pric
    return Quote(
        symbol=symbol,
        last_won=Won(last),
        base_won=Won(row.base_pric),
        upper_limit_won=Won(row.upl_pric),
        lower_limit_won=Won(row.lst_pric),
        tick_won=etf_tick_won(last, asked_at.date()),
        best_ask_won=None,
        best_bid_won=None,
        open_won=Won(row.open_pric),
        high_won=Won(row.high_pric),
        low_won=Won(row.low_pric),
        volume_shares=row.trde_qty,
        is_halted=is_halted(state.audit, state.state),
        received_at=asked_at,
        designations=frozenset(designations(state.audit, state.warning)),
    )


def is_halted(audit: str, state: str) -> bool:
    """Whether an instrument's record says that it does not trade."""
    return _HALTED in audit or _HALTED in state


def is_plain(audit: str) -> bool:
    """Whether a record's `auditInfo` warns of nothing."""
    return audit in _PLAIN_AUDIT


def designations(audit: str, warning: str) -> Iterator[Designation]:
    """Yield every warning of a record; what is unknown warns too."""
    if not is_plain(audit):
        yield _AUDITS.get(audit, Designation.UNKNOWN)
    if warning not in {"", "0"}:
        yield _WARNINGS.get(warning, Designation.UNKNOWN)


def bars_of(rows: Sequence[object], symbol: Symbol, where: str) -> list[Bar]:
    """Return the bars of one page as sent (newest first), without blank placeholder rows."""
    return [_bar(row, symbol) for row in read_table(BarRow, rows, where, blank="dt")]


def _bar(row: BarRow, symbol: Symbol) -> Bar:
    """Return one bar. A session without trades stood at its close.

    모의투자 was seen to state a high below the open: both were traded, so the range holds them.
    """
    close = row.cur_prc
    if row.trde_qty == 0 or 0 in {row.open_pric, row.high_pric, row.low_pric}:
        prices = (close,) * 4
    else:
        prices = (row.open_pric, row.high_pric, row.low_pric, close)
    return Bar(
        symbol=symbol,
        session=row.dt,
        open_won=prices[0],
        high_won=max(prices),
        low_won=min(prices),
        close_won=close,
        volume_shares=row.trde_qty,
    )


class OfOneSession(Protocol):
    """A row or a bar that belongs to one session."""

    @property
    def session(self) -> date:
        """The day."""


def oldest(page: Iterable[OfOneSession], otherwise: date) -> date:
    """Return the first session of a page, `otherwise` when it is empty."""
    return min((one.session for one in page), default=otherwise)
