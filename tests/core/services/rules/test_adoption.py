"""A rule is taken on once, by a person or by the gate, and never because a proposal says so."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field, replace
from datetime import timedelta
from random import Random
from typing import Any, cast

import pytest

from core.domain.rule_evidence import Missing, RuleEvidence, Unshown, evidence_of
from core.domain.rule_facts import FACT_TERMS, Fact, Grows
from core.domain.rule_gate import RULES_MAX, GateFault
from core.domain.rule_proposals import (
    ANSWER_DAYS,
    Answer,
    ApplyMode,
    CannotEnd,
    ProposalKind,
    ProposalState,
    RuleProposal,
    number_of,
)
from core.domain.rule_reach import LEFT_PERCENT_MIN, Basis, Reach, reach_of
from core.domain.rule_reading import RuleFault, UnreadableRule
from core.domain.rule_usual import USUAL_RANGES
from core.domain.rules import RuleMove, RuleOrigin, RuleState, RuleTerms
from core.errors import StaleState, StorageError
from core.runtime.rule_book import RuleBook
from core.services.rules.adoption import Adoption
from core.services.rules.adoption_kit import GATE_ACTOR, AdoptionKit
from core.services.rules.desk import RuleDesk
from core.services.rules.proposal_words import answered, proposal_lines
from storage.ledger import SqlLedger
from tests.core.domain.rule_cases import TODAY, comparison, rule, terms, written
from tests.core.domain.test_rule_evidence import NOTHING, RECORDS, REPLAY
from tests.core.runtime.test_rule_book import SHIPPED, ledger  # noqa: F401 - a fixture
from tests.core.services.rules.test_by_hand import BOUNDS
from tests.core.services.rules.test_desk import Figures
from tests.fakes.desk_kit import KO, at
from tests.fakes.hand_clock import HandClock
from tests.fakes.set_past import SetPast, seeded_past

DAY_SECONDS = 86_400
REFLECTION = RuleOrigin.REFLECTION
FOR_IT = RuleEvidence(records=RECORDS, replay=REPLAY)
SHORT = RuleEvidence(records=NOTHING, replay=Missing(Unshown.NO_BARS))
PAST = seeded_past(7)
CALM: dict[str, Any] = {"condition": [comparison(Fact.ATR_BPS, ">", 400)]}


@dataclass
class SetEvidence:
    """Answers with `found`, and notes what it was asked; `meanwhile` happens while it looks."""

    found: RuleEvidence = FOR_IT
    asked: list[tuple[RuleTerms, tuple[RuleTerms, ...]]] = field(default_factory=list)
    meanwhile: Any = None

    async def of(self, tried, standing):
        self.asked.append((tried, tuple(standing)))
        if self.meanwhile is not None:
            await self.meanwhile()
        return self.found


@dataclass
class Desk:
    adoption: Adoption
    book: RuleBook
    clock: HandClock
    evidence: SetEvidence
    past: SetPast
    ledger: SqlLedger

    async def propose(self, key="reflection:2026-W09:1", **changes) -> RuleProposal:
        found = await self.adoption.propose(
            written(**changes), origin=REFLECTION, key=key, actor="reflection"
        )
        assert isinstance(found, RuleProposal), found
        return found

    async def propose_end(
        self, rule_id="R1", key="reflection:2026-W10:1", reason="더는 돕지 않는다"
    ):
        return await self.adoption.propose_end(
            rule_id, origin=REFLECTION, key=key, actor="reflection", reason=reason
        )

    def stands(self) -> dict[str, str]:
        return {
            rule.rule_id: rule.state.value for rule in self.book.rules if rule.rule_id[0] != "S"
        }

    async def kinds(self, subject: str) -> list[str]:
        async with self.ledger.transaction() as tx:
            return [line.kind for line in await tx.journal_of(subject)]


def reach_in(proposal: RuleProposal) -> Reach:
    """Return how far a proposal said that its rule reaches."""
    kept = evidence_of(proposal.evidence)
    assert kept is not None
    assert kept.reach is not None
    return kept.reach


async def opened(on: SqlLedger, clock: HandClock, apply=ApplyMode.CONFIRM) -> Desk:
    book = RuleBook(SHIPPED, on, on, clock)
    await book.load()
    evidence, past = SetEvidence(), SetPast(PAST)
    adoption = Adoption(
        AdoptionKit(
            book=book,
            ledger=on,
            books=on,
            evidence=evidence,
            past=past,
            bounds=BOUNDS,
            clock=clock,
            apply=apply,
        )
    )
    return Desk(adoption, book, clock, evidence, past, on)


@pytest.fixture
async def desk(ledger) -> Desk:  # noqa: F811
    return await opened(ledger, HandClock(at(10, day=TODAY)))


async def test_a_proposal_is_kept_with_its_evidence_and_changes_nothing_yet(desk):
    found = await desk.propose()
    assert found.proposal_id == "P1"
    assert (found.kind, found.state, found.rule_id) == (
        ProposalKind.ADOPT,
        ProposalState.OPEN,
        "R1",
    )
    kept = evidence_of(found.evidence)
    assert kept is not None
    assert replace(kept, reach=None) == FOR_IT
    assert kept.reach == reach_of(rule(), (), PAST)
    assert (kept.reach.basis, kept.reach.before_percent) == (Basis.MEASURED, 100)
    assert found.closes_on == TODAY + timedelta(days=ANSWER_DAYS)
    assert (found.faults, found.decided_by, found.decided_at) == ((), "", None)
    assert desk.evidence.asked == [(terms(), ())]
    assert desk.stands() == {"R1": "proposed"}
    assert desk.book.obeyed == ()
    assert await desk.adoption.proposal("P1") == found
    assert await desk.adoption.proposal(" r1 ") == found
    assert await desk.adoption.proposal("P2") is None
    assert await desk.adoption.proposal("") is None
    assert await desk.adoption.open_proposals() == (found,)
    assert await desk.kinds("P1") == ["rule_proposal.open"]
    assert await desk.kinds("R1") == ["rule.proposed"]


async def test_a_person_takes_it_on_and_it_counts_at_once(desk):
    await desk.propose()
    decided = await desk.adoption.adopt("p1", "7")
    assert decided.answer is Answer.DONE
    assert decided.proposal is not None
    assert decided.proposal.decided_by == "7"
    assert [rule.rule_id for rule in desk.book.obeyed] == ["R1"]
    assert await desk.kinds("P1") == ["rule_proposal.open", "rule_proposal.accepted"]
    again = await opened(desk.ledger, desk.clock)
    assert again.stands() == {"R1": "active"}
    assert await again.adoption.proposal("P1") == decided.proposal


async def test_a_person_declines_it_for_good(desk):
    await desk.propose()
    assert (await desk.adoption.decline("R1", "7")).answer is Answer.DONE
    assert desk.stands() == {"R1": "refused"}
    assert (await desk.adoption.decline("P1", "8")).answer is Answer.ALREADY
    decided = await desk.adoption.adopt("P1", "8")
    assert decided.answer is Answer.DECIDED
    assert decided.proposal is not None
    assert decided.proposal.decided_by == "7"
    assert desk.book.obeyed == ()
    # The same thought on another occasion is another proposal.
    assert (await desk.propose(key="reflection:2026-W10:1")).proposal_id == "P2"


async def test_two_presses_at_once_are_one_adoption(desk):
    await desk.propose()
    answers = await asyncio.gather(*(desk.adoption.adopt("P1", str(n)) for n in range(4)))
    assert sorted(item.answer.value for item in answers) == ["already"] * 3 + ["done"]
    async with desk.ledger.transaction() as tx:
        history = await tx.rule_history("R1")
    assert [row.state for row in history] == [RuleState.PROPOSED, RuleState.ACTIVE]


async def test_two_processes_cannot_decide_the_same_twice(desk):
    await desk.propose()
    other = await opened(desk.ledger, desk.clock)
    answers = await asyncio.gather(
        desk.adoption.adopt("P1", "7"), other.adoption.decline("P1", "8")
    )
    assert sorted(item.answer.value for item in answers) == ["decided", "done"]
    await desk.book.refresh()
    await other.book.refresh()
    assert desk.stands() == other.stands()


async def test_what_another_process_took_on_counts_at_once(desk):
    await desk.propose()
    other = await opened(desk.ledger, desk.clock)
    await other.adoption.adopt("P1", "cli")
    assert desk.book.obeyed == ()
    await desk.book.refresh()
    assert [rule.rule_id for rule in desk.book.obeyed] == ["R1"]
    assert (await desk.propose(key="w2", **CALM)).rule_id == "R2"


async def test_the_same_occasion_or_the_same_open_wish_is_one_proposal(desk):
    first = await desk.propose()
    assert await desk.propose(**CALM) == first
    assert await desk.propose(key="reflection:2026-W10:1") == first
    assert len(desk.evidence.asked) == 1
    both = await asyncio.gather(*(desk.propose(key=f"w{n}", **CALM) for n in (1, 2, 3)))
    assert len({item.proposal_id for item in both}) == 1
    assert desk.stands() == {"R1": "proposed", "R2": "proposed"}


HOSTILE: list[object] = [
    None,
    "disable all rules",
    [],
    {},
    {"rule": written()},
    written(action="buy_more"),
    written(action="propose_half_exit", category="exit_criteria"),
    written(code="import os"),
    written(text="`/flatten`"),
    written(text="가" * 10_000),
    written(rationale="[여기](https://example.com)를 누르세요"),
    written(condition=[]),
    written(condition=[comparison(Fact.VOLUME_PERCENT, "<", 150)] * 5),
    written(condition=[comparison(Fact.VOLUME_PERCENT, "<", 10**30)]),
    written(condition=[comparison(Fact.VOLUME_PERCENT, "<", 150.5)]),  # type: ignore[arg-type]
    written(condition=[{"fact": "__class__", "operator": "<", "number": 1}]),
    # Always true, never true, and one that would ask for a larger order.
    written(condition=[comparison(Fact.VOLUME_PERCENT, ">=", 0)]),
    written(
        condition=[
            comparison(Fact.VOLUME_PERCENT, "<", 100),
            comparison(Fact.VOLUME_PERCENT, ">", 100),
        ]
    ),
    written(condition=[comparison(Fact.ORDER_AMOUNT_WON, "<", 100_000)]),
    written(expires_on="2099-01-01"),
    written(expires_on="2026-03-02"),
]


@pytest.mark.parametrize("content", HOSTILE)
@pytest.mark.parametrize("apply", list(ApplyMode))
async def test_what_is_no_rule_changes_nothing(ledger, content, apply):  # noqa: F811
    desk = await opened(ledger, HandClock(at(10, day=TODAY)), apply)
    found = await desk.adoption.propose(content, origin=REFLECTION, key="w1", actor="model")
    assert isinstance(found, UnreadableRule)
    assert found.problems
    async with ledger.transaction() as tx:
        assert await tx.last_rule_proposal() == 0
        assert await tx.rule_row_count() == 0
    assert desk.evidence.asked == []


LOOSE = [
    written(
        condition=[comparison(Fact.GAIN_BPS, "<=", -1_000)],
        action="propose_exit",
        category="exit_criteria",
    ),
    written(
        condition=[comparison(Fact.WEIGHT_AFTER_BPS, ">", 6_000)],
        action="shrink_to_fit",
        category="position_sizing",
    ),
]


@pytest.mark.parametrize("content", LOOSE)
@pytest.mark.parametrize("apply", list(ApplyMode))
async def test_a_looser_rule_is_refused_with_its_reason_and_never_in_force(
    ledger,  # noqa: F811
    content,
    apply,
):
    desk = await opened(ledger, HandClock(at(10, day=TODAY)), apply)
    found = await desk.adoption.propose(content, origin=REFLECTION, key="w1", actor="model")
    assert isinstance(found, RuleProposal)
    assert (found.state, found.faults) == (ProposalState.REFUSED, (GateFault.NOT_TIGHTER,))
    assert (found.decided_by, found.rule_id, found.evidence) == (GATE_ACTOR, "", "")
    assert desk.evidence.asked == []
    for press in (desk.adoption.adopt, desk.adoption.decline):
        assert (await press("P1", "7")).answer is Answer.DECIDED
    assert desk.stands() == {}
    assert await desk.adoption.proposal("P1") == found


async def test_contradictory_rules_cannot_both_be_taken_on(desk):
    low = await desk.propose("w1", condition=[comparison(Fact.VOLUME_PERCENT, "<", 150)])
    high = await desk.propose("w2", condition=[comparison(Fact.VOLUME_PERCENT, ">=", 150)])
    assert high.state is ProposalState.OPEN
    await desk.adoption.adopt(low.proposal_id, "7")
    decided = await desk.adoption.adopt(high.proposal_id, "7")
    assert (decided.answer, decided.faults) == (Answer.GATE, (GateFault.BLOCKS_ALL,))
    assert desk.stands() == {"R1": "active", "R2": "proposed"}
    # It waits: once the other has ended it may be taken on.
    await desk.book.move("R1", RuleState.RETIRED, actor="7")
    assert (await desk.adoption.adopt(high.proposal_id, "7")).answer is Answer.DONE


async def test_the_budget_of_rules_holds_for_people_too(desk):
    for number in range(RULES_MAX + 1):
        found = await desk.propose(
            f"w{number}", condition=[comparison(Fact.MEAN_VALUE_WON, "<", 10_000 + number)]
        )
        assert found.state is ProposalState.OPEN
    answers = [
        (await desk.adoption.adopt(f"P{number}", "7")).answer for number in range(1, RULES_MAX + 2)
    ]
    assert answers == [Answer.DONE] * RULES_MAX + [Answer.GATE]
    more = await desk.propose("w99", **CALM)
    assert (more.state, more.faults) == (ProposalState.REFUSED, (GateFault.TOO_MANY,))


async def test_what_is_left_is_told_as_it_is_when_it_is_taken_on(desk):
    low = await desk.propose("w1", condition=[comparison(Fact.VOLUME_PERCENT, "<", 150)])
    high = await desk.propose("w2", condition=[comparison(Fact.VOLUME_PERCENT, ">", 250)])
    alone = [reach_in(one).left_percent for one in (low, high)]
    first = await desk.adoption.adopt(low.proposal_id, "7")
    assert first.reach == reach_in(low)
    # Each was proposed beside nothing. The second press says what is left beside the first.
    second = await desk.adoption.adopt(high.proposal_id, "7")
    assert second.reach.before_percent == alone[0]
    assert second.reach.left_percent < min(alone)
    said = answered(second, "P2", KO)
    assert f"살 돈의 {second.reach.left_percent}%가 남습니다(이 규칙 없이는 {alone[0]}%)" in said
    assert ("⚠️ 매수의 절반 넘게 사라집니다" in said) is second.reach.is_heavy


async def test_without_measured_purchases_it_is_said_and_nothing_is_taken_on_alone(
    ledger,  # noqa: F811
):
    desk = await opened(ledger, HandClock(at(10, day=TODAY)), ApplyMode.AUTO)
    desk.past.found = Missing(Unshown.FAILED)
    found = await desk.propose(**CALM)
    assert found.state is ProposalState.OPEN
    text = "\n".join(proposal_lines(found, KO))
    assert "거의 다 막을 수도 있습니다" in text
    assert "지난 매수를 세지 못해" in text
    desk.past.found = Missing(Unshown.NO_BARS)
    other = await desk.propose("w2", condition=[comparison(Fact.ATR_BPS, ">", 390)])
    assert other.state is ProposalState.OPEN
    text = "\n".join(proposal_lines(other, KO))
    assert "잴 수 있는 매수가 30건이 안 되어 보통 범위로 어림했습니다" in text
    assert (await desk.adoption.adopt("P1", "7")).answer is Answer.DONE


async def test_to_end_or_decline_a_rule_nobody_looks_at_the_past(desk):
    await desk.propose()
    await desk.propose("w2", **CALM)
    before = desk.past.asked
    await desk.adoption.decline("P2", "7")
    assert desk.past.asked == before
    await desk.adoption.adopt("P1", "7")
    await desk.propose_end()
    before = desk.past.asked
    await desk.adoption.adopt("P3", "7")
    assert desk.past.asked == before
    assert desk.stands() == {"R1": "retired", "R2": "refused"}


def hostile_wishes(seed: int) -> list[dict[str, Any]]:
    """Return rules that read well and mean harm: bans on nearly everything, in parts and whole."""
    dice = Random(seed)
    found = []
    for fact, (lowest, _, highest) in USUAL_RANGES.items():
        span = (highest - lowest) // 10 or 1
        grows = FACT_TERMS[fact].grows
        for operator in (">", "<"):
            if grows is not Grows.NOT and (operator == "<") is (grows is Grows.UP):
                continue
            number = dice.choice([lowest + 1, highest - 1, lowest + span * dice.randrange(11)])
            number = max(FACT_TERMS[fact].lowest + 1, min(number, FACT_TERMS[fact].highest - 1))
            found.append(
                {
                    "category": "risk_management",
                    "condition": [comparison(fact, operator, number)],
                    "action": dice.choice(["block_entry", "shrink_to_25_percent", "shrink_to_fit"])
                    if grows is not Grows.NOT
                    else dice.choice(["block_entry", "shrink_to_25_percent"]),
                }
            )
    dice.shuffle(found)
    return found


@pytest.mark.parametrize("apply", list(ApplyMode))
@pytest.mark.parametrize("seed", range(8))
@pytest.mark.untraced
async def test_no_hostile_week_after_week_stops_trading_untold(ledger, apply, seed):  # noqa: F811
    desk = await opened(ledger, HandClock(at(10, day=TODAY)), apply)
    desk.past.found = past = seeded_past(seed)
    lowest_told = 100
    for number, wish in enumerate(hostile_wishes(seed)):
        found = await desk.propose(f"w{number}", **wish)
        text = "\n".join(proposal_lines(found, KO))
        if found.state is ProposalState.REFUSED:
            assert found.faults
            continue
        told = reach_in(found)
        assert f"살 돈의 {told.left_percent}%가 남습니다" in text
        assert ("⚠️ 매수의 절반 넘게 사라집니다" in text) is told.is_heavy
        if apply is ApplyMode.AUTO:
            # By itself the gate never goes below half of what was bought, all rules together.
            assert (found.state is ProposalState.ACCEPTED) is not told.is_heavy
            continue
        decided = await desk.adoption.adopt(found.proposal_id, "7")
        if decided.answer is Answer.DONE:
            assert decided.reach == told
            lowest_told = min(lowest_told, told.least_percent)
    *others, last = desk.book.obeyed
    left = reach_of(last, others, past)
    assert left.least_percent >= (50 if apply is ApplyMode.AUTO else LEFT_PERCENT_MIN)
    if apply is ApplyMode.CONFIRM:
        assert left.least_percent == lowest_told, "what stands was told to the percent"


@pytest.mark.parametrize(
    ("evidence", "origin", "is_taken"),
    [
        (FOR_IT, REFLECTION, True),
        (SHORT, REFLECTION, False),
        (replace(FOR_IT, replay=replace(REPLAY, with_bps=0)), REFLECTION, False),
        # What a person writes waits for a person.
        (FOR_IT, RuleOrigin.HAND, False),
    ],
)
async def test_the_gate_alone_takes_on_only_what_the_evidence_speaks_for(
    ledger,  # noqa: F811
    evidence,
    origin,
    is_taken,
):
    desk = await opened(ledger, HandClock(at(10, day=TODAY)), ApplyMode.AUTO)
    desk.evidence.found = evidence
    found = await desk.adoption.propose(written(), origin=origin, key="w1", actor="model")
    assert isinstance(found, RuleProposal)
    assert (found.state is ProposalState.ACCEPTED) is is_taken
    assert (desk.book.obeyed != ()) is is_taken
    assert found.decided_by == (GATE_ACTOR if is_taken else "")


@pytest.mark.parametrize("how", [RuleState.DISABLED, RuleState.RETIRED])
async def test_what_a_person_let_go_waits_for_a_person(ledger, how):  # noqa: F811
    desk = await opened(ledger, HandClock(at(10, day=TODAY)), ApplyMode.AUTO)
    desk.evidence.found = FOR_IT
    assert (await desk.propose()).state is ProposalState.ACCEPTED
    await desk.book.move("R1", how, actor="7")

    again = await desk.propose("reflection:2026-W10:1", text="같은 것을 다른 말로")

    assert again.state is ProposalState.OPEN
    assert desk.book.obeyed == ()


async def test_the_gate_is_asked_again_when_the_evidence_is_there(ledger):  # noqa: F811
    desk = await opened(ledger, HandClock(at(10, day=TODAY)), ApplyMode.AUTO)

    async def twin():
        desk.evidence.meanwhile = None
        await desk.book.add(terms(), RuleOrigin.HAND, RuleState.ACTIVE, actor="7", reason="")

    desk.evidence.meanwhile = twin
    found = await desk.propose()
    assert (found.state, found.faults) == (ProposalState.REFUSED, (GateFault.ADDS_NOTHING,))
    assert desk.stands() == {"H1": "active"}


@pytest.mark.parametrize("apply", list(ApplyMode))
async def test_ending_a_rule_always_waits_for_a_person(ledger, apply):  # noqa: F811
    desk = await opened(ledger, HandClock(at(10, day=TODAY)), apply)
    await desk.propose()
    await desk.adoption.adopt("P1", "7")
    found = await desk.propose_end()
    assert (found.kind, found.state) == (ProposalKind.RETIRE, ProposalState.OPEN)
    assert (found.rule_id, found.reason) == ("R1", "더는 돕지 않는다")
    assert desk.evidence.asked[-1] == (terms(), ())
    assert desk.stands() == {"R1": "active"}
    assert await desk.propose_end() == found
    assert await desk.propose_end(key="reflection:2026-W11:1") == found
    answers = await asyncio.gather(*(desk.adoption.adopt("P2", str(n)) for n in (1, 2)))
    assert sorted(item.answer.value for item in answers) == ["already", "done"]
    assert desk.stands() == {"R1": "retired"}


async def test_a_declined_end_leaves_the_rule_as_it_is(desk):
    await desk.propose()
    await desk.adoption.adopt("P1", "7")
    await desk.propose_end()
    assert (await desk.adoption.decline("P2", "7")).answer is Answer.DONE
    assert desk.stands() == {"R1": "active"}
    assert (await desk.adoption.adopt("P2", "7")).answer is Answer.DECIDED


async def test_the_name_of_a_rule_never_ends_it(desk):
    await desk.adoption.adopt((await desk.propose()).proposal_id, "7")
    ends = await desk.propose_end()

    for press in (desk.adoption.adopt, desk.adoption.decline):
        assert (await press("r1", "7")).answer is Answer.UNKNOWN
    assert desk.stands() == {"R1": "active"}
    assert (await desk.adoption.adopt(ends.proposal_id, "7")).answer is Answer.DONE
    assert desk.stands() == {"R1": "retired"}


async def test_what_cannot_be_ended_is_said(desk):
    await desk.propose()
    for rule_id, why in (
        ("R9", RuleMove.UNKNOWN_RULE),
        ("S1", RuleMove.SETTING),
        ("S3", RuleMove.NOT_NOW),
        ("R1", RuleMove.NOT_NOW),
    ):
        assert await desk.propose_end(rule_id) == CannotEnd(why)
    found = await desk.propose_end(reason="`rm`")
    assert isinstance(found, UnreadableRule)
    assert [item.fault for item in found.problems] == [RuleFault.TEXT]


async def test_what_nobody_answers_lapses(desk):
    await desk.propose()
    soon = await desk.propose("w2", **CALM, expires_on=str(TODAY + timedelta(days=1)))
    assert soon.closes_on == TODAY + timedelta(days=1)
    assert await desk.adoption.lapse_due() == ()
    desk.clock.move(2 * DAY_SECONDS)
    assert [item.proposal_id for item in await desk.adoption.lapse_due()] == ["P2"]
    assert desk.stands() == {"R1": "proposed", "R2": "refused"}
    desk.clock.move(ANSWER_DAYS * DAY_SECONDS)
    # Too late is too late, also before the round of the day came by.
    decided = await desk.adoption.adopt("P1", "7")
    assert decided.answer is Answer.LAPSED
    assert desk.stands() == {"R1": "refused", "R2": "refused"}
    assert (await desk.adoption.adopt("P1", "7")).answer is Answer.LAPSED
    assert await desk.adoption.lapse_due() == ()


async def test_the_wish_to_end_what_ended_by_itself_lapses(desk):
    await desk.propose()
    await desk.adoption.adopt("P1", "7")
    await desk.propose_end()
    await desk.book.move("R1", RuleState.RETIRED, actor="rules", reason="expired")
    assert [item.proposal_id for item in await desk.adoption.lapse_due()] == ["P2"]
    assert (await desk.adoption.adopt("P2", "7")).answer is Answer.LAPSED


async def test_a_proposed_rule_is_not_switched_on_past_its_evidence(desk):
    await desk.propose()
    owner = RuleDesk(
        book=desk.book, figures=Figures(), past=desk.past, bounds=BOUNDS, clock=desk.clock
    )
    assert (await owner.switch("R1", is_on=True, actor="7")).answer is RuleMove.PROPOSED
    assert desk.stands() == {"R1": "proposed"}


class DyingLedger(SqlLedger):
    """Dies at the n-th line of the journal, before its transaction is committed."""

    lines_left = 10**6

    @asynccontextmanager
    async def transaction(self) -> AsyncIterator[Any]:
        async with super().transaction() as tx:
            append = tx.append_journal

            async def dying(entry: Any) -> None:
                await append(entry)
                self.lines_left -= 1
                if self.lines_left <= 0:
                    raise StorageError("the power went")

            tx.append_journal = dying  # type: ignore[method-assign]
            yield tx


@pytest.mark.parametrize("lines", [1, 2])
async def test_a_crash_in_the_middle_leaves_all_or_nothing(ledger, lines):  # noqa: F811
    clock = HandClock(at(10, day=TODAY))
    dying = DyingLedger(ledger._database)
    desk = await opened(dying, clock)
    dying.lines_left = lines
    with pytest.raises(StorageError):
        await desk.propose()
    again = await opened(ledger, clock)
    assert again.stands() == desk.stands() == {}
    assert await again.adoption.open_proposals() == ()
    await again.propose()
    for press in ("adopt", "decline"):
        desk = await opened(dying, clock)
        dying.lines_left = lines
        with pytest.raises(StorageError):
            await getattr(desk.adoption, press)("P1", "7")
        assert desk.stands() == {"R1": "proposed"}
        again = await opened(ledger, clock)
        assert again.stands() == {"R1": "proposed"}
        [waiting] = await again.adoption.open_proposals()
        assert waiting.proposal_id == "P1"
    # Nothing of it stands in the way of the next press.
    assert (await again.adoption.adopt("P1", "7")).answer is Answer.DONE


async def test_a_rule_that_keeps_changing_under_the_press_is_left_alone(desk):
    await desk.propose()
    other = await opened(desk.ledger, desk.clock)
    await other.book.add(terms(**CALM), RuleOrigin.HAND, RuleState.ACTIVE, actor="8", reason="")
    deaf = Adoption(replace(desk.adoption.kit, book=Deaf(desk.book)))
    with pytest.raises(StaleState):
        await deaf.adopt("P1", "7")
    await desk.book.refresh()
    assert desk.stands() == {"H1": "active", "R1": "proposed"}


@dataclass
class Deaf:
    """A book that never hears of another process."""

    book: RuleBook

    async def refresh(self) -> None:
        """Hear nothing."""

    async def in_turn(self, act: Any) -> Any:
        """Take a turn of the book, without hearing of anything between the tries either."""
        return await RuleBook.in_turn(cast("RuleBook", self), act)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.book, name)


@pytest.mark.parametrize(
    ("typed", "number"),
    [("P12", 12), ("p1", 1), ("R1", None), ("", None), ("P", None), ("P１", None)],
)
def test_ids_are_read_as_people_type_them(typed: str, number: int | None) -> None:
    assert number_of(typed) == number
