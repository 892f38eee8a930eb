"""Both languages say the same things with the same placeholders."""

from __future__ import annotations

import string
import tomllib
from pathlib import Path

import pytest

LOCALES = Path(__file__).parents[3] / "bot" / "locales"


def fields(text: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(text) if name}


@pytest.mark.parametrize("section", ["cycle", "strategy"])
def test_languages_agree(section: str) -> None:
    korean, english = (
        tomllib.loads((LOCALES / locale / f"{section}.toml").read_text(encoding="utf-8"))
        for locale in ("ko", "en")
    )
    assert list(korean) == list(english)
    assert {key: fields(text) for key, text in korean.items()} == {
        key: fields(text) for key, text in english.items()
    }
