from __future__ import annotations

from datetime import datetime
from pathlib import Path

import pytest

from core.domain.krx import KST
from core.errors import DataError
from core.news.parse import parse_date, parse_feed

FEEDS = Path(__file__).parents[3] / ".." / "shared" / "data" / "feeds"
BOMB = (
    b'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY a "aaaa"><!ENTITY b "&a;&a;&a;&a;">]>'
    b"<rss><channel><item><title>&b;</title></item></channel></rss>"
)
EXTERNAL = (
    b'<!DOCTYPE r [<!ENTITY x SYSTEM "file:///etc/passwd">]>'
    b"<rss><channel><item><title>&x;</title></item></channel></rss>"
)


def rss(items: str) -> str:
    return f'<rss version="2.0"><channel><title>t</title>{items}</channel></rss>'


@pytest.mark.parametrize(
    ("content", "reason"),
    [
        (BOMB, "forbidden XML"),
        (EXTERNAL, "forbidden XML"),
        (b"", "not well-formed"),
        (b"not xml", "not well-formed"),
        (b"<rss><channel>", "not well-formed"),
        (rss("").encode("utf-16"), "not utf-8 text"),
        (b'<?xml version="1.0" encoding="utf-7"?><rss/>', "encoding utf-7"),
        (b'<?xml version="1.0" encoding="euc-kr"?><rss>\xff\xff</rss>', "not euc-kr text"),
        (b"<a>" * 20_000, "not well-formed"),
    ],
)
def test_hostile_bytes_are_refused(content: bytes, reason: str) -> None:
    with pytest.raises(DataError, match=reason):
        parse_feed("feed", content)


def test_markup_in_titles_is_only_text() -> None:
    body = rss(
        "<item><title><![CDATA[<b>속보</b> @everyone <script>x</script>]]></title>"
        "<link>javascript:alert(1)</link></item><item><title> </title></item>"
    )
    (found,) = parse_feed("feed", body.encode())
    assert (found.title, found.link, found.published_at) == ("속보 @everyone", "", None)


def test_a_korean_encoding_is_read() -> None:
    prolog = '<?xml version="1.0" encoding="EUC-KR"?>'
    body = (prolog + rss("<item><title>환율 급등</title></item>")).encode("cp949")
    assert parse_feed("feed", body)[0].title == "환율 급등"
    marked = b"\xef\xbb\xbf" + rss("<item><title>금리</title></item>").encode()
    assert parse_feed("feed", marked)[0].title == "금리"


@pytest.mark.parametrize(
    ("text", "hour"),
    [
        ("Tue, 22 Sep 2026 15:01:06 +0900", 15),
        ("Tue, 22 Sep 2026 15:01:06 +09:00", 15),
        ("Tue, 22 Sep 2026 06:01:06 GMT", 15),
        ("Tue, 22 Sep 2026 15:01:06 KST", 15),
        ("2026-09-22T15:01:06+09:00", 15),
        ("2026-09-22T06:01:06Z", 15),
        ("2026-09-22 06:01:06", 15),
    ],
)
def test_every_dialect_names_the_same_instant(text: str, hour: int) -> None:
    assert parse_date(text) == datetime(2026, 9, 22, hour, 1, 6, tzinfo=KST)


@pytest.mark.parametrize(
    "text",
    [
        "",
        "어제 오후",
        "Tue, 22 Sep 2026 15:01:06",
        "2026-09-22",
        "Tue, 99 Sep 2026 15:01:06 +0900",
        "0001-01-01T00:00:00+23:59",
    ],
)
def test_what_names_no_instant_is_none(text: str) -> None:
    assert parse_date(text) is None


@pytest.mark.skipif(not FEEDS.is_dir(), reason="the shared feed samples are not on this machine")
@pytest.mark.parametrize(
    ("name", "dated", "first"),
    [
        ("hankyung_shape.xml", [True, True, False], '기준금리 동결…"연내 인하 가능성"'),
        ("maeil_shape.xml", [True, True, False], "“집값 잡으려 어쩔수 없지만”…가계이자 부담 늘어"),
        (
            "koreaherald_20210209.xml",
            [True],
            "Seegene found to have exaggerated revenue for 9 years",
        ),
    ],
)
def test_real_shapes(name: str, dated: list[bool], first: str) -> None:
    found = parse_feed(name, (FEEDS / name).read_bytes())
    assert [item.published_at is not None for item in found] == dated
    assert found[0].title == first
    assert found[0].link.startswith("http")
