from __future__ import annotations

import io

import pytest
from dotenv import dotenv_values
from hypothesis import given
from hypothesis import strategies as st

from bot.onboarding.env_text import Unwritable, filled, quoted, values_in

NAMES = st.from_regex(r"[A-Z][A-Z0-9_]{0,8}", fullmatch=True)
VALUES = st.text(
    st.characters(codec="utf-8", exclude_categories=("C", "Z"), include_characters=" "), max_size=20
).filter(lambda text: text.isprintable())


@pytest.mark.parametrize(
    ("text", "after"),
    [
        ("BROKER=sim\n", "BROKER=kis\n"),
        ("BROKER=sim", "BROKER=kis"),
        ("export BROKER=sim\n", "export BROKER=kis\n"),
        ("export\tBROKER='sim' # mine\n", "export\tBROKER=kis # mine\n"),
        ("BROKER=sim   # mine, not yours\n", "BROKER=kis   # mine, not yours\n"),
        ("BROKER='sim'#mine\n", "BROKER=kis #mine\n"),
        ("BROKER=# mine\n", "BROKER=kis\n"),
        ('BROKER="a\nb"\nMORE=1\n', "BROKER=kis\nMORE=1\n"),
        ("broker = sim\n", "BROKER=kis\n"),
        ("\n\n  BROKER=sim\n", "\n\n  BROKER=kis\n"),
        ("# a\nBROKER=sim\n\n# b\n", "# a\nBROKER=kis\n\n# b\n"),
        ("BROKER=sim\nA=1\n\nBROKER=real\nB=2\n", "BROKER=kis\nA=1\n\nB=2\n"),
        ("# said\n#BROKER=sim\n#KIS_MODE=x\n", "# said\nBROKER=kis\n#KIS_MODE=x\n"),
        ("# BROKER=sim\n# BROKER=kiwoom\n", "BROKER=kis\n# BROKER=kiwoom\n"),
        ("#BROKER=sim\nBROKER=real\n", "#BROKER=sim\nBROKER=kis\n"),
        ("A=1", "A=1\nBROKER=kis\n"),
        ("", "BROKER=kis\n"),
    ],
)
def test_an_answer_takes_its_place_and_all_else_stays(text, after):
    assert filled(text, {"BROKER": "kis"}) == after
    windows = text.replace("\n", "\r\n")
    if '"' not in text:
        expected = after.replace("\n", "\r\n")
        # A file without a line has no other way to end one.
        assert filled(windows, {"BROKER": "kis"}) == (expected if "\n" in text else after)


def test_a_file_that_is_not_asked_about_stays_to_the_byte():
    text = "\r\n# a\r\nexport A='x y'  # tail\r\n\r\nB=\"1\n2\"\nC = 3"
    assert filled(text, {}) == text


def test_an_empty_answer_before_a_comment_is_empty():
    text = filled("A=1  # about A\n", {"A": ""})
    assert text == "A=''  # about A\n"
    assert values_in(text) == {"A": ""}


def test_a_mark_of_byte_order_is_no_part_of_a_name():
    assert filled("\ufeffBROKER=sim\n", {"BROKER": "kis"}) == "BROKER=kis\n"


@pytest.mark.parametrize("value", ["a\nb", "a\x07", "\u202ea"])
def test_what_cannot_be_seen_is_not_written(value):
    with pytest.raises(Unwritable):
        quoted(value)


@pytest.mark.parametrize("text", ["= 1\n", "A\n", "A='1\n"])
def test_a_file_with_a_line_that_sets_nothing_has_no_values(text):
    assert values_in(text) is None


@given(
    old=st.dictionaries(NAMES, VALUES, max_size=4),
    answers=st.dictionaries(NAMES, VALUES, max_size=4),
    line_end=st.sampled_from(["\n", "\r\n"]),
    export=st.sampled_from(["", "export "]),
    comment=st.sampled_from(["", "  # why"]),
    offered=st.sets(NAMES, max_size=3),
)
def test_what_is_written_is_what_is_read(old, answers, line_end, export, comment, offered):
    lines = [f"#{name}=x" for name in sorted(offered)]
    lines += [
        f"{export}{name}={quoted(value) or chr(39) * 2}{comment}" for name, value in old.items()
    ]
    text = "".join(line + line_end for line in lines)
    after = filled(text, answers)
    assert values_in(after) == old | answers
    assert dotenv_values(stream=io.StringIO(after), interpolate=False) == old | answers
    assert filled(after, answers) == after


PIECES = st.sampled_from(
    [
        "A",
        "B1",
        "'A'",
        "=",
        " = ",
        "export ",
        "'x'",
        '"y"',
        "'x\ny'",
        "z",
        " ",
        "\t",
        "#c",
        " # c",
        "\n",
        "\r\n",
        "\\",
    ]
)


@given(st.lists(PIECES, max_size=14).map("".join))
def test_whatever_python_dotenv_takes_can_be_answered(text):
    old = values_in(text)
    if old is None:
        return
    after = filled(text, {"A": "new"})
    assert values_in(after) == old | {"A": "new"}
