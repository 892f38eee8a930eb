"""The instruction texts that ship with the bot, and the marking of untrusted text."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path

_FOLDER = Path(__file__).parent / "prompts"
_NAME = re.compile(r"[a-z_]+")
_DATA = re.compile(r'<data kind="[a-z_]+">\n(.*)\n</data>', re.DOTALL)
DATA_CHARACTERS_MAX = 12_000


@cache
def load_prompt(name: str) -> str:
    """Return the text of ``prompts/<name>.md``. Raises ValueError for a name we do not ship."""
    path = _FOLDER / f"{name}.md"
    if not _NAME.fullmatch(name) or not path.is_file():
        raise ValueError(f"no such prompt: {name!r}")
    return path.read_text(encoding="utf-8").strip()


def as_data(kind: str, text: str) -> str:
    """Return `text` between ``<data>`` markers.

    Angle brackets become single guillemets, so that no text can close its own block or open
    another one. Longer texts are cut.
    """
    if not _NAME.fullmatch(kind):
        raise ValueError(f"not a kind of data: {kind!r}")
    body = text[:DATA_CHARACTERS_MAX].replace("<", "‹").replace(">", "›")
    return f'<data kind="{kind}">\n{body}\n</data>'


def from_data(text: str) -> str:
    """Return what `as_data` wrapped, or `text` itself when it is not wrapped."""
    match = _DATA.fullmatch(text)
    return match[1] if match else text
