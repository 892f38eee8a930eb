import csv
from pathlib import Path

import pytest

from sandbox import names

UNIVERSE = Path(__file__).parents[2] / ".." / "shared" / "data" / "krx"


def test_geared_funds_are_flagged_and_never_in_the_synthetic_market():
    assert names.is_geared("122630")
    assert not names.is_geared("069500")
    assert (names.multiple_of("252670"), names.multiple_of("069500")) == (-2, 1)
    assert not set(names.synthetic_symbols()) & set(names.GEARED)
    assert len(names.synthetic_symbols()) == 30


def test_names_and_codes():
    assert names.name_of("069500") == "KODEX 200"
    assert names.name_of("122630") == "KODEX 레버리지"
    assert names.name_of("999999") == "999999"
    assert not set(names.PLAIN) & set(names.GEARED)
    assert all(len(code) == 6 for code in names.all_names())


def test_the_table_agrees_with_the_exchanges_list():
    path = UNIVERSE / "etf_universe_2026-09-27.csv"
    if not path.exists():
        pytest.skip("the list of funds is not beside this checkout")
    with path.open(encoding="utf-8-sig") as lines:
        listed = {row["code"]: row for row in csv.DictReader(lines)}
    for code, row in listed.items():
        if code in names.all_names():
            assert names.is_geared(code) == (row["multiple"] != "일반"), code
