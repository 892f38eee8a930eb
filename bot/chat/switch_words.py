"""The sentence about whether orders can be sent: the switch, the halt file, and today's stop."""

from __future__ import annotations

from bot.chat.services import ChatServices
from bot.chat.text import label
from core.domain.krx import KST
from core.domain.modes import TradingState
from core.ports.phrases import Phrases

REASON_MAX = 300


async def stop_of_today(services: ChatServices) -> str | None:
    """Return why trading is stopped today (maybe an empty text), or None when it is not."""
    return await services.switch.stopped_on(services.clock.now().astimezone(KST).date())


def state_sentence(state: TradingState, stopped: str | None, phrases: Phrases) -> str:
    """Return what is in force. A stopped day outranks everything but a halt, which adds to it."""
    sentence = phrases.say(f"chat.state_{state.value.lower()}")
    if stopped is None:
        return sentence
    reason = label(stopped, REASON_MAX) or phrases.say("chat.no_reason")
    day = phrases.say("chat.state_day_stopped", reason=reason)
    return f"{sentence}\n{day}" if state is TradingState.HALTED else day
