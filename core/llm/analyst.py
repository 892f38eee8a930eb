"""The offline analyst: answers plain requests by rules, through the same tools as a model.

It keeps nothing between calls. Whether it introduced itself, and which tool already answered, is
read from the messages, as a language model would.
"""

from __future__ import annotations

import json
import re
from collections.abc import AsyncIterator, Mapping, Sequence
from dataclasses import dataclass

from core.domain.hangul import BRAND_READINGS, fold, match_rank
from core.domain.model_calls import CallAbout
from core.llm.analyst_words import AnalystWords
from core.llm.plain_requests import (
    Doubt,
    Question,
    Topic,
    TradeWish,
    Wish,
    language_of,
    normalise,
    read_request,
)
from core.llm.prompt import from_data
from core.ports.model import BY_ITSELF, ModelMessage, ReplyEnd, TextPart, ToolCall, ToolSpec
from core.ports.phrases import Phrases

PIECE_CHARACTERS = 24
CHART_SESSIONS = 60
TRIAL_CASH_WON = 1_000_000
QUERY_CHARACTERS_MAX = 60
CHARACTERS_PER_TOKEN = 2
_ASKS_BACK = frozenset({Doubt.QUANTITY_MISSING})
_SHORT_ANSWER = 20
_BRANDS = frozenset(fold(name) for pair in BRAND_READINGS.items() for name in pair)
_CODE = re.compile(r"[0-9][0-9A-Z]{5}")

Result = Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Call:
    name: str
    arguments: Mapping[str, object]


@dataclass(frozen=True, slots=True)
class _Turn:
    """The request to answer, and what the tools said since."""

    wish: Wish
    text: str
    results: Mapping[str, Result]
    words: AnalystWords
    introduced: bool


class OfflineAnalyst:
    """Implements core.ports.model.ChatModel without a network and without a model."""

    def __init__(self, phrases: Mapping[str, Phrases], default_locale: str = "ko") -> None:
        """`phrases` holds one entry per language; answers follow the language of the request."""
        self._words = {locale: AnalystWords(items) for locale, items in phrases.items()}
        self._default = default_locale

    @property
    def name(self) -> str:
        """Name of the model, for the record."""
        return "offline-analyst"

    async def stream(
        self,
        messages: Sequence[ModelMessage],
        tools: Sequence[ToolSpec],
        about: CallAbout = BY_ITSELF,
    ) -> AsyncIterator[TextPart | ReplyEnd]:
        """Stream one reply; the last item is a ReplyEnd."""
        del about  # rules cost nothing, and nobody is told
        turn = self._turn(messages)
        step = _step(turn)
        if isinstance(step, _Call) and step.name not in {tool.name for tool in tools}:
            step = turn.words.say("tool_missing")
        calls: tuple[ToolCall, ...] = ()
        if isinstance(step, _Call):
            calls = (
                ToolCall(
                    call_id=f"rule_{len(messages)}",
                    name=step.name,
                    arguments=json.dumps(step.arguments, ensure_ascii=False),
                ),
            )
        else:
            introduction = "" if turn.introduced else turn.words.say("introduction") + "\n"
            for piece in _pieces(introduction + step):
                yield TextPart(text=piece)
        yield ReplyEnd(tool_calls=calls, prompt_tokens=0, completion_tokens=0)

    async def complete(
        self,
        messages: Sequence[ModelMessage],
        max_tokens: int,
        about: CallAbout = BY_ITSELF,
    ) -> str:
        """Return the first lines of the last message: rules cannot condense, only choose."""
        del about
        text = from_data(messages[-1].text) if messages else ""
        lines = [" ".join(line.split()) for line in text.splitlines() if line.strip()]
        return "\n".join(lines)[: max(max_tokens, 1) * CHARACTERS_PER_TOKEN]

    def _turn(self, messages: Sequence[ModelMessage]) -> _Turn:
        asked = [index for index, message in enumerate(messages) if message.role == "user"]
        text = normalise(from_data(messages[asked[-1]].text)) if asked else ""
        before = messages[: asked[-1]] if asked else ()
        words = self._words[language_of(text, self._default)]
        said = [message.text for message in before if message.role == "assistant"]
        introductions = [item.say("introduction") for item in self._words.values()]
        return _Turn(
            wish=self._wish(text, before),
            text=text,
            results=_results(messages[asked[-1] + 1 :]) if asked else {},
            words=words,
            introduced=any(sentence in line for line in said for sentence in introductions),
        )

    def _wish(self, text: str, before: Sequence[ModelMessage]) -> Wish:
        """Read the request; a short answer to our own question completes the request before it."""
        alone = read_request(text)
        if alone is not Doubt.NOT_UNDERSTOOD or len(text) > _SHORT_ANSWER or not before:
            return alone
        follow_ups = [item.say("follow_up") for item in self._words.values()]
        if not any(before[-1].text.endswith(sentence) for sentence in follow_ups):
            return alone
        earlier = [from_data(item.text) for item in before if item.role == "user"]
        joined = read_request(f"{normalise(earlier[-1])} {text}") if earlier else alone
        return joined if isinstance(joined, TradeWish) else alone


def _results(messages: Sequence[ModelMessage]) -> dict[str, Result]:
    names = {call.call_id: call.name for message in messages for call in message.tool_calls}
    found: dict[str, Result] = {}
    for message in messages:
        if message.role == "tool" and message.call_id in names:
            content = json.loads(message.text)
            found[names[message.call_id]] = content if isinstance(content, dict) else {}
    return found


def _pieces(text: str) -> list[str]:
    return [text[at : at + PIECE_CHARACTERS] for at in range(0, len(text), PIECE_CHARACTERS)]


