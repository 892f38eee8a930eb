"""Sentences for people: Korean first, English by locale.

Each language is a folder of TOML files; the key of a sentence is ``file.key``. Placeholders are
``str.format`` fields, so ``{amount:,}`` writes thousands separators.
"""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path

LOCALES = ("ko", "en")
_FOLDER = Path(__file__).parent


@dataclass(frozen=True, slots=True)
class LocalePhrases:
    """One language, read once at start."""

    locale: str
    sentences: Mapping[str, str] = field(repr=False)

    def say(self, key: str, /, **values: object) -> str:
        """Return the sentence `key` with `values` filled in. Raises KeyError when unknown."""
        return self.sentences[key].format(**values)

    def standing_in(self, key: str, other: str) -> LocalePhrases:
        """Return this language with the sentence `other` wherever `key` is asked for."""
        return LocalePhrases(self.locale, {**self.sentences, key: self.sentences[other]})


@cache
def load(locale: str) -> LocalePhrases:
    """Read every TOML file of one language, once. Raises ValueError for an unknown locale."""
    if locale not in LOCALES:
        raise ValueError(f"unknown locale: {locale!r}")
    sentences: dict[str, str] = {}
    for path in sorted((_FOLDER / locale).glob("*.toml")):
        for key, text in tomllib.loads(path.read_text(encoding="utf-8")).items():
            sentences[f"{path.stem}.{key}"] = text
    return LocalePhrases(locale, sentences)


def in_all(key: str, /, **values: object) -> str:
    """Return a sentence in every language, for where nobody has chosen one yet."""
    return " / ".join(load(name).say(key, **values) for name in LOCALES)
