"""Damaged answers of KIS's market data, statements and master files.

Each row that is read is held against the damaged text by a judge of its own: a value that is not
what the text says is the finding. Templates are written here anew, from the public wire shapes.
"""

from __future__ import annotations

import io
import json
import random
import re
import zipfile
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time
from decimal import Decimal
from typing import Any

from brokers.kis import etfs, master, quotes, records
from brokers.kis.errors import raise_for
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
from brokers.kis.fields_quotes import BookRow, ChangeRankRow, ExpectedRow, TradeRow, VolumeRankRow
from brokers.kis.fields_records import InstrumentRow, NewsRow
from brokers.kis.fields_statements import (
    AssetClassRow,
    AssetSumRow,
    DayProfitRow,
    OpenOrderRow,
    ProfitSumRow,
    TradeProfitRow,
)
from brokers.wire.bodies import read_json
from brokers.wire.fields import WireRow, read_output, read_row, read_rows, read_table
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.listing import Board
from core.domain.market_index import MarketIndex
from core.errors import BrokerError
from tests.prove.answers import template
from tests.prove.mutation import Template, encoded, pick

NOW = datetime(2026, 11, 2, 10, 0, tzinfo=KST)
CODE = Symbol("069500")
_OK = {"rt_cd": "0", "msg_cd": "MCA00000", "msg1": "정상처리 되었습니다."}
_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?")
_MOVED = {"stck_prpr": "35150", "prdy_vrss": "-150", "prdy_vrss_sign": "5", "prdy_ctrt": "-0.43"}
_BOOK = {
    "aspr_acpt_hour": "100000",
    **{f"askp{level}": str(35_150 + 5 * level) for level in range(1, 11)},
    **{f"bidp{level}": str(35_150 - 5 * level) for level in range(1, 11)},
    **{f"{side}_rsqn{level}": "120" for side in ("askp", "bidp") for level in range(1, 11)},
    "total_askp_rsqn": "1200",
    "total_bidp_rsqn": "1200",
}
_PROFIT = {
    "trad_dt": "20261030",
    "buy_amt": "104375",
    "sll_amt": "106100",
    "rlzt_pfls": "1717",
    "fee": "7.6",
    "tl_tax": "0",
    "pfls_rt": "1.64502994",
}


@dataclass(frozen=True, slots=True)
class Reading:
    """One part of one answer: its text, the key it stands under, its table, what becomes of it."""

    template: Template
    part: str
    kind: type[WireRow]
    is_list: bool
    become: Callable[[Any], object] = lambda row: row


def _read(
    part: str,
    kind: type[WireRow],
    row: Mapping[str, str],
    become: Callable[[Any], object] = lambda row: row,
    *,
    is_list: bool = False,
) -> Reading:
    value: object = [row, row] if is_list else row
    return Reading(template({**_OK, part: value}), part, kind, is_list, become)


