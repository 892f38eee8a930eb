from __future__ import annotations

import unicodedata
from typing import Literal

import nh3
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from core.news.clean import (
    CHARACTERS_PER_LETTER,
    RAW_CHARACTERS_MAX,
    TAGS_MAX,
    plain_text,
    safe_link,
)


@pytest.mark.parametrize(
    ("raw", "clean"),
    [
        ("<b>금리</b> 동결", "금리 동결"),
        ("<script>alert(1)</script>환율", "환율"),
        ("&lt;img src=x onerror=1&gt;환율", "환율"),
        ("S&amp;P 500 &quot;최고&quot;", 'S&P 500 "최고"'),
        ("abc\u202egnp.exe", "abcgnp.exe"),
        ("환\u200b율\ufeff\x07", "환율"),
        ("여러\n\t줄\u2028제목", "여러 줄 제목"),
        ("\u1112\u1161\u11ab", "한"),
        ("<b>환\ud800율</b>", "환율"),
        ("", ""),
    ],
)
def test_text_becomes_plain(raw: str, clean: str) -> None:
    assert plain_text(raw) == clean


def test_a_mention_is_no_mention() -> None:
    assert "<" not in plain_text("2 &amp;lt; 3 &lt;@123&gt;")


def test_long_text_is_cut() -> None:
    assert plain_text("가" * 300) == "가" * 199 + "…"


@pytest.mark.parametrize(
    "raw",
    [
        "".join(f"<b {number}>" for number in range(800)) + "</p>" + "<p>가" * 2_000,
        "<b " + " ".join(f"a{number}" for number in range(20_000)) + ">가",
        "&lt;i&gt;" * 20_000,
        "가" + "\u0301\u0323" * 50_000,
    ],
)
def test_what_is_dear_to_clean_is_cut_before(raw: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Tags opened anew in each paragraph took 2 s a text, one tag's attributes 0.2 s, marks 0.8 s.

    All three grow with the square of what the libraries are given, which is what is counted here.
    """
    cleaned: list[str] = []
    normalised: list[str] = []

    def clean(text: str, tags: set[str]) -> str:
        cleaned.append(text)
        return real_clean(text, tags=tags)

    def normalize(form: Literal["NFC"], text: str) -> str:
        normalised.append(text)
        return real_normalize(form, text)

    real_clean, real_normalize = nh3.clean, unicodedata.normalize
    monkeypatch.setattr(nh3, "clean", clean)
    monkeypatch.setattr(unicodedata, "normalize", normalize)
    plain_text(raw)
    assert all(len(text) <= RAW_CHARACTERS_MAX for text in cleaned)
    assert all(text.count("<") <= TAGS_MAX for text in cleaned)
    assert [len(text) <= CHARACTERS_PER_LETTER * 201 for text in normalised] == [True]
    assert cleaned or "<" not in raw


@settings(deadline=None)
@given(st.text(max_size=300))
def test_nothing_invisible_or_angled_is_left(raw: str) -> None:
    found = plain_text(raw)
    assert len(found) <= 200
    assert not set(found) & set("<>\n\r\t\u202e\u200b\x00")


@pytest.mark.parametrize(
    ("raw", "link"),
    [
        (" https://a.kr/1 ", "https://a.kr/1"),
        ("http://a.kr/v?ud=1", "http://a.kr/v?ud=1"),
        ("HttpS://A.kr/V?", "https://A.kr/V?"),
        ("javascript:alert(1)", ""),
        ("https://user@a.kr", ""),
        ("https://a.kr/)[x](https://b.kr", ""),
        ("https://a.kr/" + "x" * 600, ""),
        ("https://한글.kr", ""),
        ("https://[bad", ""),
        ("//a.kr", ""),
        ("", ""),
    ],
)
def test_links_are_http_or_nothing(raw: str, link: str) -> None:
    assert safe_link(raw) == link
