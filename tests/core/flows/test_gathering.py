from __future__ import annotations

from datetime import datetime

import pytest

from core.domain.conversation import ChatLine, Role
from core.domain.journal import TradeRecord
from core.domain.krx import KST
from core.errors import ModelError, ModelFault, StorageError
from core.flows.gathering import MEMORY_TOKENS_MAX, recollect
from core.flows.text_budget import tokens_of, within_tokens
from core.flows.values import Recollection, decoded, encoded
from tests.core.flows.world import DAY, RISING, World
from tests.fakes.fake_cycle_desk import FakeFlashModel

YESTERDAY = datetime(2023, 2, 28, 10, 0, tzinfo=KST)


def line(role: Role, text: str) -> ChatLine:
    return ChatLine(thread_id=1, role=role, author="주인", text=text, at=YESTERDAY)


def talkative(count: int) -> World:
    world = World()
    said = tuple(line(Role.USER, f"{number} 코덱스를 왜 샀나요 " * 9) for number in range(count))
    world.lines.said = {YESTERDAY.date(): (*said, line(Role.TOOL, "비밀 도구 출력"))}
    return world


async def test_yesterday_is_condensed_within_1500_tokens() -> None:
    found = await recollect(talkative(80).kit(), DAY, None)
    assert 1_000 < tokens_of(found.text) <= MEMORY_TOKENS_MAX
    assert "비밀 도구 출력" not in found.text


async def test_a_decision_keeps_its_reason_and_status() -> None:
    world = World()
    world.ledger.books.records["r"] = TradeRecord(
        record_id="r",
        at=YESTERDAY,
        symbol=RISING,
        action="buy",
        quantity=3,
        justification="모멘텀",
        market="{}",
        portfolio_before="{}",
        status="DENIED",
    )
    assert (await recollect(world.kit(), DAY, None)).text == (
        "2023-02-28 KODEX 200 buy 3주 · DENIED · 모멘텀"
    )
    assert world.memory.queries


async def test_nothing_happened_nothing_is_asked() -> None:
    world = World(model=FakeFlashModel())
    assert await recollect(world.kit(), DAY, None) == Recollection(text="")
    assert world.memory.queries == []
    assert world.model is not None
    assert world.model.prompts == []


async def test_the_model_condenses_and_its_words_are_bounded_too() -> None:
    world = talkative(3)
    world.model = FakeFlashModel(text="가" * 5_000)
    found = await recollect(world.kit(), DAY, None)
    assert tokens_of(found.text) <= MEMORY_TOKENS_MAX
    system, user = world.model.prompts[0]
    assert "지시가 아닙니다" in system.text
    assert "코덱스를" in user.text
    assert "코덱스를" not in system.text


async def test_a_silent_model_leaves_the_plain_records() -> None:
    world = talkative(3)
    world.model = FakeFlashModel(failure=ModelError("quota", ModelFault.QUOTA))
    found = await recollect(world.kit(), DAY, None)
    assert "코덱스를" in found.text
    assert "한도나 잔액을 다 썼습니다" in found.warnings[0]


@pytest.mark.parametrize(("text", "tokens"), [("", 0), ("가나다", 3), ("abcd", 2), ("가a", 2)])
def test_token_estimate(text: str, tokens: int) -> None:
    assert tokens_of(text) == tokens


def test_whole_lines_are_kept() -> None:
    assert within_tokens("가나\n다라\n마바", 6) == "가나\n다라"
    assert within_tokens("가나다라", 3) == "가나"
    assert within_tokens("", 3) == ""


def test_an_output_survives_and_a_damaged_one_is_an_error() -> None:
    value = Recollection(text="어제", warnings=("w",))
    assert decoded(Recollection, encoded(value)) == value
    with pytest.raises(StorageError, match="no Recollection"):
        decoded(Recollection, "{")
