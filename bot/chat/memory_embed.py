"""What is remembered, as embeds and choices. Its text is shown as written: no markup, no mention."""

from __future__ import annotations

import discord

from bot.chat.budget import GREY, FittedEmbed
from bot.chat.text import label, one_line
from core.domain.memory import MemoryNote, MemoryPage
from core.ports.phrases import Phrases

NOTES_PER_PAGE = 10
TEXT_MAX = 300
WORDS_MAX = 100
CHOICE_MAX = 100
KINDS = frozenset({"session", "briefing", "proposal", "closing"})


def memory_embed(found: MemoryPage, words: str, page: int, phrases: Phrases) -> discord.Embed:
    """Return one page of what was found; without words, of everything."""
    pages = max(1, -(-found.total // NOTES_PER_PAGE))
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("memory.title", total=found.total),
        description=_head(found, one_line(words, WORDS_MAX), page, pages, phrases),
        colour=GREY,
    )
    for note in found.notes:
        fitted.add(_name(note, phrases), one_line(note.text, TEXT_MAX) or "-")
    return fitted.embed


def note_choice(note: MemoryNote, phrases: Phrases) -> str:
    """Return a note as one choice of an autocomplete."""
    text = phrases.say(
        "memory.choice",
        number=note.note_id,
        day=note.day,
        kind=_kind(note, phrases),
        text=note.text,
    )
    return label(text, CHOICE_MAX)


def _head(found: MemoryPage, words: str, page: int, pages: int, phrases: Phrases) -> str:
    if found.total == 0:
        return phrases.say("memory.none_found" if words else "memory.nothing", words=words)
    if page > pages:
        return phrases.say("memory.no_such_page", page=page, pages=pages)
    key = "memory.found" if words else "memory.intro"
    return phrases.say(key, words=words, page=page, pages=pages)


def _name(note: MemoryNote, phrases: Phrases) -> str:
    return phrases.say(
        "memory.note",
        number=note.note_id,
        day=note.day,
        kind=_kind(note, phrases),
        whose=phrases.say("memory.mine" if note.owner_id else "memory.shared"),
    )


def _kind(note: MemoryNote, phrases: Phrases) -> str:
    return phrases.say(f"memory.kind_{note.kind if note.kind in KINDS else 'other'}")
