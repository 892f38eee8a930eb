"""What a holding is worth by Kiwoom's arithmetic.

Recomputed from captured statements (14 holdings of one account, each row to the won): commission
0.015 % of each side cut to 10 won; tax 0.05 % and 0.15 % of the value, each cut to a won, on shares
but not on ETF and ETN.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from decimal import ROUND_HALF_UP, Decimal

_COMMISSION = Decimal("0.00015")
_TAXES = (Decimal("0.0005"), Decimal("0.0015"))


@dataclass(frozen=True, slots=True, kw_only=True)
class Valued:
    """One holding at one price. `paid` is what was paid for it in all, fees apart."""

    symbol: str
    name: str
    quantity: int
    sellable: int
    paid: int
    price: int
    base: int
    bought_today: int = 0
    sold_today: int = 0
    is_taxed: bool = False

    @property
    def average(self) -> int:
        """`avg_prc`, `pur_pric`: cut to a won."""
        return self.paid // self.quantity if self.quantity else 0

    @property
    def gross(self) -> int:
        """`evlt_amt` of kt00018."""
        return self.price * self.quantity

    @property
    def buy_fee(self) -> int:
        """`pur_cmsn`."""
        return _commission(self.paid)

    @property
    def sell_fee(self) -> int:
        """`sell_cmsn`: what selling would cost."""
        return _commission(self.gross)

    @property
    def tax(self) -> int:
        """`tax`."""
        return sum(int(self.gross * rate) for rate in _TAXES) if self.is_taxed else 0

    @property
    def net(self) -> int:
        """`evlt_amt` of kt00004."""
        return self.gross - self.buy_fee - self.sell_fee - self.tax

    @property
    def gain(self) -> int:
        """`evltv_prft`, `pl_amt`."""
        return self.net - self.paid

    def rate(self, digits: int) -> str:
        """`prft_rt` (two decimals), `pl_rt` (four)."""
        return percent_of(self.gain, self.paid, digits)


def deposit_and_value(deposit: int, held: Iterable[Valued]) -> int:
    """`prsm_dpst_aset_amt`: the deposit and what selling everything now would bring."""
    return deposit + sum(row.gross - row.sell_fee - row.tax for row in held)


def percent_of(part: int, whole: int, digits: int) -> str:
    """Return part ÷ whole in percent, rounded, without a plus."""
    if not whole:
        return f"{0:.{digits}f}"
    exact = Decimal(100 * part) / whole
    return str(exact.quantize(Decimal(1).scaleb(-digits), rounding=ROUND_HALF_UP))


def _commission(amount: int) -> int:
    return int(amount * _COMMISSION) // 10 * 10
