"""From a proposal to a ticket: judge every leg, fix the envelopes, store, and ring the publisher."""

from __future__ import annotations

from dataclasses import dataclass, replace
from decimal import Decimal

from core.domain.account import AccountSnapshot
from core.domain.instrument import TaxType
from core.domain.market import Quote
from core.domain.money import Shares, Won
from core.domain.orders import OrderRequest, OrderType, Side
from core.domain.risk import Denied, Rule, Violation
from core.domain.tickets import (
    DraftLeg,
    Proposal,
    Ticket,
    TicketKind,
    TicketLeg,
    TicketState,
)
from core.services.orders.context import DeskContext
from core.services.orders.facts import FactReader, carried
from core.services.orders.records import write_denial, write_ticket
from core.services.orders.terms import Deadlines, deadlines, envelope_for, target_price
from core.services.risk.guard import LegFacts, affordable, assess

# Rules whose breach a smaller quantity cures.
_AMOUNT_RULES = frozenset(
    {
        Rule.ORDER_AMOUNT,
        Rule.DAY_AMOUNT,
        Rule.POSITION_WEIGHT,
        Rule.CAPITAL,
        Rule.CASH,
        Rule.SELLABLE,
    }
)
# Pacing is the executor's business: it waits. A ticket is not refused for it.
_PACING_RULES = frozenset({Rule.MINUTE_COUNT})


@dataclass(slots=True)
class _Draft:
    """What judging one proposal has gathered so far."""

    legs: list[TicketLeg]
    violations: list[Violation]
    notes: list[str]
    quotes: dict[str, Quote | None]
    cash_won: int = 0
    buys_won: int = 0


