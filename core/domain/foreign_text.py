"""What a reader sees of a text: without letters that draw nothing or turn the line around."""

from __future__ import annotations

import unicodedata

# Bidi controls, zero-width characters, private use, unassigned surrogates.
_HIDDEN_CATEGORIES = frozenset({"Cf", "Cc", "Co", "Cs"})
# Letters that draw nothing (Hangul fillers, braille blank): used to fake empty or equal names.
_BLANK_LETTERS = frozenset("\u115f\u1160\u3164\uffa0\u2800")


def visible(text: str) -> str:
    """Return `text` without control, bidi, zero-width and blank letters; line ends are kept."""
    normal = text.replace("\r\n", "\n").replace("\r", "\n")
    if normal.isascii() and normal.isprintable():
        return normal
    return "".join(
        character
        for character in normal
        if character in "\n\t"
        or (
            unicodedata.category(character) not in _HIDDEN_CATEGORIES
            and character not in _BLANK_LETTERS
        )
    )
