"""Records of instruments and the lists of boards, from wire rows to domain values."""

from __future__ import annotations

from collections.abc import Mapping

from brokers.kiwoom.fields_market import RecordRow
from brokers.kiwoom.market import designations, is_halted, is_plain
from core.domain.listing import Board, InstrumentFacts, Kind, Listing
from core.domain.money import Won

# By board: what ka10099 calls it. The list of KOSPI holds its ETFs and ETNs as well.
BOARDS: Mapping[Board, str] = {Board.KOSPI: "0", Board.KOSDAQ: "10"}
_KINDS: Mapping[str, Kind] = {
    "ETF": Kind.ETF,
    "ETN": Kind.ETN,
    "거래소": Kind.STOCK,
    "코스닥": Kind.STOCK,
}
_LOT = 1  # of everything on KRX


def instrument_facts(row: RecordRow, tax_code: str) -> InstrumentFacts:
    """Return an instrument's record; what it does not hold is None or ""."""
    return InstrumentFacts(
        code=row.code,
        name=row.name,
        english_name="",
        isin="",
        kind=kind_of(row),
        listed_shares=row.listed_shares or None,
        previous_close_won=Won(row.last_price) if row.last_price else None,
        multiple=None,
        tax_code=tax_code,
        listed_on=row.registered,
        delisted_on=None,
        is_halted=is_halted(row.audit, row.state),
        is_administrative="관리" in row.audit,
        is_caution=not is_plain(row.audit) or row.warning not in {"", "0"},
        trades_on_nxt=row.on_nxt == "Y",
    )


def listing(row: RecordRow, board: Board) -> Listing:
    """Return one line of a board's list, which states neither ISIN nor yesterday's volume."""
    return Listing(
        board=board,
        code=row.code,
        isin="",
        name=row.name,
        kind=kind_of(row),
        base_won=Won(row.last_price),
        lot=_LOT,
        previous_shares=None,
        listed_on=row.registered,
        listed_shares=row.listed_shares or None,
        is_halted=is_halted(row.audit, row.state),
        designations=frozenset(designations(row.audit, row.warning)),
    )


def kind_of(row: RecordRow) -> Kind:
    """Return what kind of security a record is of."""
    return _KINDS.get(row.board, Kind.OTHER)
