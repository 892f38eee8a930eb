"""The gate: fresh facts at the moment of sending, and what follows from them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from core.domain.market import Quote
from core.domain.money import Shares
from core.domain.orders import Order, OrderRequest, Side
from core.domain.risk import AMOUNT_RULES, Rule, Violation
from core.domain.tickets import Ticket, TicketLeg
from core.ports.phrases import Phrases
from core.services.orders.context import DeskContext
from core.services.orders.facts import RESERVED, FactReader
from core.services.orders.terms import request_within
from core.services.risk.fair_value import OVERRIDABLE
from core.services.risk.guard import LegFacts, affordable, assess, reserve_price_won
from core.services.risk.wording import explain

# What could not be read, or would break the pace, is looked at again this much later.
RETRY_AFTER = timedelta(seconds=5)
# Why less than the approved quantity is sent: a list of rules among the facts of ``order.gated``.
REDUCED_BY = "reduced_by"


@dataclass(frozen=True, slots=True, kw_only=True)
class Ready:
    """May be armed now with exactly this request.

    `attempts_seen` is how many orders of today had counted when the limits were judged: if there
    is another one since, what the limits allowed may be used up. `room` is what may be used (won
    of a buy, shares of a sell), `band` the day's lowest and highest price, `note` what is said on
    the order's line.
    """

    request: OrderRequest
    leg: TicketLeg
    quoted_at: datetime
    attempts_seen: int
    room: int
    band: tuple[int, int]
    facts: Mapping[str, object]
    note: str = ""


@dataclass(frozen=True, slots=True)
class Later:
    """Not yet. `reason` is a sentence; `is_fault` says that facts are missing, not the pace.

    `error` is what was met, for the journal.
    """

    until: datetime
    reason: str
    is_fault: bool
    error: str = ""


@dataclass(frozen=True, slots=True)
class Blocked:
    """Not at all; `reason` is a sentence."""

    reason: str


@dataclass(frozen=True, slots=True)
class Outside:
    """The market left the approved envelope; a fresh ticket is offered."""

    reason: str


Verdict = Ready | Later | Blocked | Outside


class Gate:
    """Judges one approved order against facts read now."""

    def __init__(self, context: DeskContext, facts: FactReader) -> None:
        """Keep the ports."""
        self._context = context
        self._facts = facts

    async def too_early(self) -> datetime | None:
        """Return when the execution window opens, if that is still to come today."""
        hours = await self._facts.hours()
        if hours is None:
            return None
        opens = hours.execution_window()[0]
        return opens if self._context.clock.now() < opens else None

    async def check(self, ticket: Ticket, order: Order) -> Verdict:
        """Read quote, cash or sellable shares and switches, and decide."""
        context = self._context
        hours = await self._facts.hours()
        now = context.clock.now()
        if hours is None:
            return Blocked(self._say("orders.reason_session_closed"))
        if now >= hours.execution_window()[1] or now > order.envelope.good_until:
            return Blocked(self._say("orders.reason_too_late"))
        account = await self._facts.account()
        leg = next(item for item in ticket.legs if item.number == order.leg)
        facts = await self._facts.leg(
            order.envelope.symbol,
            order.envelope.side,
            order.envelope.order_type,
            price_won=order.envelope.limit_won,
            account=account,
            in_window=True,
            ticket_id=ticket.ticket_id,
        )
        if facts.waits_for_clock:
            return self._later(facts.now, "orders.reason_waiting_clock_breaker", is_fault=True)
        return self._decide(leg, facts)

    def _decide(self, leg: TicketLeg, facts: LegFacts) -> Verdict:
        context = self._context
        quote, account = facts.quote, facts.account
        readable = facts.cash_won if leg.envelope.side is Side.BUY else facts.sellable
        if quote is None or account is None or readable is None:
            return self._later(facts.now, "orders.reason_waiting_facts", is_fault=True)
        if facts.now - quote.received_at > timedelta(seconds=context.limits.quote_age_seconds):
            return self._later(facts.now, "orders.reason_waiting_quote", is_fault=True)
        wanted = request_within(leg, quote, leg.envelope.quantity_max, facts.now)
        if wanted is None:
            return Outside(
                self._say(
                    f"orders.reason_outside_{leg.envelope.side.value}",
                    price=quote.last_won,
                    limit=leg.envelope.limit_won or 0,
                )
            )
        # A rule takes its part of what was asked once, also where less is sent for another reason.
        facts = replace(facts, asked=facts.asked or wanted.quantity)
        quantity = affordable(wanted, facts, context.limits, context.costs)
        request = replace(wanted, quantity=Shares(quantity)) if quantity else wanted
        found = assess(request, facts, context.limits, context.costs)
        if found:
            return self._refused(found, facts.now)
        return Ready(
            request=request,
            leg=leg,
            quoted_at=quote.received_at,
            attempts_seen=account.day_count,
            room=readable,
            band=(quote.lower_limit_won, quote.upper_limit_won),
            facts={
                **_gate_facts(request, quote, facts),
                REDUCED_BY: self._reduced_by(wanted, request, facts),
            },
        )

    def _refused(self, found: tuple[Violation, ...], now: datetime) -> Verdict:
        """Wait for what passes by itself; everything else ends the order."""
        rules = {item.rule for item in found}
        if rules == {Rule.MINUTE_COUNT}:
            return self._later(now, "orders.reason_waiting_pace", is_fault=False)
        if rules <= {Rule.IN_VI, Rule.INAV_MISSING, Rule.MINUTE_COUNT}:
            key = "vi" if Rule.IN_VI in rules else "inav"
            return self._later(now, f"orders.reason_waiting_{key}", is_fault=True)
        words = self._words(found)
        if rules <= OVERRIDABLE:
            words = self._say("orders.reason_inav", reason=words)
        return Blocked(words)

    def _reduced_by(
        self, wanted: OrderRequest, request: OrderRequest, facts: LegFacts
    ) -> list[str]:
        """Return the rules that the approved quantity would break now; empty when it is sent."""
        if request.quantity == wanted.quantity:
            return []
        context = self._context
        broken = assess(wanted, facts, context.limits, context.costs)
        return [_named(item) for item in broken if item.rule in AMOUNT_RULES]

    def _later(self, now: datetime, key: str, *, is_fault: bool) -> Later:
        return Later(now + RETRY_AFTER, self._say(key), is_fault)

    def _words(self, found: tuple[Violation, ...]) -> str:
        return explain(found, self._context.phrases, self._context.market)

    def _say(self, key: str, **values: object) -> str:
        phrases: Phrases = self._context.phrases
        return phrases.say(key, **values)


def _named(item: Violation) -> str:
    """Return a rule of the guard, with the ids of the user's own rules behind a colon."""
    return f"{item.rule.value}:{item.because}" if item.because else item.rule.value


def _gate_facts(request: OrderRequest, quote: Quote, facts: LegFacts) -> dict[str, object]:
    return {
        "signature": request.signature,
        "last_won": quote.last_won,
        "ask_won": quote.best_ask_won,
        "bid_won": quote.best_bid_won,
        RESERVED: reserve_price_won(request, quote),
        "cash_won" if request.side is Side.BUY else "sellable": (
            facts.cash_won if request.side is Side.BUY else facts.sellable
        ),
        "state": facts.state.value,
    }
