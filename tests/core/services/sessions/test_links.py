"""Addresses are taken out of what a model says, however they are written, and words are not."""

from __future__ import annotations

import pytest

from core.services.sessions.links import LinkFilter, without_links


@pytest.mark.parametrize(
    ("text", "shown"),
    [
        ("보세요 https://evil.test/?q=1. 끝", "보세요 (L). 끝"),
        ("h\u200bt\u2060tps://evil.test", "(L)"),
        ("여기evil.com/x 갑니다", "여기(L) 갑니다"),
        ("discord.gg/abc", "(L)"),
        ("[여기](javascript:alert)", "[여기]((L))"),
        ("<http://a.kr/x>", "<(L)>"),
        ("\u0435vil.com", "(L)"),
        ("xn--80ak6aa92e.com", "(L)"),
        ("evil\u3002com/x", "(L)"),
        ("www.evil.co.kr:8080/x", "(L)"),
        ("mailto:a@b.kr", "(L)"),
        ("data:text/html,x", "(L)"),
        ("169.254.169.254/x", "(L)"),
        ("ftp://x", "(L)"),
        ("https:\\\\evil.test", "(L)"),
        ("..evil.com", "..(L)"),
    ],
)
def test_an_address_is_taken_out(text: str, shown: str) -> None:
    assert without_links(text, "(L)") == shown
    whole = LinkFilter("(L)")
    assert "".join([*map(whole.feed, text), whole.flush()]) == shown


@pytest.mark.parametrize(
    "text",
    [
        "합니다.다음은 3.5% 35,000원입니다. S&P500.",
        "data: 3 shares, 12:30에 봅시다",
        "KODEX 200(069500) 35,000.5원 1.2.3",
        "오늘은 좋습니다.me too",
        "https://",
        "P/E 10.5",
    ],
)
def test_words_and_figures_stay(text: str) -> None:
    assert without_links(text, "(L)") == text


def test_a_word_without_end_is_let_go_but_never_an_address_in_it() -> None:
    links = LinkFilter("(L)")
    shown = "".join(
        [*(links.feed("a" * 50) for _ in range(20)), links.feed("!evil.com/x"), links.flush()]
    )
    assert shown == "a" * 1_000 + "!(L)"
