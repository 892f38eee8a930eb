"""Rules that sell are counted together, too: step by step they never empty the account unseen."""

from __future__ import annotations

import asyncio
from dataclasses import replace
from typing import Any

import pytest

from core.domain.rule_evidence import Missing, Unshown
from core.domain.rule_facts import Fact
from core.domain.rule_gate import GateFault
from core.domain.rule_held import Held
from core.domain.rule_proposals import Answer, ApplyMode, ProposalState
from core.domain.rules import RuleMove, RuleOrigin, RuleState
from core.errors import StaleState
from core.services.rules.adoption import Adoption
from core.services.rules.desk import RuleDesk, Switched
from core.services.rules.evidence_words import held_words
from core.services.rules.proposal_words import answered, proposal_lines
from core.services.rules.telling import switched
from core.services.rules.undoing import RuleUndo
from storage.ledger import SqlLedger
from tests.core.domain.rule_cases import TODAY, comparison, terms
from tests.core.runtime.test_rule_book import ledger  # noqa: F401 - a fixture
from tests.core.services.rules.test_adoption import REFLECTION, Desk, opened
from tests.core.services.rules.test_by_hand import BOUNDS
from tests.core.services.rules.test_desk import Figures
from tests.fakes.desk_kit import KO, at
from tests.fakes.hand_clock import HandClock
from tests.fakes.held_past import EXIT, HeldDays, PastEvidence, selling

YOUNG: dict[str, Any] = {"condition": [comparison(Fact.HOLDING_DAYS, "<=", 80)], **EXIT}
OLD: dict[str, Any] = {"condition": [comparison(Fact.HOLDING_DAYS, ">=", 150)], **EXIT}
MIDDLE: dict[str, Any] = {"condition": [comparison(Fact.HOLDING_DAYS, ">=", 84)], **EXIT}


async def emptied(on: SqlLedger, apply: ApplyMode = ApplyMode.CONFIRM, seed: int = 1) -> Desk:
    """Return a desk whose past is of days that are held, every rule borne out."""
    desk = await opened(on, HandClock(at(10, day=TODAY)), apply)
    desk.past.replays = HeldDays(seed).replay
    kit = replace(desk.adoption.kit, evidence=PastEvidence(desk.past))
    desk.adoption = Adoption(kit)
    return desk


def owner_of(desk: Desk) -> RuleDesk:
    return RuleDesk(
        book=desk.book, figures=Figures(), past=desk.past, bounds=BOUNDS, clock=desk.clock
    )


def undo_of(desk: Desk) -> RuleUndo:
    return RuleUndo(
        proposals=desk.adoption,
        book=desk.book,
        books=desk.ledger,
        past=desk.past,
        bounds=BOUNDS,
        clock=desk.clock,
    )


def standing(desk: Desk) -> list[Any]:
    return [rule.terms for rule in desk.book.obeyed]


@pytest.mark.parametrize("apply", list(ApplyMode))
@pytest.mark.parametrize("seed", range(6))
async def test_no_row_of_selling_rules_goes_under_the_floor(ledger, apply, seed):  # noqa: F811
    desk, days = await emptied(ledger, apply, seed), HeldDays(seed)
    floor = 50 if apply is ApplyMode.AUTO else 10
    taken = 0
    for number, wish in enumerate(selling(seed)):
        before = standing(desk)
        found = await desk.propose(f"w{number}", **wish)
        if found.state is ProposalState.OPEN and apply is ApplyMode.CONFIRM:
            decided = await desk.adoption.adopt(found.proposal_id, "7")
            if decided.answer is Answer.DONE:
                # What is said at the press is what all of them leave, the new one among them.
                assert isinstance(decided.held, Held)
                assert decided.held.whole.after_bps == days.bps(standing(desk))
        left = 100 * days.bps(standing(desk)) // days.bps(())
        assert left >= floor
        if len(standing(desk)) > len(before):
            taken += 1
        elif apply is ApplyMode.AUTO and not found.faults:
            assert 100 * days.bps([terms(**wish), *before]) // days.bps(()) < 50
    assert taken


async def test_step_by_step_is_seen_as_what_it_comes_to(ledger):  # noqa: F811
    desk = await emptied(ledger, ApplyMode.AUTO)
    first = await desk.propose("w1", **YOUNG)
    assert first.state is ProposalState.ACCEPTED
    second = await desk.propose("w2", **OLD)
    # It leaves more than half of what the first leaves, and less than half of all.
    assert second.state is ProposalState.OPEN
    text = "\n".join(proposal_lines(second, KO))
    assert "⚠️ 투자하는 몫이 규칙이 없을 때의 절반도 되지 않습니다" in text
    assert "과거에는 이 규칙이 있는 쪽이 나았습니다" in text
    decided = await desk.adoption.adopt("P2", "7")
    assert decided.answer is Answer.DONE
    assert isinstance(decided.held, Held)
    assert answered(decided, "P2", KO).endswith(held_words(decided.held, KO))


