"""The command line as people use it: real processes, exit codes, one sentence, no traceback.

Every command starts at least once as `python -m bot` in a fresh interpreter, which costs about two
seconds; what only differs in settings and words is forked (tests/bot/forked.py).
"""

from __future__ import annotations

import json
import signal
import sqlite3
import subprocess
import sys
from datetime import datetime, timedelta
from pathlib import Path

import pytest

from core.domain.krx import KST
from core.runtime.clock import SystemClock
from tests.bot.environment import child_environment
from tests.bot.forked import Forked, fork

pytestmark = [pytest.mark.slow, pytest.mark.untraced]
SECONDS = 60
FAULT, INPUT, STORAGE, UNHEALTHY = 1, 2, 3, 4


def started(folder: Path, *arguments: str, **settings: str) -> subprocess.Popen[str]:
    return subprocess.Popen(
        [sys.executable, "-m", "bot", *arguments],
        cwd=folder,
        env=child_environment(**settings),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def ended(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    with process:
        out, err = process.communicate(timeout=SECONDS)
    assert "Traceback" not in out
    assert [text for text in err.splitlines() if text.startswith("Traceback")] == []
    return process.returncode, out, err


def bot(folder: Path, *arguments: str, **settings: str) -> tuple[int, str, str]:
    return ended(started(folder, *arguments, **settings))


def forked(folder: Path, *arguments: str, **settings: str) -> Forked:
    return fork(folder, child_environment(**settings), *arguments)


def forked_end(process: Forked) -> tuple[int, str, str]:
    """Return exit code, output and error stream; nowhere a traceback."""
    code, out, err = process.ended(SECONDS)
    assert "Traceback" not in out
    assert [text for text in err.splitlines() if text.startswith("Traceback")] == []
    return code, out, err


def quick_bot(folder: Path, *arguments: str, **settings: str) -> tuple[int, str, str]:
    return forked_end(forked(folder, *arguments, **settings))


def refused(folder: Path, code: int, words: str, *arguments: str, **settings: str) -> None:
    """The command ends with `code` and exactly one sentence that has `words`."""
    found, out, err = quick_bot(folder, *arguments, **settings)
    said = [line for line in err.splitlines() if not line.startswith("{")]
    assert (found, out, len(said)) == (code, "", 1), err
    assert said[0].startswith("오류 / error: ")
    assert words in said[0]


def test_a_first_run_briefs_and_the_folder_answers_further_questions(tmp_path: Path) -> None:
    code, out, err = bot(tmp_path, "run", "--local-only", "--max-iterations", "1")
    assert code == 0, err
    assert "브리핑 20" in out
    assert json.loads(err.splitlines()[0])["event"] == "starting"
    database = tmp_path / "data" / "autotrade-sim.db"
    assert database.stat().st_mode & 0o777 == 0o600

    code, out, err = bot(tmp_path, "cycle", "--date", "2026-11-20", "--dry-run", LOCALE="en")
    assert code == 0, err
    assert "2026-11-20" in out

    code, _, err = bot(tmp_path, "session", "77")
    assert code == INPUT
    assert "스레드 77" in err
    with sqlite3.connect(database) as rows:
        (stored,) = rows.execute("select count(*) from cycle_runs").fetchone()
    rows.close()
    assert stored == 0, "a dry run stores no step"


def test_a_second_bot_is_refused_and_sigterm_ends_the_first_in_order(tmp_path: Path) -> None:
    first = started(tmp_path, "run", "--local-only", LOG_LEVEL="DEBUG")
    beat = tmp_path / "data" / "heartbeat.json"
    try:
        assert first.stderr is not None
        deadline = SystemClock().now() + timedelta(seconds=SECONDS)
        while not beat.exists():
            assert first.poll() is None, first.stderr.read()
            assert SystemClock().now() < deadline
            signal.sigtimedwait([], 0.05)
        refused(tmp_path, INPUT, f"another bot (process {first.pid})", "cycle", "--dry-run")
        assert bot(tmp_path, "health")[0] == 0
    finally:
        first.send_signal(signal.SIGTERM)
    code, _, err = ended(first)
    assert code == 0, err


def test_a_conversation_before_the_first_start_is_no_question_of_revisions(tmp_path: Path) -> None:
    for _ in range(2):
        refused(tmp_path, INPUT, "아직 기록이 없습니다 / no database yet", "session", "77")
    assert not (tmp_path / "data").exists()


def test_health_and_halt_ask_for_no_settings(tmp_path: Path) -> None:
    broken = {"BROKER": "nonsense", "DATA_DIR": "mine"}
    code, out, _ = bot(tmp_path, "health", **broken)
    assert (code, "no readable heartbeat" in out) == (UNHEALTHY, True)
    folder = tmp_path / "mine"
    folder.mkdir()
    old = datetime.fromtimestamp(0, KST).isoformat()
    (folder / "heartbeat.json").write_text(
        json.dumps({"at": old, "database": "ok", "gateway": "connected"})
    )
    code, out, _ = quick_bot(tmp_path, "health", **broken)
    assert (code, "last heartbeat" in out) == (UNHEALTHY, True)
    code, out, _ = bot(tmp_path, "halt", **broken)
    assert code == 0
    assert "매매를 정지했습니다" in out
    assert (folder / "HALT").exists()
    (tmp_path / "file").touch()
    refused(tmp_path, INPUT, "NOT HALTED", "halt", DATA_DIR="file")


@pytest.mark.parametrize(
    ("arguments", "settings", "code", "words"),
    [
        (
            ["run", "--broker", "kiwoom", "--local-only"],
            {},
            INPUT,
            "missing: KIWOOM_VTS_APP_KEY",
        ),
        (["run"], {}, INPUT, "missing: DISCORD_TOKEN, DISCORD_GUILD_ID"),
        (["run", "--local-only"], {"BROKER": "kis"}, INPUT, "missing: KIS_VTS_APP_KEY"),
        (["run", "--max-iterations", "1"], {}, INPUT, "--max-iterations needs --local-only"),
        (["cycle", "--date", "yesterday"], {}, INPUT, "--date: YYYY-MM-DD 로 적어 주세요"),
        (["cycle", "--date", "1999-01-04"], {}, INPUT, "outside the trading calendar"),
        (["cycle", "--date", "2026-11-21"], {}, INPUT, "2026-11-21"),
        (["run", "--local-only"], {"DATA_DIR": "file/below"}, INPUT, "DATA_DIR: "),
        (
            ["run", "--local-only"],
            {"DATABASE_URL": "sqlite+aiosqlite:////proc/none/x.db"},
            INPUT,
            "DATABASE_URL: /proc/none/x.db cannot be opened",
        ),
        (["run", "--local-only"], {"SIM_PRICES_FILE": "bad.csv"}, INPUT, "bad.csv 2행: "),
    ],
)
def test_what_cannot_work_is_one_sentence(
    tmp_path: Path, arguments: list[str], settings: dict[str, str], code: int, words: str
) -> None:
    (tmp_path / "file").touch()
    (tmp_path / "bad.csv").write_text(
        "date,symbol,open,high,low,close,volume\n2024-01-02,069500,1,1,1,x,1\n"
    )
    refused(tmp_path, code, words, *arguments, **settings)


def test_a_broken_strategy_file_and_a_damaged_database_are_sentences(tmp_path: Path) -> None:
    data = tmp_path / "data"
    data.mkdir()
    (data / "strategy.toml").write_text("[parameters\n")
    refused(tmp_path, INPUT, "strategy.toml: TOML 형식이 아닙니다", "run", "--local-only")
    (data / "strategy.toml").unlink()
    (data / "autotrade-sim.db").write_bytes(b"this is no database at all" * 400)
    refused(tmp_path, STORAGE, "database", "run", "--local-only")


def test_settings_are_printed_masked_and_options_are_explained(tmp_path: Path) -> None:
    code, out, _ = bot(
        tmp_path, "settings", KIS_VTS_ACCOUNT_NO="50123456", OPENAI_API_KEY="sk-secret"
    )
    assert code == 0
    assert "KIS_VTS_ACCOUNT_NO=*****456" in out
    assert "OPENAI_API_KEY=set" in out
    assert "sk-secret" not in out
    code, out, err = quick_bot(tmp_path, "run", "--brokr", "sim")
    assert code == INPUT
    assert "--brokr: 없는 선택지입니다" in err
