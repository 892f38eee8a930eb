from __future__ import annotations

import subprocess
import sys
from pathlib import Path

from ops import calendar_table

ROOT = Path(__file__).parents[2]


def test_the_committed_table_is_what_the_sources_say() -> None:
    committed = calendar_table.TARGET.read_text(encoding="utf-8")
    old = calendar_table.dates_of(committed)
    assert calendar_table.table_text(calendar_table.rows(), "1999-01-01", old) == committed


def test_only_a_new_fact_gets_a_new_date() -> None:
    before = (
        ("2026-12-25", "closed", "holidays-1", "성탄절"),
        ("2026-12-31", "closed", "holidays-1", "연말"),
    )
    old = calendar_table.dates_of(calendar_table.table_text(before, "2026-01-01", {}))
    after = (
        ("2026-12-24", "closed", "holidays-2", "임시공휴일"),
        ("2026-12-25", "closed", "holidays-2", "성탄절"),
        ("2026-12-31", "10:00-15:30", "notice", "연말"),
    )
    text = calendar_table.table_text(after, "2026-12-01", old)
    assert [line.split()[3] for line in text.splitlines() if line.startswith("2026-12")] == [
        "2026-12-01",
        "2026-01-01",
        "2026-12-01",
    ]


def test_the_command_asks_for_a_real_date() -> None:
    done = subprocess.run(
        [sys.executable, "ops/calendar_table.py", "--as-of", "soon"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode != 0
    assert "soon" in done.stderr
