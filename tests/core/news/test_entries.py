"""Every shape of feed gives the headlines that a library of feeds finds in it."""

from __future__ import annotations

import io
from datetime import UTC, datetime
from pathlib import Path
from xml.etree.ElementTree import fromstring

import feedparser
import pytest

from core.news import parse as parse_module
from core.news.clean import LINK_CHARACTERS_MAX
from core.news.entries import ENTRIES_MAX, read_entries
from core.news.parse import ParsedFeed, parse_feed
from sandbox.feeds.handler import PATHS, handle

CAPTURED = Path(__file__).parents[4] / "shared" / "data" / "feeds"
NOW = datetime(2026, 9, 22, 7, 0, tzinfo=UTC)
SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:atom="http://www.w3.org/2005/Atom" xmlns:dcterms="http://purl.org/dc/terms/"'
    ' xmlns:itunes="http://www.itunes.com/dtds/podcast-1.0.dtd"'
)
DATED = "<pubDate>Tue, 22 Sep 2026 15:01:06 +0900</pubDate>"


def rss(inner: str) -> str:
    return (
        f'<rss version="2.0" {SPACES}><channel><title>증권</title><link>https://a.kr</link>'
        "<lastBuildDate>Tue, 22 Sep 2026 15:30:00 +0900</lastBuildDate>"
        "<image><title>그림</title><url>https://a.kr/i.png</url><link>https://a.kr/i</link></image>"
        f"<item>{inner}</item></channel></rss>"
    )


