"""Steps 4 to 6: the plan, the guard's verdict, and the one basket that is shown."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable, Mapping
from dataclasses import replace
from datetime import date
from functools import partial
from typing import TYPE_CHECKING

from core.domain.instrument import Instrument, Symbol
from core.domain.journal import TradeRecord
from core.domain.leg_record import market_text, portfolio_text
from core.domain.orders import END_STATES, OrderState, Side
from core.domain.plan import PlannedAction, Ranking, TradingPlan
from core.domain.risk import Denied, Violation
from core.domain.tickets import Author, DraftLeg, Proposal, Ticket, TicketKind, TicketState
from core.flows.gathering import LoadedBars
from core.flows.kit import CycleKit
from core.flows.values import DecisionBasis, GuardVerdict, MarketState, Presented, snapshot_of
from core.services.orders.records import note_refusal
from core.services.risk.wording import sentence

if TYPE_CHECKING:
    from core.domain.costs import CostModel
    from core.strategy.exits import Passage
    from core.strategy.parameters import Parameters
    from core.strategy.situation import Decision, Reason

# A leg that is dropped can free or take what another needs, so the rest is judged again.
PREVIEW_ROUNDS_MAX = 3


async def plan_day(
    kit: CycleKit,
    day: date,
    market: MarketState,
    bars: LoadedBars,
    *,
    basis: DecisionBasis,
    is_rebalance: bool,
) -> TradingPlan:
    """Decide on the closes of the previous session and put the decision into words."""
    question = partial(
        decided,
        kit.desk.market.instruments()[: kit.rules.parameters.universe_max],
        market,
        bars,
        kit.rules.parameters,
        kit.rules.costs,
        day=day,
        is_rebalance=is_rebalance,
        basis=basis,
    )
    # Years of bars of a hundred symbols, and numpy with the first of them: a tenth of a second.
    decision = await asyncio.to_thread(question)
    return _in_words(kit, day, market, decision, is_rebalance=is_rebalance)


async def basis_of(
    kit: CycleKit, market: MarketState, passages: Mapping[Symbol, Passage]
) -> DecisionBasis:
    """Return what the strategy and the user's own rules are told beside the market.

    `passages` is what the holdings have been through up to the closes of the previous session.
    Raises StorageError.
    """
    cap = kit.rules.limits.current.position_cap(market.portfolio.account.nav_won)
    watched = await kit.stores.passages.watched()
    begun = tuple((item.symbol, item.begun_on) for item in watched)
    return DecisionBasis(cap=cap, passages=tuple(passages.items()), begun=begun)


def decided(
    instruments: tuple[Instrument, ...],
    market: MarketState,
    bars: LoadedBars,
    parameters: Parameters,
    costs: CostModel,
    *,
    day: date,
    is_rebalance: bool,
    basis: DecisionBasis,
) -> Decision:
    """Return the strategy's decision: pure work on values, best done in a thread of its own."""
    # numpy comes with these; an idle bot does without.
    from core.strategy.decide import decide
    from core.strategy.panel import PricePanel
    from core.strategy.situation import Situation

    situation = Situation(
        instruments=instruments,
        panel=PricePanel.from_bars(bars.adjusted, market.decided_on),
        closes=dict(market.closes),
        holdings=market.portfolio.account.positions,
        cash_won=market.portfolio.orderable_won,
        day=day,
        decided_on=market.decided_on,
        is_rebalance=is_rebalance,
        cap=basis.cap,
        passages=dict(basis.passages),
    )
    return decide(situation, parameters, costs)


def _in_words(
    kit: CycleKit, day: date, market: MarketState, decision: Decision, *, is_rebalance: bool
) -> TradingPlan:
    actions = tuple(
        PlannedAction(
            symbol=item.symbol,
            name=kit.name_of(item.symbol),
            side=item.side,
            quantity=item.quantity,
            price_won=item.price_won,
            justification=_sentence(kit, item.reason),
            rule=item.reason.key,
        )
        for item in decision.actions
    )
    rankings = tuple(
        Ranking(
            symbol=item.symbol,
            name=kit.name_of(item.symbol),
            score=item.score,
            weight=item.weight,
            close_won=item.close_won,
        )
        for item in decision.rankings
    )
    return TradingPlan(
        day=day,
        decided_on=market.decided_on,
        is_rebalance=is_rebalance,
        actions=actions,
        rankings=rankings,
        risk_assessment=_sentence(kit, decision.risk),
        expected_outcome=" ".join(
            _sentence(kit, item) for item in (decision.outcome, *decision.notes)
        ),
        why_nothing=_sentence(kit, decision.why_nothing) if decision.why_nothing else "",
        data_note=market.data_note,
    )


def _sentence(kit: CycleKit, reason: Reason) -> str:
    values = dict(reason.values)
    if "symbol" in values:
        values["name"] = kit.name_of(Symbol(str(values["symbol"])))
    return kit.say(f"strategy.{reason.key}", **values)


async def guard(
    kit: CycleKit, day: date, market: MarketState, plan: TradingPlan, *, dry_run: bool
) -> GuardVerdict:
    """Ask the risk guard; drop the actions it refuses and say why. Refused ones are recorded."""
    actions, found = list(plan.actions), dict[Violation, None]()
    for _ in range(PREVIEW_ROUNDS_MAX):
        if not actions:
            break
        denied = await kit.desk.preview(proposal_of(kit, plan, actions))
        if denied is None:
            break
        found.update(dict.fromkeys(denied.violations))
        actions = _surviving(actions, denied)
    else:
        actions = []
    if not dry_run:
        await _record_refused(kit, day, market, plan, actions, tuple(found))
    allowed = tuple((item.symbol, item.side) for item in actions)
    return GuardVerdict(allowed=allowed, refusals=_sentences(kit, found))


