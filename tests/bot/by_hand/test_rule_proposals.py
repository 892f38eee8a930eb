"""`python -m bot rules propose, evidence, adopt, decline` on a real file."""

from __future__ import annotations

import asyncio
from datetime import timedelta
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app
from core.domain.krx import KST
from core.runtime.clock import SystemClock
from tests.bot.by_hand.test_rules import file  # noqa: F401 - a fixture
from tests.bot.operations.test_backtest_child import ROOT

pytestmark = pytest.mark.slow
DONE, INPUT = 0, 2
RULE = """
[[rule]]
category = "entry_criteria"
text = "크게 흔들리면 사지 않는다"
condition = [{{ fact = "atr_bps", operator = ">", number = {number} }}]
action = "block_entry"
priority = 5
rationale = "까닭"
falsifier = [{{ fact = "avoided_count", operator = ">=", number = 30 }}]
expires_on = "{day}"
"""


def rules(*words: str) -> Result:
    return CliRunner().invoke(app, ["rules", *words])


@pytest.fixture
def wish(file: Path, monkeypatch: pytest.MonkeyPatch) -> Path:  # noqa: F811
    monkeypatch.setenv("PYTHONPATH", str(ROOT))
    return written(file.parent / "wish.toml", 400)


def written(path: Path, *numbers: int) -> Path:
    day = SystemClock().now().astimezone(KST).date() + timedelta(days=90)
    text = "".join(RULE.format(number=number, day=day) for number in numbers)
    path.write_text(text, encoding="utf-8")
    return path


def test_a_rule_is_proposed_looked_at_and_taken_on(wish: Path) -> None:
    found = rules("propose", str(wish))
    assert found.exit_code == DONE, found.output
    assert found.output.startswith("P1 · 답을 기다림 · 규칙 채택 H1 · 하루 흔들림")
    assert "표본 부족" in found.output
    assert "제안 기록: 30일 결과를 잰 매수가 아직 없습니다." in found.output
    assert "저장된 시세의 전략: 저장된 시세가 없거나" in found.output
    # The same again, while it waits, is the same proposal.
    assert rules("propose", str(wish)).output == found.output
    assert rules("evidence", "p1").output == found.output
    listed = rules().output.splitlines()
    assert listed[-1].startswith("P1 · 답을 기다림")
    assert any(line.startswith("H1 · 제안됨") for line in listed)
    adopted = rules("adopt", "P1")
    assert adopted.exit_code == DONE
    assert adopted.output.startswith("P1 · 받아들임 · ")
    assert any(line.startswith("H1 · 지키는 중") for line in rules().output.splitlines())
    again = rules("adopt", "H1")
    assert again.exit_code == DONE
    assert again.output.startswith("이미 그렇게 되어 있습니다.")
    late = rules("decline", "P1")
    assert late.exit_code == INPUT
    assert "이미 다르게 정해졌습니다" in late.output
    assert "console · " in rules("evidence", "P1").output


def test_a_declined_one_is_over(wish: Path) -> None:
    rules("propose", str(wish))
    assert rules("decline", "P1").output.startswith("P1 · 거절함 · ")
    assert rules("adopt", "P1").exit_code == INPUT
    assert "H1" not in rules().output


def test_what_the_gate_refuses_is_kept_with_its_reason(wish: Path) -> None:
    rules("propose", str(wish))
    rules("adopt", "P1")
    found = rules("propose", str(written(wish, 500)))
    assert found.exit_code == DONE
    assert found.output.startswith("P2 · 문을 지나지 못함 · 규칙 채택 – · ")
    assert "이미 있는 규칙이 같은 일을 합니다." in found.output
    assert rules("adopt", "P2").exit_code == INPUT


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("evidence", "P9"), "P9: 그런 제안이 없습니다"),
        (("adopt", "P9"), "P9: 그런 제안이 없습니다"),
        (("decline", ""), ": 그런 제안이 없습니다"),
    ],
)
def test_what_is_no_proposal_is_said(wish: Path, words: tuple[str, ...], said: str) -> None:
    found = rules(*words)
    assert found.exit_code == INPUT
    assert said in found.output


def test_what_is_no_rule_is_refused_with_its_place(wish: Path) -> None:
    found = rules("propose", str(written(wish, 400, 10**9)))
    assert found.exit_code == INPUT
    assert "[[rule]] 2: condition[1].number: 범위를 벗어났습니다" in found.output
    wish.write_text("rule = 7", encoding="utf-8")
    assert rules("propose", str(wish)).exit_code == INPUT
    assert rules("propose", str(wish.parent / "nothing.toml")).exit_code == INPUT


def test_the_end_of_a_rule_is_proposed_too(wish: Path) -> None:
    rules("propose", str(wish))
    rules("adopt", "P1")
    found = rules("end", "h1", "--because", "더는 돕지 않는다")
    assert found.exit_code == DONE, found.output
    assert found.output.startswith("P2 · 답을 기다림 · 규칙 끝내기 H1 · ")
    assert "까닭: 더는 돕지 않는다" in found.output
    assert any(line.startswith("H1 · 지키는 중") for line in rules().output.splitlines())
    rules("adopt", "P2")
    assert not any(line.startswith("H1") for line in rules().output.splitlines())


@pytest.mark.parametrize(
    ("rule", "because", "said"),
    [
        ("S1", "까닭", "설정이 지키는 규칙이라"),
        ("S3", "까닭", "지금은 그렇게 바꿀 수 없습니다"),
        ("R9", "까닭", "R9: 그런 규칙이 없습니다"),
        ("S3", "`rm`", "reason: 글자 수나 쓸 수 없는 글자"),
    ],
)
def test_what_cannot_be_ended_is_said(wish: Path, rule: str, because: str, said: str) -> None:
    found = rules("end", rule, "--because", because)
    assert found.exit_code == INPUT
    assert said in found.output


def test_two_consoles_at_once_are_one_adoption(wish: Path) -> None:
    rules("propose", str(wish))

    async def both() -> list[int | None]:
        async def one() -> int | None:
            import sys

            child = await asyncio.create_subprocess_exec(
                *(sys.executable, "-m", "bot", "rules", "adopt", "P1"),
                stdout=asyncio.subprocess.DEVNULL,
                stderr=asyncio.subprocess.DEVNULL,
            )
            return await child.wait()

        return list(await asyncio.gather(one(), one()))

    assert asyncio.run(both()) == [DONE, DONE]
    assert [line[:10] for line in rules().output.splitlines() if line.startswith("H1")] == [
        "H1 · 지키는 중"
    ]