async def test_what_would_hold_nothing_is_refused_by_the_gate_and_at_the_press(
    ledger,  # noqa: F811
):
    desk = await emptied(ledger)
    await desk.propose("w1", **YOUNG)
    await desk.propose("w2", **MIDDLE)
    assert desk.stands() == {"R1": "proposed", "R2": "proposed"}
    await desk.adoption.adopt("P1", "7")
    decided = await desk.adoption.adopt("P2", "7")
    assert (decided.answer, decided.faults) == (Answer.GATE, (GateFault.HOLDS_NOTHING,))
    assert "10분의 1도 되지 않습니다" in answered(decided, "P2", KO)
    third = await desk.propose("w3", **MIDDLE | {"priority": 9})
    assert (third.state, third.faults) == (ProposalState.REFUSED, (GateFault.HOLDS_NOTHING,))
    assert "10분의 1도 되지 않습니다" in "\n".join(proposal_lines(third, KO))


async def test_two_presses_at_once_are_each_judged_beside_the_other(ledger):  # noqa: F811
    desk = await emptied(ledger)
    await desk.propose("w1", **YOUNG)
    await desk.propose("w2", **MIDDLE)
    answers = await asyncio.gather(*(desk.adoption.adopt(one, "7") for one in ("P1", "P2")))
    assert sorted(item.answer.value for item in answers) == ["done", "gate"]
    assert len(desk.book.obeyed) == 1


async def test_rules_that_change_whenever_one_looks_stop_the_press(ledger):  # noqa: F811
    desk = await emptied(ledger)
    await desk.propose("w1", **YOUNG)

    async def another() -> None:
        days = 130 + len(desk.book.obeyed)
        exit_of = terms(**EXIT, condition=[comparison(Fact.HOLDING_DAYS, ">=", days)])
        await desk.book.add(exit_of, RuleOrigin.HAND, RuleState.ACTIVE, actor="8", reason="")

    desk.past.meanwhile = another
    with pytest.raises(StaleState):
        await desk.adoption.adopt("P1", "7")
    assert desk.stands()["R1"] == "proposed"


async def test_what_was_replayed_beside_other_rules_lets_nothing_through(ledger):  # noqa: F811
    desk = await emptied(ledger, ApplyMode.AUTO)

    async def another() -> None:
        desk.past.meanwhile = None
        await desk.book.add(terms(**OLD), RuleOrigin.HAND, RuleState.ACTIVE, actor="8", reason="")

    desk.past.meanwhile = another
    found = await desk.propose("w1", **YOUNG)
    assert found.state is ProposalState.OPEN
    assert desk.stands() == {"H1": "active", "R1": "proposed"}


async def test_what_could_not_be_counted_is_said_and_waits_for_a_person(ledger):  # noqa: F811
    desk = await emptied(ledger, ApplyMode.AUTO)
    desk.past.replays = lambda _tried, _standing: Missing(Unshown.FAILED)
    found = await desk.propose("w1", **YOUNG)
    assert found.state is ProposalState.OPEN
    assert "다시 돌려 보지 못했습니다" in "\n".join(proposal_lines(found, KO))
    decided = await desk.adoption.adopt("P1", "7")
    assert (decided.answer, decided.held) == (Answer.DONE, Missing(Unshown.FAILED))
    assert "팔자는 규칙이 있는데, 얼마나 남는지 세지 못했습니다" in answered(decided, "P1", KO)


async def test_without_a_rule_that_sells_nothing_is_replayed_at_a_press(ledger):  # noqa: F811
    desk = await emptied(ledger)
    await desk.propose("w1")
    before = len(desk.past.replayed)
    decided = await desk.adoption.adopt("P1", "7")
    assert (decided.answer, decided.held) == (Answer.DONE, None)
    assert len(desk.past.replayed) == before
    # Beside one that sells, a rule about purchases is.
    await desk.book.add(terms(**OLD), RuleOrigin.HAND, RuleState.ACTIVE, actor="8", reason="")
    await desk.propose("w2", condition=[comparison(Fact.ATR_BPS, ">", 400)])
    assert isinstance((await desk.adoption.adopt("P2", "7")).held, Held)


async def test_no_other_way_into_force_goes_round_the_floor(ledger):  # noqa: F811
    desk = await emptied(ledger)
    await desk.adoption.adopt((await desk.propose("w1", **MIDDLE)).proposal_id, "7")
    owner = owner_of(desk)
    assert (await owner.switch("R1", is_on=False, actor="7")).answer is RuleMove.DONE
    await desk.adoption.adopt((await desk.propose("w2", **YOUNG)).proposal_id, "7")
    assert (await owner.switch("R1", is_on=True, actor="7")).answer == (GateFault.HOLDS_NOTHING,)
    # An end that is taken back while another rule sells the rest.
    assert (await owner.switch("R2", is_on=False, actor="7")).answer is RuleMove.DONE
    assert (await owner.switch("R1", is_on=True, actor="7")).answer is RuleMove.DONE
    ends = await desk.propose_end("R1", key="w3")
    assert (await desk.adoption.adopt(ends.proposal_id, "7")).answer is Answer.DONE
    assert (await owner.switch("R2", is_on=True, actor="7")).answer is RuleMove.DONE
    back = await undo_of(desk).take_back(ends.proposal_id, "7")
    assert (back.answer, back.faults) == (Answer.GATE, (GateFault.HOLDS_NOTHING,))
    assert ends.origin is REFLECTION


