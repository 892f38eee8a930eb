from __future__ import annotations

import pytest

from core.domain.halt import HaltOrder, halt_text, read_halt
from core.domain.modes import TradingState

HALT = HaltOrder(state=TradingState.HALTED)


@pytest.mark.parametrize(
    ("text", "order"),
    [
        ("", HALT),
        ("anything a person types", HALT),
        ("REDUCE ONLY", HALT),
        ("reduce-only\n", HaltOrder(state=TradingState.REDUCE_ONLY)),
        ("REDUCE_ONLY cancel_open", HaltOrder(state=TradingState.REDUCE_ONLY, cancel_open=True)),
        ("cancel-open", HaltOrder(state=TradingState.HALTED, cancel_open=True)),
        ("REDUCE_ONLY HALTED", HALT),
    ],
)
def test_only_the_exact_word_weakens_a_halt(text: str, order: HaltOrder) -> None:
    assert read_halt(text) == order


@pytest.mark.parametrize("state", [TradingState.HALTED, TradingState.REDUCE_ONLY])
@pytest.mark.parametrize("cancel", [True, False])
def test_what_is_written_is_read_back(state: TradingState, cancel: bool) -> None:
    order = HaltOrder(state=state, cancel_open=cancel)
    assert read_halt(halt_text(order)) == order
