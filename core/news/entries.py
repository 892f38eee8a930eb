"""The articles of an RSS or Atom document: of each, the few texts that a headline is made of.

No library of feeds reads them, because what a library knows beyond these texts is what a stranger
can keep it busy with: one searches each author for an e-mail address and compares each category
with all before it, so that 25 kB held the event loop for 25 s. What no headline needs is not read.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import islice
from types import MappingProxyType
from typing import TYPE_CHECKING
from urllib.parse import urljoin

from core.news.clean import LINK_CHARACTERS_MAX

if TYPE_CHECKING:
    from xml.etree.ElementTree import Element

ENTRIES_MAX = 200
_ENTRIES = frozenset({"item", "entry"})
# What the formats call what a headline is made of. All names are compared in small letters.
_PLAIN = MappingProxyType(
    {
        "title": "title",
        "link": "link",
        "guid": "guid",
        "id": "guid",
        "pubdate": "published",
        "published": "published",
        "issued": "published",
        "updated": "updated",
        "modified": "updated",
        "description": "summary",
        "summary": "summary",
        "abstract": "summary",
        "content": "content",
    }
)
_ATOM = "http://www.w3.org/2005/atom"
_MEDIA = "http://search.yahoo.com/mrss"
_FOREIGN = MappingProxyType(
    {
        _ATOM: _PLAIN,
        "http://purl.org/dc/elements/1.1": {
            "title": "title",
            "date": "updated",
            "description": "summary",
        },
        "http://purl.org/dc/terms": {"issued": "published", "modified": "updated"},
        "http://purl.org/rss/1.0/modules/content": {"encoded": "content"},
        "http://www.itunes.com/dtds/podcast-1.0.dtd": {"summary": "summary"},
        _MEDIA: {"description": "caption"},
    }
)
_XML_BASE = "{http://www.w3.org/XML/1998/namespace}base"
# What stands in them is no text.
_SILENT = frozenset({"script", "style"})


def read_entries(root: Element) -> list[dict[str, str]]:
    """Return the first `ENTRIES_MAX` articles, each as title, link, published, updated and summary.

    Where it says something twice, the first counts. Texts are as long as they are, and may hold
    markup.
    """
    # As long as any address may be: each relative one is joined to it, segment by segment.
    base = _joined("", root.get(_XML_BASE, ""))
    return [_said(entry, base) for entry in islice(_entries(root), ENTRIES_MAX)]


def _entries(root: Element) -> Iterator[Element]:
    """Yield the articles in their order; RSS 1.0 has them beside its channel.

    Without recursion, because a document may be deep. What stands in an article is none, so that
    nothing is read twice.
    """
    waiting = [root]
    while waiting:
        element = waiting.pop()
        if _name(element)[1] in _ENTRIES:
            yield element
        else:
            waiting.extend(reversed(element))


def _said(entry: Element, above: str) -> dict[str, str]:
    own, _ = _name(entry)
    found: dict[str, str] = {}
    for part in _parts(entry):
        space, name = _name(part)
        field = (_PLAIN if space in {"", own} else _FOREIGN.get(space, {})).get(name)
        if field is not None and field not in found and (text := _value(field, part)):
            found[field] = text
    base = _joined(above, entry.get(_XML_BASE, "")) or above
    found["link"] = _joined(base, found.get("link", found.get("guid", "")))
    summaries = (found.get(field) for field in ("summary", "content", "caption"))
    found["summary"] = next((text for text in summaries if text), "")
    return found


def _parts(entry: Element) -> Iterator[Element]:
    """Yield what is said of an article; Media RSS says it in a content, which may be in a group.

    No deeper, because each of what is yielded is looked through as a whole.
    """
    for child in entry:
        yield child
        if _name(child)[0] == _MEDIA:
            for inner in child:
                yield inner
                yield from inner


def _value(field: str, part: Element) -> str:
    """Return what an element says as `field`, or nothing when it is something else."""
    kind = part.get("type", "").lower()
    if field == "link":
        is_article = part.get("rel", "alternate") == "alternate" and "html" in (kind or "html")
        # Some servers write the ampersand of an address as in XML inside of CDATA, too.
        address = part.get("href") or _text(part).replace("&amp;", "&")
        return address if is_article else ""
    if field == "guid" and part.get("isPermaLink", "true") != "true":
        return ""
    if field == "content" and "/" in kind and not kind.startswith("text/") and "html" not in kind:
        return ""
    return _text(part)


def _text(part: Element) -> str:
    """Return the text of an element and of the markup in it."""
    for inner in part.iter() if len(part) else ():
        if _name(inner)[1] in _SILENT:
            inner.text = None
    return "".join(part.itertext()).strip()


def _joined(base: str, address: str) -> str:
    """Return an address as it is below its base, or nothing when it cannot be one."""
    if not 0 < len(address) <= LINK_CHARACTERS_MAX:
        return ""
    try:
        joined = urljoin(base, address)
    except ValueError:
        return ""
    return joined if len(joined) <= LINK_CHARACTERS_MAX else ""


def _name(element: Element) -> tuple[str, str]:
    """Return the namespace of an element and its name, in small letters as they are compared."""
    space, _, name = element.tag.rpartition("}")
    return space.lstrip("{").rstrip("/").lower(), name.lower()
