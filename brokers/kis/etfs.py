"""What an ETF is worth and holds, and the indices, from wire rows to domain values."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from decimal import Decimal

from brokers.kis.fields import is_yes, signed
from brokers.kis.fields_etf import (
    BasketRow,
    ComponentRow,
    EtfRow,
    NavDayRow,
    NavMomentRow,
    NavPriceRow,
    NavRow,
)
from brokers.kis.fields_index import IndexBarRow, IndexRow
from core.domain.etf import Basket, Component, EtfState, NavDay, NavMoment, NavState
from core.domain.instrument import Symbol
from core.domain.market_index import IndexBar, IndexLevel, MarketIndex
from core.domain.money import Won
from core.errors import BrokerRefused

_HUNDRED_MILLION = 100_000_000  # net assets come in 억원
_THOUSAND = 1_000
_MILLION = 1_000_000


def _stated(number: Decimal | None) -> Decimal | None:
    """A NAV of 0.00 is one that does not exist yet."""
    return number or None


def etf_state(row: EtfRow, symbol: Symbol, received_at: datetime) -> EtfState:
    """Return an ETF's state. Raises BrokerRefused for a symbol that KIS does not know."""
    if row.stck_mxpr == 0:
        raise BrokerRefused("EMPTY_QUOTE", f"no such ETF: {symbol}")
    return EtfState(
        symbol=symbol,
        last_won=Won(row.stck_prpr),
        change_won=signed(row.prdy_vrss, row.prdy_vrss_sign),
        upper_limit_won=Won(row.stck_mxpr),
        lower_limit_won=Won(row.stck_llam),
        volume_shares=row.acml_vol,
        nav_won=_stated(row.nav),
        previous_nav_won=_stated(row.prdy_last_nav),
        disparity_percent=row.dprt,
        tracking_error_percent=row.trc_errt,
        multiple=row.etf_trc_ert_mltp,
        net_assets_won=None if row.etf_ntas_ttam is None else row.etf_ntas_ttam * _HUNDRED_MILLION,
        units=row.lstn_stcn,
        creation_unit=row.etf_cu_unit_scrt_cnt,
        holdings=row.etf_cnfg_issu_cnt,
        issuer=row.mbcr_name,
        index_name=row.etf_rprs_bstp_kor_isnm,
        listed_on=row.stck_lstn_date,
        matures_on=row.mtrt_date,
        in_volatility_interruption=is_yes(row.vi_cls_code),
        received_at=received_at,
    )


def nav_state(price: NavPriceRow, row: NavRow, symbol: Symbol, received_at: datetime) -> NavState:
    """Return price and NAV side by side. Raises BrokerRefused for what has no NAV."""
    if row.nav <= 0:
        raise BrokerRefused("EMPTY_NAV", f"no NAV of {symbol}")
    return NavState(
        symbol=symbol,
        last_won=Won(price.stck_prpr),
        previous_close_won=Won(price.stck_prdy_clpr),
        nav_won=row.nav,
        previous_nav_won=_stated(row.prdy_clpr_nav),
        open_nav_won=_stated(row.oprc_nav),
        high_nav_won=_stated(row.hprc_nav),
        low_nav_won=_stated(row.lprc_nav),
        received_at=received_at,
    )


def nav_day(row: NavDayRow) -> NavDay:
    """Return one session's closing price and NAV."""
    return NavDay(
        session=row.stck_bsop_date,
        close_won=Won(row.stck_clpr),
        nav_won=row.nav,
        disparity_percent=row.dprt,
        volume_shares=row.acml_vol,
    )


def nav_moment(row: NavMomentRow) -> NavMoment:
    """Return one moment of the session."""
    return NavMoment(
        at=row.bsop_hour,
        price_won=Won(row.stck_prpr),
        nav_won=row.nav,
        disparity_percent=row.dprt,
        volume_shares=row.acml_vol,
    )


def basket(
    row: BasketRow, components: Iterable[ComponentRow], symbol: Symbol, received_at: datetime
) -> Basket:
    """Return what one creation unit holds."""
    return Basket(
        symbol=symbol,
        nav_won=_stated(row.nav),
        creation_unit=row.etf_cu_unit_scrt_cnt,
        holdings=row.etf_cnfg_issu_cnt,
        components=tuple(
            Component(
                symbol=Symbol(part.stck_shrn_iscd),
                name=part.hts_kor_isnm,
                price_won=part.stck_prpr,
                change_percent=part.prdy_ctrt,
                weight_percent=part.etf_cnfg_issu_rlim,
                value_won=part.etf_vltn_amt,
            )
            for part in components
        ),
        received_at=received_at,
    )


def index_level(row: IndexRow, index: MarketIndex, received_at: datetime) -> IndexLevel:
    """Return an index. Raises BrokerRefused for one that KIS does not know: all is zero."""
    if row.bstp_nmix_prpr <= 0:
        raise BrokerRefused("EMPTY_QUOTE", f"no such index: {index.value}")
    return IndexLevel(
        index=index,
        level=row.bstp_nmix_prpr,
        change=signed(row.bstp_nmix_prdy_vrss, row.prdy_vrss_sign),
        change_percent=signed(row.bstp_nmix_prdy_ctrt, row.prdy_vrss_sign),
        open_level=_stated(row.bstp_nmix_oprc),
        high_level=_stated(row.bstp_nmix_hgpr),
        low_level=_stated(row.bstp_nmix_lwpr),
        volume_shares=row.acml_vol * _THOUSAND,
        turnover_won=row.acml_tr_pbmn * _MILLION,
        rising=row.ascn_issu_cnt,
        falling=row.down_issu_cnt,
        unchanged=row.stnr_issu_cnt,
        received_at=received_at,
    )


def index_bar(row: IndexBarRow) -> IndexBar:
    """Return one session of an index."""
    return IndexBar(
        session=row.stck_bsop_date,
        open_level=row.bstp_nmix_oprc,
        high_level=row.bstp_nmix_hgpr,
        low_level=row.bstp_nmix_lwpr,
        close_level=row.bstp_nmix_prpr,
        volume_shares=row.acml_vol * _THOUSAND,
        turnover_won=row.acml_tr_pbmn * _MILLION,
    )
