"""Every command's log: JSON on standard error, no secret in it, and nothing of it in the answer."""

from __future__ import annotations

import ast
import json
import subprocess
import sys
from pathlib import Path

import pytest

from tests.bot.by_hand.test_rule_proposals import written
from tests.bot.by_hand.test_rules import file  # noqa: F401 - a fixture
from tests.bot.environment import ROOT, child_environment

SECRET = "c2VjcmV0LW9mLXRoZS1hY2NvdW50"
NO_CHILD = """
import sys
from bot.cli.start import main

sys.executable = "/nowhere/python"
main(sys.argv[1:])
"""
LOGGING_DOCTOR = """
import os, sys
import structlog
from bot.by_hand import doctor
from bot.cli.start import main

async def examined(settings, *, is_offline):
    structlog.get_logger("x").warning("asked", key=os.environ["KIS_REAL_APP_SECRET"])
    return ()

doctor._examined = examined
main(sys.argv[1:])
"""
LOGGING_CHILD = """
import os, sys
import structlog
from bot.backtesting import __main__ as child, rule_market

def bought(*_all):
    try:
        env = dict(os.environ)
        raise OSError(env["KIS_REAL_APP_SECRET"])
    except OSError:
        structlog.get_logger("x").exception("no bars")
    return ()

rule_market.bought = bought
sys.exit(child.main())
"""


def ended(
    folder: Path, script: str, *words: str, given: str = "", database: str = ""
) -> tuple[int, str, str]:
    settings = {"DATA_DIR": str(folder), "DATABASE_URL": database, "KIS_REAL_APP_SECRET": SECRET}
    done = subprocess.run(
        [sys.executable, "-c", script, *words],
        cwd=folder,
        env=child_environment(**settings),
        input=given,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert SECRET not in done.stdout + done.stderr
    return done.returncode, done.stdout, done.stderr


def events(lines: str) -> list[object]:
    return [json.loads(line)["event"] for line in lines.splitlines()]


@pytest.mark.slow
@pytest.mark.untraced
def test_a_child_that_does_not_start_gives_no_secret_away(file: Path) -> None:  # noqa: F811
    wish = written(file.parent / "wish.toml", 400)
    words = ("rules", "propose", str(wish))
    code, out, err = ended(file.parent, NO_CHILD, *words, database=f"sqlite:///{file}")
    assert code == 0, err
    assert out.startswith("P1 · ")
    assert "the past was not replayed" in events(err)


@pytest.mark.slow
@pytest.mark.untraced
def test_what_is_logged_on_the_way_is_not_in_the_answer(tmp_path: Path) -> None:
    code, out, err = ended(tmp_path, LOGGING_DOCTOR, "doctor", "--json")
    assert code == 0, err
    assert json.loads(out)["well"] is True
    assert "asked" in events(err)


@pytest.mark.slow
@pytest.mark.untraced
def test_the_child_that_replays_answers_with_figures_alone(tmp_path: Path) -> None:
    code, out, err = ended(tmp_path, LOGGING_CHILD, given='{"wants": "purchases"}')
    assert code == 0, err
    json.loads(out)
    assert events(err) == ["no bars"]


def test_no_command_by_hand_reads_settings_without_masking_them() -> None:
    for path in sorted((ROOT / "bot" / "by_hand").glob("*.py")):
        if path.name in {"loading.py", "init.py"}:  # init checks a draft, and logs nothing
            continue
        names = {
            name.name
            for node in ast.walk(ast.parse(path.read_text(encoding="utf-8")))
            if isinstance(node, ast.ImportFrom) and node.module == "bot.settings"
            for name in node.names
        }
        assert "load" not in names, path.name
