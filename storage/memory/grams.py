"""What a text is found by: pairs of characters, whole Latin words and numbers, and who may read it.

Korean words carry endings (환율이, 환율은), and the databases' own text indexes need three letters
or a dictionary, so two-syllable words such as 환율 or 금리 would not be found. Pairs find them on
every database. A token is plain ASCII, so no tokenizer can change it: a pair is two code points in
hexadecimal with a g between them, a whole word begins with x, a reader with v.
"""

from __future__ import annotations

import re
import unicodedata
from collections.abc import Iterable, Iterator

NEAR_TOKENS_MAX = 200
QUERY_CHARACTERS_MAX = 200
_WORD = re.compile(r"[^\W_]+")
# Latin words, then numbers and codes (069500, 0080g0), then runs of every other script.
_PIECES = re.compile(r"([a-z]+|[0-9][0-9a-z]*)|([^\W0-9a-z_]+)")


def folded(text: str) -> str:
    """Return the words of `text` in one width and case, parted by single spaces.

    Punctuation parts words; invisible format characters are left out as if they were not there.
    """
    plain = unicodedata.normalize("NFKC", text).casefold()
    if not plain.isascii():
        plain = "".join(item for item in plain if unicodedata.category(item) != "Cf")
    return " ".join(_WORD.findall(plain))


def query_words(query: str) -> tuple[str, ...]:
    """Return the distinct words that a note must contain, of the beginning of a long query."""
    return tuple(dict.fromkeys(folded(query[:QUERY_CHARACTERS_MAX]).split()))


def pair_tokens(word: str) -> Iterator[str]:
    """Return a token for each two neighbours in a folded word; none for a single character."""
    return (f"{ord(word[at]):x}g{ord(word[at + 1]):x}" for at in range(len(word) - 1))


def near_tokens(folded_text: str, limit: int | None = None) -> tuple[str, ...]:
    """Return what makes two folded texts alike: pairs of Hangul, whole Latin words and numbers.

    At most `limit` of them, in order of appearance.
    """
    found: dict[str, None] = {}
    for match in _PIECES.finditer(folded_text):
        word, run = match.groups()
        if word is not None:
            found.setdefault(f"x{word}")
        elif len(run) == 1:
            found.setdefault(f"{ord(run):x}")
        else:
            found.update(dict.fromkeys(pair_tokens(run)))
    return tuple(found)[:limit]


def note_tokens(folded_text: str, readers: Iterable[str]) -> tuple[str, ...]:
    """Return every token of a note: all of its pairs, what it is like, and who may read it."""
    found = dict.fromkeys(readers)
    for word in folded_text.split():
        found.update(dict.fromkeys(pair_tokens(word)))
    found.update(dict.fromkeys(near_tokens(folded_text)))
    return tuple(found)


def readers_of(guild_id: int, owner_id: int) -> tuple[str, ...]:
    """Return the tokens of who may read a note: its guild, and its owner there (0 is everybody)."""
    return f"v{guild_id}", f"v{guild_id}o{owner_id}"


def readable_by(guild_id: int, reader: int | None) -> tuple[str, ...]:
    """Return the tokens of which a note needs one: of the guild, or of guild and `reader`.

    Guild 0 is of no guild: written before guilds were noted, or without Discord.
    """
    guilds = dict.fromkeys((guild_id, 0))
    if reader is None:
        return tuple(f"v{guild}" for guild in guilds)
    return tuple(f"v{guild}o{owner}" for guild in guilds for owner in dict.fromkeys((0, reader)))
