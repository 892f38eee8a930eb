"""The pages that people read, taken apart: headings, links, code."""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from itertools import pairwise
from pathlib import Path
from urllib.parse import unquote

from markdown_it import MarkdownIt
from markdown_it.token import Token

ROOT = Path(__file__).parents[2]
_READER = MarkdownIt("commonmark").enable("table")
_NO_LETTER = re.compile(r"[^\w\- ]")
_OF_HTML = re.compile(r'(?:src|href)="([^"]+)"')


@dataclass(frozen=True, slots=True)
class Code:
    """Code on a page: a line of a block, or a few words in a sentence."""

    page: str
    line: int
    text: str
    language: str | None  # None: in a sentence

    def __str__(self) -> str:
        return f"{self.page}:{self.line} {self.text}"


@cache
def pages() -> tuple[Path, ...]:
    """Return every page: those at the root, and all below docs/."""
    return (*sorted(ROOT.glob("*.md")), *sorted((ROOT / "docs").rglob("*.md")))


def name_of(page: Path) -> str:
    return page.relative_to(ROOT).as_posix()


@cache
def tokens(page: Path) -> tuple[Token, ...]:
    """Return the blocks of a page."""
    return tuple(_READER.parse(page.read_text(encoding="utf-8")))


def inner(page: Path) -> Iterator[tuple[int, Token]]:
    """Yield what stands inside the sentences of a page, with the line of its block."""
    for block in tokens(page):
        if block.type == "inline":
            line = (block.map or [0])[0] + 1
            for child in block.children or ():
                yield line, child


@cache
def anchors(page: Path) -> frozenset[str]:
    """Return the anchors of a page's headings, as GitHub makes them."""
    found: set[str] = set()
    blocks = tokens(page)
    for heading, text in pairwise(blocks):
        if heading.type != "heading_open":
            continue
        shown = "".join(one.content for one in text.children or () if one.content)
        name = _NO_LETTER.sub("", shown.strip().lower()).replace(" ", "-")
        number, free = 0, name
        while free in found:
            number += 1
            free = f"{name}-{number}"
        found.add(free)
    return frozenset(found)


def links(page: Path) -> Iterator[tuple[int, str]]:
    """Yield (line, target) of every link and picture of a page, those in HTML included."""
    for line, token in inner(page):
        target = token.attrGet("href") or token.attrGet("src")
        if target is not None:
            yield line, unquote(str(target))
        if token.type == "html_inline":
            for found in _OF_HTML.findall(token.content):
                yield line, found
    for block in tokens(page):
        if block.type == "html_block":
            for found in _OF_HTML.findall(block.content):
                yield (block.map or [0])[0] + 1, found


def code(page: Path) -> Iterator[Code]:
    """Yield every line of the code blocks of a page, and the code in its sentences."""
    for block in tokens(page):
        if block.type == "fence":
            first = (block.map or [0])[0] + 2
            for number, text in enumerate(block.content.splitlines()):
                yield Code(name_of(page), first + number, text, block.info.strip())
    for line, token in inner(page):
        if token.type == "code_inline":
            yield Code(name_of(page), line, token.content, None)
