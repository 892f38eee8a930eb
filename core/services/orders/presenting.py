"""From a proposal to a ticket: judge every leg, fix the envelopes, store, and ring the publisher."""

from __future__ import annotations

from dataclasses import dataclass, field, replace
from decimal import Decimal

from core.domain.account import AccountSnapshot
from core.domain.instrument import Symbol, TaxType
from core.domain.market import Quote
from core.domain.money import Shares, Won
from core.domain.orders import OrderRequest, OrderType, Side
from core.domain.risk import AMOUNT_RULES, Denied, Rule, Violation
from core.domain.shown import Outlook, choices_of
from core.domain.tickets import (
    DraftLeg,
    Proposal,
    Ticket,
    TicketKind,
    TicketLeg,
    TicketState,
)
from core.ports.desk import Along
from core.ports.ledger import LedgerTransaction
from core.services.orders.beside import beside, outlook
from core.services.orders.capping import CapChoice, CapChooser
from core.services.orders.carried import Carried, carried
from core.services.orders.context import DeskContext
from core.services.orders.facts import FactReader
from core.services.orders.fair_values import nav_notes, overridable_in
from core.services.orders.obvious import obvious
from core.services.orders.records import ShownBy, supersede, write_denial, write_ticket
from core.services.orders.standing import offer_stops
from core.services.orders.terms import Deadlines, deadlines, envelope_for, target_price
from core.services.orders.values import Revision
from core.services.risk.fair_value import OVERRIDABLE
from core.services.risk.guard import LegFacts, affordable, assess, reserve_price_won
from core.services.risk.wording import sentence

# A ticket is shown in spite of these. Pacing is the executor's business: it waits. What a person
# may override is said on the ticket, and judged again before anything is sent.
_SHOWN_ANYWAY = frozenset({Rule.MINUTE_COUNT}) | OVERRIDABLE


@dataclass(slots=True)
class _Draft:
    """What judging one proposal has gathered so far."""

    legs: list[TicketLeg] = field(default_factory=list)
    dropped: list[DraftLeg] = field(default_factory=list)
    violations: list[Violation] = field(default_factory=list)
    notes: list[str] = field(default_factory=list)
    quotes: dict[str, Quote | None] = field(default_factory=dict)
    carried: Carried = field(default_factory=Carried)
    cap: CapChoice | None = None
    beyond: list[str] = field(default_factory=list)
    # What the user's rules took shares off, by symbol.
    shrunk: dict[str, Violation] = field(default_factory=dict)
    # What each leg leads to, by its number.
    outlooks: dict[int, Outlook] = field(default_factory=dict)


