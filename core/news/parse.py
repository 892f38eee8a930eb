"""From the bytes of a feed to headlines. The bytes are hostile until proven plain."""

from __future__ import annotations

import json
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from datetime import tzinfo
from typing import TYPE_CHECKING, cast
from xml.sax import SAXException
from xml.sax.handler import ContentHandler
from xml.sax.xmlreader import AttributesImpl

from core.errors import FeedError, FeedFault
from core.news.clean import SUMMARY_CHARACTERS_MAX, plain_text, safe_link
from core.news.dates import parse_date
from core.news.entries import ENTRIES_MAX, read_entries
from core.ports.news import Headline

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

# A feed of two hundred articles has some thousands, and a namespace is an address.
ELEMENTS_MAX = 20_000
ATTRIBUTES_MAX = 50
NAMESPACE_CHARACTERS_MAX = 200
# Korean feeds are UTF-8; older mirrors EUC-KR. Anything else could hide a DTD from the check.
_ENCODINGS = {"utf-8": "utf-8", "utf8": "utf-8", "euc-kr": "cp949", "cp949": "cp949"}
_PROLOG = re.compile(rb"^\s*<\?xml[^>]{0,200}\?>")
_ENCODING = re.compile(rb"encoding\s*=\s*[\"']([A-Za-z0-9._-]{1,40})[\"']")
_BOM = b"\xef\xbb\xbf"
# JSON Feed 1.1 calls it `date_published`, Naver's search `pubDate`.
_JSON_DATES = ("date_published", "date_modified", "pubDate")
_JSON_SUMMARIES = ("summary", "content_text", "description")
_JSON_LINKS = ("url", "external_url", "originallink", "link")


@dataclass(frozen=True, slots=True)
class ParsedFeed:
    """The headlines of one feed, in its own order, and how many had no date that can be read."""

    headlines: tuple[Headline, ...]
    undated: int


def parse_feed(source: str, content: bytes, bare: tzinfo | None = None) -> ParsedFeed:
    """Read one RSS or Atom document, or one JSON feed; `bare` is the zone of times without one.

    Raises FeedError for anything that is neither well-formed XML in a known encoding nor JSON with
    a list of items, and for any document type declaration, entity or external reference.
    """
    is_json = content.removeprefix(_BOM).lstrip()[:1] in {b"{", b"["}
    found = _json_entries(content) if is_json else read_entries(_checked(content))
    headlines = []
    undated = 0
    for entry in found[:ENTRIES_MAX]:
        title = plain_text(_text(entry, ("title",)))
        if not title:
            continue
        dates = (_text(entry, (name,)) for name in ("published", "updated", *_JSON_DATES))
        moments = (parse_date(text, bare) for text in dates if text)
        published_at = next((moment for moment in moments if moment is not None), None)
        if published_at is None:
            undated += 1
            continue
        headlines.append(
            Headline(
                source=source,
                title=title,
                link=safe_link(_text(entry, ("link", *_JSON_LINKS))),
                published_at=published_at,
                summary=plain_text(
                    _text(entry, ("summary", *_JSON_SUMMARIES)), SUMMARY_CHARACTERS_MAX
                ),
            )
        )
    return ParsedFeed(tuple(headlines), undated)


def _text(entry: Mapping[str, object], names: Iterable[str]) -> str:
    """Return the first of `names` that holds a text."""
    found = (entry.get(name) for name in names)
    return next((value for value in found if isinstance(value, str) and value.strip()), "")


def _json_entries(content: bytes) -> list[Mapping[str, object]]:
    try:
        found = json.loads(content.removeprefix(_BOM).decode("utf-8"))
    except (ValueError, RecursionError) as error:
        raise FeedError(FeedFault.NOT_JSON) from error
    items = found.get("items") if isinstance(found, dict) else found
    if not isinstance(items, list):
        raise FeedError(FeedFault.NO_LIST)
    return [item for item in items if isinstance(item, dict)]


def _checked(content: bytes) -> Element:
    """Return the root of the document, proven free of entities and of a bearable size."""
    import defusedxml.ElementTree
    import defusedxml.sax
    from defusedxml.common import DefusedXmlException

    body = content.removeprefix(_BOM)
    prolog = _PROLOG.match(body)
    declared = _ENCODING.search(prolog[0]) if prolog else None
    name = declared[1].decode("ascii").lower() if declared else "utf-8"
    if name not in _ENCODINGS:
        raise FeedError(FeedFault.ENCODING, detail=name)
    try:
        text = body[prolog.end() if prolog else 0 :].decode(_ENCODINGS[name])
        # As bytes without prolog, because the parser would believe what that says.
        document = text.strip().encode()
        defusedxml.sax.parseString(document, _Limits(), forbid_dtd=True)
        return cast("Element", defusedxml.ElementTree.fromstring(document, forbid_dtd=True))
    except UnicodeDecodeError as error:
        raise FeedError(FeedFault.NOT_TEXT, detail=name) from error
    except DefusedXmlException as error:
        raise FeedError(FeedFault.FORBIDDEN_XML, detail=type(error).__name__) from error
    except (SAXException, SyntaxError, ValueError, RecursionError) as error:
        raise FeedError(FeedFault.NOT_XML) from error


class _Limits(ContentHandler):
    """Raises FeedError for a document that would keep the parser busy rather than tell news.

    It sees the names as they are written. The tree has the namespace in each of them, so that a
    long one took half a megabyte to a minute, or to gigabytes.
    """

    def __init__(self) -> None:
        """Begin to count."""
        super().__init__()
        self._elements = 0

    def startElement(self, _: str, attrs: AttributesImpl) -> None:  # noqa: N802 - the library's
        """Count one element, and look at what it declares."""
        self._elements += 1
        if self._elements > ELEMENTS_MAX:
            raise FeedError(FeedFault.FORBIDDEN_XML, detail="elements")
        if len(attrs) > ATTRIBUTES_MAX:
            raise FeedError(FeedFault.FORBIDDEN_XML, detail="attributes")
        spaces = (value for key, value in attrs.items() if key.startswith("xmlns"))
        if any(len(space) > NAMESPACE_CHARACTERS_MAX for space in spaces):
            raise FeedError(FeedFault.FORBIDDEN_XML, detail="namespace")
