"""One instrument's record and news titles, from wire rows to domain values."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from brokers.kis.fields import is_yes
from brokers.kis.fields_records import InstrumentRow, NewsRow
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.listing import InstrumentFacts, Kind
from core.domain.money import Won
from core.domain.news_title import NewsTitle
from core.errors import BrokerRefused

_CODES = 10
# 증권그룹 (two letters); whatever is not here is nothing that we trade.
_KINDS: Mapping[str, Kind] = {
    "EF": Kind.ETF,
    "FE": Kind.ETF,
    "EN": Kind.ETN,
    "ST": Kind.STOCK,
    "FS": Kind.STOCK,
}


def kind_of(group: str) -> Kind:
    """Return the kind behind a two-letter group of securities."""
    return _KINDS.get(group, Kind.OTHER)


def instrument_facts(row: InstrumentRow, symbol: Symbol) -> InstrumentFacts:
    """Return the record. Raises BrokerRefused when the answer is about nothing or another."""
    if not row.pdno.endswith(symbol):
        raise BrokerRefused("EMPTY_RECORD", f"no such symbol: {symbol}")
    return InstrumentFacts(
        code=symbol,
        name=row.prdt_abrv_name,
        english_name=row.prdt_eng_name,
        isin=row.std_pdno,
        kind=kind_of(row.scty_grp_id_cd),
        listed_shares=row.lstg_stqt,
        previous_close_won=None if row.bfdy_clpr is None else Won(row.bfdy_clpr),
        multiple=row.etf_chas_erng_rt_dbnb,
        tax_code=row.etf_txtn_type_cd,
        listed_on=row.scts_mket_lstg_dt or row.kosdaq_mket_lstg_dt,
        delisted_on=row.lstg_abol_dt,
        is_halted=is_yes(row.tr_stop_yn),
        is_administrative=is_yes(row.admn_item_yn),
        is_caution=is_yes(row.etf_etn_ivst_heed_item_yn),
        trades_on_nxt=is_yes(row.cptt_trad_tr_psbl_yn),
    )


def news_title(row: NewsRow) -> NewsTitle:
    """Return one title, dated in KST."""
    codes = (getattr(row, f"iscd{number}") for number in range(1, _CODES + 1))
    return NewsTitle(
        number=row.cntt_usiq_srno,
        title=row.hts_pbnt_titl_cntt,
        source=row.dorg,
        published_at=datetime.combine(row.data_dt, row.data_tm, tzinfo=KST),
        codes=tuple(code for code in codes if code),
    )
