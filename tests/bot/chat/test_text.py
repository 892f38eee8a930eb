from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bot.chat.modals import values_of, whole_number
from bot.chat.text import chunks, clip, harmless, label, units


@given(st.text(max_size=300), st.integers(min_value=1, max_value=50))
def test_clip_keeps_the_limit(text: str, limit: int) -> None:
    assert units(clip(text, limit)) <= limit


@given(st.text(max_size=6000), st.integers(min_value=5, max_value=2000))
def test_chunks_keep_the_limit_and_every_visible_letter(text: str, limit: int) -> None:
    parts = chunks(text, limit)
    assert all(0 < units(part) <= limit for part in parts)
    assert "".join("".join(parts).split()) == "".join(text.split())


@pytest.mark.parametrize(
    ("raw", "shown"),
    [
        ("*별*", r"\*별\*"),
        ("@Everyone", "＠Everyone"),
        ("<@123>", r"\<@123>"),
        ("# 제목", r"\# 제목"),
        ("> 인용", r"\> 인용"),
        ("[a](b)", r"\[a\](b)"),
        ("https://a.test/x_y_z", r"https：//a.test/x\_y\_z"),
        ("<steam://run> Discord.gg/abc", r"\<steam：//run> Discord.gg／abc"),
        ("ht\u200btps://a.test", "https：//a.test"),
        ("가\u202e나\u200b다\u3164", "가나다"),
        ("a\r\nb", "a\nb"),
    ],
)
def test_foreign_text_is_shown_as_written(raw: str, shown: str) -> None:
    assert harmless(raw) == shown


def test_labels_are_one_line() -> None:
    assert label("a\nb\u200b  c", 10) == "a b c"
    assert label("가" * 200, 90).endswith("…")


@pytest.mark.parametrize(
    ("text", "number"),
    [
        ("3", 3),
        (" 35,150원", 35_150),
        ("7주", 7),
        ("", None),
        ("-3", None),
        ("3.5", None),
        ("３", None),
        ("많이", None),
    ],
)
def test_numbers_as_people_type_them(text: str, number: int | None) -> None:
    assert whole_number(text) == number


def test_form_values_are_found_in_rows_and_labels() -> None:
    data = {
        "components": [
            {"type": 1, "components": [{"custom_id": "a", "value": "1"}]},
            {"type": 18, "component": {"custom_id": "b", "value": None}},
            "broken",
        ]
    }
    assert values_of(data) == {"a": "1", "b": ""}
    assert values_of(None) == {}


def test_a_run_of_empty_lines_is_looked_through_once() -> None:
    """It was looked through from each of them: 16,000 took five seconds."""
    assert harmless("\n" * 40_000 + " # a") == "\n" * 40_000 + " \\# a"
