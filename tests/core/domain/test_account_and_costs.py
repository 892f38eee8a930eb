from datetime import datetime
from decimal import Decimal

import pytest

from core.domain.account import AccountSnapshot, Portfolio, Position
from core.domain.costs import AccountKind, CostModel
from core.domain.instrument import TaxType, symbol
from core.domain.krx import KST
from core.domain.modes import Mode
from core.domain.money import Won
from tests.fakes.quotes import quote_of

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)
KODEX = symbol("069500")


def test_an_account_adds_up():
    position = Position(
        symbol=KODEX,
        name="KODEX 200",
        quantity=3,
        sellable=3,
        average_cost_won=Decimal("35000.3333"),
        price_won=Won(36_000),
    )
    account = AccountSnapshot(
        deposit_won=Won(1_000_000), settled_d2_won=Won(894_984), positions=(position,), taken_at=NOW
    )
    assert (position.value_won, position.cost_won, position.profit_won) == (108_000, 105_000, 3_000)
    assert account.securities_won == 108_000
    assert account.nav_won == 1_002_984
    assert account.position(KODEX) is position
    assert account.position(symbol("102110")) is None
    assert Portfolio(account=account, orderable_won=Won(1), reserved_won=Won(0)).account is account


@pytest.mark.parametrize(("amount", "fee"), [(0, 0), (6_666, 0), (6_667, 1), (105_450, 15)])
def test_commission_is_cut_to_whole_won(amount, fee):
    assert CostModel().fee_won(amount) == fee


@pytest.mark.parametrize(
    ("kind", "gain", "tax"),
    [
        (TaxType.EXEMPT, 10_000, 0),
        (TaxType.REAL_ESTATE_EXEMPT, 10_000, 0),
        (TaxType.HOLDING_PERIOD, 10_000, 1_540),
        (TaxType.OVERSEAS_FUND, 9_999, 1_539),
        (TaxType.HOLDING_PERIOD, -10_000, 0),
        (TaxType.HOLDING_PERIOD, 0, 0),
    ],
)
def test_only_gains_of_taxed_funds_are_taxed(kind, gain, tax):
    assert CostModel().gain_tax_won(kind, Decimal(gain)) == tax


@pytest.mark.parametrize(
    ("account", "tax"),
    [(AccountKind.GENERAL, 1_540), (AccountKind.ISA, 0), (AccountKind.PENSION, 0)],
)
def test_only_a_general_account_withholds_tax(account, tax):
    costs = CostModel(account=account)
    assert costs.gain_tax_won(TaxType.HOLDING_PERIOD, Decimal(10_000)) == tax
    assert costs.distribution_tax_won(10_000) == tax
    assert costs.distribution_tax_won(0) == 0


def test_only_observe_sends_nothing():
    assert [mode for mode in Mode if not mode.may_send_orders] == [Mode.OBSERVE]


def test_change_of_a_quote():
    quote = quote_of(KODEX, 35_350, NOW, base_won=35_000)
    assert quote.change_bps == 100
