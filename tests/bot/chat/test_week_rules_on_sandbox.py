"""The proposals of a week under its report, and their buttons, over the wire."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import UTC, date, datetime
from typing import Any

import pytest

from bot.chat.rule_buttons import rule_buttons
from bot.chat.surfaces import DiscordReports
from bot.chat.week_embed import week_embed
from bot.locales import load
from core.domain.rule_evidence import Missing, RuleEvidence, Unshown, evidence_text
from core.domain.rule_facts import Fact
from core.domain.rule_gate import GateFault
from core.domain.rule_proposals import Answer, Decided, ProposalKind, ProposalState, RuleProposal
from core.domain.rule_reach import Reach, reach_of
from core.domain.rule_record import terms_text
from core.domain.rule_wishes import RuleNote, SearchState, WeekRule
from core.domain.rules import RuleOrigin, RuleState
from core.errors import StorageError, TradingError
from tests.bot.chat.conftest import running
from tests.bot.chat.test_calendar_on_sandbox import owned
from tests.bot.chat.test_chat_on_sandbox import last_ephemeral
from tests.bot.chat.test_reflect_on_sandbox import HOSTILE, report
from tests.core.domain.rule_cases import comparison, rule, terms
from tests.core.domain.test_rule_evidence import RECORDS, REPLAY
from tests.fakes.fake_chat_services import FakeProposals
from tests.fakes.set_past import seeded_past

OPEN, ACCEPTED, REFUSED = ProposalState.OPEN, ProposalState.ACCEPTED, ProposalState.REFUSED
FOR_IT = evidence_text(RuleEvidence(records=RECORDS, replay=REPLAY))
WIDE = comparison(Fact.VOLUME_PERCENT, "<", 350)
FAR = reach_of(rule(condition=[WIDE]), (), seeded_past(3))
SHORT = evidence_text(
    RuleEvidence(
        records=Missing(Unshown.NO_RECORDS),
        replay=Missing(Unshown.NO_BARS),
        reach=FAR,
    )
)


def proposal(
    number: int = 1,
    state: ProposalState = OPEN,
    kind: ProposalKind = ProposalKind.ADOPT,
    **changes: Any,
) -> RuleProposal:
    made = RuleProposal(
        number=number,
        key=f"reflection:2023-W08:{number}",
        kind=kind,
        origin=RuleOrigin.REFLECTION,
        rule_id=f"R{number}",
        terms=terms_text(terms()),
        reason="",
        evidence=FOR_IT,
        faults=(),
        state=state,
        actor="reflection",
        at=datetime(2023, 2, 26, 9, tzinfo=UTC),
        closes_on=date(2023, 3, 12),
    )
    return replace(made, **changes)


def note(
    *proposals: RuleProposal, why: str = "늦은 판단이 손실이 되었다", **more: object
) -> RuleNote:
    found = tuple(WeekRule(item, why) for item in proposals)
    given: dict[str, Any] = {"state": SearchState.ASKED, "rules": found, **more}
    return RuleNote(**given)


@dataclass
class Pressed(FakeProposals):
    """Answers every press with `answer`, about `proposal`."""

    answer: Answer | TradingError = Answer.DONE
    about: RuleProposal | None = None
    faults: tuple[GateFault, ...] = ()
    reach: Reach | None = None
    presses: list[tuple[str, str]] = field(default_factory=list)

    async def proposal(self, proposal_id: str) -> RuleProposal | None:
        return self.about

    async def adopt(self, proposal_id: str, actor: str) -> Decided:
        return self._pressed("adopt", proposal_id)

    async def decline(self, proposal_id: str, actor: str) -> Decided:
        return self._pressed("decline", proposal_id)

    async def take_back(self, proposal_id: str, actor: str) -> Decided:
        return self._pressed("take back", proposal_id)

    def _pressed(self, what: str, proposal_id: str) -> Decided:
        self.presses.append((what, proposal_id))
        if isinstance(self.answer, TradingError):
            raise self.answer
        reach = self.reach if what == "adopt" else None
        return Decided(answer=self.answer, proposal=self.about, faults=self.faults, reach=reach)


def pressed(chat, **how) -> Pressed:
    chat.rule_proposals = chat.rule_undo = found = Pressed(**how)
    return found


FIVE = note(
    proposal(1),
    proposal(2, ACCEPTED),
    proposal(3, REFUSED, rule_id="", evidence="", faults=(GateFault.NOT_TIGHTER,)),
    proposal(4, evidence=SHORT),
    proposal(5, kind=ProposalKind.RETIRE),
    why=f"{HOSTILE} " * 8,
    dropped=1,
)


@pytest.mark.parametrize("language", ["ko", "en"])
def test_everything_that_has_a_button_is_shown_whatever_else_was_said(language: str) -> None:
    phrases = load(language)
    embed = week_embed(replace(report(), rules=FIVE), phrases)
    assert len(embed) <= 6_000
    titles = [field.name or "" for field in embed.fields]
    for name in ("P1 ", "P2 ", "P3 ", "P4 ", "P5 "):
        assert any(title.startswith(name) for title in titles), name
    assert titles[-1] == phrases.say("weeks.section_prompt")
    assert phrases.say("weeks.section_factors") in titles
    text = "\n".join(field.value or "" for field in embed.fields)
    assert phrases.say("rules.gate_not_tighter") in text
    assert "://" not in text
    assert "@everyone" not in text
    assert text.count("```") == 2


def test_what_a_rule_does_is_told_by_code_and_its_evidence_beside() -> None:
    phrases = load("ko")
    embed = week_embed(replace(report(None), rules=note(proposal(evidence=SHORT))), phrases)
    (field,) = [item for item in embed.fields if (item.name or "").startswith("P1")]
    first, reach, verdict, why, *_ = (field.value or "").replace("\\", "").splitlines()
    assert first == "직전 거래일 거래량(그 앞 20일 평균 대비) < 150%: 사지 않음"
    assert reach.startswith("⚠️ 매수의 절반 넘게 사라집니다. 얼마나 막나: 전략이 2021-01-29~")
    assert "살 돈의 12%가 남습니다(이 규칙 없이는 100%). 그중 마지막 1년은" in reach
    assert "표본 부족" in verdict
    assert why == "모델의 말: 늦은 판단이 손실이 되었다"


def test_a_stored_rule_that_is_none_is_said_to_be() -> None:
    embed = week_embed(replace(report(None), rules=note(proposal(terms="{"))), load("ko"))
    assert "읽을 수 없습니다" in "\n".join(field.value or "" for field in embed.fields)


@pytest.mark.parametrize(
    ("found", "said"),
    [
        (note(state=SearchState.OFFLINE), "언어 모델이 없어"),
        (note(state=SearchState.NOTHING), "받쳐 주는 요인이 없어"),
        (note(state=SearchState.UNFOUNDED), "요인을 듣지 못해"),
        (note(state=SearchState.FAILED, fault="timeout"), "규칙을 듣지 못했습니다"),
        (note(), "제안할 규칙이 없습니다"),
        (note(dropped=2), "버린 것: 2건"),
        (note(proposal()), "✅를 누르기 전에는"),
        (note(proposal(state=ACCEPTED)), "제안 1건."),
    ],
)
def test_how_the_search_went_is_said(found, said) -> None:
    embed = week_embed(replace(report(None), rules=found), load("ko"))
    assert said in "\n".join(field.value or "" for field in embed.fields)


def test_two_proposals_share_a_row_and_none_is_torn_apart() -> None:
    rows: dict[int, list[str]] = {}
    for button in rule_buttons(FIVE, load("ko")):
        rows.setdefault(button.row or 0, []).append(f"{button.word} {button.proposal_id}")
    assert rows == {
        0: ["take P1", "leave P1", "back P2"],
        1: ["take P4", "leave P4", "take P5", "leave P5"],
    }


async def test_only_an_owner_decides_and_a_restart_loses_no_button(house, chat) -> None:
    owned(house, chat)
    answers = pressed(chat, about=proposal(), reach=FAR)
    async with running(house, chat) as bot:
        await DiscordReports(bot).show_week(replace(report(), rules=note(proposal())), None)
        message = house.discord.messages("매매")[-1]
        labels = [button["label"] for row in message["components"] for button in row["components"]]
        assert labels == ["P1 적용", "P1 그대로 두기", "적용", "그대로 두기"]
    async with running(house, chat):
        await house.discord.press("stranger", message["id"], "g1:take:P1")
        await last_ephemeral(house, "stranger", "매매", "소유자만")
        assert answers.presses == []
        await house.discord.press("owner", message["id"], "g1:take:P1")
        await last_ephemeral(house, "owner", "매매", "지난 시세로 다시 세고 있습니다")
        await last_ephemeral(house, "owner", "매매", "P1을(를) 적용했습니다. 지금부터 R1")
        said = house.discord.messages("매매")[-1]
        # What is left now, with all that stand: it may be less than each proposal said.
        assert "⚠️ 매수의 절반 넘게 사라집니다" in said["content"]
        assert f"살 돈의 {FAR.left_percent}%가 남습니다" in said["content"]
        (back,) = [button for row in said["components"] for button in row["components"]]
        assert back["label"] == "P1 되돌리기"
        await house.discord.press("owner", said["id"], back["custom_id"])
        await last_ephemeral(house, "owner", "매매", "규칙 R1을(를) 껐습니다")
        await house.discord.press("owner", message["id"], "g1:leave:P1")
        await last_ephemeral(house, "owner", "매매", "적용하지 않기로 했습니다")
    assert answers.presses == [
        ("adopt", "P1"),
        ("take back", "P1"),
        ("decline", "P1"),
    ]


@pytest.mark.parametrize(
    ("answer", "said"),
    [
        (Answer.ALREADY, "이미 그렇게"),
        (Answer.DECIDED, "이미 다르게"),
        (Answer.LAPSED, "기한이 지났거나"),
        (Answer.GATE, "설정이 이미 지키는 것보다 느슨합니다"),
        (Answer.UNKNOWN, "제안이 없습니다"),
        (StorageError("disk"), "처리하지 못했습니다"),
    ],
)
async def test_what_cannot_be_done_is_said_to_who_pressed_alone(house, chat, answer, said) -> None:
    owned(house, chat)
    about = None if answer is Answer.UNKNOWN else proposal()
    pressed(chat, answer=answer, about=about, faults=(GateFault.NOT_TIGHTER,))
    async with running(house, chat) as bot:
        await DiscordReports(bot).show_week(replace(report(None), rules=note(proposal())), None)
        message = house.discord.messages("매매")[-1]
        await house.discord.press("owner", message["id"], "g1:take:P1")
        await last_ephemeral(house, "owner", "매매", said)
        assert house.discord.messages("매매")[-1]["id"] == message["id"]


async def test_what_was_taken_back_is_not_taken_back_again(house, chat) -> None:
    owned(house, chat)
    pressed(chat, answer=Answer.ALREADY, about=proposal(state=ACCEPTED))
    async with running(house, chat) as bot:
        found = note(proposal(state=ACCEPTED))
        await DiscordReports(bot).show_week(replace(report(None), rules=found), None)
        message = house.discord.messages("매매")[-1]
        await house.discord.press("owner", message["id"], "g1:back:P1")
        await last_ephemeral(house, "owner", "매매", "이미 되돌렸거나")


@pytest.mark.parametrize(
    ("word", "about", "counts"),
    [
        ("take", proposal(), True),
        ("take", proposal(state=ACCEPTED), False),
        ("back", proposal(state=ACCEPTED, kind=ProposalKind.RETIRE), True),
        ("back", proposal(state=REFUSED, kind=ProposalKind.RETIRE), False),
    ],
)
async def test_counting_is_said_only_where_a_rule_may_begin(house, chat, word, about, counts):
    owned(house, chat)
    pressed(chat, answer=Answer.LAPSED, about=about)
    async with running(house, chat) as bot:
        offered = proposal() if word == "take" else proposal(state=ACCEPTED)
        shown = replace(report(None), rules=note(offered))
        await DiscordReports(bot).show_week(shown, None)
        message = house.discord.messages("매매")[-1]
        await house.discord.press("owner", message["id"], f"g1:{word}:P1")
        # What is said last.
        await last_ephemeral(house, "owner", "매매", "기한이 지났거나")
        told = [one["content"] for one in house.discord.messages("매매", "owner")]
        assert any("다시 세고 있습니다" in one for one in told) is counts


async def test_one_whose_last_day_is_over_is_said_to_be(house, chat) -> None:
    owned(house, chat)
    over = proposal(state=ACCEPTED, kind=ProposalKind.RETIRE)
    pressed(chat, answer=Answer.DECIDED, about=over)
    async with running(house, chat) as bot:
        await DiscordReports(bot).show_week(replace(report(None), rules=note(over)), None)
        message = house.discord.messages("매매")[-1]
        await house.discord.press("owner", message["id"], "g1:back:P1")
        await last_ephemeral(house, "owner", "매매", "P1: 마지막 날이 지나")


@pytest.mark.parametrize(
    ("state", "said"),
    [(RuleState.ACTIVE, "다시 지킵니다"), (RuleState.DISABLED, "꺼 둔 채입니다")],
)
async def test_how_a_rule_came_back_is_said(house, chat, state, said) -> None:
    owned(house, chat)
    back = proposal(state=ACCEPTED, kind=ProposalKind.RETIRE)
    pressed(chat, about=back)
    chat.rules.rules = (rule("R1", state=state),)
    async with running(house, chat) as bot:
        await DiscordReports(bot).show_week(replace(report(None), rules=note(back)), None)
        message = house.discord.messages("매매")[-1]
        await house.discord.press("owner", message["id"], "g1:back:P1")
        await last_ephemeral(house, "owner", "매매", said)


async def test_a_lapse_takes_the_buttons_off_where_they_were_and_calls_nobody(house, chat) -> None:
    owned(house, chat)
    asked = replace(report(None), rules=note(proposal(1), proposal(2)))
    async with running(house, chat) as bot:
        shown = DiscordReports(bot)
        place = await shown.show_week(asked, b"\x89PNG")
        assert place is not None
        before = house.discord.messages("매매")
        lapsed = note(proposal(1, ProposalState.LAPSED), proposal(2))
        after = replace(asked, rules=lapsed, place=place)
        await shown.amend_week(after)
        messages = house.discord.messages("매매")
        assert len(messages) == len(before), "an edit is no message"
        message = messages[-1]
        ids = [item["custom_id"] for row in message["components"] for item in row["components"]]
        assert ids == ["g1:take:P2", "g1:leave:P2"]
        titles = [field["name"] for field in message["embeds"][0]["fields"]]
        assert any(title.startswith("P1 ") and "기한이 지남" in title for title in titles)
        assert message["embeds"][0]["image"]["url"].endswith(".png")
        edited = message["edited_timestamp"]
        assert edited is not None
        # Said once: the same again changes nothing.
        await shown.amend_week(after)
        assert house.discord.messages("매매")[-1]["edited_timestamp"] == edited
        # All answered: no button is left.
        gone = note(proposal(1, ProposalState.LAPSED), proposal(2, ProposalState.LAPSED))
        await shown.amend_week(replace(after, rules=gone))
        assert house.discord.messages("매매")[-1]["components"] == []
        # A message that is gone, and a report from before places were kept, are left alone.
        await shown.amend_week(replace(after, place=(place[0], place[1] + 1)))
        await shown.amend_week(replace(after, place=None))
        assert len(house.discord.messages("매매")) == len(before)
