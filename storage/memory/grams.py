"""What a text is found by: pairs of syllables, and whole Latin words and numbers.

Korean words carry endings (환율이, 환율은) and the databases' own text indexes need three letters
or a dictionary, so two-syllable words such as 환율 or 금리 would not be found. Pairs of syllables
find them on every database.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterator

GRAMS_PER_NOTE_MAX = 4_000
GRAMS_PER_QUERY_MAX = 200

# Latin words, then numbers and codes (069500, 0080g0), then runs of every other script.
_PIECES = re.compile(r"([a-z]+|[0-9][0-9a-z]*)|([^\W0-9a-z_]+)")


def grams(text: str, limit: int) -> tuple[str, ...]:
    """Return at most `limit` distinct grams of `text`, in order of appearance."""
    found: dict[str, None] = {}
    for gram in _all_grams(unicodedata.normalize("NFKC", text).lower()):
        found.setdefault(gram)
        if len(found) >= limit:
            break
    return tuple(found)


def _all_grams(text: str) -> Iterator[str]:
    for match in _PIECES.finditer(text):
        word, run = match.groups()
        if word is not None:
            yield word
        elif len(run) == 1:
            yield run
        else:
            yield from (run[at : at + 2] for at in range(len(run) - 1))