SHAPES = {
    "hankyung": rss(
        "<title><![CDATA[기준금리 동결…“연내 인하”]]></title>"
        f"<link><![CDATA[ https://www.hankyung.com/article/1i ]]></link><author>김</author>{DATED}"
    ),
    "maeil": rss(
        "<no>1</no><title><![CDATA[“집값”…이자 부담]]></title><link>https://www.mk.co.kr/1</link>"
        "<category>경제</category><author>매경</author><pubDate>Tue, 22 Sep 2026 14:37:38 +09:00"
        "</pubDate><description><![CDATA[요약]]></description>"
        '<media:content url="https://a.kr/1.jpg" medium="image"></media:content>'
    ),
    "yonhap": rss(
        "<title>코스피 상승</title><link>https://www.yna.co.kr/view/AKR1?input=feed</link>"
        "<description><![CDATA[(서울=연합뉴스) <b>코스피</b>가 &quot;올랐다&quot;.]]></description>"
        f"{DATED}<dc:creator>기자</dc:creator><media:content url='https://a.kr/2.jpg'/>"
    ),
    "dart": rss(
        "<title>(유가)회사 - 분기보고서</title>"
        "<link>https://dart.fss.or.kr/api/link.jsp?rcpNo=20260922000001</link><category>유가"
        "</category><pubDate>Tue, 22 Sep 2026 06:01:06 GMT</pubDate>"
        "<guid>https://dart.fss.or.kr/api/link.jsp?rcpNo=20260922000001</guid>"
        "<dc:creator>회사</dc:creator><dc:date>2026-09-22T06:01:06Z</dc:date>"
    ),
    "kind": rss(
        "<title>[유] 매매거래 일시중단(1단계 CB 발동)</title><link><![CDATA[https://kind.krx.co.kr/"
        "common/disclsviewer.do?method=search&acptno=20260922000001&docno=&viewerhost=]]></link>"
        f"<author>거래소</author>{DATED}"
    ),
    "an address escaped twice": rss(
        f"<title>가</title><link><![CDATA[https://a.kr/?a=1&amp;b=2]]></link>{DATED}"
    ),
    "investing": rss(
        "<title>나스닥 반등</title><enclosure url='https://a.kr/3.jpg' length='1' type='image/jpeg'/>"
        "<pubDate>2026-09-22 06:01:06</pubDate><author>Investing</author>"
        "<link>https://kr.investing.com/news/1</link>"
    ),
    "google": rss(
        "<title>ETF 순매수 - 신문</title><link>https://news.google.com/rss/articles/C?oc=5</link>"
        '<guid isPermaLink="false">C</guid><pubDate>Tue, 22 Sep 2026 06:01:06 GMT</pubDate>'
        "<description>&lt;a href='https://news.google.com/1'&gt;ETF 순매수&lt;/a&gt;&amp;nbsp;"
        "&lt;font color='#6f6f6f'&gt;신문&lt;/font&gt;</description>"
        '<source url="https://b.kr">신문</source>'
    ),
    "wordpress": rss(
        f"<title>A &amp;amp; B</title><guid>https://a.kr/?p=1</guid>{DATED}"
        "<content:encoded><![CDATA[<p>본문</p><style>p{}</style>]]></content:encoded>"
        "<comments>https://a.kr/#c</comments><itunes:summary>짧게</itunes:summary>"
    ),
    "only its content": rss(
        f"<title>가</title>{DATED}<content:encoded>&lt;p&gt;본문&lt;/p&gt;</content:encoded>"
    ),
    "a guid that is no address": rss(f"<title>가</title><guid isPermaLink='false'>7</guid>{DATED}"),
    "dublin core alone": rss(
        "<dc:title>가</dc:title><link>https://a.kr/1</link><dc:date>2026-09-22T15:01:06+09:00"
        "</dc:date><dc:description>나</dc:description>"
    ),
    "dublin core terms": rss("<title>가</title><dcterms:issued>2026-09-22T06:01Z</dcterms:issued>"),
    "atom inside of rss": rss(
        '<title>가</title><atom:link rel="self" href="https://a.kr/self"/>'
        "<link>https://a.kr/1</link><atom:updated>2026-09-22T06:01:06Z</atom:updated>"
    ),
    "media group": rss(
        "<title>가</title><link>https://a.kr/1</link><media:group><media:content url='u'>"
        "<media:credit>사진</media:credit><media:description>그림 설명</media:description>"
        f"</media:content><media:title>그림 제목</media:title></media:group>{DATED}"
    ),
    "large letters": rss(
        "<TITLE>가</TITLE><LINK>https://a.kr/1</LINK><PUBDATE>Tue, 22 Sep 2026 06:01:06 GMT</PUBDATE>"
    ),
    "title given twice": rss(f"<title>가</title><title>나</title>{DATED}"),
    "no date": rss("<title>가</title><pubDate>어제</pubDate>"),
    "atom": (
        '<feed xmlns="http://www.w3.org/2005/Atom" xml:base="https://a.kr/x/"><title>t</title>'
        '<link href="https://a.kr/"/><updated>2026-09-22T16:01:06+09:00</updated>'
        '<entry xml:base="y/"><id>tag:a.kr,2026:1</id><title type="xhtml">'
        '<div xmlns="http://www.w3.org/1999/xhtml">a <b>b</b><script>c</script></div></title>'
        '<link rel="self" href="s"/><link type="application/json" href="j"/>'
        '<link rel="alternate" type="text/html" href="1?a=1&amp;b=2"/>'
        "<author><name>n</name></author><category term='c'/><source><title>z</title>"
        "<updated>2020-01-01T00:00:00Z</updated></source>"
        "<published>2026-09-22T15:01:06+09:00</published><updated>2026-09-22T15:30:00+09:00</updated>"
        '<content type="html">&lt;p&gt;본문&lt;/p&gt;</content></entry></feed>'
    ),
    "atom with a picture for content": (
        '<feed xmlns="http://www.w3.org/2005/Atom"><entry><title>a</title><id>https://a.kr/1</id>'
        '<updated>2026-09-22T06:01:06Z</updated><content type="image/png">iVBORw0KGgo=</content>'
        "</entry></feed>"
    ),
    "atom with a prefix": (
        '<a:feed xmlns:a="http://www.w3.org/2005/Atom"><a:entry><a:title>a</a:title>'
        '<a:link href="https://a.kr/1"/><a:updated>2026-09-22T06:01:06Z</a:updated>'
        "<a:summary>s</a:summary></a:entry></a:feed>"
    ),
    "rss 1.0, items beside the channel": (
        '<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"'
        f' xmlns="http://purl.org/rss/1.0/" {SPACES}><channel rdf:about="https://a.kr/">'
        "<title>t</title><items><rdf:Seq><rdf:li rdf:resource='https://a.kr/1'/></rdf:Seq></items>"
        "</channel><item rdf:about='https://a.kr/1'><title>가</title><link>https://a.kr/1</link>"
        "<description>나</description><dc:date>2026-09-22T15:01:06+09:00</dc:date></item></rdf:RDF>"
    ),
}


