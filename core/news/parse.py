"""From the bytes of a feed to headlines. The bytes are hostile until proven plain."""

from __future__ import annotations

import io
import re
from collections.abc import Mapping
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime

from core.domain.krx import KST
from core.errors import DataError
from core.news.clean import SUMMARY_CHARACTERS_MAX, plain_text, safe_link
from core.ports.news import Headline

ENTRIES_MAX = 200
# Korean feeds are UTF-8; older mirrors EUC-KR. Anything else could hide a DTD from the check.
_ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "euc-kr": "cp949", "cp949": "cp949"}
_PROLOG = re.compile(rb"^\s*<\?xml[^>]{0,200}\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_COLON_ZONE = re.compile(r"([+-]\d{2}):(\d{2})$")


def parse_feed(source: str, content: bytes) -> tuple[Headline, ...]:
    """Return the headlines of one RSS or Atom document, in its own order.

    Raises DataError for anything that is no well-formed XML in a known encoding, and for any
    document type declaration, entity or external reference.
    """
    document = _checked(source, content)
    import feedparser  # heavy, and an idle bot reads no news

    # A stream, because feedparser would open a string that looks like an address or a file.
    feed = feedparser.parse(io.BytesIO(document))
    headlines = (_headline(source, entry) for entry in feed.entries[:ENTRIES_MAX])
    return tuple(item for item in headlines if item.title)


def _checked(source: str, content: bytes) -> bytes:
    """Return the document as UTF-8 without prolog, proven free of entities."""
    import defusedxml.ElementTree
    from defusedxml.common import DefusedXmlException

    body = content.removeprefix(b"\xef\xbb\xbf")
    prolog = _PROLOG.match(body)
    declared = _ENCODING.search(prolog[0]) if prolog else None
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name not in _ENCODINGS:
        raise DataError(f"{source}: encoding {name} is not read")
    try:
        text = body[prolog.end() if prolog else 0 :].decode(_ENCODINGS[name])
        document = text.strip().encode()
        defusedxml.ElementTree.fromstring(document, forbid_dtd=True)
    except UnicodeDecodeError as error:
        raise DataError(f"{source}: not {name} text") from error
    except DefusedXmlException as error:
        raise DataError(f"{source}: forbidden XML ({type(error).__name__})") from error
    except (SyntaxError, ValueError, RecursionError) as error:
        raise DataError(f"{source}: not well-formed XML") from error
    return document


def _headline(source: str, entry: Mapping[str, object]) -> Headline:
    def text(key: str) -> str:
        value = entry.get(key)
        return value if isinstance(value, str) else ""

    return Headline(
        source=source,
        title=plain_text(text("title")),
        link=safe_link(text("link")),
        published_at=parse_date(text("published") or text("updated")),
        summary=plain_text(text("summary"), SUMMARY_CHARACTERS_MAX),
    )


def parse_date(text: str) -> datetime | None:
    """Return the instant of a pubDate in KST, or None when it names none.

    Read are RFC 822 with ``+0900``, ``GMT``, ``KST`` or ``+09:00`` (which the standard library
    takes for a naive date), ISO 8601 with a zone, and ``2026-05-19 00:41:21``, which one source
    sends in UTC. A date without a zone in any other form is no instant.
    """
    cleaned = " ".join(text.split())
    if not cleaned:
        return None
    moment = _iso(cleaned) or _rfc822(cleaned)
    try:
        return moment.astimezone(KST) if moment else None
    except (OverflowError, ValueError):
        return None


def _iso(text: str) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment
    return moment.replace(tzinfo=UTC) if len(text) == len("2026-05-19 00:41:21") else None


def _rfc822(text: str) -> datetime | None:
    zoned = _COLON_ZONE.sub(r"\1\2", text)
    if zoned.endswith(" KST"):
        zoned = zoned.removesuffix("KST") + "+0900"
    try:
        moment = parsedate_to_datetime(zoned)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    return moment if moment.tzinfo is not None else None
