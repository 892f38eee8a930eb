from __future__ import annotations

import json
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app
from tests.bot.environment import only


@pytest.fixture
def ask(tmp_path: Path, monkeypatch: pytest.MonkeyPatch):
    only(monkeypatch, tmp_path, COLUMNS="120")

    def asked(start: str, end: str, *more: str) -> Result:
        return CliRunner().invoke(app, ["calendar", "--start", start, "--end", end, *more])

    return asked


def test_sessions_with_hours_and_source(ask) -> None:
    done = ask("2026-12-30", "2027-01-05", "--json")
    assert done.exit_code == 0
    assert json.loads(done.stdout) == [
        {"date": "2026-12-30", "open": "09:00", "close": "15:30", "source": "regular"},
        {"date": "2027-01-04", "open": "10:00", "close": "15:30", "source": "rule"},
        {"date": "2027-01-05", "open": "09:00", "close": "15:30", "source": "regular"},
    ]
    assert json.loads(ask("2026-12-25", "2026-12-27", "--json").stdout) == []


def test_the_users_file_closes_a_day(ask, tmp_path: Path) -> None:
    (tmp_path / "data").mkdir()
    (tmp_path / "data" / "calendar.toml").write_text(
        '[[day]]\ndate = 2026-12-30\nsession = "closed"\nreason = "임시공휴일"\n'
        'source = "공지"\nas_of = 2026-12-01\n',
        encoding="utf-8",
    )
    assert json.loads(ask("2026-12-30", "2026-12-30", "--json").stdout) == []
    text = ask("2026-12-28", "2026-12-31").stdout
    assert "2026-12-30  휴장  임시공휴일  override" in text
    assert "2026-12-31  휴장  연말휴장일  holidays-" in text
    assert "거래일 2일" in text


def test_without_special_days_the_list_says_so(ask) -> None:
    text = ask("2026-11-23", "2026-11-27").stdout
    assert "거래일 5일" in text
    assert "특별한 날이 없습니다" in text


@pytest.mark.parametrize(
    ("start", "end", "words"),
    [
        ("2026-12-31", "2026-12-30", "끝(2026-12-30)이 시작(2026-12-31)보다 앞섭니다"),
        ("2027-12-31", "2028-01-05", "2028-01-03은(는) 거래일 달력 밖의 날입니다"),
        ("1900-01-01", "2026-01-01", "10,980일까지"),
        ("2026-13-01", "2026-12-30", "--start: YYYY-MM-DD 로 적어 주세요"),
    ],
)
def test_impossible_spans_end_with_one_sentence(ask, start: str, end: str, words: str) -> None:
    done = ask(start, end, "--json")
    assert (done.exit_code, done.stdout) == (2, "")
    assert words in done.stderr
