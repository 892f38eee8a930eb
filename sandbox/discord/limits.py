"""Lengths and counts of messages and embeds (Discord's public figures, reference discord.md §6).

A broken limit is a `Flaw` with the path of the field; all flaws of a body are reported together,
as Discord does in the ``errors`` tree of code 50035.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any, Final

from sandbox.discord.wire import Json, Refusal, Upload

CONTENT_MAX: Final = 2000
EMBEDS_MAX: Final = 10
EMBED_TOTAL_MAX: Final = 6000
FIELDS_MAX: Final = 25
FILES_MAX: Final = 10
FILE_BYTES_MAX: Final = 10 * 1024 * 1024
NONCE_MAX: Final = 25
THREAD_NAME_MAX: Final = 100
ARCHIVE_MINUTES: Final = (60, 1440, 4320, 10080)


@dataclass(frozen=True, slots=True)
class Flaw:
    """One broken limit: where, Discord's code for it, and the text."""

    path: tuple[str, ...]
    code: str
    text: str

    def under(self, *prefix: str) -> Flaw:
        """Return the same flaw below a path."""
        return Flaw((*prefix, *self.path), self.code, self.text)


def refuse(flaws: Iterable[Flaw]) -> None:
    """Raise Refusal 50035 with the tree of all flaws; do nothing when there is none."""
    errors: Json = {}
    for flaw in flaws:
        node = errors
        for step in flaw.path:
            node = node.setdefault(step, {})
        node.setdefault("_errors", []).append({"code": flaw.code, "message": flaw.text})
    if errors:
        raise Refusal(400, 50035, "Invalid Form Body", errors)


def text_flaws(path: str, value: Any, maximum: int, minimum: int = 0) -> list[Flaw]:
    """Return what is wrong with the length of a text; None counts as absent."""
    if value is None:
        return [] if minimum == 0 else [required(path)]
    if not isinstance(value, str):
        return [Flaw((path,), "BASE_TYPE_STRING", "Must be a string.")]
    if minimum <= len(value) <= maximum:
        return []
    if minimum:
        text = f"Must be between {minimum} and {maximum} in length."
        return [Flaw((path,), "BASE_TYPE_BAD_LENGTH", text)]
    text = f"Must be {maximum} or fewer in length."
    return [Flaw((path,), "BASE_TYPE_MAX_LENGTH", text)]


def count_flaws(path: str, items: Sequence[Any], maximum: int, minimum: int = 0) -> list[Flaw]:
    """Return what is wrong with the number of items."""
    if minimum <= len(items) <= maximum:
        return []
    text = f"Must be between {minimum} and {maximum} in length."
    return [Flaw((path,), "BASE_TYPE_BAD_LENGTH", text)]


def required(path: str) -> Flaw:
    """Return the flaw of a missing field."""
    return Flaw((path,), "BASE_TYPE_REQUIRED", "This field is required")


def embed_flaws(embeds: Sequence[Json]) -> list[Flaw]:
    """Return every broken limit of the embeds of one message."""
    flaws = count_flaws("embeds", embeds, EMBEDS_MAX)
    for number, embed in enumerate(embeds):
        flaws += [one.under("embeds", str(number)) for one in _one_embed(embed)]
    if sum(_embed_length(one) for one in embeds) > EMBED_TOTAL_MAX:
        text = f"Embed size exceeds maximum size of {EMBED_TOTAL_MAX}"
        flaws.append(Flaw(("embeds",), "MAX_EMBED_SIZE_EXCEEDED", text))
    return flaws


def _one_embed(embed: Json) -> list[Flaw]:
    flaws = text_flaws("title", embed.get("title"), 256)
    flaws += text_flaws("description", embed.get("description"), 4096)
    footer = (embed.get("footer") or {}).get("text")
    author = (embed.get("author") or {}).get("name")
    flaws += [one.under("footer") for one in text_flaws("text", footer, 2048)]
    flaws += [one.under("author") for one in text_flaws("name", author, 256)]
    fields = embed.get("fields") or []
    flaws += count_flaws("fields", fields, FIELDS_MAX)
    for number, one in enumerate(fields):
        found = text_flaws("name", one.get("name"), 256, 1)
        found += text_flaws("value", one.get("value"), 1024, 1)
        flaws += [flaw.under("fields", str(number)) for flaw in found]
    return flaws


def _embed_length(embed: Json) -> int:
    texts = [embed.get("title"), embed.get("description")]
    texts += [(embed.get("footer") or {}).get("text"), (embed.get("author") or {}).get("name")]
    for one in embed.get("fields") or []:
        texts += [one.get("name"), one.get("value")]
    return sum(len(text) for text in texts if isinstance(text, str))


def check_files(files: Sequence[Upload]) -> None:
    """Raise Refusal for too many files (50035) or one too large (40005, status 413)."""
    refuse(count_flaws("attachments", files, FILES_MAX))
    if any(len(one.data) > FILE_BYTES_MAX for one in files):
        raise Refusal(413, 40005, "Request entity too large")


def thread_flaws(body: Json, *, creating: bool) -> list[Flaw]:
    """Return what is wrong with a thread's name and archive duration."""
    flaws = []
    if creating or "name" in body:
        flaws += text_flaws("name", body.get("name"), THREAD_NAME_MAX, 1)
    minutes = body.get("auto_archive_duration")
    if minutes is not None and minutes not in ARCHIVE_MINUTES:
        text = f"Value must be one of {ARCHIVE_MINUTES}."
        flaws.append(Flaw(("auto_archive_duration",), "BASE_TYPE_CHOICES", text))
    return flaws
