from __future__ import annotations

import sys
import time
from collections.abc import Callable
from datetime import datetime
from pathlib import Path

import pytest

from core.domain.krx import KST
from core.errors import FeedError, FeedFault
from core.news.dates import parse_date, zone_of
from core.news.parse import parse_feed

FEEDS = Path(__file__).parents[3] / ".." / "shared" / "data" / "feeds"
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b"<rss><channel><item><title>&b;</title></item></channel></rss>"
)
EXTERNAL = (
    b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<rss><channel><item><title>&x;</title></item></channel></rss>"
)


DATED = "<pubDate>Tue, 22 Sep 2026 15:01:06 +0900</pubDate>"


def rss(items: str) -> str:
    return f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'


@pytest.mark.parametrize(
    ("content", "fault"),
    [
        (BOMB, FeedFault.FORBIDDEN_XML),
        (EXTERNAL, FeedFault.FORBIDDEN_XML),
        (b"", FeedFault.NOT_XML),
        (b"not xml", FeedFault.NOT_XML),
        (b"<rss><channel>", FeedFault.NOT_XML),
        (rss("").encode("utf-16"), FeedFault.NOT_TEXT),
        (b'<?xml version="1.0" encoding="utf-7"?><rss/>', FeedFault.ENCODING),
        (b'<?xml version="1.0" encoding="euc-kr"?><rss>\xff\xff</rss>', FeedFault.NOT_TEXT),
        (b"<a>" * 2_000, FeedFault.NOT_XML),
        # What would keep a parser busy for minutes, or take it gigabytes.
        (rss("<a/>" * 20_000).encode(), FeedFault.FORBIDDEN_XML),
        (
            rss("<item " + " ".join(f"a{n}='1'" for n in range(51)) + "/>").encode(),
            FeedFault.FORBIDDEN_XML,
        ),
        (b"<a>" * 20_001, FeedFault.FORBIDDEN_XML),
        (
            f"<r xmlns:p='{'u' * 201}'>{'<p:a/>' * 10}</r>".encode(),
            FeedFault.FORBIDDEN_XML,
        ),
        (f"<r xmlns='{'u' * 201}'/>".encode(), FeedFault.FORBIDDEN_XML),
        (b'{"items": 7}', FeedFault.NO_LIST),
        (b"{}", FeedFault.NO_LIST),
        (b'{"items": [', FeedFault.NOT_JSON),
        (b"[" * 200_000, FeedFault.NOT_JSON),
        (b'[{"title": \xff}]', FeedFault.NOT_JSON),
    ],
)
def test_hostile_bytes_are_refused(content: bytes, fault: FeedFault) -> None:
    with pytest.raises(FeedError) as caught:
        parse_feed("feed", content)
    assert caught.value.fault is fault


