"""Seeded damage: what wires, people and editors do to a text."""

from __future__ import annotations

import random
import re
from collections.abc import Sequence
from dataclasses import dataclass
from typing import TypeVar

_T = TypeVar("_T")

# A string is taken whole, so that the middle of two strings is not mistaken for one.
_VALUE = re.compile(r'"(?:[^"\\]|\\.)*"(?P<is_key>\s*:)?|-?\d+(?:\.\d+)?|true|false|null')
JSON_TOKENS = (
    "null",
    "0",
    "-1",
    '""',
    '" "',
    "1e999",
    "1e99999999999999999999",
    "[]",
    "{}",
    "[{}]",
    "NaN",
    "true",
    "1.5",
    '"0"',
    '"-3"',
    '"0.4"',
    '"1,000"',
    '"１２"',
    '"١٢"',
    '"1_0"',
    '"00000000000000000000009"',
    '"9999999999999999999999999"',
    '"\\u0000"',
    '"+7"',
    '"1e3"',
    '"20261399"',
    "99999999999999999999999999",
)
WORD_TOKENS = (
    "",
    " ",
    ":",
    "0",
    "-1",
    "\n",
    "\t",
    "가",
    "１",
    "\x00",
    "'",
    '"',
    "=",
    ",",
    "1e9",
    "\\",
)


@dataclass(frozen=True, slots=True)
class Template:
    """A good text and where its values stand, so that one of them can be swapped."""

    text: str
    spans: tuple[tuple[int, int], ...]
    tokens: Sequence[str] = JSON_TOKENS

    @classmethod
    def of(cls, text: str, tokens: Sequence[str] = JSON_TOKENS) -> Template:
        """Find the values of `text`."""
        spans = tuple(m.span() for m in _VALUE.finditer(text) if not m["is_key"])
        return cls(text, spans or ((0, len(text)),), tokens)

    def damaged(self, dice: random.Random) -> str:
        """Return the text with one value swapped, or with one to three cuts, slips and repeats."""
        kind = dice.random()
        if kind < 0.5:
            start, end = pick(dice, self.spans)
            token = pick(dice, self.tokens)
            text = self.text[:start] + token + self.text[end:]
            return text if kind < 0.4 else _slip(text, dice, self.tokens)
        text = self.text
        for _ in range(1 + int(dice.random() * 3)):
            text = _slip(text, dice, self.tokens)
        return text


def pick(dice: random.Random, choices: Sequence[_T]) -> _T:
    """Throw for one of `choices`."""
    return choices[int(dice.random() * len(choices))]


def encoded(text: str) -> bytes:
    """Return what goes over the wire; a lone surrogate goes as well."""
    return text.encode("utf-8", "surrogatepass")


def _slip(text: str, dice: random.Random, tokens: Sequence[str]) -> str:
    place = int(dice.random() * (len(text) + 1))
    kind = int(dice.random() * 6)
    if kind == 0:
        return text[:place]
    width = 1 + int(dice.random() * 12)
    if kind == 1:
        return text[:place] + text[place + width :]
    if kind == 2:
        return text[: place + width] + text[place:]
    if kind == 3:
        return text[:place] + pick(dice, tokens) + text[place:]
    letter = chr(32 + int(dice.random() * 95)) if kind == 4 else text[place - 1 : place]
    return text[:place] + letter + text[place + 1 :]
