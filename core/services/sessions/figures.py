"""Marking figures in prose that no tool returned: numbers are ours, words are the model's.

A *figure* is a number with a unit (원, %, 주, 배, 만, 억 …), with a decimal point, or of three digits
and more. Dates, times, list numbers and small counts without a unit are none. A figure is *sourced*
when a tool returned that number, or the person said it; rounding to the digits shown is allowed.
What is computed from sourced numbers is not sourced: a model's arithmetic is no data of ours.
"""

from __future__ import annotations

import json
import re
import unicodedata
from bisect import bisect_left
from collections.abc import Iterable, Iterator
from decimal import Decimal

from core.domain.late_patterns import late

HELD_CHARACTERS_MAX = 60
DIGITS_MAX = 18
ROUNDED_MAX = Decimal("0.03")
# Fewer digits than this, without unit or decimal point, count things and are no figures.
_PLAIN_DIGITS = 3
_SCALES = {"": 1, "천": 1_000, "만": 10_000, "억": 100_000_000, "조": 1_000_000_000_000}
_HANGUL_DIGITS = {
    "영": 0, "공": 0, "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "칠": 7, "팔": 8, "구": 9,
}  # fmt: skip
_HANGUL_UNITS = {"십": 10, "백": 100, "천": 1_000}
_DIGITS = r"[0-9]{1,3}(?:,[0-9]{3})+(?:\.[0-9]+)?|[0-9]+(?:\.[0-9]+)?"
_NUMBERS = rf"(?:(?:{_DIGITS})\s?[천만억조]\s?)+(?:(?<=[천만억조])(?:{_DIGITS}))?|{_DIGITS}"
_UNIT = r"%p|%|퍼센트|프로|bps?|원|주|배|좌|포인트|달러|won|KRW|percent|shares?|times|points?"
_FIGURE = late(
    rf"(?<![0-9A-Za-z.,])(?P<number>{_NUMBERS})(?P<unit>\s?(?:{_UNIT})(?![A-Za-z])|)",
    re.IGNORECASE,
)
_SPELT = late(
    r"(?<![가-힣])(?P<number>[영공일이삼사오육칠팔구십백천만억]{2,})(?P<unit>\s?(?:원|퍼센트|프로))"
)
_PIECE = late(rf"({_DIGITS})\s?([천만억조]?)")
# Taken out before figures are looked for: they name days, times and things, and measure nothing.
_NO_FIGURE = late(
    r"[0-9]{4}-[0-9]{1,2}-[0-9]{1,2}|[0-9]{1,2}:[0-9]{2}(?::[0-9]{2})?"
    r"|[0-9]{2,4}\s?년(?!\s?[간동만])|[0-9]{1,2}\s?월|[0-9]{1,2}\s?일(?![가-힣])|[0-9]{1,2}\s?시(?!세)|[0-9]{1,2}\s?분"
    r"|[0-9]{1,2}\s?주(?=\s?(?:간|동안|전|뒤|후|일))"
    r"|(?m:^[^\S\n]*[0-9]{1,2}[.)]\s)"
    r"|(?:코스피|코스닥|나스닥|KOSPI|KOSDAQ|NASDAQ|KRX|S&P)\s?[0-9]{2,3}(?![0-9,.])",
    re.IGNORECASE,
)
# Numbers under these keys name things.
_NAMING_KEYS = frozenset({"symbol", "name", "query"})
_SPACE = re.compile(r"\s")
# A digit so near to a space may be of a figure that goes on behind it.
_NEAR_CHARACTERS = 12
_ENDS = ("\n", ". ", "? ", "! ")
_NUMBER = late(r"-?[0-9]+(?:\.[0-9]+)?")


def plain_digits(text: str) -> str:
    """Return `text` with every decimal digit of any script as 0–9, and no invisible letters.

    Look-alike and broken-up digits are read as a reader reads them. The length may change.
    """
    found: list[str] = []
    for character in text:
        if unicodedata.category(character) == "Cf":
            continue
        digit = unicodedata.decimal(character, None)
        found.append(character if digit is None else str(int(digit)))
    return "".join(found)


class KnownFigures:
    """Every number that tools returned or people said, and the names that hold digits."""

    def __init__(self, names: Iterable[str] = ()) -> None:
        """`names` are those of instruments: "KODEX 200" holds no figure."""
        self._numbers: set[Decimal] = set()
        self._ordered: list[Decimal] = []
        self._names = sorted({plain_digits(name) for name in names if name}, key=len, reverse=True)

    def learn_result(self, text: str) -> None:
        """Take the numbers of one tool result (JSON), those inside its texts too."""
        try:
            content = json.loads(text)
        except ValueError:
            content = text
        for leaf in _leaves(content):
            self.learn_text(leaf)

    def learn_text(self, text: str) -> None:
        """Take the numbers of a text, as written and as people read them: 3만5천원 is 35,000."""
        plain = self.blanked(plain_digits(text))
        for match in _NUMBER().finditer(plain.replace(",", "")):
            if len(match[0]) <= DIGITS_MAX:
                self._numbers.add(abs(Decimal(match[0])))
        for match in (*_FIGURE().finditer(plain), *_SPELT().finditer(plain)):
            value = _value(match["number"])
            if value is not None:
                self._numbers.add(value[0])

    def knows(self, value: Decimal, step: Decimal) -> bool:
        """Whether some known number is `value` when it is rounded to whole `step`s.

        A rounding that moves the number by more than `ROUNDED_MAX` of it is another number.
        """
        if value in self._numbers:
            return True
        reach = min(step / 2, value * ROUNDED_MAX)
        if len(self._ordered) != len(self._numbers):
            self._ordered = sorted(self._numbers)
        at = bisect_left(self._ordered, value - reach)
        return at < len(self._ordered) and self._ordered[at] <= value + reach

    def blanked(self, text: str) -> str:
        """Return `text` with names, days and times blanked out, of the same length."""
        for name in self._names:
            text = text.replace(name, " " * len(name))
        return _NO_FIGURE().sub(lambda match: " " * len(match[0]), text)