class Presenter:
    """Turns proposals into tickets."""

    def __init__(self, context: DeskContext, facts: FactReader) -> None:
        """Keep the ports."""
        self._context = context
        self._facts = facts

    async def propose(self, proposal: Proposal) -> Ticket | Denied:
        """Judge, store and show `proposal`; a Denied is stored with all its reasons."""
        context = self._context
        account, draft, until = await self._judge(proposal)
        refused = draft.violations and (proposal.kind is not TicketKind.BASKET or not draft.legs)
        if refused or not draft.legs or until is None:
            denied = Denied(violations=tuple(draft.violations))
            async with context.ledger.transaction() as tx:
                await write_denial(
                    tx,
                    proposal,
                    denied,
                    denial_id=context.identifiers.ticket_id(),
                    at=context.clock.now(),
                )
            return denied
        ticket = self._ticket(proposal, draft, until)
        async with context.ledger.transaction() as tx:
            await write_ticket(tx, ticket, draft.quotes, account)
        context.publishing_bell.ring()
        return ticket

    async def preview(self, proposal: Proposal) -> Denied | None:
        """Judge without storing anything; None means that a ticket would be shown."""
        _, draft, _ = await self._judge(proposal)
        return Denied(violations=tuple(draft.violations)) if draft.violations else None

    async def _judge(
        self, proposal: Proposal
    ) -> tuple[AccountSnapshot | None, _Draft, Deadlines | None]:
        draft = _Draft([], [], [], {})
        early = tuple(_obvious(proposal, self._context))
        if early:
            draft.violations.extend(early)
            return None, draft, None
        hours = await self._facts.hours()
        now = self._context.clock.now()
        until = deadlines(proposal.kind, now, hours) if hours else None
        in_window = hours is not None and now < hours.execution_window()[1]
        account = await self._facts.account()
        # Sells come first: their proceeds pay for the buys.
        for leg in sorted(proposal.legs, key=lambda item: item.side is Side.BUY):
            await self._judge_leg(proposal, leg, draft, account, until, in_window=in_window)
        return account, draft, until

    async def _judge_leg(
        self,
        proposal: Proposal,
        leg: DraftLeg,
        draft: _Draft,
        account: AccountSnapshot | None,
        until: Deadlines | None,
        *,
        in_window: bool,
    ) -> None:
        context = self._context
        price = None if leg.price_won is None else Won(leg.price_won)
        read = await self._facts.leg(
            leg.symbol,
            leg.side,
            leg.order_type,
            price_won=price,
            account=account,
            in_window=in_window and until is not None,
        )
        draft.quotes[leg.symbol] = read.quote
        facts = carried(
            read, cash_won=draft.cash_won, buys_won=draft.buys_won, count=len(draft.legs)
        )
        if facts.quote is None or until is None:
            rule = Rule.FACTS_MISSING if until is not None else Rule.SESSION_CLOSED
            draft.violations.append(Violation(rule=rule, symbol=leg.symbol))
            return
        request = OrderRequest(
            symbol=leg.symbol,
            side=leg.side,
            quantity=Shares(leg.quantity),
            price_won=None
            if leg.order_type is OrderType.MARKET
            else target_price(leg, facts.quote),
            order_type=leg.order_type,
        )
        quantity = self._allowed_quantity(proposal.kind, request, facts, draft)
        if quantity < 1:
            return
        made = self._leg(len(draft.legs) + 1, leg, quantity, facts, until, account)
        draft.legs.append(made)
        amount = (request.price_won or facts.quote.upper_limit_won) * quantity
        fee = context.costs.fee_won(amount)
        draft.cash_won += amount - fee if leg.side is Side.SELL else -(amount + fee)
        draft.buys_won += amount if leg.side is Side.BUY else 0

    def _allowed_quantity(
        self, kind: TicketKind, request: OrderRequest, facts: LegFacts, draft: _Draft
    ) -> int:
        """Return the quantity that passes; 0 after noting why nothing does.

        A basket's leg is reduced to what the amount rules allow and says so; what a person asked
        for is never changed behind their back, it is refused with the limit.
        """
        context = self._context
        found = [
            item
            for item in assess(request, facts, context.limits, context.costs)
            if item.rule not in _PACING_RULES
        ]
        if not found:
            return request.quantity
        curable = kind is TicketKind.BASKET and all(item.rule in _AMOUNT_RULES for item in found)
        reduced = affordable(request, facts, context.limits, context.costs) if curable else 0
        if reduced < 1:
            draft.violations.extend(found)
            return 0
        draft.notes.append(
            context.phrases.say(
                "orders.note_reduced",
                name=self._name(request.symbol),
                asked=request.quantity,
                quantity=reduced,
                rule=context.phrases.say(f"risk.short_{found[0].rule.value}"),
            )
        )
        return reduced

    def _leg(
        self,
        number: int,
        leg: DraftLeg,
        quantity: int,
        facts: LegFacts,
        until: Deadlines,
        account: AccountSnapshot | None,
    ) -> TicketLeg:
        context = self._context
        quote = facts.quote
        if quote is None:
            raise ValueError("a leg is made after its quote was read")
        price = None if leg.order_type is OrderType.MARKET else target_price(leg, quote)
        amount = (price or quote.last_won) * quantity
        tax = Won(0)
        if leg.side is Side.SELL and account is not None:
            held = account.position(leg.symbol)
            gain = amount - held.average_cost_won * quantity if held else Decimal(0)
            kind = facts.instrument.tax_type if facts.instrument else TaxType.HOLDING_PERIOD
            tax = context.costs.gain_tax_won(kind, Decimal(gain))
        return TicketLeg(
            number=number,
            name=self._name(leg.symbol),
            quantity=Shares(quantity),
            price_won=price,
            envelope=envelope_for(
                leg, quote, quantity, until.good_until, context.limits.collar_percent
            ),
            fee_won=context.costs.fee_won(amount),
            tax_won=tax,
            reason=leg.reason,
        )

    def _ticket(self, proposal: Proposal, draft: _Draft, until: Deadlines) -> Ticket:
        context = self._context
        identity = context.broker.identity
        ticket = Ticket(
            ticket_id=context.identifiers.ticket_id(),
            kind=proposal.kind,
            author=proposal.author,
            mode=identity.mode,
            account=identity.account_masked,
            legs=tuple(draft.legs),
            reason=proposal.reason,
            notes=tuple(draft.notes),
            created_at=context.clock.now(),
            expires_at=until.press_until,
            state=TicketState.PRESENTED,
            channel_id=proposal.thread_id,
        )
        return replace(ticket, payload_hash=ticket.hashed())

    def _name(self, symbol: str) -> str:
        instrument = next(
            (item for item in self._context.market.instruments() if item.symbol == symbol), None
        )
        return instrument.name if instrument else symbol


def _obvious(proposal: Proposal, context: DeskContext) -> list[Violation]:
    """Return what can be refused before any broker call: empty, absurd or unknown."""
    found: list[Violation] = []
    if not proposal.legs:
        found.append(Violation(rule=Rule.QUANTITY_MINIMUM, limit=1, value=0, unit="orders"))
    for leg in proposal.legs:
        if leg.quantity < 1:
            found.append(_quantity(Rule.QUANTITY_MINIMUM, leg, 1))
        elif leg.quantity > context.limits.quantity_maximum:
            found.append(_quantity(Rule.QUANTITY_MAXIMUM, leg, context.limits.quantity_maximum))
        if leg.price_won is not None and leg.price_won < 1:
            found.append(
                Violation(
                    rule=Rule.PRICE_OUTSIDE_BAND,
                    symbol=leg.symbol,
                    limit=1,
                    value=leg.price_won,
                    unit="won",
                )
            )
        if leg.side is Side.BUY and context.market.instrument(leg.symbol) is None:
            found.append(Violation(rule=Rule.UNKNOWN_SYMBOL, symbol=leg.symbol))
    return found


def _quantity(rule: Rule, leg: DraftLeg, limit: int) -> Violation:
    return Violation(rule=rule, symbol=leg.symbol, limit=limit, value=leg.quantity, unit="shares")
