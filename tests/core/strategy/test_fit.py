from __future__ import annotations

from dataclasses import replace

import pytest

from core.domain.instrument import Instrument, Symbol
from core.strategy.fit import Fit, fit_of, fit_reasons
from tests.core.strategy.test_decide import PARAMETERS, decided, market, situation

A, B, C = Symbol("000001"), Symbol("000002"), Symbol("000003")


def test_drag_is_what_should_be_invested_and_is_not() -> None:
    given = replace(situation(market(s000001=1)), closes={A: 300, B: 90})
    fit = fit_of(given, {A: 1000, B: 100}, {A: 3, B: 1})
    assert (fit.wanted_won, fit.placed_won, fit.drag_won) == (1100, 990, 110)
    assert fit.drag_percent == pytest.approx(10)
    assert fit.too_dear == ()
    over = fit_of(given, {A: 1000}, {A: 4})
    assert (over.drag_won, fit_reasons(over, given)) == (0, ())
    assert Fit(wanted_won=0, placed_won=0).drag_percent == 0


@pytest.mark.parametrize(
    ("index_b", "price_b", "instead"),
    [("KOSPI 200", 200, B), ("KOSPI 200", 600, None), ("KRX 300", 200, None), ("", 200, None)],
)
def test_a_cheaper_fund_on_the_same_index_is_named(
    index_b: str, price_b: int, instead: Symbol | None
) -> None:
    given = replace(
        situation(market(s000001=1)),
        closes={A: 500, B: price_b, C: 250},
        instruments=(
            Instrument(symbol=A, name="a", index="KOSPI 200"),
            Instrument(symbol=B, name="b", index=index_b),
            Instrument(symbol=C, name="c", index="KOSPI 200", multiple=2),
        ),
    )
    fit = fit_of(given, {A: 400}, {A: 0})
    (dear,) = fit.too_dear
    assert (dear.symbol, dear.price_won, dear.instead) == (A, 500, instead)
    keys = [item.key for item in fit_reasons(fit, given)]
    assert keys == ["fit_drag", "fit_too_dear"] + (["fit_instead"] if instead else [])


def test_an_unknown_index_or_symbol_has_no_stand_in() -> None:
    given = replace(situation(market(s000001=1)), closes={A: 500, C: 100}, instruments=())
    assert fit_of(given, {A: 400}, {}).too_dear[0].instead is None


def test_a_decision_tells_what_is_left_and_what_is_too_dear() -> None:
    bars = market(s000001=60, s000002=50)
    found = decided(situation(bars, cash=30_000))
    assert "fit_too_dear" in {item.key for item in found.notes}
    assert found.notes[0].key == "fit_drag"
    assert PARAMETERS.invested_percent == 97
