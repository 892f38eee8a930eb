import pytest

from core.domain.cycle import Step
from core.domain.hangul import initials, match_rank, read_brand


def test_initials():
    assert initials("코덱스 200") == "ㅋㄷㅅ 200"


@pytest.mark.parametrize(
    ("query", "rank"),
    [
        ("069500", 0),
        ("KODEX 200", 0),
        ("kodex200", 0),
        ("코덱스 200", 0),
        ("KODEX", 1),
        ("코덱", 1),
        ("0695", 1),
        ("200", 2),
        ("ㅋㄷㅅ", 3),
        ("ㅋㄷㅅ200", 3),
        ("ＫＯＤＥＸ", 1),
        ("TIGER", None),
        ("", None),
        ("  ", None),
    ],
)
def test_a_person_finds_kodex_200(query, rank):
    assert match_rank(query, "069500", "KODEX 200") == rank


def test_only_known_brands_are_read_aloud():
    assert read_brand("TIGER 반도체") == "타이거 반도체"
    assert read_brand("삼성 반도체") == "삼성 반도체"


def test_the_eight_steps():
    assert [step.number for step in Step] == list(range(1, 9))
    assert [step.number for step in Step if step.stops_trading] == [3, 4, 5, 6]
