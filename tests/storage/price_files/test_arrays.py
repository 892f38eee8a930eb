from __future__ import annotations

from datetime import date
from pathlib import Path

import numpy as np
import pytest

from core.errors import DataError
from storage.price_files.arrays import load_arrays, save_arrays
from storage.price_files.reader import read_prices
from storage.price_files.table import FIELDS, PriceTable

LINES = (
    "2024-01-02,000001,10,12,9,11,5",
    "2024-01-03,000001,11,12,9,10,5",
    "2024-01-02,000002,20,22,19,21,7",
    "2024-01-03,000002,0,0,0,21,0",
    "2024-01-04,000002,21,23,20,22,9",
)


@pytest.fixture
def table(tmp_path: Path) -> PriceTable:
    path = tmp_path / "p.csv"
    path.write_text("\n".join(("date,symbol,open,high,low,close,volume", *LINES)), encoding="utf-8")
    return read_prices(path).table


def same(one: PriceTable, other: PriceTable) -> bool:
    days = other.sessions()
    return (
        one.codes == other.codes
        and one.has_volume == other.has_volume
        and all(
            np.array_equal(
                one.matrix(field, days, one.places(days)),
                other.matrix(field, days, other.places(days)),
                equal_nan=True,
            )
            for field in FIELDS
        )
        and np.array_equal(one.traded, other.traded)
    )


def test_what_was_kept_comes_back(table: PriceTable, tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    save_arrays(table, path)
    found = load_arrays(path)
    assert same(found.table, table)
    assert (found.report.rows, found.report.outside, found.report.refused_rows) == (5, 0, 0)


def test_only_what_is_asked_for_is_loaded(table: PriceTable, tmp_path: Path) -> None:
    path = tmp_path / "p.npz"
    save_arrays(table, path)
    found = load_arrays(path, symbols=["000002", "000009"], end=date(2024, 1, 3))
    assert found.table.codes == ("000002",)
    assert found.table.column("000002").close.tolist() == [21, 21]
    assert (found.report.rows, found.report.outside) == (2, 3)
    assert load_arrays(path, end=date(2024, 1, 1)).table.codes == ()


def damaged(table: PriceTable, tmp_path: Path, **changes: np.ndarray) -> Path:
    parts = {
        "codes": np.array(table.codes),
        "offsets": table.offsets,
        "days": table.days,
        "volumes": table.volumes,
        "traded": table.traded,
        "has_volume": np.array(table.has_volume),
        **table.prices,
    }
    path = tmp_path / "d.npz"
    np.savez(path, **{**parts, **changes})  # type: ignore[arg-type]
    return path


def test_a_damaged_file_is_refused_with_its_flaw(table: PriceTable, tmp_path: Path) -> None:
    close = table.prices["close"]
    cases = {
        "different lengths": {"close": close[:-1]},
        "wrong kind": {"close": close.astype(float)},
        "offsets": {"offsets": table.offsets + 1},
        "sorted": {"codes": np.array(["000002", "000001"])},
        "do not rise": {"days": table.days[::-1].copy()},
        "close: a value": {"close": np.zeros_like(close)},
        "volume: a value": {"volumes": table.volumes - 10},
        "day: a value": {"days": table.days - 800_000},
        "hold open": {"high": np.ones_like(close)},
    }
    for words, changes in cases.items():
        with pytest.raises(DataError, match=words):
            load_arrays(damaged(table, tmp_path, **changes))


def test_what_is_no_such_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / "text.npz").write_text("no arrays", encoding="utf-8")
    np.savez(tmp_path / "few.npz", days=np.zeros(1))
    for name, words in (
        ("text.npz", "cannot be read"),
        ("few.npz", "no array"),
        ("x.npz", "cannot"),
    ):
        with pytest.raises(DataError, match=words):
            load_arrays(tmp_path / name)


def test_pickled_objects_are_never_run(tmp_path: Path) -> None:
    path = tmp_path / "evil.npz"
    np.savez(path, codes=np.array([object()], dtype=object))
    with pytest.raises(DataError):
        load_arrays(path)
