"""Reference data (실전 only): the calendar and one instrument's facts."""

from __future__ import annotations

from datetime import date, timedelta

from brokers.sim.values import MarketView
from sandbox.names import multiple_of

from . import fields
from .answers import InputRefused, Visit, answer, envelope, inquiry, padded
from .master import isin
from .wire import Reply

_DAYS_PER_CALL = 24
_NARROW = 20
_AHEAD = timedelta(days=365)


def holidays(visit: Visit) -> Reply:
    """chk-holiday: 24 days from BASS_DT, or behind those of the page before, for a year.

    Only `opnd_yn` says whether orders are possible.
    """
    asked = first = visit.day("BASS_DT")
    following = visit.need("CTX_AREA_NK").strip()
    visit.need("CTX_AREA_FK")
    if visit.request.header("tr_cont") == "N" and following:
        first = visit.day("CTX_AREA_NK") + timedelta(days=1)
    days = [first + timedelta(days=offset) for offset in range(_DAYS_PER_CALL)]
    is_last = days[-1] >= asked + _AHEAD
    code, text = visit.state.profile.inquiry["last" if is_last else "more"]
    body = {
        "ctx_area_nk": f"{days[-1]:%Y%m%d}".ljust(_NARROW),
        "ctx_area_fk": f"{asked:%Y%m%d}".ljust(_NARROW),
        "output": [_day_row(visit, day) for day in days],
        **envelope(code, text),
    }
    cont = "D" if is_last else "F" if first == asked else "M"
    return answer(visit, body, cont=cont)


def stock_info(visit: Visit) -> Reply:
    """search-stock-info: the few facts that the sandbox knows, every other key empty."""
    symbol, view = _asked(visit)
    values = {
        **_named(visit, symbol),
        "mket_id_cd": "STK",
        "scty_grp_id_cd": "EF",
        "excg_dvsn_cd": "02",
        "etf_dvsn_cd": "01",
        "thdt_clpr": view.minute.last,
        "bfdy_clpr": view.base,
        "etf_chas_erng_rt_dbnb": f"{multiple_of(symbol)}.0",
        "elec_scty_yn": "Y",
        "cptt_trad_tr_psbl_yn": "N",
    }
    return inquiry(visit, "done", {"output": fields.filled(fields.STOCK_INFO, values)})


def product_info(visit: Visit) -> Reply:
    """search-info: the product behind a code, the same for every market; ours is one of 국내 ETF."""
    symbol, _ = _asked(visit)
    values = {
        **_named(visit, symbol),
        "prdt_eng_name": symbol,
        "prdt_eng_name120": symbol,
        "prdt_eng_abrv_name": symbol,
        "shtn_pdno": symbol,
        "prdt_clsf_cd": "101110",
        "prdt_clsf_name": "ETF",
        "ivst_prdt_type_cd": "1011",
        "ivst_prdt_type_cd_name": "ETF",
    }
    body = {"output": fields.filled(fields.PRODUCT_INFO, values)}
    return answer(visit, {**body, **envelope("KIOK0530", padded("조회되었습니다"))})


def _asked(visit: Visit) -> tuple[str, MarketView]:
    """Return the product that is asked about, and its market. Raises InputRefused."""
    visit.one_of("PRDT_TYPE_CD", {"300"})
    symbol = visit.need("PDNO").strip()
    view = visit.state.exchange.market(visit.now, symbol)
    if view is None:
        raise InputRefused("ERROR : INPUT INVALID_CHECK_PDNO")
    return symbol, view


def _named(visit: Visit, symbol: str) -> dict[str, object]:
    """Return what both calls say alike: its codes and its Korean name."""
    name = visit.state.prices.name(symbol)
    return {
        "pdno": f"00000A{symbol}",
        "prdt_type_cd": "300",
        "prdt_name": name,
        "prdt_name120": name,
        "prdt_abrv_name": name,
        "std_pdno": isin(symbol),
    }


def _day_row(visit: Visit, day: date) -> dict[str, str]:
    opens = "Y" if visit.state.prices.is_session(day) else "N"
    values = {
        "bass_dt": f"{day:%Y%m%d}",
        "wday_dvsn_cd": f"{day.isoweekday() % 7 + 1:02d}",
        "bzdy_yn": opens,
        # The real server says Y even on holidays: a trap that clients must not step into.
        "tr_day_yn": "Y",
        "opnd_yn": opens,
        "sttl_day_yn": opens,
    }
    return fields.filled(fields.HOLIDAY, values)
