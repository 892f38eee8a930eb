"""What a trade costs: commission and tax. ETFs pay no securities transaction tax.

Tax rule: funds that are not 비과세 are taxed 15.4 % on min(gain, increase of the tax base price);
the tax base history is not freely available, so the gain is the conservative upper bound.
Each sale stands alone: a loss is not offset.
"""

from __future__ import annotations

from dataclasses import dataclass
from decimal import ROUND_DOWN, Decimal

from core.domain.instrument import TaxType
from core.domain.money import Won

GAIN_TAX_RATE = Decimal("0.154")


@dataclass(frozen=True, slots=True)
class CostModel:
    """Commission as a rate of the traded amount, cut to whole won per order."""

    commission_rate: Decimal = Decimal("0.00015")

    def fee_won(self, amount_won: int) -> Won:
        """Return the commission on `amount_won`."""
        return Won(int((amount_won * self.commission_rate).to_integral_value(ROUND_DOWN)))

    def gain_tax_won(self, tax_type: TaxType, gain_won: Decimal) -> Won:
        """Return the upper bound of the tax withheld on a sale that gains `gain_won`."""
        if not tax_type.gain_is_taxed or gain_won <= 0:
            return Won(0)
        return Won(int((gain_won * GAIN_TAX_RATE).to_integral_value(ROUND_DOWN)))
