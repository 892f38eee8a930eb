"""Feeds that are well-formed and grown at random: known elements in places where none belongs."""

from __future__ import annotations

import random

from tests.prove.mutation import pick

_SPACES = (
    'xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:itunes="http://www.itunes.com/DTDs/PodCast-1.0.dtd"'
    ' xmlns:georss="http://www.georss.org/georss" xmlns:gml="http://www.opengis.net/gml"'
    ' xmlns:xhtml="http://www.w3.org/1999/xhtml" xmlns:psc="http://podlove.org/simple-chapters"'
    ' xmlns:cc="http://backend.userland.com/creativeCommonsRssModule"'
)
_ROOTS = ("rss", "feed", "feed xmlns='http://www.w3.org/2005/Atom'", "opml", "html")
_TAGS = [
    "channel",
    "item",
    "entry",
    "feed",
    "title",
    "link",
    "guid",
    "pubDate",
    "published",
    "updated",
    "description",
    "summary",
    "content:encoded",
    "dc:date",
    "dc:creator",
    "author",
    "name",
    "email",
    "media:content",
    "media:group",
    "media:thumbnail",
    "media:credit",
    "media:rating",
    "enclosure",
    "category",
    "source",
    "itunes:explicit",
    "itunes:image",
    "georss:point",
    "georss:polygon",
    "gml:Point",
    "gml:pos",
    "gml:LineString",
    "cc:license",
    "textInput",
    "cloud",
    "image",
    "url",
    "width",
    "height",
    "ttl",
    "generator",
    "xhtml:div",
    "b",
    "psc:chapter",
    "psc:chapters",
]
_NAMES = [
    "href",
    "rel",
    "type",
    "url",
    "length",
    "srsName",
    "srsDimension",
    "scheme",
    "term",
    "label",
    "domain",
    "port",
    "xml:base",
    "start",
    "title",
    "mode",
    "isPermaLink",
    "role",
]
_VALUES = (
    *("", "1", "-1", "a b c", "text/html", "xhtml", "base64", "http://[x", "http://xn--a/"),
    *("EPSG:4326", "alternate", "99:99:99:99", "2026-13-45", "2026-09-22T15:01:06Z"),
    *("Tue, 22 Sep 2026 15:01:06 +0900", "9" * 50, "\u200b", "&amp;#xD800;", "&lt;a href=x&gt;"),
    *("nan", "1e999", "24:61", "오전 10:00", "2026-366", "W99", ":::"),
)
# What is harmless when it is short.
_UNITS = (
    "a",
    "a-.",
    "a@",
    "9",
    "&amp;lt;b x&amp;gt;",
    "&lt;p&gt;",
    "http://a/",
    "../",
    "\u0301\u0323",
    " ",
)
LONG_CHARACTERS = 60_000
WIDE_ELEMENTS = 4_000
MANY_ARTICLES = 200
BIG_SHAPES = (
    *("long", "wide", "deep", "many attributes", "long attribute", "long namespace"),
    "long root",
)


def feed_tree(dice: random.Random) -> str:
    """Return one feed of three articles, each with branches of its own."""
    root = pick(dice, _ROOTS)
    items = (
        f"<item><title>x</title>{''.join(_branch(dice, 3) for _ in range(dice.randint(0, 4)))}</item>"
        for _ in range(3)
    )
    return f"<{root} {_SPACES}><channel>{''.join(items)}</channel></{root.split()[0]}>"


def big_tree(dice: random.Random) -> str:
    """Return a feed whose one article has something without end, or whose root has for many."""
    tag, name = pick(dice, _TAGS), pick(dice, _NAMES)
    unit = pick(dice, _UNITS)
    long = unit * (LONG_CHARACTERS // len(unit))
    numbers = range(WIDE_ELEMENTS)
    inner = {
        "long": f"<{tag}>{long}</{tag}>",
        "wide": "".join(f"<{tag}>{unit}{number}</{tag}>" for number in numbers),
        "deep": f"<{tag}>" * WIDE_ELEMENTS + unit + f"</{tag}>" * WIDE_ELEMENTS,
        "many attributes": f"<{tag} " + "".join(f"a{number}='' " for number in numbers) + "/>",
        "long attribute": f'<{tag} {name}="{long}"/>',
        "long namespace": f'<b xmlns:q="{long}">'
        + "".join(f"<q:a{number}/>" for number in numbers)
        + "</b>",
        "long root": "",
    }[shape := pick(dice, BIG_SHAPES)]
    dated = "<pubDate>Tue, 22 Sep 2026 15:01:06 +0900</pubDate>"
    item = f"<item>{inner}<title>x</title>{dated}</item>"
    root = f"rss {_SPACES}"
    if shape == "long root":
        # All its articles are below what it says, xml:base above all, and each is told in a word.
        root += f' {dice.choice((name, "xml:base"))}="http://a/{long}"'
        item = f"<item><link>x</link><title>x</title>{dated}</item>" * MANY_ARTICLES
    return f"<{root}><channel>{item}</channel></rss>"


def _branch(dice: random.Random, depth: int) -> str:
    tag = pick(dice, _TAGS)
    names = dice.sample(_NAMES, dice.randint(0, 3))
    attributes = "".join(f' {name}="{pick(dice, _VALUES)}"' for name in names)
    is_leaf = depth == 0 or dice.random() < 0.4
    inner = (
        pick(dice, _VALUES)
        if is_leaf
        else "".join(_branch(dice, depth - 1) for _ in range(dice.randint(0, 4)))
    )
    return f"<{tag}{attributes}>{inner}</{tag}>"
