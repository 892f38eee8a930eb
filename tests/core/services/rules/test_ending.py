"""A rule whose day is over, or that was shown to be wrong, ends once, and people hear why."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from datetime import date, timedelta

import pytest

from core.domain.journal import TradeRecord
from core.domain.leg_record import LegRecord
from core.domain.outcomes import Outcome
from core.domain.rule_record import RuleEffect
from core.domain.rules import RuleOrigin, RuleState
from core.runtime.rule_book import RuleBook
from core.services.rules.ending import RuleEnder
from tests.core.domain.rule_cases import terms
from tests.core.runtime.test_rule_book import SHIPPED, ledger  # noqa: F401 - a fixture
from tests.fakes.desk_kit import KO, TIGER, at
from tests.fakes.hand_clock import HandClock

LAST_DAY = date(2026, 9, 1)
NOW = at(7, day=LAST_DAY - timedelta(days=1))
TODAY = NOW.date()
DAY_SECONDS = 86_400
WRONG = [
    {"fact": "avoided_count", "operator": ">=", "number": 2},
    {"fact": "avoided_mean_30_bps", "operator": ">", "number": 0},
]


@dataclass
class Legs:
    """Legs by their id, each with one outcome after 30 days."""

    pnl: dict[str, int] = field(default_factory=dict)
    action: str = "buy"

    async def leg(self, record_id):
        if record_id not in self.pnl:
            return None
        outcome = Outcome(
            record_id=record_id,
            days=30,
            is_hypothetical=True,
            quantity=1,
            entry_session=TODAY,
            exit_session=TODAY,
            basis_won=10_000,
            pnl_won=self.pnl[record_id],
            after_won=None,
            measured_at=NOW,
        )
        found = replace(record(record_id), action=self.action)
        return LegRecord(record=found, outcomes=(outcome,))


@dataclass
class Alerts:
    told: list[tuple[str, str]] = field(default_factory=list)

    async def alert(self, title, text, *, can_wait=False):
        self.told.append((title, text))
        return True


@dataclass
class Lapses:
    """Counts how often proposals were looked through, and notes what was shown of them."""

    rounds: int = 0
    since: list[object] = field(default_factory=list)
    shown: list[object] = field(default_factory=list)

    async def lapse_due(self):
        self.rounds += 1

    async def lapsed_since(self, start):
        self.since.append(start)
        return ("P1",)

    async def show(self, lapsed):
        self.shown.append(lapsed)


@dataclass
class Desk:
    ender: RuleEnder
    book: RuleBook
    clock: HandClock
    legs: Legs
    alerts: Alerts

    def stands(self, rule_id="R1"):
        return next(rule.state for rule in self.book.rules if rule.rule_id == rule_id)


def record(record_id):
    return TradeRecord(
        record_id=record_id,
        at=NOW,
        symbol=TIGER,
        action="buy",
        quantity=1,
        justification="",
        market="{}",
        portfolio_before="{}",
    )


@pytest.fixture
async def desk(ledger):  # noqa: F811
    clock, legs, alerts = HandClock(NOW), Legs(), Alerts()
    book = RuleBook(SHIPPED, ledger, ledger, clock)
    await book.load()
    lapses = Lapses()
    ender = RuleEnder(
        book=book,
        proposals=lapses,
        teller=lapses,
        books=ledger,
        legs=legs,
        alerts=alerts,
        clock=clock,
        phrases=KO,
    )
    async with ledger.transaction() as tx:
        for number in (1, 2, 3):
            await tx.save_trade_record(record(f"denied-{number}"))
            await tx.note_rule_effect(
                RuleEffect(
                    rule_id="R1",
                    record_id=f"denied-{number}",
                    # A month apart: the same month of a symbol is one case.
                    symbol=TIGER,
                    at=NOW - timedelta(days=40 * number),
                    asked=1,
                    kept=0,
                )
            )
    return Desk(ender, book, clock, legs, alerts)


async def add(desk, state=RuleState.ACTIVE):
    rule = terms(expires_on=str(LAST_DAY), falsifier=WRONG)
    await desk.book.add(rule, RuleOrigin.REFLECTION, state, actor="1", reason="because")


@pytest.mark.parametrize("state", [RuleState.ACTIVE, RuleState.DISABLED])
async def test_a_rule_stands_on_its_last_day_and_ends_on_the_next(desk, state):
    await add(desk, state)
    desk.clock.move(DAY_SECONDS)
    assert await desk.ender.end_due() == ()
    assert desk.stands() is state
    desk.clock.move(DAY_SECONDS)
    assert await desk.ender.end_due() == ("R1",)
    assert desk.stands() is RuleState.RETIRED
    [(title, text)] = desk.alerts.told
    assert title == "규칙이 끝났습니다"
    assert text.startswith("R1 (")
    assert f"마지막 날 {LAST_DAY}" in text
    assert await desk.ender.end_due() == ()
    assert len(desk.alerts.told) == 1
    # Each round looks through the proposals too.
    lapses = desk.ender.proposals
    assert lapses.rounds == 3
    # What lapsed is shown where it was asked, also that of the days before; it rings nowhere.
    assert lapses.shown == [("P1",)] * 3
    assert lapses.since[-1] == desk.clock.now() - timedelta(days=7)


async def test_a_rule_ends_when_its_falsifier_came_true(desk):
    await add(desk)
    assert await desk.ender.end_due() == ()
    # One outcome is too few, two that fell together are no proof.
    desk.legs.pnl = {"denied-1": 500}
    assert await desk.ender.end_due() == ()
    desk.legs.pnl = {"denied-1": 500, "denied-2": -500}
    assert await desk.ender.end_due() == ()
    desk.legs.pnl["denied-3"] = 40
    assert await desk.ender.end_due() == ("R1",)
    [(_, text)] = desk.alerts.told
    assert "막은 것의 30일 평균 수익률 > 0%" in text
    async with desk.ender.books.reading() as tx:
        last = (await tx.rule_history("R1"))[-1]
    assert (last.state, last.actor, last.reason) == (RuleState.RETIRED, "rules", "falsified")


async def test_what_a_rule_offers_to_sell_is_measured_like_a_purchase_it_refused(desk):
    leaving = {"category": "exit_criteria", "action": "propose_exit", "falsifier": WRONG}
    await desk.book.add(
        terms(**leaving), RuleOrigin.REFLECTION, RuleState.ACTIVE, actor="1", reason=""
    )
    # The sales spared money: the shares fell.
    desk.legs.action = "sell"
    desk.legs.pnl = {"denied-1": 500, "denied-2": 300}
    assert await desk.ender.end_due() == ()
    # They cost money: the shares rose without the account.
    desk.legs.pnl = {"denied-1": -500, "denied-2": 300}
    assert await desk.ender.end_due() == ("R1",)


async def test_a_rule_that_did_nothing_has_no_cases(desk):
    falsifier = [{"fact": "avoided_count", "operator": "<", "number": 5}]
    await desk.book.add(
        terms(falsifier=falsifier), RuleOrigin.HAND, RuleState.ACTIVE, actor="1", reason=""
    )
    assert await desk.ender.end_due() == ("H1",)


async def test_what_is_proposed_or_shipped_is_left_alone(desk):
    await add(desk, RuleState.PROPOSED)
    desk.clock.move(400 * DAY_SECONDS)
    assert await desk.ender.end_due() == ()
    assert desk.stands() is RuleState.PROPOSED
    assert desk.stands("S3") is RuleState.DISABLED