@pytest.mark.parametrize("unit", ["&lt;!--", "&lt;a ", "&lt;", "&amp;#1", "&#160; "])
def test_a_megabyte_of_one_mark_is_read_in_linear_time(unit: str) -> None:
    def seconds(times: int) -> float:
        text = rss(f"<item><title>a</title><description>{unit * times}</description>{DATED}</item>")
        began = time.process_time()
        assert len(parse_feed("feed", text.encode()).headlines) == 1
        return time.process_time() - began

    seconds(10)
    # Sixteen times as much took 256 times as long while the library cleaned.
    assert seconds(160_000 // len(unit)) < 40 * max(seconds(10_000 // len(unit)), 0.005)


@pytest.mark.parametrize(
    "inner",
    [
        lambda count: f"<author>{'a' * count * 10}</author>",
        lambda count: "<author>a</author>" * count,
        lambda count: "".join(f"<category>{number}</category>" for number in range(count)),
        lambda count: f"<media:group>{'<media:credit>a</media:credit>' * count}</media:group>",
        lambda count: "<media:description>" * count + "</media:description>" * count,
        lambda count: "<title>" * count + "</title>" * count,
        lambda count: "<title/>" * count,
        lambda count: "<a xml:base='b/'>" * count + "</a>" * count,
        lambda count: "<link rel='self'>a</link>" * count,
    ],
)
def test_work_grows_with_the_length_and_no_faster(inner: Callable[[int], str]) -> None:
    """Calls are counted, because a time would depend on the machine."""

    def calls(count: int) -> int:
        made = 0

        def note(*_: object) -> None:
            nonlocal made
            made += 1

        text = rss(f"<item>{inner(count)}<title>a</title>{DATED}</item>")
        content = text.replace("<rss", '<rss xmlns:media="http://search.yahoo.com/mrss/"').encode()
        parse_feed("feed", content)
        sys.setprofile(note)
        try:
            assert len(parse_feed("feed", content).headlines) == 1
        finally:
            sys.setprofile(None)
        return made

    assert calls(2_000) < 5 * calls(500)


def test_what_the_root_says_is_not_read_anew_for_each_article() -> None:
    """144 kB took 4.5 s: the address of the document was walked for each of 200 relative links."""

    def calls(segments: int) -> int:
        made = 0

        def note(*_: object) -> None:
            nonlocal made
            made += 1

        item = f"<item><title>a</title><link>b</link>{DATED}</item>"
        base = "http://a/" + "../" * segments
        content = rss(item * 200).replace("<rss", f'<rss xml:base="{base}"').encode()
        parse_feed("feed", content)
        sys.setprofile(note)
        try:
            assert len(parse_feed("feed", content).headlines) == 200
        finally:
            sys.setprofile(None)
        return made

    assert calls(4_000) < 1.5 * calls(1)


def test_markup_in_titles_is_only_text() -> None:
    body = rss(
        "<item><title><![CDATA[<b>속보</b> @everyone <script>x</script>]]></title>"
        f"<link>javascript:alert(1)</link>{DATED}</item><item><title> </title>{DATED}</item>"
    )
    (found,) = parse_feed("feed", body.encode()).headlines
    assert (found.title, found.link) == ("속보 @everyone", "")


def test_a_korean_encoding_is_read() -> None:
    prolog = '<?xml version="1.0" encoding="EUC-KR"?>'
    body = (prolog + rss(f"<item><title>환율 급등</title>{DATED}</item>")).encode("cp949")
    assert parse_feed("feed", body).headlines[0].title == "환율 급등"
    marked = b"\xef\xbb\xbf" + rss(f"<item><title>금리</title>{DATED}</item>").encode()
    assert parse_feed("feed", marked).headlines[0].title == "금리"


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("Tue, 22 Sep 2026 15:01:06 +0900", 15),
        ("Tue, 22 Sep 2026 15:01:06 +09:00", 15),
        ("Tue, 22 Sep 2026 06:01:06 GMT", 15),
        ("Tue, 22 Sep 2026 15:01:06 KST", 15),
        ("2026-09-22T15:01:06+09:00", 15),
        ("2026-09-22T06:01:06Z", 15),
        ("2026-09-22T06:01:06.000Z", 15),
        (" Tue,  22 Sep 2026 15:01:06\n+0900 ", 15),
        ("22 Sep 2026 15:01:06 +0900", 15),
        ("Tue, 22 Sep 26 15:01:06 +0900", 15),
    ],
)
def test_every_dialect_names_the_same_instant(text: str, hour: int) -> None:
    assert parse_date(text) == datetime(2026, 9, 22, hour, 1, 6, tzinfo=KST)


def test_a_time_without_a_zone_is_read_only_where_the_zone_is_known() -> None:
    at = datetime(2026, 9, 22, 15, 1, 6, tzinfo=KST)
    for text in ("2026-09-22 06:01:06", "Tue, 22 Sep 2026 06:01:06"):
        assert parse_date(text, zone_of("kr.investing.com")) == at
        assert parse_date(text, zone_of("www.hankyung.com")) is None
    assert zone_of("investing.com.evil.kr") is None


@pytest.mark.parametrize(
    "text",
    [
        "",
        "어제 오후",
        "Tue, 22 Sep 2026 15:01:06",
        "2026-09-22",
        "Tue, 22 Sep 2026 15:01:06 -0000",
        "9" * 5_000,
        "Tue, 99 Sep 2026 15:01:06 +0900",
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_what_names_no_instant_is_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.skipif(not FEEDS.is_dir(), reason="the shared feed samples are not on this machine")
@pytest.mark.parametrize(
    ("name", "dated", "undated", "first"),
    [
        ("hankyung_shape.xml", 2, 1, '기준금리 동결…"연내 인하 가능성"'),
        ("maeil_shape.xml", 2, 1, "“집값 잡으려 어쩔수 없지만”…가계이자 부담 늘어"),
        (
            "koreaherald_20210209.xml",
            1,
            0,
            "Seegene found to have exaggerated revenue for 9 years",
        ),
    ],
)
def test_real_shapes(name: str, dated: int, undated: int, first: str) -> None:
    found = parse_feed(name, (FEEDS / name).read_bytes())
    assert (len(found.headlines), found.undated) == (dated, undated)
    assert found.headlines[0].title == first
    assert found.headlines[0].link.startswith("http")


def test_json_feeds_are_read() -> None:
    ours = (
        '{"version": "https://jsonfeed.org/version/1.1", "items": ['
        '{"title": "환율 <b>급등</b>", "url": "https://a.kr/1",'
        ' "date_published": "2026-09-22T15:01:06+09:00", "content_text": "가"},'
        '{"title": "날짜 없음"}, {"title": 7}, "x"]}'
    )
    naver = (
        '[{"title": "<b>반도체</b> &quot;반등&quot;", "originallink": "https://b.kr/2",'
        ' "pubDate": "Tue, 22 Sep 2026 15:01:06 +0900", "description": "나"}]'
    )
    found = parse_feed("json", ours.encode())
    assert ([item.title for item in found.headlines], found.undated) == (["환율 급등"], 1)
    (item,) = parse_feed("naver", naver.encode()).headlines
    assert (item.title, item.link, item.summary) == ('반도체 "반등"', "https://b.kr/2", "나")
