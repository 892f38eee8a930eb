"""Numbers as people write them in Korean and English: 3주, 세 주, 삼십 주, 3만5천원, 1,000."""

from __future__ import annotations

import re

_NATIVE_UNITS = {
    "한": 1, "하나": 1, "두": 2, "둘": 2, "세": 3, "셋": 3, "네": 4, "넷": 4, "다섯": 5,
    "여섯": 6, "일곱": 7, "여덟": 8, "아홉": 9,
}  # fmt: skip
_NATIVE_TENS = {"열": 10, "스무": 20, "스물": 20, "서른": 30, "마흔": 40, "쉰": 50}
_SINO_DIGITS = {
    "일": 1, "이": 2, "삼": 3, "사": 4, "오": 5, "육": 6, "칠": 7, "팔": 8, "구": 9,
}  # fmt: skip
_SINO_UNITS = {"십": 10, "백": 100, "천": 1_000, "만": 10_000}
_ENGLISH = {
    "one": 1, "two": 2, "three": 3, "four": 4, "five": 5, "six": 6, "seven": 7, "eight": 8,
    "nine": 9, "ten": 10, "a": 1, "an": 1,
}  # fmt: skip

_NATIVE = (
    "(?:열|스물|서른|마흔|쉰)?(?:하나|다섯|여섯|일곱|여덟|아홉|한|두|둘|세|셋|네|넷)"
    "|열|스무|스물|서른|마흔|쉰"
)
_SINO = "[일이삼사오육칠팔구십백천만]+"
HANGUL_NUMBER = f"(?:{_NATIVE}|{_SINO})"
ENGLISH_NUMBER = "(?:one|two|three|four|five|six|seven|eight|nine|ten|an|a)"
DIGITS_MAX = 15
# Commas group thousands; "3,5" is not thirty-five.
_DIGITS = re.compile(r"[0-9]+|[0-9]{1,3}(?:,[0-9]{3})+")
# Alone these are other words too: 사 주(세요), 팔 주, 이 주(this week), 일주(a week).
_AMBIGUOUS = frozenset("일이사팔구만")
_MONEY_PART = re.compile(r"([0-9][0-9,]*)\s*(억|만|천|백)?")
_MONEY_UNITS = {"억": 100_000_000, "만": 10_000, "천": 1_000, "백": 100, "": 1}


def count_of(text: str) -> int | None:
    """Return the whole number that `text` spells, or None when it spells none."""
    word = text.strip().lower()
    if _DIGITS.fullmatch(word):
        digits = word.replace(",", "")
        return int(digits) if len(digits) <= DIGITS_MAX else None
    if word in _ENGLISH:
        return _ENGLISH[word]
    return _native(word) or _sino(word)


def won_of(text: str) -> int | None:
    """Return the won of an amount without its 원: ``3만5천``, ``35,000``, ``50만``."""
    total = 0
    for match in _MONEY_PART.finditer(text):
        amount = count_of(match[1])
        if amount is None:
            return None
        total += amount * _MONEY_UNITS[match[2] or ""]
    return total or None


def _native(word: str) -> int | None:
    for tens, value in _NATIVE_TENS.items():
        rest = word.removeprefix(tens)
        if rest != word and (not rest or rest in _NATIVE_UNITS):
            return value + _NATIVE_UNITS.get(rest, 0)
    return _NATIVE_UNITS.get(word)


def _sino(word: str) -> int | None:
    if word in _AMBIGUOUS:
        return None
    total = digit = 0
    for character in word:
        if character in _SINO_DIGITS and not digit:
            digit = _SINO_DIGITS[character]
        elif character in _SINO_UNITS:
            total += (digit or 1) * _SINO_UNITS[character]
            digit = 0
        else:
            return None
    return total + digit or None
