"""The halt file: what anybody who can write a file may ask of the bot."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.modes import TradingState

_CANCEL_OPEN = "CANCEL_OPEN"


@dataclass(frozen=True, slots=True, kw_only=True)
class HaltOrder:
    """What the file asks for. `cancel_open` also wants open orders cancelled."""

    state: TradingState
    cancel_open: bool = False


def read_halt(text: str) -> HaltOrder:
    """Return what the words of a halt file ask for; anything but REDUCE_ONLY is a full halt.

    An empty file, made by `touch`, halts. The words may stand in any order, in any case.
    """
    words = text.upper().replace("-", "_").split()
    reduce_only = TradingState.REDUCE_ONLY.value in words and TradingState.HALTED.value not in words
    return HaltOrder(
        state=TradingState.REDUCE_ONLY if reduce_only else TradingState.HALTED,
        cancel_open=_CANCEL_OPEN in words,
    )


def halt_text(order: HaltOrder) -> str:
    """Return the words that `read_halt` reads back."""
    words = [order.state.value, *((_CANCEL_OPEN,) if order.cancel_open else ())]
    return " ".join(words) + "\n"
