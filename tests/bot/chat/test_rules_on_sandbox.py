"""/strategy rules over the wire, before the real rules on a real SQLite file."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date

import pytest

from core.domain.rule_facts import Fact
from core.domain.rules import RuleOrigin, RuleState
from core.runtime.rule_book import RuleBook
from core.services.rules.adoption import Adoption
from core.services.rules.adoption_kit import AdoptionKit
from core.services.rules.desk import RuleDesk
from storage.engine import Database
from storage.ledger import SqlLedger
from tests.bot.chat.conftest import running
from tests.bot.chat.test_chat_on_sandbox import last_ephemeral, told
from tests.core.domain.rule_cases import comparison, terms, written
from tests.core.runtime.test_rule_book import SHIPPED
from tests.core.services.rules.test_adoption import SetEvidence
from tests.core.services.rules.test_by_hand import BOUNDS
from tests.fakes.set_past import SetPast


@dataclass
class Figures:
    volume: int | None = 120
    asked: tuple[str, date] | None = None

    async def figures_on(self, symbol, day):
        self.asked = (symbol, day)
        return {Fact.VOLUME_PERCENT: self.volume}


@pytest.fixture
async def rules(database_file, chat):
    database = Database(f"sqlite:///{database_file}")
    ledger = SqlLedger(database)
    book = RuleBook(SHIPPED, ledger, ledger, chat.clock)
    await book.load()
    await book.add(terms(), RuleOrigin.REFLECTION, RuleState.RETIRED, actor="1", reason="")
    chat.rule_proposals = Adoption(
        AdoptionKit(
            book=book,
            ledger=ledger,
            books=ledger,
            evidence=SetEvidence(),
            past=SetPast(),
            bounds=BOUNDS,
            clock=chat.clock,
        )
    )
    yield RuleDesk(book=book, figures=Figures(), past=SetPast(), bounds=BOUNDS, clock=chat.clock)
    await database.close()


@pytest.fixture
async def desk(house, chat, rules, three_ranks):
    chat.rules = rules
    async with running(house, chat):
        yield house.discord


async def said(house, name: str, options: dict[str, str], user: str = "stranger") -> str:
    result = await house.discord.slash(user, "매매", f"strategy rules {name}", options)
    return await told(house, result)


async def test_the_list_shows_what_stands_and_who_keeps_it(desk) -> None:
    message = await desk.settled(await desk.slash("stranger", "매매", "strategy rules list"))
    fields = {one["name"]: one["value"] for one in message["embeds"][0]["fields"]}
    assert [name.split(" ")[0] for name in fields] == ["S1", "S2", "S3", "S4", "S5"]
    assert fields["S3 · 꺼 둠 · 기본"].endswith("150%: 사지 않음")
    assert "POSITION\\_LIMIT\\_TIGHT\\_PERCENT 설정이 지킵니다" in fields["S1 · 지키는 중 · 기본"]


async def test_one_rule_is_explained_also_one_that_has_ended(house, desk) -> None:
    text = await said(house, "explain", {"rule": "r1"})
    assert text.startswith("R1 · 끝남 · ")
    assert "말: 거래가 마른 종목은 사지 않는다" in text
    assert "마지막 날: 2026-09-01" in text
    assert await said(house, "explain", {"rule": "R`9"}) == "R\\`9: 그런 규칙이 없습니다."


async def test_a_rule_is_tried_on_a_symbol_and_a_day(house, desk, rules) -> None:
    wish = {"rule": "S3", "symbol": "KODEX 200", "day": "2023-02-28"}
    text = await said(house, "test", wish)
    assert text.startswith("S3, KODEX 200, 2023-02-28: 조건이 맞습니다. 사지 않음.")
    assert text.endswith(": 120%")
    assert rules.figures.asked == ("069500", date(2023, 2, 28))
    await said(house, "test", {"rule": "S3", "symbol": "069500"})
    assert rules.figures.asked == ("069500", date(2023, 3, 2))
    for day in ("2023-03-03", "내일"):
        assert "오늘까지의 날" in await said(house, "test", {**wish, "day": day})
    assert "없는 종목" in await said(house, "test", {**wish, "symbol": "없는 종목"})
    assert "R9: 그런 규칙이 없습니다" in await said(house, "test", {**wish, "rule": "R9"})


async def test_an_owner_switches_and_everybody_hears(house, desk, rules) -> None:
    await desk.slash("owner", "매매", "strategy rules enable", {"rule": "S3"})
    await last_ephemeral(house, "stranger", "매매", "규칙 S3: 지키는 중. ⚠️ ")
    assert [one.rule_id for one in rules.book.obeyed] == ["S3"]
    again = await said(house, "enable", {"rule": "S3"}, "owner")
    assert "지금은 그렇게 바꿀 수 없습니다" in again
    setting = await said(house, "disable", {"rule": "S1"}, "owner")
    assert "여기에서 켜고 끌 수 없습니다" in setting
    assert "R9: 그런" in await said(house, "disable", {"rule": "R9"}, "owner")
    await desk.slash("owner", "매매", "strategy rules disable", {"rule": "S3"})
    await last_ephemeral(house, "stranger", "매매", "규칙 S3: 꺼 둠. (")
    assert rules.book.obeyed == ()


async def test_who_is_no_owner_switches_nothing(house, desk, rules) -> None:
    for name in ("enable", "disable"):
        assert "소유자만" in await said(house, name, {"rule": "S3"})
    assert rules.book.obeyed == ()


async def test_rules_and_symbols_are_offered_as_people_type(desk) -> None:
    found = await desk.autocomplete("stranger", "매매", "strategy rules explain", "rule", "거래량")
    assert [one["value"] for one in found] == ["S3"]
    assert found[0]["name"].startswith("S3 · 꺼 둠 · ")
    found = await desk.autocomplete("stranger", "매매", "strategy rules test", "symbol", "TIGER")
    assert [one["value"] for one in found] == ["102110"]


async def proposed(chat, number: int, key: str):
    return await chat.rule_proposals.propose(
        written(
            condition=[comparison(Fact.ATR_BPS, ">", number)],
            rationale="흔들림이 컸다",
            expires_on="2023-09-01",
        ),
        origin=RuleOrigin.REFLECTION,
        key=key,
        actor="reflection",
    )


async def test_an_owner_takes_a_proposal_on_and_everybody_hears(house, desk, chat, rules) -> None:
    await proposed(chat, 400, "w1")
    message = await desk.settled(await desk.slash("stranger", "매매", "strategy rules list"))
    fields = {one["name"]: one["value"] for one in message["embeds"][0]["fields"]}
    assert fields["제안"].startswith("P1 · 답을 기다림 · 규칙 채택 R2 · 하루 흔들림")
    text = await said(house, "evidence", {"proposal": "p1"})
    assert "재지 않은 숫자가 있을 수 있습니다.\n까닭: 흔들림이 컸다" in text
    assert "과거에는 이 규칙이 있는 쪽이 나았습니다" in text
    assert "차이 \\+10,000원" in text or "차이 +10,000원" in text
    switched = await said(house, "enable", {"rule": "R2"}, "owner")
    assert "아직 제안입니다" in switched
    await desk.slash("owner", "매매", "strategy rules adopt", {"proposal": "P1"})
    await last_ephemeral(house, "stranger", "매매", "규칙 제안 P1 · 받아들임 · 규칙 채택 R2")
    assert [one.rule_id for one in rules.book.obeyed] == ["R2"]
    assert "이미 그렇게" in await said(house, "adopt", {"proposal": "P1"}, "owner")
    assert "이미 다르게" in await said(house, "decline", {"proposal": "P1"}, "owner")


async def test_who_is_no_owner_decides_nothing(house, desk, chat, rules) -> None:
    await proposed(chat, 400, "w1")
    for name in ("adopt", "decline"):
        assert "소유자만" in await said(house, name, {"proposal": "P1"})
    assert "P`9".replace("`", "\\`") in await said(house, "evidence", {"proposal": "P`9"})
    assert rules.book.obeyed == ()
    await desk.slash("owner", "매매", "strategy rules decline", {"proposal": "P1"})
    await last_ephemeral(house, "stranger", "매매", "규칙 제안 P1 · 거절함")
    assert ": 그런 제안이 없습니다" in await said(house, "adopt", {"proposal": "P9"}, "owner")


async def test_the_proposals_that_wait_are_offered(desk, chat) -> None:
    for number, key in ((400, "w1"), (300, "w2")):
        await proposed(chat, number, key)
    command = "strategy rules adopt"
    found = await desk.autocomplete("owner", "매매", command, "proposal", "p2")
    assert [one["value"] for one in found] == ["P2"]
