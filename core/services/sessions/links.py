"""Taking links out of a streamed answer: a link is how text carries data out of a channel."""

from __future__ import annotations

import re

HELD_CHARACTERS_MAX = 400
_LINK = re.compile(
    r"(?:https?|ftp|data|javascript|discord)\s*:\s*/?/?[^\s)>\]]*[^\s)>\].,]", re.IGNORECASE
)
_STARTS_LINK = re.compile(r"(?:https?|ftp|data|javascript|discord)", re.IGNORECASE)


class LinkFilter:
    """Replaces links in text that arrives in pieces. The last word is held until it is whole."""

    def __init__(self, replacement: str) -> None:
        """`replacement` stands where a link was."""
        self._replacement = replacement
        self._held = ""

    def feed(self, piece: str) -> str:
        """Take a piece and return what can be shown already."""
        text = self._held + piece
        cut = max(text.rfind(" "), text.rfind("\n")) + 1
        # A word without end that starts no link needs no holding back.
        if len(text) - cut > HELD_CHARACTERS_MAX and not _STARTS_LINK.search(text[cut:]):
            cut = len(text)
        self._held = text[cut:]
        return self._clean(text[:cut])

    def flush(self) -> str:
        """Return what is still held."""
        held, self._held = self._held, ""
        return self._clean(held)

    def _clean(self, text: str) -> str:
        return _LINK.sub(self._replacement, text)
