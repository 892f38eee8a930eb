"""Foreign text made harmless: plain, one line, bounded. What it says stays data."""

from __future__ import annotations

import html
import unicodedata
from urllib.parse import urlsplit

import nh3

TITLE_CHARACTERS_MAX = 200
SUMMARY_CHARACTERS_MAX = 400
LINK_CHARACTERS_MAX = 500
RAW_CHARACTERS_MAX = 20_000
# Text that was escaped several times turns into markup again when it is unescaped.
UNESCAPE_ROUNDS = 3
# Nothing that could still be read as a tag, or as a mention, leaves this module.
_ANGLES = str.maketrans({"<": "‹", ">": "›"})


def plain_text(text: str, limit: int = TITLE_CHARACTERS_MAX) -> str:
    """Return `text` without markup, control, bidirectional or zero-width characters, in NFC.

    White space becomes single spaces; what exceeds `limit` characters is cut with an ellipsis.
    """
    bare = text[:RAW_CHARACTERS_MAX]
    for _ in range(UNESCAPE_ROUNDS):
        before = bare
        bare = html.unescape(nh3.clean(bare, tags=set()))
        if bare == before:
            break
    visible = "".join(_visible(character) for character in unicodedata.normalize("NFC", bare))
    line = " ".join(visible.translate(_ANGLES).split())
    return line if len(line) <= limit else line[: limit - 1].rstrip() + "…"


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
    return link
