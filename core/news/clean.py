"""Foreign text made harmless: plain, one line, bounded. What it says stays data."""

from __future__ import annotations

import html
import unicodedata
from urllib.parse import urlsplit

import nh3

TITLE_CHARACTERS_MAX = 200
SUMMARY_CHARACTERS_MAX = 400
LINK_CHARACTERS_MAX = 500
# What is cut off here is cleaned by nobody: one tag of many attributes takes time with their square.
RAW_CHARACTERS_MAX = 5_000
# Text that was escaped several times turns into markup again when it is unescaped.
UNESCAPE_ROUNDS = 3
# The cleaner opens what was left open anew in each paragraph: thousands of tags take it seconds.
TAGS_MAX = 100
# A letter may be written in three characters, as Hangul is, and marks without end are sorted.
CHARACTERS_PER_LETTER = 3
# Nothing that could still be read as a tag, or as a mention, leaves this module.
_ANGLES = str.maketrans({"<": "‹", ">": "›"})


def plain_text(text: str, limit: int = TITLE_CHARACTERS_MAX) -> str:
    """Return `text` without markup, control, bidirectional or zero-width characters, in NFC.

    White space becomes single spaces; what exceeds `limit` characters is cut with an ellipsis.
    """
    # JSON may hold halves of letters, which the cleaner cannot be given.
    bare = text[:RAW_CHARACTERS_MAX].encode("utf-8", "ignore").decode("utf-8")
    for _ in range(UNESCAPE_ROUNDS):
        before = _few_tags(bare)
        bare = html.unescape(nh3.clean(before, tags=set()) if "<" in before else before)
        if bare == before:
            break
    visible = " ".join("".join(_visible(character) for character in bare).split())
    readable = visible[: CHARACTERS_PER_LETTER * (limit + 1)]
    line = unicodedata.normalize("NFC", readable).translate(_ANGLES)
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


def _few_tags(text: str) -> str:
    """Return the text up to its tag `TAGS_MAX`, which is far beyond what is shown of it."""
    return "<".join(text.split("<", TAGS_MAX + 1)[: TAGS_MAX + 1])


def _visible(character: str) -> str:
    category = unicodedata.category(character)
    if category in {"Zs", "Zl", "Zp"} or character in "\t\n\r\v\f":
        return " "
    return "" if category.startswith("C") else character


def safe_link(text: str) -> str:
    """Return a plain http(s) address, or nothing for any other scheme, credentials or nonsense."""
    link = text.strip()
    if not link or len(link) > LINK_CHARACTERS_MAX or not link.isascii() or not link.isprintable():
        return ""
    if any(character in link for character in " <>\"'`()[]|\\"):
        return ""
    try:
        parts = urlsplit(link)
    except ValueError:
        return ""
    if parts.scheme not in {"http", "https"} or not parts.hostname or "@" in parts.netloc:
        return ""
    # In small letters, as everybody who looks for "https://" expects it.
    return parts.scheme + link[len(parts.scheme) :]