_EXPECTED = ExpectedRow(stck_sdpr=35_000)
_ALL_LEVELS = BookRow.model_validate(_BOOK)
READINGS: Sequence[Reading] = (
    _read("output1", BookRow, _BOOK, lambda row: quotes.order_book(row, _EXPECTED, CODE, NOW)),
    _read(
        "output2",
        ExpectedRow,
        {"stck_sdpr": "35000", "antc_cnpr": "35150", "antc_vol": "7", "vi_cls_code": "N"},
        lambda row: quotes.order_book(_ALL_LEVELS, row, CODE, NOW),
    ),
    _read(
        "output",
        TradeRow,
        {**_MOVED, "stck_cntg_hour": "095959", "cntg_vol": "3", "tday_rltv": "98.52"},
        quotes.trade,
        is_list=True,
    ),
    _read(
        "output",
        VolumeRankRow,
        {
            **_MOVED,
            "data_rank": "1",
            "mksc_shrn_iscd": "Q530031",
            "hts_kor_isnm": "이름",
            "acml_vol": "10",
            "avrg_vol": "5",
            "vol_inrt": "9999.99",
            "acml_tr_pbmn": "351500",
        },
        quotes.volume_rank,
        is_list=True,
    ),
    _read(
        "output",
        ChangeRankRow,
        {
            **_MOVED,
            "data_rank": "1",
            "stck_shrn_iscd": "069500",
            "acml_vol": "10",
            "cnnt_ascn_dynu": "0",
            "cnnt_down_dynu": "2",
        },
        quotes.change_rank,
        is_list=True,
    ),
    _read(
        "output",
        EtfRow,
        {
            **_MOVED,
            "stck_mxpr": "45500",
            "stck_llam": "24500",
            "acml_vol": "10",
            "nav": "35160.12",
            "prdy_last_nav": "35010.00",
            "dprt": "-0.03",
            "trc_errt": "0.44",
            "etf_trc_ert_mltp": "1.00",
            "etf_ntas_ttam": "11873",
            "lstn_stcn": "62400000",
            "etf_cnfg_issu_cnt": "26",
            "stck_lstn_date": "20021014",
            "mtrt_date": "0",
            "vi_cls_code": "N",
        },
        lambda row: etfs.etf_state(row, CODE, NOW),
    ),
    _read("output1", NavPriceRow, {"stck_prpr": "35150", "stck_prdy_clpr": "35000"}),
    _read(
        "output2",
        NavRow,
        {"nav": "35160.12", "prdy_clpr_nav": "35010.00", "oprc_nav": "0.00", "hprc_nav": ""},
        lambda row: etfs.nav_state(
            NavPriceRow(stck_prpr=35_150, stck_prdy_clpr=35_000), row, CODE, NOW
        ),
    ),
    _read(
        "output",
        NavDayRow,
        {
            "stck_bsop_date": "20261030",
            "stck_clpr": "35000",
            "nav": "35010.50",
            "dprt": "-0.03",
            "acml_vol": "100",
        },
        etfs.nav_day,
        is_list=True,
    ),
    _read(
        "output",
        NavMomentRow,
        {
            "bsop_hour": "095900",
            "stck_prpr": "35000",
            "nav": "35010.50",
            "dprt": "-0.03",
            "acml_vol": "100",
        },
        etfs.nav_moment,
        is_list=True,
    ),
    _read(
        "output1",
        BasketRow,
        {"nav": "35160.12", "etf_cu_unit_scrt_cnt": "50000", "etf_cnfg_issu_cnt": "201"},
        lambda row: etfs.basket(row, (), CODE, NOW),
    ),
    _read(
        "output2",
        ComponentRow,
        {
            "stck_shrn_iscd": "005930",
            "hts_kor_isnm": "삼성전자",
            "stck_prpr": "79800",
            "prdy_ctrt": "2.18",
            "etf_cnfg_issu_rlim": "30.08",
            "etf_vltn_amt": "557868300",
        },
        is_list=True,
    ),
    _read(
        "output",
        IndexRow,
        {
            "bstp_nmix_prpr": "2807.63",
            "bstp_nmix_prdy_vrss": "10.30",
            "prdy_vrss_sign": "2",
            "bstp_nmix_prdy_ctrt": "0.37",
            "bstp_nmix_oprc": "2802.10",
            "acml_vol": "758166",
            "acml_tr_pbmn": "13576970",
            "ascn_issu_cnt": "499",
        },
        lambda row: etfs.index_level(row, MarketIndex.KOSPI, NOW),
    ),
    _read(
        "output2",
        IndexBarRow,
        {
            "stck_bsop_date": "20261030",
            "bstp_nmix_prpr": "2610.81",
            "bstp_nmix_oprc": "2630.05",
            "bstp_nmix_hgpr": "2642.95",
            "bstp_nmix_lwpr": "2606.78",
            "acml_vol": "1117170",
            "acml_tr_pbmn": "9806510",
        },
        etfs.index_bar,
        is_list=True,
    ),
    _read(
        "output",
        InstrumentRow,
        {
            "pdno": "00000A069500",
            "prdt_abrv_name": "KODEX 200",
            "scty_grp_id_cd": "EF",
            "lstg_stqt": "160000000",
            "bfdy_clpr": "35000",
            "etf_chas_erng_rt_dbnb": "1.00",
            "scts_mket_lstg_dt": "20021014",
            "lstg_abol_dt": "",
            "tr_stop_yn": "N",
        },
        lambda row: records.instrument_facts(row, CODE),
    ),
    _read(
        "output",
        NewsRow,
        {
            "cntt_usiq_srno": "2026110210005138887",
            "data_dt": "20261102",
            "data_tm": "095959",
            "hts_pbnt_titl_cntt": "제목",
            "dorg": "연합뉴스",
            "iscd1": "069500",
            "iscd2": "",
        },
        records.news_title,
        is_list=True,
    ),
    _read(
        "output",
        OpenOrderRow,
        {
            "odno": "0000000117",
            "orgn_odno": "",
            "ord_gno_brno": "06590",
            "pdno": "069500",
            "sll_buy_dvsn_cd": "02",
            "ord_qty": "7",
            "ord_unpr": "35150",
            "ord_tmd": "090503",
            "tot_ccld_qty": "3",
            "psbl_qty": "4",
        },
        is_list=True,
    ),
    _read(
        "output1",
        AssetClassRow,
        {
            "pchs_amt": "100000",
            "evlu_amt": "101000",
            "evlu_pfls_amt": "1000",
            "crdt_lnd_amt": "0",
            "real_nass_amt": "101000",
            "whol_weit_rt": "10.10",
        },
        is_list=True,
    ),
    _read(
        "output2",
        AssetSumRow,
        {
            "tot_asst_amt": "1000000",
            "nass_tot_amt": "999000",
            "tot_dncl_amt": "899000",
            "evlu_amt_smtl": "101000",
            "evlu_pfls_amt_smtl": "-1000",
            "loan_amt_smtl": "1000",
        },
    ),
    _read("output1", DayProfitRow, _PROFIT, is_list=True),
    _read(
        "output1",
        TradeProfitRow,
        {**_PROFIT, "pdno": "069500", "prdt_name": "KODEX 200", "buy_qty": "17", "sll_qty": "17"},
        is_list=True,
    ),
    _read(
        "output2",
        ProfitSumRow,
        {
            "buy_tr_amt_smtl": "104375",
            "sll_tr_amt_smtl": "106100",
            "tot_fee": "8",
            "tot_tltx": "0",
            "tot_rlzt_pfls": "-1717",
        },
    ),
)


