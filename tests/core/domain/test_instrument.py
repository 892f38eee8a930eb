import pytest

from core.domain.instrument import Instrument, TaxType, symbol


@pytest.mark.parametrize("code", ["069500", "0080G0", " 0193w0 "])
def test_codes_are_six_characters_and_may_hold_letters(code):
    assert symbol(code) == code.strip().upper()


@pytest.mark.parametrize("code", ["69500", "A69500", "0695000", "", "069-00", "０６９５００"])
def test_anything_else_is_refused(code):
    with pytest.raises(ValueError, match="six-character"):
        symbol(code)


def test_tax_follows_the_type_not_the_asset():
    taxed = {kind.name for kind in TaxType if kind.gain_is_taxed}
    assert taxed == {"HOLDING_PERIOD", "OVERSEAS_FUND", "REAL_ESTATE_TAXED"}


def test_plain_means_neither_leveraged_nor_inverse():
    kodex = Instrument(symbol=symbol("069500"), name="KODEX 200")
    inverse = Instrument(symbol=symbol("114800"), name="KODEX 인버스", multiple=-1)
    assert kodex.is_plain
    assert not inverse.is_plain
