"""Taking links out of a streamed answer: a link is how text carries data out of a channel.

No address is allowed: none of our sentences needs one. Addresses are looked for in what a reader
sees, so that no invisible letter hides one.
"""

from __future__ import annotations

import re

from core.domain.foreign_text import visible
from core.domain.late_patterns import late

# A longer word is let go but for its end, unless an address may have begun in it.
HELD_CHARACTERS_MAX = 400
_KEPT_CHARACTERS = 100
# Dots that browsers read as dots; labels in any script but Hangul and Chinese, whose sentences
# often end in a dot without a blank behind it.
_LABEL = r"[A-Za-z0-9\u00a1-\u10ff\u1200-\u2fff-]"
_DOT = r"[.\uff0e\u3002\uff61]"
_TOP = (
    r"com|net|org|info|biz|io|ai|app|dev|gg|me|co|kr|jp|cn|hk|uk|eu|de|fr|ru|su|tv|cc|ws|ly"
    r"|gl|sh|li|la|ml|tk|cf|ga|gq|pw|top|xyz|site|shop|store|online|live|link|click|page|pro"
    r"|club|vip|win|icu|cloud|zip|mov|test|example|invalid|local|localhost|internal|onion|kro"
    r"|xn--[a-z0-9-]+|\u0440\u0444"
)
_REST = r"[^\s<>)\]]*[^\s<>)\].,]"
_LINK = late(
    rf"[A-Za-z][A-Za-z0-9+.-]{{1,20}}:[/\\]{{2}}{_REST}"
    rf"|(?:javascript|vbscript|mailto|tel|sms|discord|steam):{_REST}|data:[a-z]+/{_REST}"
    # Begins only where a name does, so that a long word is read once.
    rf"|(?<!{_LABEL})(?<!{_LABEL}\.)(?:{_LABEL}+{_DOT})+(?:{_TOP})(?![A-Za-z0-9-])"
    rf"(?::[0-9]+)?(?:[/?#\\]{_REST})?"
    r"|(?<![0-9.])(?:[0-9]{1,3}\.){3}[0-9]{1,3}(?![0-9.])"
    rf"(?::[0-9]+)?(?:/{_REST})?",
    re.IGNORECASE,
)
_STARTS_LINK = late(r"://|www\.|javascript|mailto|data:", re.IGNORECASE)


def without_links(text: str, replacement: str) -> str:
    """Return what is visible of a whole text, with `replacement` where an address was."""
    return _LINK().sub(replacement, visible(text))


class LinkFilter:
    """Replaces links in text that arrives in pieces. The last word is held until it is whole."""

    def __init__(self, replacement: str) -> None:
        """`replacement` stands where a link was."""
        self.replacement = replacement
        self._held = ""

    def feed(self, piece: str) -> str:
        """Take a piece and return what can be shown already."""
        text = self._held + visible(piece)
        cut = max(text.rfind(" "), text.rfind("\n")) + 1
        # A word without end that starts no link needs no holding back, but for its end.
        if len(text) - cut > HELD_CHARACTERS_MAX and not _STARTS_LINK().search(text[cut:]):
            cut = len(text) - _KEPT_CHARACTERS
        self._held = text[cut:]
        return self._clean(text[:cut])

    def flush(self) -> str:
        """Return what is still held."""
        held, self._held = self._held, ""
        return self._clean(held)

    def _clean(self, text: str) -> str:
        return _LINK().sub(self.replacement, text)
