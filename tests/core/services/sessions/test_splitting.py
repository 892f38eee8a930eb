from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.services.sessions.links import HELD_CHARACTERS_MAX, LinkFilter
from core.services.sessions.splitting import split_answer


def test_short_answers_stay_whole_and_empty_ones_vanish():
    assert split_answer("안녕하세요.") == ("안녕하세요.",)
    assert split_answer("  \n ") == ()


@pytest.mark.parametrize(
    ("text", "parts"),
    [
        ("첫 문장입니다. 둘째 문장입니다.", ("첫 문장입니다.", "둘째 문장입니다.")),
        ("첫 단락은 여기\n\n둘째 단락", ("첫 단락은 여기", "둘째 단락")),
        ("첫 줄은 여기에\n둘째 줄", ("첫 줄은 여기에", "둘째 줄")),
        ("긴 낱말 사이에서 나눕니다", ("긴 낱말 사이에서", "나눕니다")),
        ("가" * 25, ("가" * 12, "가" * 12, "가")),
    ],
)
def test_the_best_border_wins(text, parts):
    assert split_answer(text, 12) == parts


def test_a_senseless_limit_is_refused():
    with pytest.raises(ValueError, match="limit"):
        split_answer("x", 0)


@given(st.text(max_size=300), st.integers(min_value=1, max_value=40))
def test_nothing_is_lost_and_nothing_is_too_long(text, limit):
    parts = split_answer(text, limit)
    assert all(0 < len(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@given(st.lists(st.text(alphabet="ab h:/tps.x \n", max_size=8), max_size=30))
def test_links_never_pass_however_the_text_is_cut(pieces):
    links = LinkFilter("-")
    shown = "".join(links.feed(piece) for piece in [*pieces, " http", "s://evil.example/x "])
    shown += links.flush()
    assert "evil" not in shown


def test_text_without_links_passes_unchanged():
    links = LinkFilter("-")
    text = "평범한 글 " * 20 + "가" * (HELD_CHARACTERS_MAX * 2)
    shown = "".join(links.feed(text[at : at + 7]) for at in range(0, len(text), 7))
    assert shown + links.flush() == text
