"""The judge of the hostile proposals catches a guard that lets one through."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.domain.money import Won
from core.domain.risk import RiskLimits
from core.services.risk import guard
from tests.prove import hostile

pytestmark = pytest.mark.untraced


def test_the_guard_lets_nothing_beyond_a_limit_through():
    unit = hostile.one(7)
    assert unit.faults == []
    assert unit.count == hostile.PROPOSALS
    assert int(unit.note.split()[0]) > 500, "most of what is asked must not be absurd"


def test_a_guard_that_forgets_a_rule_is_caught(monkeypatch: pytest.MonkeyPatch):
    honest = guard.assess

    def forgetful(request, facts, limits, costs):
        return honest(request, facts, replace(limits, order_amount_won=10**9), costs)

    monkeypatch.setattr(hostile, "assess", forgetful)
    assert any(fault.startswith("order:") for fault in hostile.one(7).faults)


def test_a_size_beyond_the_cash_is_caught(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hostile, "affordable", lambda request, *_: request.quantity)
    assert any("affordable beyond" in fault for fault in hostile.one(7).faults)


def test_a_quantity_that_grows_is_caught(monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(hostile, "affordable", lambda request, *_: request.quantity + 1)
    assert any(fault.startswith("grew") for fault in hostile.one(7).faults)


def test_a_looser_answer_to_a_tighter_limit_is_caught(monkeypatch: pytest.MonkeyPatch):
    honest, wide = guard.affordable, RiskLimits(order_amount_won=Won(399_999))

    def perverse(request, facts, limits, costs):
        return honest(request, facts, limits if limits == RiskLimits() else wide, costs)

    monkeypatch.setattr(hostile, "affordable", perverse)
    assert any("made it larger" in fault or "beyond" in fault for fault in hostile.one(7).faults)
