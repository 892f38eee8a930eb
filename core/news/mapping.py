"""Which instruments of the universe a headline is about: those it names, never a guess beyond."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

from core.domain.hangul import fold, read_brand
from core.domain.instrument import Instrument, Symbol

SYMBOLS_MAX = 10
# Two syllables alone are everyday words (은행, 증권); with one of these they are a sector.
SHORT = 2
SECTOR_ENDINGS = ("주", "업종", "섹터", "ETF", "관련주")
# What a name says about the make of a fund and not about what it holds.
_MAKE = re.compile(
    r"\([^)]*\)|레버리지|인버스|액티브|합성|선물|TOTAL\s*RETURN|SOLACTIVE|\bTR\b|\d+\s*X\b|ETF",
    re.IGNORECASE,
)
_COUNTRY = re.compile(r"^(미국|일본|유로|차이나|중국|인도)(?=.{3})")
_TRAILING_NUMBER = re.compile(r"\d+년?$")
# What headlines call a thing that a fund's name calls otherwise.
_ALSO = {
    "200": ("코스피200",),
    "골드": ("금값", "국제금"),
    "WTI원유": ("국제유가", "유가"),
    "미국달러": ("원·달러", "원/달러", "달러환율"),
    "국고채3년": ("국고채",),
}


@dataclass(frozen=True, slots=True)
class _Terms:
    symbol: Symbol
    names: tuple[str, ...]
    themes: tuple[str, ...]


class InstrumentMap:
    """Looks for codes, names and themes (반도체 of KODEX 반도체) in headlines."""

    def __init__(self, universe: Sequence[Instrument]) -> None:
        """Prepare the terms of each instrument once."""
        self._terms = [_terms(item) for item in universe]
        codes = "|".join(re.escape(item.symbol) for item in universe)
        self._codes = re.compile(rf"(?<![0-9A-Za-z])(?:{codes})(?![0-9A-Za-z])") if codes else None

    def symbols_of(self, *texts: str) -> tuple[Symbol, ...]:
        """Return the instruments that the texts are about, those named outright first."""
        said = " ".join(texts)
        bare = fold(said)
        named = self.named_in(said)
        themed = [
            item.symbol for item in self._terms if any(theme in bare for theme in item.themes)
        ]
        return tuple(dict.fromkeys((*named, *themed)))[:SYMBOLS_MAX]

    def named_in(self, text: str) -> tuple[Symbol, ...]:
        """Return the instruments that a text calls by code or whole name."""
        bare = fold(text)
        codes = set(self._codes.findall(text)) if self._codes else set()
        return tuple(
            item.symbol
            for item in self._terms
            if item.symbol in codes or any(name in bare for name in item.names)
        )

    def knows(self, symbol: Symbol) -> bool:
        """Whether an instrument is one of the universe."""
        return any(item.symbol == symbol for item in self._terms)


def _terms(instrument: Instrument) -> _Terms:
    name = instrument.name
    names = dict.fromkeys((fold(name), fold(read_brand(name))))
    return _Terms(instrument.symbol, tuple(names), _themes(name))


def _themes(name: str) -> tuple[str, ...]:
    """Return what a headline would call what a fund holds, by its name without brand and make."""
    _, _, rest = name.partition(" ")
    theme = fold(_MAKE.sub(" ", rest))
    shorter = _COUNTRY.sub("", theme)
    forms = dict.fromkeys((theme, shorter, _TRAILING_NUMBER.sub("", shorter)))
    found = [fold(also) for also in _ALSO.get(theme, ())]
    for form in forms:
        if len(form) > SHORT and not form.isdecimal():
            found.append(form)
        elif len(form) == SHORT and form == theme and form.isalpha():
            found += [f"{form}{ending}" for ending in SECTOR_ENDINGS]
    return tuple(dict.fromkeys(found))
