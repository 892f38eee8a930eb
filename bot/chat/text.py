"""Making foreign text harmless: names, reasons, news and model answers are data, never markup."""

from __future__ import annotations

import re

from core.domain.foreign_text import visible

CONTENT_MAX = 2000
CHUNK_MAX = 1900
_ELLIPSIS = "…"
# What Discord makes an address of: any scheme, and an invitation even without one.
_SCHEME = re.compile(r"(?i)([a-z]):(?=//)")
_INVITATION = re.compile(r"(?i)(discord(?:app)?\.(?:gg|com/invite|me|li|io))/")
# A lone ] counts too: it could close a [ of our own and make a link of it.
_MARKUP = re.compile(r"[\\*_~|`\[\]<]")
# Of one line only, or a run of empty lines is looked through from each of them.
_LINE_START = re.compile(r"(?m)^([^\S\n]*)(-#|#{1,3}|>>>|>)(?=\s|$)")
_TABLE_RULE = re.compile(r"[|\s:-]+")
# Where a long text is cut, from best to worst: paragraph, line, end of a sentence, word.
_BORDERS = (
    re.compile(r"\n{2,}"),
    re.compile(r"\n"),
    re.compile(r"(?<=[.!?…。])\s"),
    re.compile(r"\s"),
)
_PING = re.compile(r"@(?=everyone|here)", re.IGNORECASE)


def units(text: str) -> int:
    """Return the length in UTF-16 units: never less than any way in which Discord may count."""
    return len(text.encode("utf-16-le", "replace")) // 2


def clip(text: str, limit: int) -> str:
    """Return `text` cut to `limit` UTF-16 units, marked with … when something was cut."""
    if units(text) <= limit:
        return text
    kept = text[: max(limit - 1, 0)]
    while kept and (units(kept) > limit - 1 or kept.endswith("\\")):
        kept = kept[:-1]
    return kept.rstrip() + _ELLIPSIS


def addressless(text: str) -> str:
    """Return `text` with every address still readable, but as one that nobody can press."""
    return _INVITATION.sub(r"\1／", _SCHEME.sub(r"\1：", text))


def harmless(text: str) -> str:
    """Return `text` so that Discord shows it as written: no markup, no mention, no link.

    Addresses stay readable: they show where they would lead.
    """
    escaped = _MARKUP.sub(r"\\\g<0>", addressless(visible(text)))
    return _PING.sub("＠", _LINE_START.sub(r"\1\\\2", escaped))


def one_line(text: str, limit: int) -> str:
    """Return `text` harmless, on one line, within `limit`: for names and reasons."""
    return clip(harmless(" ".join(visible(text).split())), limit)


def label(text: str, limit: int) -> str:
    """Return `text` for places that show no markup (buttons, choices, file and thread names)."""
    return clip(_PING.sub("＠", addressless(" ".join(visible(text).split()))), limit)


def chunks(text: str, limit: int = CHUNK_MAX) -> tuple[str, ...]:
    """Split a long message where a reader would pause; only the white space there is dropped."""
    parts: list[str] = []
    rest = text.strip()
    while units(rest) > limit:
        cut = _cut_at(rest, limit)
        parts.append(rest[:cut].rstrip())
        rest = rest[cut:].lstrip()
    if rest:
        parts.append(rest)
    return tuple(parts)


def flat_tables(text: str) -> str:
    """Return `text` with table rows as plain lines: no phone shows a table, nor does Discord."""
    lines: list[str] = []
    for line in text.split("\n"):
        row = line.strip()
        if not (row.startswith("|") and row.count("|") > 1):
            lines.append(line)
        elif not _TABLE_RULE.fullmatch(row):
            lines.append(" · ".join(cell.strip() for cell in row.strip("|").split("|")))
    return "\n".join(lines)


def _cut_at(text: str, limit: int) -> int:
    end = min(limit, len(text))
    while units(text[:end]) > limit:
        end -= 1
    for border in _BORDERS:
        found = [match.start() for match in border.finditer(text, end // 2, end)]
        if found:
            return found[-1]
    while end > 1 and text[end - 1] == "\\":
        end -= 1
    return end
