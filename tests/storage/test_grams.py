from __future__ import annotations

import pytest

from storage.memory.grams import (
    folded,
    near_tokens,
    note_tokens,
    pair_tokens,
    query_words,
    readable_by,
    readers_of,
)


def spelled(token: str) -> str:
    """Return the characters of a pair, or the token itself."""
    if token[0] in "xv":
        return token
    return "".join(chr(int(part, 16)) for part in token.split("g"))


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("ＫＯＤＥＸ 200(069500), 환율이\n올라!", "kodex 200 069500 환율이 올라"),
        ("환\u200b율 \u202e금리", "환율 금리"),
        ("a_b *굵게* <@123>", "a b 굵게 123"),
        ("👍 !?", ""),
        ("STRASSE Straße", "strasse strasse"),
    ],
)
def test_folding(text: str, words: str) -> None:
    assert folded(text) == words


def test_pairs_stay_inside_words() -> None:
    assert [spelled(item) for item in pair_tokens("원달러")] == ["원달", "달러"]
    assert list(pair_tokens("금")) == []


def test_likeness_is_pairs_words_and_codes() -> None:
    text = folded("환율이 올라 KODEX200 0080G0 금")
    assert [spelled(item) for item in near_tokens(text)] == [
        "환율",
        "율이",
        "올라",
        "xkodex",
        "x200",
        "x0080g0",
        "금",
    ]
    assert len(near_tokens(text, 2)) == 2


def test_a_note_is_found_by_all_of_its_pairs_and_by_its_readers() -> None:
    tokens = note_tokens(folded("KODEX 금"), readers_of(5, 42))
    assert {spelled(item) for item in tokens} == {
        "v5",
        "v5o42",
        "ko",
        "od",
        "de",
        "ex",
        "xkodex",
        "금",
    }
    assert all(item.isascii() and item.isalnum() for item in tokens)


def test_who_may_read() -> None:
    assert readable_by(5, None) == ("v5", "v0")
    assert readable_by(5, 42) == ("v5o0", "v5o42", "v0o0", "v0o42")
    assert readable_by(0, 0) == ("v0o0",)


def test_words_of_a_query_are_distinct_and_bounded() -> None:
    assert query_words("환율 금리, 환율?") == ("환율", "금리")
    assert query_words("?!") == ()
    assert len("".join(query_words("가" * 5_000))) == 200
