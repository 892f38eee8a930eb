"""`python -m bot init` as a person meets it: a real process at a real terminal."""

from __future__ import annotations

import os
import pty
import select
import signal
import subprocess
import sys
from pathlib import Path
from typing import Self

import pytest

from tests.bot.environment import child_environment

pytestmark = [pytest.mark.slow, pytest.mark.untraced]
SECONDS = 60
TOKEN = "MTIz.hidden.part"
# Only a terminal of its own turns Ctrl-C into a signal, and lets getpass find it. A run of tests in
# the background of a shell hands down that signal ignored, which no terminal does.
TAKES_TERMINAL = (
    "import fcntl, os, signal, sys, termios; fcntl.ioctl(0, termios.TIOCSCTTY, 0); "
    "signal.signal(signal.SIGINT, signal.SIG_DFL); "
    "os.execv(sys.executable, [sys.executable, *sys.argv[1:]])"
)


class Person:
    """Reads what a terminal shows and types into it."""

    def __init__(self, folder: Path, *arguments: str) -> None:
        self.master, slave = pty.openpty()
        self.seen = ""
        self.process = subprocess.Popen(
            [sys.executable, "-c", TAKES_TERMINAL, "-m", "bot", "init", *arguments],
            cwd=folder,
            env=child_environment(TERM="xterm", COLUMNS="100"),
            stdin=slave,
            stdout=slave,
            stderr=slave,
            start_new_session=True,
        )
        os.close(slave)

    def waits_for(self, words: str) -> None:
        start = len(self.seen)
        while words not in self.seen[start:]:
            ready, _, _ = select.select([self.master], [], [], SECONDS)
            assert ready, f"silence instead of {words!r}: {self.seen[-600:]}"
            self.seen += self._read()

    def _read(self) -> str:
        try:
            return os.read(self.master, 65_536).decode("utf-8", "replace")
        except OSError:
            pytest.fail(f"it ended: {self.seen[-600:]}")

    def types(self, text: str) -> None:
        os.write(self.master, text.encode())

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(SECONDS)
            os.close(self.master)

    def ended(self) -> int:
        try:
            while select.select([self.master], [], [], SECONDS)[0]:
                self.seen += os.read(self.master, 65_536).decode("utf-8", "replace")
        except OSError:
            pass  # Linux says so that nobody is at the other end any more
        code = self.process.wait(SECONDS)
        os.close(self.master)
        return code


def test_answers_become_a_file_and_what_is_secret_is_never_shown(tmp_path: Path) -> None:
    with Person(tmp_path, "--offline") as person:
        for question, answer in (
            ("언어를 고르세요", "9"),
            ("1부터 2 사이", ""),
            ("어느 계좌로", "\n"),
            ("봇 토큰", TOKEN),
            ("인텐트를 켰나요", "ㅛ"),
            ("서버 ID", "11"),
            ("채널의 ID", "12"),
            ("알림을 다른 채널로", "what"),
            ("y 또는 n", "n"),
            ("소유자", "14"),
            ("승인자", ""),
            ("굴리는 돈", ""),
            ("주문 하나의 한도", ""),
            ("하루 주문 금액", ""),
            ("하루 주문 건수", ""),
            ("OpenAI API 키", "sk-very-hidden"),
            (".env 에 쓸까요", "y"),
        ):
            person.waits_for(question)
            person.types(answer.strip("\n") + "\n")
        assert person.ended() == 0, person.seen
    assert TOKEN not in person.seen
    assert "sk-very-hidden" not in person.seen
    assert "준비되었습니다" in person.seen
    path = tmp_path / ".env"
    assert path.stat().st_mode & 0o777 == 0o600
    assert f"DISCORD_TOKEN={TOKEN}\n" in path.read_text(encoding="utf-8")
    assert [one.name for one in tmp_path.iterdir()] == [".env"]


@pytest.mark.parametrize("how", ["\x03", "\x04", ""])
def test_whoever_leaves_a_hidden_question_leaves_no_file(tmp_path: Path, how: str) -> None:
    with Person(tmp_path, "--offline") as person:
        person.waits_for("언어를 고르세요")
        person.types("\n")
        person.waits_for("어느 계좌로")
        person.types("\n")
        person.waits_for("봇 토큰")
        if how:
            person.types(how)
            assert person.ended() == 130, person.seen
            assert "아무것도 쓰지 않았습니다" in person.seen
        else:
            person.process.send_signal(signal.SIGKILL)
            person.ended()
    assert list(tmp_path.iterdir()) == []


@pytest.mark.parametrize("closed", [True, False])
def test_without_a_terminal_it_says_what_to_do_instead(tmp_path: Path, closed: bool) -> None:
    command = f"exec {sys.executable} -m bot init {'<&-' if closed else '</dev/null'}"
    done = subprocess.run(
        ["sh", "-c", command],
        cwd=tmp_path,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=SECONDS,
        check=False,
    )
    assert (done.returncode, done.stdout) == (2, "")
    assert done.stderr.startswith("오류 / error: init 은 터미널에서")
    assert "chmod 600 .env" in done.stderr
    assert list(tmp_path.iterdir()) == []