@pytest.mark.parametrize("failed", [Unshown.FAILED, Unshown.NOT_STORED])
async def test_whoever_begins_a_rule_by_another_way_hears_that_nothing_was_counted(
    ledger,  # noqa: F811
    failed,
):
    desk = await emptied(ledger)
    owner, undo = owner_of(desk), undo_of(desk)
    await desk.adoption.adopt((await desk.propose("w1", **MIDDLE)).proposal_id, "7")
    ends = await desk.propose_end("R1", key="w2")
    await desk.adoption.adopt(ends.proposal_id, "7")
    desk.past.found = Missing(failed)
    desk.past.replays = lambda _tried, _standing: Missing(failed)
    back = await undo.take_back(ends.proposal_id, "7")
    assert (back.answer, back.held) == (Answer.DONE, Missing(failed))
    told = [answered(back, ends.proposal_id, KO)]
    # To switch it off is said without a count.
    off = await owner.switch("R2", is_on=False, actor="7")
    assert off == Switched(answer=RuleMove.DONE)
    assert switched("R2", off, desk.book.rules, KO) == "R2: 꺼 둠."
    on = await owner.switch("R2", is_on=True, actor="7")
    assert (on.answer, on.held) == (RuleMove.DONE, Missing(failed))
    told.append(switched("R2", on, desk.book.rules, KO))
    for text in told:
        assert held_words(Missing(failed), KO) in text
        assert ("지난 매수를 세지 못해" in text) is (failed is Unshown.FAILED)


async def test_whoever_begins_a_rule_by_another_way_hears_what_is_left(ledger):  # noqa: F811
    desk = await emptied(ledger)
    days, owner = HeldDays(1), owner_of(desk)
    await desk.adoption.adopt((await desk.propose("w1", **MIDDLE)).proposal_id, "7")
    await owner.switch("R1", is_on=False, actor="7")
    on = await owner.switch("R1", is_on=True, actor="7")
    assert isinstance(on.held, Held)
    assert on.held.whole.after_bps == days.bps([terms(**MIDDLE)])
    assert held_words(on.held, KO) in switched("R1", on, desk.book.rules, KO)
    ends = await desk.propose_end("R1", key="w2")
    await desk.adoption.adopt(ends.proposal_id, "7")
    back = await undo_of(desk).take_back(ends.proposal_id, "7")
    assert back.held == on.held
    assert answered(back, ends.proposal_id, KO).endswith(held_words(on.held, KO))


async def test_who_changes_nothing_waits_for_no_replay(ledger):  # noqa: F811
    desk = await emptied(ledger)
    owner, undo = owner_of(desk), undo_of(desk)
    await desk.adoption.adopt((await desk.propose("w1", **OLD)).proposal_id, "7")
    await desk.propose("w2", **YOUNG)
    await desk.adoption.decline("P2", "7")
    await desk.propose("w3", **YOUNG | {"priority": 9})
    ends = await desk.propose_end("R1", key="w4")
    desk.past.asked = 0
    desk.past.replayed.clear()
    assert (await desk.adoption.adopt("P1", "7")).answer is Answer.ALREADY
    assert (await desk.adoption.adopt("P2", "7")).answer is Answer.DECIDED
    assert (await owner.switch("R1", is_on=True, actor="7")).answer is RuleMove.NOT_NOW
    assert (await owner.switch("R3", is_on=True, actor="7")).answer is RuleMove.PROPOSED
    assert (await undo.take_back(ends.proposal_id, "7")).answer is Answer.DECIDED
    # What was off when it ended comes back off, and is there already at the second press.
    await owner.switch("R1", is_on=False, actor="7")
    assert (await desk.adoption.adopt(ends.proposal_id, "7")).answer is Answer.DONE
    assert (await owner.switch("R1", is_on=True, actor="7")).answer is RuleMove.NOT_NOW
    for answer in (Answer.DONE, Answer.ALREADY):
        assert (await undo.take_back(ends.proposal_id, "7")).answer is answer
    # Nor one that nobody answered in time.
    desk.clock.move(15 * 86_400)
    assert (await desk.adoption.adopt("P3", "7")).answer is Answer.LAPSED
    assert (desk.past.asked, desk.past.replayed) == (0, [])


async def test_what_would_begin_only_since_nobody_looked_does_not(ledger, monkeypatch):  # noqa: F811
    desk = await emptied(ledger)
    await desk.adoption.adopt((await desk.propose("w1", **OLD)).proposal_id, "7")
    turn = desk.book.in_turn

    async def another_first(act):
        await desk.book.move("R1", RuleState.DISABLED, actor="8")
        return await turn(act)

    monkeypatch.setattr(desk.book, "in_turn", another_first)
    with pytest.raises(StaleState):
        await owner_of(desk).switch("R1", is_on=True, actor="7")
    assert desk.stands() == {"R1": "disabled"}
