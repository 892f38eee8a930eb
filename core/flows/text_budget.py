"""Keeping text inside a token budget without a tokenizer."""

from __future__ import annotations

ASCII_CHARACTERS_PER_TOKEN = 3


def tokens_of(text: str) -> int:
    """Return an upper estimate: one token per Hangul syllable or other non-ASCII character.

    Real tokenizers need fewer; ASCII counts one token per three characters.
    """
    wide = sum(1 for character in text if not character.isascii())
    return wide + -(-(len(text) - wide) // ASCII_CHARACTERS_PER_TOKEN)


def within_tokens(text: str, limit: int) -> str:
    """Return the leading lines of `text` that fit; a first line that is too long is cut."""
    kept: list[str] = []
    left = limit
    for line in text.splitlines():
        cost = tokens_of(line) + 1
        if cost > left:
            if not kept:
                kept.append(line[: max(limit - 1, 0)])
            break
        kept.append(line)
        left -= cost
    return "\n".join(kept)