def market(dice: random.Random) -> str:
    """A damaged answer gives rows that say what the text says, or a BrokerError."""
    reading = pick(dice, READINGS)
    text = reading.template.damaged(dice)
    try:
        body = read_json(encoded(text))
        raise_for(200, body)
        if reading.is_list:
            rows = read_table(reading.kind, read_rows(body, reading.part, "fuzz"), "fuzz")
        else:
            rows = [read_row(reading.kind, read_output(body, reading.part, "fuzz"), "fuzz")]
        for row in rows:
            reading.become(row)
    except BrokerError:
        return ""
    said = json.loads(text, parse_float=Decimal)[reading.part]
    for row, wire in zip(rows, said if reading.is_list else [said], strict=True):
        for name, field in reading.kind.model_fields.items():
            value = getattr(row, name)
            if not _honest(value, wire.get(name), field.get_default()):
                return f"{reading.kind.__name__}.{name} {value!r} out of {wire.get(name)!r}"
    return ""


def _honest(value: object, wire: object, default: object) -> bool:
    """Whether a value is what the wire says; nothing said must be the table's default."""
    text = wire.strip() if isinstance(wire, str) else wire
    if text is None or text == "":
        return value in (default, "", None) and not (value == 0 and wire == "")
    if value is None or value == "":
        return isinstance(text, str) and not text.strip("0")
    if isinstance(value, str):
        return isinstance(text, str) and value in {text, text.lstrip("0")}
    if isinstance(value, date | time):
        return text == value.strftime("%Y%m%d" if isinstance(value, date) else "%H%M%S")
    return _same_number(value, text)


def _same_number(value: object, text: object) -> bool:
    if isinstance(text, bool) or not isinstance(value, int | Decimal):
        return False
    plain = text if isinstance(text, str) else format(Decimal(str(text)), "f")
    if not _NUMBER.fullmatch(plain):
        return False
    # Fees and profits are rounded to a won; everything else is exact.
    allowed = Decimal("0.5") if isinstance(value, int) else Decimal(0)
    return abs(Decimal(value) - Decimal(plain)) <= allowed


LINE = (
    b"069500   KR7069500007" + "KODEX 200 상장지수".encode("cp949").ljust(40)
    + b"EF000000000000" + b"0N" + b"N" * 25 + b"000035000" + b"00001" + b"00001" + b"NNN00NNN"
    + b"000000100N000" + b"000000123456" + b"000000000000" + b"20021014" + b"000000000160000"
).ljust(288, b"0")  # fmt: skip


def zipped(line: bytes) -> bytes:
    """Return a KOSPI master file of this one line."""
    buffer = io.BytesIO()
    with zipfile.ZipFile(buffer, "w") as archive:
        archive.writestr("kospi_code.mst", line)
    return buffer.getvalue()


def masters(dice: random.Random) -> str:
    """A damaged master file is refused, or gives lines whose code and price stand in it."""
    line = bytearray(LINE)
    for _ in range(1 + int(dice.random() * 3)):
        line[int(dice.random() * len(line))] = int(dice.random() * 256)
    content = bytearray(zipped(bytes(line)))
    if dice.random() < 0.5:
        content[int(dice.random() * len(content))] = int(dice.random() * 256)
    try:
        listings = master.listings_of(bytes(content), Board.KOSPI)
    except BrokerError:
        return ""
    for listing in listings:
        if listing.code.encode() not in line or f"{listing.base_won:0>5}".encode() not in line:
            return f"listing {listing.code} {listing.base_won} out of {bytes(line)!r}"
    return ""
