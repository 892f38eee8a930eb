"""Calls of the language model as lines: what was asked, what came back, what it cost."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from bot.chat.story_words import Section
from core.domain.krx import KST
from core.domain.model_calls import ModelCall
from core.ports.phrases import Phrases
from core.runtime.recorded_calls import messages_of, reply_of

TEXT_MAX = 600


def call_sections(calls: Sequence[ModelCall], phrases: Phrases) -> tuple[Section, ...]:
    """Return one section per call. Raises DataError when a stored call cannot be read."""
    return tuple(
        Section(phrases.say("model.call", call=call.call_id), tuple(_lines(call, phrases)))
        for call in calls
    )


def cost_text(milliwon: int, phrases: Phrases) -> str:
    """Return an amount with a tenth of a won, rounded up: single calls cost less than one."""
    tenths = -(-milliwon // 100)
    return phrases.say("model.won", won=f"{tenths // 10:,}.{tenths % 10}")


def _lines(call: ModelCall, phrases: Phrases) -> Iterator[str]:
    say = phrases.say
    yield say(
        "model.call_line",
        at=f"{call.at.astimezone(KST):%Y-%m-%d %H:%M:%S}",
        purpose=say(f"model.purpose_{call.purpose.value}"),
        model=call.model,
        version=call.prompt_version,
    )
    bound = say("model.call_bound") if call.is_bound else ""
    yield say(
        "model.call_cost",
        state=say(f"model.state_{call.state.value}"),
        prompt=call.prompt_tokens,
        completion=call.completion_tokens,
        cost=cost_text(call.cost_milliwon, phrases) + bound,
        seconds=f"{call.elapsed_ms / 1000:.1f}",
    )
    if call.is_dropped:
        yield say("model.call_dropped")
        return
    asked = [message.text for message in messages_of(call.inputs) if message.role == "user"]
    if asked:
        yield say("model.call_asked", text=_short(asked[-1]))
    text, tool_calls = reply_of(call.reply)
    if text.strip():
        yield say("model.call_said", text=_short(text))
    for tool_call in tool_calls:
        yield say("model.call_tool", name=tool_call.name, arguments=_short(tool_call.arguments))
    if call.error:
        yield say("model.call_error", text=call.error)


def _short(text: str) -> str:
    flat = " ".join(text.split())
    return flat if len(flat) <= TEXT_MAX else f"{flat[:TEXT_MAX]}…"
