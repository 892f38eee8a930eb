"""A small deterministic "model": reads the last user message and asks for tools sensibly.

It stands in for a language model in the demo and in tests. It shares no rule with the bot's own
offline analyst, so that a mistake of one cannot hide in the other.
"""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from sandbox.model import sunday
from sandbox.model.news_reader import read_news

_SHARES = re.compile(r"([0-9][0-9,]*)\s*주")
_SHARES_IN_WORDS = {"한": 1, "두": 2, "세": 3, "네": 4, "다섯": 5, "열": 10}
_WORD_SHARES = re.compile(r"(한|두|세|네|다섯|열)\s*주")
_PRICE = re.compile(r"([0-9][0-9,]*)\s*원\s*(?:에|으로|이하)")
_CODE = re.compile(r"(?<![0-9A-Z])([0-9][0-9A-Z]{5})(?![0-9A-Z])")
_FILLER = re.compile(
    r"사\s*줘|사\s*주세요|매수|팔아\s*줘|팔아|매도|해\s*줘|해주세요|전부|전량|모두|얼마야|얼마|현재가|시세|[?!.,]"
)
_ENVELOPE = re.compile(r"^<data [^>]*>\n?|\n?</data>$")


@dataclass(frozen=True, slots=True)
class Wanted:
    """One tool call."""

    name: str
    arguments: dict[str, Any]


@dataclass(frozen=True, slots=True)
class Said:
    """Text of the answer."""

    text: str


Thought = Wanted | Said


def think(messages: list[dict[str, Any]], tools: frozenset[str]) -> Thought:
    """Return what to do next for a chat: one tool call, or the answer."""
    told = "\n".join(str(message.get("content") or "") for message in messages)
    if "review_plan" in tools:
        return _looked_over(told)
    if "report_factors" in tools:
        return Wanted("report_factors", sunday.factors(told))
    if "propose_rules" in tools:
        return Wanted("propose_rules", sunday.rules(told))
    last = max((i for i, m in enumerate(messages) if m.get("role") == "user"), default=-1)
    if last < 0:
        return Said("무엇을 도와드릴까요?")
    content = str(messages[last].get("content") or "")
    news = read_news(content)
    if news is not None:
        return Said(news)
    text = _ENVELOPE.sub("", content).strip()
    return _answer(text, _results(messages[last + 1 :]), tools)


def _answer(text: str, seen: dict[str, dict[str, Any]], tools: frozenset[str]) -> Thought:
    if "propose_order" in tools and _side(text):
        return _trade(text, seen)
    return _question(text, seen, tools)


def _question(text: str, seen: dict[str, dict[str, Any]], tools: frozenset[str]) -> Thought:
    if "portfolio" in tools and re.search(r"잔고|포트폴리오|보유|예수금", text):
        return _balance(seen)
    if "quote" in tools and re.search(r"얼마|시세|현재가|가격", text):
        return _price(text, seen)
    if "orders" in tools and re.search(r"주문|체결", text):
        return _orders(seen)
    return Said(_free_answer(text))


def _looked_over(told: str) -> Thought:
    """Keep every proposal of the plan that the messages hold."""
    block = re.search(r'<data kind="plan">\n(.*?)\n</data>', told, re.DOTALL)
    plan = json.loads(block[1]) if block else {"actions": []}
    kept = [
        {
            "symbol": row["symbol"],
            "side": row["side"],
            "verdict": "keep",
            "quantity": row["quantity"],
            "reason": "자료에 어긋나는 점이 없습니다.",
        }
        for row in plan["actions"]
    ]
    return Wanted(
        "review_plan",
        {
            "actions": kept,
            "justification": "전략의 계획이 자료와 맞습니다.",
            "risk_assessment": "한 종목의 비중을 살펴보세요.",
            "expected_outcome": "결과는 알 수 없습니다.",
        },
    )


_SPOKEN = re.compile(r"^\d{4}-\d{2}-\d{2} \d{2}:\d{2}:\d{2} ([^:_]+): (.+)$")


def _free_answer(text: str) -> str:
    lines = [line.strip() for line in text.splitlines() if line.strip()]
    matches = [match for line in lines if (match := _SPOKEN.match(line))]
    # A tool's line repeats its own name as a call; only what people and the model said counts.
    spoken = [match for match in matches if not match[2].startswith(f"{match[1]}(")]
    if spoken:
        said = [f"{_speaker(match[1])}: {match[2][:60]}" for match in spoken]
        return "\n".join(["이 대화에서 나눈 이야기입니다.", *(f"- {line}" for line in said[-8:])])
    if len(lines) > 1:
        return f"요약: {lines[0][:120]}"
    return "잔고, 시세, 주문을 도와드릴 수 있습니다. 종목과 수량을 말씀해 주세요."