class Presenter:
    """Turns proposals into tickets."""

    def __init__(self, context: DeskContext, facts: FactReader) -> None:
        """Keep the ports."""
        self._context = context
        self._facts = facts
        self._caps = CapChooser(context, facts)

    async def propose(
        self,
        proposal: Proposal,
        *,
        replaces: Ticket | None = None,
        actor: str = "",
        along: Along | None = None,
        revision: Revision | None = None,
    ) -> Ticket | Denied:
        """Judge, store and show `proposal`; a Denied is stored with all its reasons.

        With `replaces` (`actor` edited it) that ticket is superseded in the same transaction that
        stores the new one; a Denied leaves it alone. Raises StaleState when it was decided.
        `along` is called in that transaction too, and undoes it by raising. `revision` says what
        the new ticket takes over from the old one.
        """
        context = self._context
        account, draft, until = await self._judge(proposal)
        denied = Denied(violations=tuple(draft.violations))
        partly = proposal.kind is TicketKind.BASKET and draft.legs
        if until is None or not draft.legs or (draft.violations and not partly):
            async with context.ledger.transaction() as tx:
                await self._write_denial(tx, proposal, denied, proposal.legs, draft, account)
                if along is not None:
                    await along(tx, denied)
            return denied
        ticket = self._ticket(proposal, draft, until, revision)
        names = {leg.symbol: self._name(leg.symbol) for leg in proposal.legs}
        choices = choices_of(proposal.legs, names)
        with_it = beside(ticket, choices, draft.outlooks, revision, context.phrases)
        async with context.ledger.transaction() as tx:
            if replaces is not None:
                await supersede(tx, replaces, ticket, actor)
            if draft.dropped:
                await self._write_denial(tx, proposal, denied, tuple(draft.dropped), draft, account)
            shown = ShownBy(
                cap_percent=draft.cap.percent if draft.cap else None,
                beyond=draft.beyond,
                shrunk=draft.shrunk,
                leaving={leg.symbol: leg.by_rules for leg in proposal.legs if leg.by_rules},
                with_it=with_it,
            )
            await write_ticket(tx, ticket, draft.quotes, account, shown, proposal.snapshot)
            await offer_stops(tx, ticket, context.policy.standing)
            if along is not None:
                await along(tx, ticket)
        context.publishing_bell.ring()
        return ticket

    async def _write_denial(
        self,
        tx: LedgerTransaction,
        proposal: Proposal,
        denied: Denied,
        legs: tuple[DraftLeg, ...],
        draft: _Draft,
        account: AccountSnapshot | None,
    ) -> None:
        await write_denial(
            tx,
            proposal,
            denied,
            legs=legs,
            denial_id=self._context.identifiers.ticket_id(),
            at=self._context.clock.now(),
            quotes=draft.quotes,
            account=account,
        )

    async def preview(self, proposal: Proposal) -> Denied | None:
        """Judge without storing anything; None means that every leg would be in the ticket."""
        _, draft, _ = await self._judge(proposal)
        return Denied(violations=tuple(draft.violations)) if draft.violations else None

    async def _judge(
        self, proposal: Proposal
    ) -> tuple[AccountSnapshot | None, _Draft, Deadlines | None]:
        draft = _Draft()
        early = tuple(obvious(proposal, self._context))
        if early:
            draft.violations.extend(early)
            return None, draft, None
        hours = await self._facts.hours()
        now = self._context.clock.now()
        until = deadlines(proposal.kind, now, hours) if hours else None
        # A ticket that nobody could press any more is not shown.
        if until is None or now >= until.press_until:
            draft.violations.append(Violation(rule=Rule.SESSION_CLOSED))
            return None, draft, None
        account = await self._facts.account()
        draft.cap = await self._caps.choose(proposal, account)
        # Sells come first: their proceeds pay for the buys.
        for leg in sorted(proposal.legs, key=lambda item: item.side is Side.BUY):
            found = await self._judge_leg(proposal.kind, leg, draft, account, until)
            if found:
                draft.violations.extend(found)
                draft.dropped.append(leg)
                draft.notes.append(self._dropped_note(leg, found))
        return account, draft, until

    async def _judge_leg(
        self,
        kind: TicketKind,
        leg: DraftLeg,
        draft: _Draft,
        account: AccountSnapshot | None,
        until: Deadlines,
    ) -> tuple[Violation, ...]:
        """Add `leg` to the draft, or return why it cannot be."""
        price = None if leg.price_won is None else Won(leg.price_won)
        read = await self._facts.leg(
            leg.symbol,
            leg.side,
            leg.order_type,
            price_won=price,
            account=account,
            in_window=True,
            cap_percent=draft.cap.percent if draft.cap else None,
        )
        draft.quotes[leg.symbol] = read.quote
        facts = carried(read, leg.symbol, draft.carried)
        quote = facts.quote
        if quote is None:
            return (Violation(rule=Rule.FACTS_MISSING, symbol=leg.symbol),)
        request = OrderRequest(
            symbol=leg.symbol,
            side=leg.side,
            quantity=Shares(leg.quantity),
            price_won=None if leg.order_type is OrderType.MARKET else target_price(leg, quote),
            order_type=leg.order_type,
        )
        quantity, found = self._allowed_quantity(kind, request, facts, draft)
        if found:
            return found
        request = replace(request, quantity=Shares(quantity))
        self._note_nav(request, facts, quote, draft)
        number = len(draft.legs) + 1
        draft.legs.append(self._leg(number, leg, request, quote, facts, until, account))
        draft.outlooks[number] = outlook(request, quote, account, self._context.policy)
        self._carry(draft.carried, request, quote)
        return ()

    def _note_nav(
        self, request: OrderRequest, facts: LegFacts, quote: Quote, draft: _Draft
    ) -> None:
        """Say what is known of the leg's iNAV, once if it is the same for all legs."""
        context = self._context
        found = assess(request, facts, context.limits, context.costs)
        draft.beyond.extend(item.rule.value for item in overridable_in(found))
        notes = nav_notes(context, request.symbol, quote, facts.nav, found)
        draft.notes.extend(note for note in notes if note not in draft.notes)

    def _carry(self, earlier: Carried, request: OrderRequest, quote: Quote) -> None:
        """Note what a leg does to the legs after it. A market sale may fetch the lower limit."""
        if request.side is Side.BUY:
            price = reserve_price_won(request, quote)
        else:
            price = request.price_won if request.price_won is not None else quote.lower_limit_won
        costs = self._context.costs
        earlier.add(request.symbol, request.side, request.quantity, price, costs)

    def _allowed_quantity(
        self, kind: TicketKind, request: OrderRequest, facts: LegFacts, draft: _Draft
    ) -> tuple[int, tuple[Violation, ...]]:
        """Return the quantity that passes, or 0 and why nothing does.

        A basket's leg is reduced to what the amount rules allow and says so; what a person asked
        for is never changed behind their back, it is refused with the limit.
        """
        context = self._context
        found = tuple(
            item
            for item in assess(request, facts, context.limits, context.costs)
            if item.rule not in _SHOWN_ANYWAY
        )
        if not found:
            return request.quantity, ()
        curable = kind is TicketKind.BASKET and all(item.rule in AMOUNT_RULES for item in found)
        reduced = affordable(request, facts, context.limits, context.costs) if curable else 0
        if reduced < 1:
            return 0, found
        by_rules = (item for item in found if item.rule is Rule.RULE_SHRINKS)
        draft.shrunk.update((request.symbol, item) for item in by_rules)
        draft.notes.append(
            context.phrases.say(
                "orders.note_reduced",
                name=self._name(request.symbol),
                asked=request.quantity,
                quantity=reduced,
                rule=", ".join(
                    context.phrases.say(f"risk.short_{item.rule.value}", because=item.because)
                    for item in found
                ),
            )
        )
        return reduced, ()

    def _dropped_note(self, leg: DraftLeg, found: tuple[Violation, ...]) -> str:
        context = self._context
        why = " ".join(sentence(item, context.phrases, context.market) for item in found)
        return context.phrases.say("orders.note_dropped", name=self._name(leg.symbol), reason=why)

    def _leg(
        self,
        number: int,
        leg: DraftLeg,
        request: OrderRequest,
        quote: Quote,
        facts: LegFacts,
        until: Deadlines,
        account: AccountSnapshot | None,
    ) -> TicketLeg:
        context = self._context
        price, quantity = request.price_won, request.quantity
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
            quantity=quantity,
            price_won=price,
            envelope=envelope_for(
                leg, quote, quantity, until.good_until, context.limits.collar_percent
            ),
            fee_won=context.costs.fee_won(amount),
            tax_won=tax,
            reason=leg.reason,
        )

    def _ticket(
        self, proposal: Proposal, draft: _Draft, until: Deadlines, revision: Revision | None
    ) -> Ticket:
        context = self._context
        identity = context.broker.identity
        place = revision.place if revision else None
        last = revision.press_until if revision else None
        ticket = Ticket(
            ticket_id=context.identifiers.ticket_id(),
            kind=proposal.kind,
            author=proposal.author,
            mode=identity.mode,
            account=identity.account_masked,
            legs=tuple(draft.legs),
            reason=proposal.reason,
            notes=_notes(draft),
            created_at=context.clock.now(),
            expires_at=min(until.press_until, last) if last else until.press_until,
            state=TicketState.PRESENTED,
            channel_id=place[0] if place else proposal.thread_id,
            message_id=place[1] if place else None,
        )
        return replace(ticket, payload_hash=ticket.hashed())

    def _name(self, symbol: Symbol) -> str:
        instrument = self._context.market.instrument(symbol)
        return instrument.name if instrument else symbol


def _notes(draft: _Draft) -> tuple[str, ...]:
    """Return what the ticket says beside its terms; the cap only where something is bought."""
    buys = any(leg.envelope.side is Side.BUY for leg in draft.legs)
    return (*((draft.cap.note,) if draft.cap and buys else ()), *draft.notes)
