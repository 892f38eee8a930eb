"""Marking what a model says of orders and our records do not: a fill is a row, not a sentence.

A *claim* says that an order was sent, accepted, filled or cancelled. It is *recorded* when the tool
for orders returned, in answer to the same question, an order of which that is true, and no other
instrument is named in the sentence. What is denied, expected or asked for is no claim.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum

from core.domain.foreign_text import visible
from core.domain.late_patterns import late
from core.domain.orders import OrderState, Side

# Whose results tell what became of orders (core.llm.tools_reading).
ORDERS_TOOL = "orders"
# Between the two syllables of one word: what people put there so that it is not found.
_GAP = r"[\s\W_]{0,2}"
# What makes of the word a thing that is not said to have happened.
_OPEN = (
    r"(?:된|될|되는|할|한)?\s?(?:주문|수량|내역|것|건)?(?:이|가|은|는|을|를|도|까지|로|인지|의)?\s?"
    r"(?:되지|하지|되기|하기|되면|하면|되려면|하려면|되는|하는|되나|됐나|되었나|될|할|않|못|없|아니|아닙|안\s"
    r"|전(?![량부])|대기|기다|강도|여부|가능|조건|기준|방식|순서|구분|\?|와|과|나\s|이나|도\s?(?:체결|접수))"
)
_DONE = (
    r"(?:이|가|을|를|은|는|도)?\s*(?:모두|전부|다|방금|이미|정상\w*|성공적으로|완전히)?\s*"
    r"(?:되었|되어\s?있|됐|되셨|됨|된\s?상태|했|하였|해\s?(?:드렸|두었|뒀|놓았)|넣었|냈|내었|보냈|나갔|들어갔"
    rf"|마쳤|끝났|끝냈|(?:완료|성공|처리|집행)(?!{_OPEN}))(?!지|나요|을까)"
)


class Claim(Enum):
    """What a sentence says has happened to an order."""

    SENT = "sent"
    ACCEPTED = "accepted"
    FILLED = "filled"
    CANCELLED = "cancelled"


_KOREAN: Mapping[Claim, str] = {
    Claim.FILLED: (
        rf"(?:체{_GAP}결)(?!{_OPEN})|(?:매{_GAP}수|매{_GAP}도|거래|청산){_DONE}"
        r"|(?:샀|팔았|사들였|팔아\s?치웠|사\s?드렸|팔아\s?드렸|사\s?두었|사\s?놨|사졌|팔렸)(?!지|나요|을까)|約定|成交|締結"
    ),
    Claim.ACCEPTED: rf"(?:접{_GAP}수)(?!{_OPEN})|(?:승{_GAP}인|집{_GAP}행){_DONE}",
    Claim.SENT: rf"주{_GAP}문{_DONE}|발주{_DONE}",
    Claim.CANCELLED: rf"취{_GAP}소{_DONE}",
}
_ENGLISH: Mapping[Claim, str] = {
    Claim.FILLED: r"filled|executed|bought|sold|purchased|liquidated|went through",
    Claim.ACCEPTED: r"accepted|approved",
    Claim.SENT: r"(?:order|trade)\w*\s(?:\w+\s){0,3}(?:placed|submitted|sent|completed?|done)"
    r"|(?:placed|submitted|sent|completed)\s(?:\w+\s){0,3}(?:order|trade)",
    Claim.CANCELLED: r"cancell?ed",
}
_CLAIMS = {
    claim: late(
        rf"(?:{_KOREAN[claim]})[가-힣]*|(?<![A-Za-z])(?:{_ENGLISH[claim]})(?![A-Za-z])",
        re.IGNORECASE,
    )
    for claim in Claim
}
# Before an English word these take the claim back.
_TAKEN_BACK = late(
    r"\b(?:not|n't|never|nothing|none|no|neither|unless|until|if|when|once|before|will|would|can"
    r"|could|may|might|must|should|whether|was it|is it)\b[^.!?\n]{0,40}$|n't\b[^.!?\n]{0,40}$",
    re.IGNORECASE,
)
# The longest of them, and the forty characters that may follow.
_TAKES_BACK_CHARACTERS = 60
_SENTENCE = late(r"[^.!?。\n]*(?:[.!?。\n]+|$)")
_BUYS = late(rf"매{_GAP}수|[샀사]|bought|purchas|\bbuy", re.IGNORECASE)
_SELLS = late(rf"매{_GAP}도|팔|청산|sold|\bsell|liquidat", re.IGNORECASE)
_ACCEPTED = frozenset({OrderState.WORKING, OrderState.PARTIAL, OrderState.FILLED})
_CANCELLED = frozenset({OrderState.CANCELLED, OrderState.PARTIAL_CANCELLED})
_NEVER_SENT = frozenset(
    {
        OrderState.CREATED,
        OrderState.GATED,
        OrderState.BLOCKED,
        OrderState.EXPIRED,
        OrderState.NOT_SENT,
        OrderState.REJECTED,
        OrderState.VOID,
    }
)
_STATES = frozenset(state.value for state in OrderState)
# One order in the result of the tool, also where a stored result breaks off after it.
_ROW = late(
    r'"symbol": "(?P<symbol>[0-9A-Z]{6})", "name": "(?P<name>[^"\\]*)", "side": "(?P<side>buy|sell)"'
    r'[^{}]*?"filled": (?P<filled>[0-9]+), [^{}]*?"state": "(?P<state>[A-Za-z_]+)"'
)


@dataclass(frozen=True, slots=True)
class _Recorded:
    symbol: str
    name: str
    side: Side
    filled: int
    state: OrderState

    def bears(self, claim: Claim) -> bool:
        """Whether the claim is true of this order."""
        match claim:
            case Claim.FILLED:
                return self.filled > 0
            case Claim.ACCEPTED:
                return self.filled > 0 or self.state in _ACCEPTED
            case Claim.CANCELLED:
                return self.state in _CANCELLED
            case Claim.SENT:
                return self.state not in _NEVER_SENT


@dataclass(slots=True)
class ClaimMarker:
    """Puts `mark` behind each claim that no record bears. `names` are codes and names we trade."""

    mark: str
    names: tuple[str, ...] = ()
    _orders: list[_Recorded] = field(default_factory=list)

    def learn(self, result: str) -> None:
        """Take the orders out of the JSON that the tool for orders returned."""
        for row in _ROW().finditer(result):
            if row["state"] in _STATES:
                self._orders.append(
                    _Recorded(
                        row["symbol"],
                        row["name"],
                        Side(row["side"]),
                        int(row["filled"]),
                        OrderState(row["state"]),
                    )
                )

    def marked(self, text: str) -> str:
        """Return a text with its unrecorded claims marked, once for each that stands alone."""
        shown: list[str] = []
        for sentence in _SENTENCE().findall(unicodedata.normalize("NFC", visible(text))):
            ends = sorted(set(self._unrecorded(sentence)))
            begun = 0
            for end in ends:
                shown.append(sentence[begun:end] + self.mark)
                begun = end
            shown.append(sentence[begun:])
        return "".join(shown)

    def _unrecorded(self, sentence: str) -> Iterator[int]:
        for claim, pattern in _CLAIMS.items():
            made = [
                match.end()
                for match in pattern().finditer(sentence)
                if not (match[0].isascii() and _is_taken_back(sentence, match.start()))
            ]
            if made and not self._is_recorded(claim, sentence):
                yield from made

    def _is_recorded(self, claim: Claim, sentence: str) -> bool:
        bearing = [order for order in self._orders if order.bears(claim)]
        named = {name for name in self.names if name in sentence}
        known = {text for order in bearing for text in (order.symbol, order.name)}
        return bool(bearing) and _within(named, known) and _sides_fit(sentence, bearing)


def _is_taken_back(sentence: str, at: int) -> bool:
    """Whether the words before a claim at `at` take it back."""
    return _TAKEN_BACK().search(sentence, max(at - _TAKES_BACK_CHARACTERS, 0), at) is not None


def _within(named: Iterable[str], known: set[str]) -> bool:
    """Whether whatever is named is known, or only part of a longer name that is (KODEX 200)."""
    return all(any(name in text for text in known) for name in named)


def _sides_fit(sentence: str, orders: Iterable[_Recorded]) -> bool:
    sides = {order.side for order in orders}
    buys, sells = _BUYS().search(sentence), _SELLS().search(sentence)
    return (not buys or Side.BUY in sides) and (not sells or Side.SELL in sides)