def _surviving(actions: list[PlannedAction], denied: Denied) -> list[PlannedAction]:
    """Return the actions that no violation names; one that names no symbol refuses everything."""
    refused = {violation.symbol for violation in denied.violations}
    if not refused or "" in refused:
        return []
    left = [item for item in actions if item.symbol not in refused]
    return left if len(left) < len(actions) else []


def _sentences(kit: CycleKit, violations: Iterable[Violation]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(_refusal(kit, violation) for violation in violations))


def _refusal(kit: CycleKit, violation: Violation) -> str:
    return sentence(violation, kit.outlets.phrases, kit.desk.market)


async def _record_refused(
    kit: CycleKit,
    day: date,
    market: MarketState,
    plan: TradingPlan,
    kept: list[PlannedAction],
    violations: tuple[Violation, ...],
) -> None:
    refused = [item for item in plan.actions if item not in kept]
    if not refused:
        return
    now, refusals = kit.rules.clock.now(), _sentences(kit, violations)
    async with kit.stores.ledger.transaction() as books:
        for item in refused:
            # One id per day and action: a step that runs again replaces its own record.
            record_id = f"cycle:{day}:{item.symbol}:{item.side.value}"
            await books.save_trade_record(
                TradeRecord(
                    record_id=record_id,
                    at=now,
                    symbol=item.symbol,
                    action=item.side.value,
                    quantity=item.quantity,
                    justification=item.justification,
                    market=market_text(None, snapshot_of(market)),
                    portfolio_before=portfolio_text(market.portfolio.account),
                    asked_won=item.price_won,
                    status="DENIED: " + " / ".join(refusals),
                )
            )
            await note_refusal(books, record_id, now, item, violations)


def proposal_of(kit: CycleKit, plan: TradingPlan, actions: list[PlannedAction]) -> Proposal:
    """Return the basket of `actions`, sells first. The desk prices it from fresh quotes."""
    ordered = sorted(actions, key=lambda item: item.side is Side.BUY)
    legs = tuple(
        DraftLeg(
            symbol=item.symbol,
            side=item.side,
            quantity=item.quantity,
            reason=item.justification,
            by_rules=item.by_rules,
        )
        for item in ordered
    )
    key = "cycle.basket_rebalance" if plan.is_rebalance else "cycle.basket_exit"
    return Proposal(
        author=Author.STRATEGY,
        kind=TicketKind.BASKET,
        legs=legs,
        reason=kit.say(key, decided_on=plan.decided_on),
    )


async def present(
    kit: CycleKit, day: date, market: MarketState, plan: TradingPlan, verdict: GuardVerdict
) -> Presented:
    """Propose what the guard let through and return at once; the ✅ is waited for by rows."""
    allowed = set(verdict.allowed)
    actions = [item for item in plan.actions if (item.symbol, item.side) in allowed]
    if not actions:
        return Presented(ticket_id=None)
    standing = await _standing_ticket(kit, day)
    if standing is not None:
        return Presented(ticket_id=standing)
    leaving = await _leaving_already(kit)
    kept = [item for item in actions if item.side is Side.BUY or item.symbol not in leaving]
    left_out = tuple(
        kit.say("cycle.leaving_already", name=item.name) for item in actions if item not in kept
    )
    if not kept:
        return Presented(ticket_id=None, refusals=left_out)
    basket = replace(proposal_of(kit, plan, kept), snapshot=snapshot_of(market))
    answer = await kit.desk.proposer.propose(basket)
    if isinstance(answer, Ticket):
        return Presented(ticket_id=answer.ticket_id, refusals=left_out)
    refusals = _sentences(kit, answer.violations)
    return Presented(ticket_id=None, refusals=(*left_out, *refusals))


async def _leaving_already(kit: CycleKit) -> frozenset[Symbol]:
    """Return the symbols that an urgent exit sells: it waits for its ✅, or is on its way.

    A cycle that runs late must not show a second exit beside the watchtower's.
    """
    async with kit.stores.ledger.transaction() as books:
        shown = await books.tickets_in({TicketState.PRESENTED})
        waiting = {
            leg.envelope.symbol
            for ticket in shown
            if ticket.kind is TicketKind.EXIT
            for leg in ticket.legs
        }
        for order in await books.orders_in(set(OrderState) - END_STATES):
            ticket = await books.ticket(order.ticket_id)
            if ticket is not None and ticket.kind is TicketKind.EXIT:
                waiting.add(order.envelope.symbol)
    return frozenset(waiting)


async def _standing_ticket(kit: CycleKit, day: date) -> str | None:
    """Return today's basket when a crash came between showing it and noting that it was shown.

    Without this a restart would show the same basket twice, and both could be approved.
    """
    async with kit.stores.ledger.transaction() as books:
        tickets = await books.tickets_in({TicketState.PRESENTED, TicketState.APPROVED})
    found = (
        ticket.ticket_id
        for ticket in reversed(tickets)
        if ticket.kind is TicketKind.BASKET
        and ticket.author is Author.STRATEGY
        and ticket.created_at.date() == day
    )
    return next(found, None)
