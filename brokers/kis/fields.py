"""Tables of wire fields: what each answer must carry, under its wire name.

Here are the kinds of field and the answers about orders, the account and prices; the other
`fields_…` modules hold one table per call, by what the call is about.

Every value is a string, padded with blanks, with decimals where one does not expect them, and ""
where there is nothing. A required field that is missing or malformed is named in the error; fields
that we do not know are passed over. Positions and quantities are never guessed.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import date, datetime, time
from decimal import Decimal
from typing import Annotated, TypeVar

from pydantic import BaseModel, BeforeValidator, ConfigDict, Field, ValidationError

from core.domain.money import round_won
from core.errors import BrokerProtocolError

_NUMBER = re.compile(r"[+-]?[0-9]{1,18}(\.[0-9]{1,12})?")
_DIGITS_MAX = 30
_T = TypeVar("_T")
_Amount = TypeVar("_Amount", int, Decimal)
_ORDER_NUMBER = re.compile(r"[0-9]{1,16}")


def bare(value: object) -> object:
    """Strip padding; a blank string is None."""
    if isinstance(value, str):
        return value.strip() or None
    return value


def _decimal(value: object) -> Decimal:
    text = bare(value)
    if isinstance(text, int) and not isinstance(text, bool):
        text = str(text)
    if isinstance(text, Decimal):
        # Written out, a number such as 1e999999999 would fill the memory with zeros.
        if not text.is_finite() or abs(text.adjusted()) > _DIGITS_MAX:
            raise ValueError("not a number")
        text = format(text, "f")
    if not isinstance(text, str) or not _NUMBER.fullmatch(text):
        raise ValueError("not a number")
    return Decimal(text)


def _whole(value: object) -> int:
    number = _decimal(value)
    if number != number.to_integral_value():
        raise ValueError("not a whole number")
    return int(number)


def _counted(value: object) -> int:
    number = _whole(value)
    if number < 0:
        raise ValueError("below zero")
    return number


def _rounded(value: object) -> int:
    """Sums of fees and profits come with fractions of a won on some calls."""
    return round_won(_decimal(value))


def _text(value: object) -> str:
    text = bare(value)
    if text is None:
        return ""
    if not isinstance(text, str):
        raise ValueError("not a text")  # noqa: TRY004  pydantic collects ValueErrors
    return text


def _day(value: object) -> date:
    text = bare(value)
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{8}", text):
        raise ValueError("not a day YYYYMMDD")
    return date(int(text[:4]), int(text[4:6]), int(text[6:]))


def _clock_time(value: object) -> time:
    text = bare(value)
    if not isinstance(text, str) or not re.fullmatch(r"[0-9]{6}", text):
        raise ValueError("not a time HHMMSS")
    return time(int(text[:2]), int(text[2:4]), int(text[4:]))


def canonical_number(value: object) -> str:
    """Return an order number without its leading zeros: 0000006555 and 6555 are the same order.

    Raises ValueError for anything but digits, and for zero.
    """
    text = bare(value)
    if not isinstance(text, str) or not _ORDER_NUMBER.fullmatch(text) or not int(text):
        raise ValueError("not an order number")
    return str(int(text))


def _original_number(value: object) -> str:
    text = bare(value)
    if text is None or (isinstance(text, str) and set(text) == {"0"}):
        return ""
    return canonical_number(text)


def _or_none(read: Callable[[object], _T]) -> Callable[[object], _T | None]:
    def maybe(value: object) -> _T | None:
        return None if bare(value) is None else read(value)

    return maybe


def _day_or_none(value: object) -> date | None:
    text = bare(value)
    # A day that is not there comes as "", as "0" or as eight zeros.
    return None if text is None or (isinstance(text, str) and not text.strip("0")) else _day(text)


def is_yes(flag: str) -> bool:
    """Whether a flag stands: some come as Y, some as a code; N, 0 and "" say that it does not."""
    return flag not in {"", "N", "0", "00"}


def signed(amount: _Amount, sign: str) -> _Amount:
    """Return a change with the direction of its sign code: 4 and 5 fall, 1 and 2 rise.

    The amount itself carries a minus on most calls; where it does not, the code decides.
    """
    if sign in {"4", "5"}:
        return -abs(amount)
    return abs(amount) if sign in {"1", "2"} else amount


Whole = Annotated[int, BeforeValidator(_whole)]
Rounded = Annotated[int, BeforeValidator(_rounded)]
Count = Annotated[int, BeforeValidator(_counted)]
Number = Annotated[Decimal, BeforeValidator(_decimal)]
MaybeWhole = Annotated[int | None, BeforeValidator(_or_none(_whole))]
MaybeCount = Annotated[int | None, BeforeValidator(_or_none(_counted))]
MaybeNumber = Annotated[Decimal | None, BeforeValidator(_or_none(_decimal))]
MaybeDay = Annotated[date | None, BeforeValidator(_day_or_none)]
MaybeClockTime = Annotated[time | None, BeforeValidator(_or_none(_clock_time))]
Text = Annotated[str, BeforeValidator(_text)]
Name = Annotated[str, BeforeValidator(_text), Field(min_length=1)]
Day = Annotated[date, BeforeValidator(_day)]
ClockTime = Annotated[time, BeforeValidator(_clock_time)]
OrderNumber = Annotated[str, BeforeValidator(canonical_number)]
OriginalNumber = Annotated[str, BeforeValidator(_original_number)]


class WireRow(BaseModel):
    """One object of an answer."""

    model_config = ConfigDict(extra="ignore", frozen=True)


class TokenAnswer(WireRow):
    """POST /oauth2/tokenP. The expiry is naive KST; `expires_in` is seconds."""

    access_token: Annotated[Name, Field(pattern=r"^[\x21-\x7e]+$", max_length=4096, repr=False)]
    access_token_token_expired: Annotated[datetime | None, BeforeValidator(bare)] = None
    expires_in: Count | None = None


class ApprovalAnswer(WireRow):
    """POST /oauth2/Approval."""

    approval_key: Annotated[Name, Field(repr=False)]


class RevokeAnswer(WireRow):
    """POST /oauth2/revokeP. The code is an int, in older answers a text."""

    code: Whole


class HashkeyAnswer(WireRow):
    """POST /uapi/hashkey."""

    HASH: Annotated[Name, Field(pattern=r"^[\x21-\x7e]+$")]


class OrderAnswer(WireRow):
    """`output` of order-cash and order-rvsecncl (upper case)."""

    ODNO: OrderNumber
    KRX_FWDG_ORD_ORGNO: Text = ""
    ORD_TMD: Text = ""


class OrderRow(WireRow):
    """`output1` of inquire-daily-ccld."""

    ord_dt: Day
    ord_tmd: ClockTime
    odno: OrderNumber
    orgn_odno: OriginalNumber = ""
    ord_gno_brno: Text = ""
    sll_buy_dvsn_cd: Annotated[Name, Field(pattern=r"^0[12]$")]
    sll_buy_dvsn_cd_name: Text = ""
    pdno: Name
    ord_dvsn_cd: Name
    ord_qty: Count
    ord_unpr: Number
    tot_ccld_qty: Count
    tot_ccld_amt: Number
    avg_prvs: Number
    cncl_cfrm_qty: Count
    rmn_qty: Count
    rjct_qty: Count


class HoldingRow(WireRow):
    """`output1` of inquire-balance: one symbol and loan date."""

    pdno: Name
    prdt_name: Text = ""
    trad_dvsn_name: Text = ""
    loan_dt: Text = ""
    expd_dt: Text = ""
    hldg_qty: Count
    ord_psbl_qty: Count
    pchs_avg_pric: Number
    pchs_amt: Number
    prpr: Count


class CashRow(WireRow):
    """`output2` of inquire-balance."""

    dnca_tot_amt: Whole
    prvs_rcdl_excc_amt: Whole


class BuyingPowerRow(WireRow):
    """`output` of inquire-psbl-order; the fields without 미수."""

    nrcvb_buy_amt: Whole
    nrcvb_buy_qty: Whole


class SellableRow(WireRow):
    """`output` of inquire-psbl-sell."""

    ord_psbl_qty: Count


class PriceRow(WireRow):
    """`output` of inquire-price. Everything but price, limits and state is optional."""

    stck_prpr: Count
    stck_sdpr: Count
    stck_mxpr: Count
    stck_llam: Count
    aspr_unit: Count
    stck_oprc: Count = 0
    stck_hgpr: Count = 0
    stck_lwpr: Count = 0
    acml_vol: Count
    temp_stop_yn: Text = ""
    iscd_stat_cls_code: Text = ""
    mrkt_warn_cls_code: Text = ""
    invt_caful_yn: Text = ""
    short_over_yn: Text = ""
    sltr_yn: Text = ""
    mang_issu_cls_code: Text = ""


class BarRow(WireRow):
    """`output2` of inquire-daily-itemchartprice."""

    stck_bsop_date: Day
    stck_oprc: Count
    stck_hgpr: Count
    stck_lwpr: Count
    stck_clpr: Count
    acml_vol: Count


class HolidayRow(WireRow):
    """`output` of chk-holiday. Only `opnd_yn` decides; `tr_day_yn` is Y even on holidays."""

    bass_dt: Day
    opnd_yn: Annotated[Name, Field(pattern=r"^[YN]$")]


_Row = TypeVar("_Row", bound=WireRow)


def read_row(kind: type[_Row], value: object, where: str) -> _Row:
    """Return `value` as a row. Raises BrokerProtocolError naming every field that is wrong."""
    if not isinstance(value, Mapping):
        raise BrokerProtocolError(f"{where}: not an object")
    try:
        return kind.model_validate(value)
    except ValidationError as error:
        # Names only: values may be account numbers or tokens.
        wrong = (
            f"{'.'.join(str(part) for part in item['loc'])} "
            f"{'missing' if item['type'] == 'missing' else 'malformed'}"
            for item in error.errors(include_url=False, include_input=False)
        )
        raise BrokerProtocolError(f"{where}: {', '.join(wrong)}") from None


def read_output(body: Mapping[str, object], key: str, where: str) -> object:
    """Return `body[key]`. Raises BrokerProtocolError when it is missing: never "nothing there"."""
    if body.get(key) is None:
        raise BrokerProtocolError(f"{where}: {key} missing")
    return body[key]


def read_rows(body: Mapping[str, object], key: str, where: str) -> Sequence[object]:
    """Return the list `body[key]`. Raises BrokerProtocolError when it is none."""
    rows = read_output(body, key, where)
    if not isinstance(rows, list):
        raise BrokerProtocolError(f"{where}: {key} is not a list")
    return rows


def read_table(
    kind: type[_Row], rows: Iterable[object], where: str, *, blank: str = ""
) -> list[_Row]:
    """Return every row as `kind`, named by its place in errors.

    With `blank` the rows whose field of that name is empty are placeholders and are left out.
    """
    return [
        read_row(kind, row, f"{where}[{index}]")
        for index, row in enumerate(rows)
        if not (blank and isinstance(row, Mapping) and bare(row.get(blank)) is None)
    ]
