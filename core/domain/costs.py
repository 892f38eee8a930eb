"""What a trade costs: commission and tax. ETFs pay no securities transaction tax.

Tax rule: funds that are not 비과세 are taxed 15.4 % on min(gain, increase of the tax base price);
the tax base history is not freely available, so the gain is the conservative upper bound.
Each sale stands alone: a loss is not offset. Distributions are taxed 15.4 % whatever the fund.
In an ISA or a pension account nothing is withheld; what is due there at the end is not computed.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal
from enum import Enum

from core.domain.instrument import TaxType
from core.domain.money import Won

GAIN_TAX_RATE = Decimal("0.154")


class AccountKind(Enum):
    """Which kind of account is traded on (일반, ISA, 연금)."""

    GENERAL = "general"
    ISA = "isa"
    PENSION = "pension"

    @property
    def withholds(self) -> bool:
        """Whether tax is withheld at each sale and distribution."""
        return self is AccountKind.GENERAL


@dataclass(frozen=True, slots=True)
class CostModel:
    """Commission as a rate of the traded amount, cut to whole won per order, and the tax rules."""

    commission_rate: Decimal = Decimal("0.00015")
    account: AccountKind = AccountKind.GENERAL

    def fee_won(self, amount_won: int) -> Won:
        """Return the commission on `amount_won`."""
        return Won(int((amount_won * self.commission_rate).to_integral_value(ROUND_DOWN)))

    def gain_tax_won(self, tax_type: TaxType, gain_won: Decimal) -> Won:
        """Return the upper bound of the tax withheld on a sale that gains `gain_won`."""
        return self._tax_won(gain_won) if tax_type.gain_is_taxed else Won(0)

    def distribution_tax_won(self, amount_won: int) -> Won:
        """Return the tax withheld on a distribution of `amount_won`."""
        return self._tax_won(Decimal(amount_won))

    def _tax_won(self, base_won: Decimal) -> Won:
        if not self.account.withholds or base_won <= 0:
            return Won(0)
        return Won(int((base_won * GAIN_TAX_RATE).to_integral_value(ROUND_DOWN)))
