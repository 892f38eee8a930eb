"""What can be traded: symbols and the facts of an ETF."""

from __future__ import annotations

import re
from dataclasses import dataclass
from enum import Enum
from typing import NewType

Symbol = NewType("Symbol", str)

# KRX short codes are six characters; since 2024 they may hold letters (0080G0), so never an int.
_SYMBOL = re.compile(r"[0-9][0-9A-Z]{5}")


def symbol(code: str) -> Symbol:
    """Return `code` as a KRX short code. Raises ValueError unless it is six of 0-9 A-Z."""
    text = code.strip().upper()
    if not _SYMBOL.fullmatch(text):
        raise ValueError(f"not a six-character KRX code: {code!r}")
    return Symbol(text)


def name_and_code(code: str, known: Instrument | None) -> str:
    """Return ``name(code)`` of a `known` instrument, or the code alone where there is no name."""
    return f"{known.name}({code})" if known and known.name else code


class TaxType(Enum):
    """How the gain of an ETF is taxed (KRX 과세유형)."""

    EXEMPT = "비과세"
    HOLDING_PERIOD = "배당소득세(보유기간과세)"
    OVERSEAS_FUND = "배당소득세(해외주식투자전용ETF)"
    REAL_ESTATE_TAXED = "배당소득세(분리과세부동산ETF)"
    REAL_ESTATE_EXEMPT = "비과세(분리과세부동산ETF)"

    @property
    def gain_is_taxed(self) -> bool:
        """Whether 15.4 % is withheld on the gain at sale."""
        return self.value.startswith("배당소득세")


@dataclass(frozen=True, slots=True, kw_only=True)
class Instrument:
    """One ETF. `multiple` is the index multiple (1 plain, 2 leveraged, -1 inverse).

    Funds with the same `index` (and the same multiple) can stand in for one another; it may be
    unknown, which is the empty string.
    """

    symbol: Symbol
    name: str
    asset_class: str = ""
    multiple: int = 1
    tax_type: TaxType = TaxType.HOLDING_PERIOD
    fee_bps: int = 0
    index: str = ""

    @property
    def is_plain(self) -> bool:
        """Whether it is neither leveraged nor inverse."""
        return self.multiple == 1