def _step(turn: _Turn) -> _Call | str:
    match turn.wish:
        case TradeWish() as wish:
            return _trade(turn, wish)
        case Question() as question:
            return _answer(turn, question)
        case Doubt() as doubt:
            return _ask_back(turn, doubt)


def _ask_back(turn: _Turn, doubt: Doubt) -> str:
    sentence = turn.words.say(doubt.value)
    if doubt in _ASKS_BACK:
        return f"{sentence} {turn.words.say('follow_up')}"
    if doubt is Doubt.NOT_UNDERSTOOD:
        return f"{sentence}\n{turn.words.say('help')}"
    return sentence


@dataclass(frozen=True, slots=True)
class _Found:
    symbol: str
    name: str


def _instrument(turn: _Turn, query: str, *, strict: bool) -> _Found | _Call | str:
    """Find the one instrument that `query` names: a call to search, or a question back.

    `strict` is for trades: a brand alone names nothing even when only one fund carries it.
    """
    first, _, rest = query.partition(" ")
    code = first if _CODE.fullmatch(first) else ""
    searched = (code or query)[:QUERY_CHARACTERS_MAX]
    result = turn.results.get("search_instrument")
    if result is None:
        return _Call("search_instrument", {"query": searched})
    if result.get("status") != "ok":
        return turn.words.failure(result)
    rows = turn.words.rows(result, "instruments")
    exact = [row for row in rows if row.get("exact")]
    chosen = exact if len(exact) == 1 else rows
    if not chosen:
        return turn.words.say("not_found", query=searched)
    vague = strict and not exact and (code or fold(searched) in _BRANDS)
    if len(chosen) > 1 or vague:
        text = turn.words.say("which", query=searched, candidates=turn.words.candidates(rows))
        return f"{text}\n{turn.words.say('follow_up')}"
    found = _Found(str(chosen[0]["symbol"]), str(chosen[0]["name"]))
    if code and rest and match_rank(rest, found.symbol, found.name) is None:
        return turn.words.say("name_differs", symbol=found.symbol, name=found.name)
    return found


def _trade(turn: _Turn, wish: TradeWish) -> _Call | str:
    found = _instrument(turn, wish.query, strict=True)
    if not isinstance(found, _Found):
        return found
    quantity = wish.quantity
    if wish.amount_won is not None:
        sized = _sized(turn, wish, found)
        if not isinstance(sized, int):
            return sized
        quantity = sized
    result = turn.results.get("propose_order")
    if result is None:
        return _Call(
            "propose_order",
            {
                "symbol": found.symbol,
                "side": wish.side.value,
                "quantity": quantity,
                "limit_price_won": wish.limit_won,
                "reason": turn.words.say("reason_request", text=turn.text[:200]),
            },
        )
    return turn.words.proposed(result, found.name, wish.side.value, quantity)


def _sized(turn: _Turn, wish: TradeWish, found: _Found) -> int | _Call | str:
    """Return how many whole shares the amount buys (or sells) at the limit or the quote."""
    amount = wish.amount_won or 0
    price = wish.limit_won
    if price is None:
        quote = turn.results.get("quote")
        if quote is None:
            return _Call("quote", {"symbol": found.symbol})
        price = turn.words.price_of(quote, wish.side)
        if price is None:
            return turn.words.failure(quote)
    if amount < price:
        return turn.words.say(
            "amount_too_small", name=found.name, price_won=price, amount_won=amount
        )
    return amount // price


_PLAIN_CALLS: Mapping[Topic, _Call] = {
    Topic.PORTFOLIO: _Call("portfolio", {}),
    Topic.ORDERS: _Call("orders", {"scope": "today"}),
    Topic.OPEN_ORDERS: _Call("orders", {"scope": "open"}),
    Topic.LIMITS: _Call("risk_limits", {}),
    Topic.RULES: _Call("rules", {}),
    Topic.TRIAL: _Call("backtest", {"start": None, "end": None, "cash_won": TRIAL_CASH_WON}),
    Topic.NEWS: _Call("news", {}),
    Topic.CALENDAR: _Call("calendar", {"day": None}),
}

_ABOUT_ONE: Mapping[Topic, str] = {
    Topic.PRICE: "quote",
    Topic.CHART: "bars",
    Topic.SEARCH: "search_instrument",
    Topic.ORDER_BOOK: "order_book",
    Topic.ETF: "etf",
}


def _answer(turn: _Turn, question: Question) -> _Call | str:
    topic = question.topic
    if topic is Topic.HELP:
        return turn.words.say("help")
    if topic in _ABOUT_ONE:
        return _about_instrument(turn, question)
    call = _PLAIN_CALLS.get(topic) or _Call(
        "memory_search", {"query": (question.query or turn.text)[:QUERY_CHARACTERS_MAX]}
    )
    result = turn.results.get(call.name)
    return call if result is None else turn.words.result(call.name, result)


def _about_instrument(turn: _Turn, question: Question) -> _Call | str:
    if not question.query:
        return turn.words.say("symbol_missing")
    if question.topic is Topic.SEARCH:
        result = turn.results.get("search_instrument")
        if result is None:
            return _Call("search_instrument", {"query": question.query[:QUERY_CHARACTERS_MAX]})
        return turn.words.found(result, question.query)
    found = _instrument(turn, question.query, strict=False)
    if not isinstance(found, _Found):
        return found
    call = _Call(_ABOUT_ONE[question.topic], {"symbol": found.symbol})
    if question.topic is Topic.CHART:
        call = _Call("bars", {"symbol": found.symbol, "sessions": CHART_SESSIONS, "chart": True})
    result = turn.results.get(call.name)
    return call if result is None else turn.words.result(call.name, result)