def judged(content: bytes, monkeypatch: pytest.MonkeyPatch) -> ParsedFeed:
    """Return the headlines of a document as the library reads it."""
    options = {"sanitize_html": False, "resolve_relative_uris": False}
    entries = feedparser.parse(io.BytesIO(content), **options).entries
    with monkeypatch.context() as patched:
        patched.setattr(parse_module, "read_entries", lambda _: [dict(entry) for entry in entries])
        return parse_feed("feed", content, UTC)


@pytest.mark.parametrize("name", SHAPES)
def test_the_library_finds_the_same_headlines(name: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = SHAPES[name].encode()
    found = parse_feed("feed", content, UTC)
    assert len(found.headlines) + found.undated == 1
    assert found == judged(content, monkeypatch)


@pytest.mark.parametrize("path", PATHS[:4])
def test_it_does_so_in_the_feeds_of_the_sandbox(path: str, monkeypatch: pytest.MonkeyPatch) -> None:
    content = handle(path, NOW).body.encode()
    found = parse_feed("feed", content, UTC)
    assert found.headlines or found.undated
    assert found == judged(content, monkeypatch)


@pytest.mark.skipif(not CAPTURED.is_dir(), reason="captured feeds are not beside this clone")
def test_it_does_so_in_captured_feeds(monkeypatch: pytest.MonkeyPatch) -> None:
    documents = sorted(CAPTURED.glob("*.xml"))
    assert documents
    for document in documents:
        content = document.read_bytes()
        assert parse_feed("feed", content) == judged(content, monkeypatch), document.name


def test_an_article_is_described_by_itself_before_its_pictures_are() -> None:
    """The library would have the caption when it comes first."""
    caption = "<media:content><media:description>그림</media:description></media:content>"
    content = rss(f"<title>가</title>{caption}<description>나</description>{DATED}")
    assert parse_feed("feed", content.encode()).headlines[0].summary == "나"


def test_an_address_that_is_none_or_too_long_is_left_out() -> None:
    long = "a" * (LINK_CHARACTERS_MAX - 10)
    for base, link in (("http://[x", "1"), ("https://a.kr/", long + "bcdefghijkl"), ("", "1")):
        content = (
            f"<feed xml:base='{base}'><entry><title>a</title><link>{link}</link></entry></feed>"
        )
        assert read_entries(fromstring(content))[0]["link"] in {"", "1"}
    own = f"<feed xml:base='{'b' * 600}'><entry xml:base='https://a.kr/'><link>1</link></entry></feed>"
    assert read_entries(fromstring(own))[0]["link"] == "https://a.kr/1"


def test_articles_are_counted_and_no_article_is_in_another() -> None:
    many = f"<rss><channel>{'<item><title>a</title></item>' * 5_000}</channel></rss>"
    assert len(read_entries(fromstring(many))) == ENTRIES_MAX
    nested = "<rss><item><title>a</title><item><title>b</title></item></item></rss>"
    assert [entry["title"] for entry in read_entries(fromstring(nested))] == ["a"]


def test_deep_branches_need_no_recursion() -> None:
    depth = 15_000
    root = fromstring(rss(f"<title>{'<b>' * depth}a{'</b>' * depth}</title>"))
    assert read_entries(root)[0]["title"] == "a"
    deep = fromstring(f"{'<a>' * depth}<item><title>b</title></item>{'</a>' * depth}")
    assert read_entries(deep)[0]["title"] == "b"
