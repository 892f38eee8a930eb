from __future__ import annotations

from datetime import datetime, timedelta
from pathlib import Path

from core.domain.krx import KST
from storage.backups.shelf import Backup, Shelf, surplus

NOW = datetime(2026, 11, 27, 21, tzinfo=KST)


def backup(at: datetime) -> Backup:
    return Backup(at, Path(f"{at:%Y%m%d%H%M}"))


def test_the_newest_stay_and_the_first_of_each_month():
    daily = [backup(NOW - timedelta(days=days)) for days in range(120)]
    kept = sorted(set(daily) - set(surplus(daily, 3, 2)))
    assert [item.taken_at.date().isoformat() for item in kept] == [
        "2026-10-01",
        "2026-11-01",
        "2026-11-25",
        "2026-11-26",
        "2026-11-27",
    ]
    assert len(surplus(daily, 3, 0)) == 117
    assert surplus(daily, 120, 0) == ()
    assert surplus([], 3, 2) == ()


def test_only_backups_of_this_database_are_seen_and_deleted(tmp_path):
    shelf = Shelf(tmp_path, "autotrade-vts")
    mine = [shelf.place(NOW - timedelta(days=n), is_sealed=n == 1) for n in range(3)]
    others = [
        tmp_path / "autotrade-vts-kiwoom-20261127-210000.db.gz",
        tmp_path / "autotrade-vts-20261399-210000.db.gz",
        tmp_path / "autotrade-vts-20261127-210000.db.gz.part",
        tmp_path / "autotrade-vts.db",
    ]
    for path in [*mine, *others]:
        path.touch()
    assert [item.path for item in shelf.backups()] == mine[::-1]
    assert mine[1].name == "autotrade-vts-20261126-210000.db.gz.sealed"
    assert shelf.clear(1, 0) == (mine[2], mine[1])
    assert sorted(tmp_path.iterdir()) == sorted([mine[0], *others])
    assert Shelf(tmp_path / "none", "autotrade-vts").backups() == ()
