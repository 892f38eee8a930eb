"""What the feeds are called, and who is given Naver's key."""

from __future__ import annotations

import pytest

from bot.settings import Settings
from bot.wiring.news import _feed_name, _secrets

NAVER = "https://openapi.naver.com/v1/search/news.json?query=ETF"
KEYS = Settings.model_validate({"news_naver_client_id": "id", "news_naver_client_secret": "key"})


def test_only_naver_is_given_its_key() -> None:
    assert _secrets(NAVER, KEYS) == {"X-Naver-Client-Id": "id", "X-Naver-Client-Secret": "key"}
    assert _secrets("https://openapi.naver.com.evil.kr/", KEYS) == {}
    assert _secrets("https://www.hankyung.com/feed/finance", KEYS) == {}
    assert _secrets(NAVER, Settings.model_validate({})) == {}


@pytest.mark.parametrize(
    ("url", "name"),
    [
        ("https://www.hankyung.com/feed/finance", "hankyung.com"),
        ("https://kind.krx.co.kr/disclosure/x.do?method=y", "kind.krx.co.kr"),
        ("http://127.0.0.1:9/hankyung.xml", "hankyung"),
        ("http://127.0.0.1:9/", "http://127.0.0.1:9/"),
    ],
)
def test_names_of_feeds(url: str, name: str) -> None:
    assert _feed_name(url) == name