class FigureMarker:
    """Marks unsourced figures in text that arrives in pieces. The last words are held back."""

    def __init__(self, known: KnownFigures, mark: str) -> None:
        """`mark` is put behind each figure that is not known when its words are whole."""
        self._known = known
        self._mark = mark
        self._held = ""
        self._looked_through = 0

    def feed(self, piece: str) -> str:
        """Take a piece and return what can be shown already."""
        text = self._held + piece
        cut = _safe_cut(text, self._looked_through)
        self._held = text[cut:]
        # Where it could not be cut, it cannot be later; the last words may still show a digit less.
        is_long = len(self._held) > HELD_CHARACTERS_MAX
        self._looked_through = len(self._held) - _NEAR_CHARACTERS - 1 if is_long else 0
        return self.marked(text[:cut])

    def flush(self) -> str:
        """Return what is still held."""
        held, self._held = self._held, ""
        return self.marked(held)

    def marked(self, text: str) -> str:
        """Return a whole text with its unsourced figures marked."""
        if not text:
            return text
        plain = plain_digits(text)
        # The marks go into what was written; only where that reads differently is it replaced.
        shown = text if len(plain) == len(text) else plain
        looked_at = self._known.blanked(plain)
        ends = sorted(set(self._unsourced(looked_at)), reverse=True)
        for end in ends:
            shown = shown[:end] + self._mark + shown[end:]
        return shown

    def _unsourced(self, text: str) -> Iterator[int]:
        for match in (*_FIGURE().finditer(text), *_SPELT().finditer(text)):
            value = _value(match["number"])
            if value is None:
                yield match.end()
                continue
            number, step = value
            if _is_figure(match["number"], match["unit"]) and not self._known.knows(number, step):
                yield match.end("unit") if match["unit"] else match.end("number")


def _safe_cut(text: str, looked_through: int) -> int:
    """Return where the text may be cut so that no figure is torn: after a line or a sentence.

    A long stretch without either is cut behind a word that holds no digit and follows none, where
    that was not looked for before.
    """
    cut = max(text.rfind(end) + len(end) if end in text else 0 for end in _ENDS)
    if len(text) - cut <= HELD_CHARACTERS_MAX:
        return cut
    for match in reversed(list(_SPACE.finditer(text, max(cut, looked_through)))):
        before = text[max(match.start() - _NEAR_CHARACTERS, 0) : match.start()]
        after = text[match.end() : match.end() + _NEAR_CHARACTERS]
        if match.start() > cut and not re.search(r"\d", plain_digits(before + after)):
            return match.end()
    return cut


def _leaves(content: object) -> Iterator[str]:
    if isinstance(content, dict):
        for key, value in content.items():
            if key not in _NAMING_KEYS:
                yield from _leaves(value)
    elif isinstance(content, list):
        for value in content:
            yield from _leaves(value)
    elif content is not None and not isinstance(content, bool):
        yield str(content)


def _is_figure(number: str, unit: str) -> bool:
    digits = re.sub(r"[^0-9]", "", number)
    return bool(unit.strip()) or not number.strip().isdigit() or len(digits) >= _PLAIN_DIGITS


def _value(number: str) -> tuple[Decimal, Decimal] | None:
    """Return the number and the step it is written to: 35만 is 350,000 to whole 10,000s."""
    pieces = _PIECE().findall(number)
    if not pieces:
        return _spelt(number.strip())
    total, step = Decimal(0), Decimal(1)
    for digits, scale in pieces:
        plain = digits.replace(",", "")
        if len(plain) > DIGITS_MAX:
            return None
        places = len(plain.partition(".")[2])
        total += Decimal(plain) * _SCALES[scale]
        step = Decimal(_SCALES[scale]) / 10**places
    return total, step


def _spelt(word: str) -> tuple[Decimal, Decimal] | None:
    """Read 삼만오천; None for what is no number."""
    total = section = digit = 0
    for character in word:
        if character in _HANGUL_DIGITS:
            digit = _HANGUL_DIGITS[character]
        elif character in _HANGUL_UNITS:
            section += (digit or 1) * _HANGUL_UNITS[character]
            digit = 0
        else:
            total += (section + digit or 1) * _SCALES[character]
            section = digit = 0
    return Decimal(total + section + digit), Decimal(1)
