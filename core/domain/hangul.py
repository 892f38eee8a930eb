"""Finding an instrument by code, Korean name or initial consonants (ㅋㄷㅅ → 코덱스 …)."""

from __future__ import annotations

import unicodedata

_INITIALS = "ㄱㄲㄴㄷㄸㄹㅁㅂㅃㅅㅆㅇㅈㅉㅊㅋㅌㅍㅎ"
_FIRST_SYLLABLE = ord("가")
_LAST_SYLLABLE = ord("힣")
_SYLLABLES_PER_INITIAL = 588

# Koreans read the brand names aloud, so people type them in Hangul.
BRAND_READINGS = {
    "KODEX": "코덱스",
    "TIGER": "타이거",
    "RISE": "라이즈",
    "ACE": "에이스",
    "PLUS": "플러스",
    "SOL": "쏠",
    "KIWOOM": "키움",
    "HANARO": "하나로",
    "KBSTAR": "케이비스타",
    "ARIRANG": "아리랑",
    "KOSEF": "코세프",
    "TIMEFOLIO": "타임폴리오",
    "TIME": "타임",
    "WOORI": "우리",
}


def initials(text: str) -> str:
    """Return `text` with each Hangul syllable replaced by its initial consonant."""
    return "".join(_initial(character) for character in text)


def _initial(character: str) -> str:
    code = ord(character)
    if _FIRST_SYLLABLE <= code <= _LAST_SYLLABLE:
        return _INITIALS[(code - _FIRST_SYLLABLE) // _SYLLABLES_PER_INITIAL]
    return character


def fold(text: str) -> str:
    """Return `text` in one width and case, without spaces: the form in which names are compared.

    Consonants typed alone (ㅋ) stay as they are: NFKC would make conjoining letters of them.
    """
    composed = unicodedata.normalize("NFC", text)
    wide = (
        character if "ㄱ" <= character <= "ㆎ" else unicodedata.normalize("NFKC", character)
        for character in composed
    )
    return "".join("".join(wide).upper().split())


def read_brand(name: str) -> str:
    """Return `name` with its brand written as it is spoken (KODEX 200 → 코덱스 200)."""
    brand, _, rest = name.partition(" ")
    reading = BRAND_READINGS.get(brand.upper())
    return f"{reading} {rest}".strip() if reading else name


def match_rank(query: str, code: str, name: str) -> int | None:
    """Return how well an instrument answers `query` (0 best), or None when it does not.

    0 exact code or name · 1 prefix · 2 contained · 3 initial consonants.
    """
    wanted = fold(query)
    if not wanted:
        return None
    forms = [fold(code), fold(name), fold(read_brand(name))]
    if wanted in forms:
        return 0
    if any(form.startswith(wanted) for form in forms):
        return 1
    if any(wanted in form for form in forms):
        return 2
    if any(wanted in initials(form) for form in forms[1:]):
        return 3
    return None