def _speaker(name: str) -> str:
    """Return who said it in people's words: our own model names mean nothing to a reader."""
    return "답변" if name.startswith("sandbox-") else name


def _results(messages: list[dict[str, Any]]) -> dict[str, dict[str, Any]]:
    names: dict[str, str] = {}
    found: dict[str, dict[str, Any]] = {}
    for message in messages:
        for call in message.get("tool_calls") or []:
            names[call["id"]] = call["function"]["name"]
        if message.get("role") == "tool":
            try:
                content = json.loads(message.get("content") or "{}")
            except ValueError:
                content = {"status": "error", "message": "읽을 수 없는 결과"}
            name = names.get(str(message.get("tool_call_id")), "")
            found[name] = content if isinstance(content, dict) else {}
    return found


def _side(text: str) -> str | None:
    if re.search(r"지\s*마|말아|말고", text):
        return None
    if re.search(r"매도|팔아|팔자|팔게", text):
        return "sell"
    if re.search(r"매수|사\s*줘|사\s*주|살게|사자", text):
        return "buy"
    return None


def _name(text: str) -> str:
    rest = text
    for pattern in (_SHARES, _WORD_SHARES, _PRICE, _FILLER):
        rest = pattern.sub(" ", rest)
    words = rest.split()
    return re.sub(r"(을|를|은|는)$", "", " ".join(words))[:60]


def _find(text: str, seen: dict[str, dict[str, Any]]) -> Thought | dict[str, Any]:
    code = _CODE.search(text)
    query = code[1] if code else _name(text)
    if "search_instrument" not in seen:
        return Wanted("search_instrument", {"query": query}) if query else Said("어느 종목인가요?")
    rows = seen["search_instrument"].get("instruments") or []
    exact = [row for row in rows if row.get("exact")]
    if len(exact) == 1 or len(rows) == 1:
        found: dict[str, Any] = (exact or rows)[0]
        return found
    if not rows:
        return Said(f"'{query}' 종목을 찾지 못했습니다.")
    names = ", ".join(f"{row['name']}({row['symbol']})" for row in rows[:5])
    return Said(f"어느 종목인가요? {names}")


def _trade(text: str, seen: dict[str, dict[str, Any]]) -> Thought:
    if "propose_order" in seen:
        return Said(_proposed(seen["propose_order"]))
    found = _find(text, seen)
    if not isinstance(found, dict):
        return found
    side = _side(text)
    quantity = _quantity(text)
    everything = side == "sell" and re.search(r"전부|전량|모두", text) is not None
    if quantity is None and not everything:
        return Said(f"{found['name']}을(를) 몇 주로 할까요?")
    price = _PRICE.search(text)
    return Wanted(
        "propose_order",
        {
            "symbol": found["symbol"],
            "side": side,
            "quantity": None if everything else quantity,
            "limit_price_won": int(price[1].replace(",", "")) if price else None,
            "reason": "사용자가 대화에서 요청했습니다.",
        },
    )


def _quantity(text: str) -> int | None:
    digits = _SHARES.search(text)
    if digits:
        return int(digits[1].replace(",", ""))
    word = _WORD_SHARES.search(text)
    return _SHARES_IN_WORDS[word[1]] if word else None


def _proposed(result: dict[str, Any]) -> str:
    if result.get("status") == "ok":
        return "제안을 올렸습니다. ✅를 누르기 전에는 주문이 나가지 않습니다."
    return f"제안하지 못했습니다. {result.get('message', '')}".strip()


def _balance(seen: dict[str, dict[str, Any]]) -> Thought:
    if "portfolio" not in seen:
        return Wanted("portfolio", {})
    result = seen["portfolio"]
    if result.get("status") != "ok":
        return Said(f"잔고를 읽지 못했습니다. {result.get('message', '')}".strip())
    lines = [f"주문 가능 현금은 {result['orderable_won']:,}원입니다."]
    lines += [f"{row['name']} {row['quantity']}주" for row in result.get("positions", [])]
    return Said("\n".join(lines))


def _price(text: str, seen: dict[str, dict[str, Any]]) -> Thought:
    found = _find(text, seen)
    if not isinstance(found, dict):
        return found
    if "quote" not in seen:
        return Wanted("quote", {"symbol": found["symbol"]})
    result = seen["quote"]
    if result.get("status") != "ok":
        return Said(f"시세를 읽지 못했습니다. {result.get('message', '')}".strip())
    return Said(f"{found['name']}의 현재가는 {result['last_won']:,}원입니다.")


def _orders(seen: dict[str, dict[str, Any]]) -> Thought:
    if "orders" not in seen:
        return Wanted("orders", {"scope": "today"})
    count = len(seen["orders"].get("orders", []))
    return Said(f"오늘 주문은 {count}건입니다." if count else "오늘은 주문이 없습니다.")
