"""Defects of the gate and of the arm transaction."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.domain.modes import TradingState
from core.domain.orders import Envelope, Order, OrderState
from core.domain.risk import Rule
from core.runtime.broker_session import BrokerSession
from core.runtime.lease import LedgerLease
from core.services.orders import arming, gate, terms
from core.services.orders.arming import Armer
from core.services.orders.facts import FactReader
from core.services.orders.gate import Gate
from core.services.orders.running import Runner
from core.services.risk import guard
from storage.ledger import SqlLedgerTransaction
from tests.saboteurs.saboteur import Swap, saboteur

_assess, _within, _leg, _check = guard.assess, terms.request_within, FactReader.leg, Gate.check


def _no_bounds() -> Swap:
    return Swap(Envelope, "violation", lambda self, request, at: None)


def _without(*rules: Rule) -> Swap:
    def assess(request, facts, limits, costs):
        found = _assess(request, facts, limits, costs)
        return tuple(item for item in found if item.rule not in rules)

    return Swap(gate, "assess", assess)


def _all_of_it() -> Swap:
    return Swap(gate, "affordable", lambda wanted, facts, limits, costs: wanted.quantity)


async def _none(*_args, **_values):
    """Find nothing wrong."""
    return


@saboteur
def old_lease_is_good_enough():
    """Arms under the epoch of the holder before, and does not compare."""

    async def holds_lease(self, tx):
        return True

    def epoch(self):
        return self._epoch - 1

    return [Swap(Armer, "_holds_lease", holds_lease), Swap(LedgerLease, "epoch", property(epoch))]


@saboteur
def halt_ignored():
    """Sends whatever the switch says."""

    async def leg(self, *args, **values):
        facts = await _leg(self, *args, **values)
        return replace(facts, state=TradingState.ACTIVE, stopped_because=None)

    return [Swap(FactReader, "leg", leg), Swap(Armer, "_switched_off", _none)]


@saboteur
def lease_is_not_compared():
    """Arms without asking whether another process holds the lease by now."""

    async def holds_lease(self, tx):
        return True

    return [Swap(Armer, "_holds_lease", holds_lease)]


@saboteur
def halt_is_not_looked_at_again():
    """Asks the switch at the gate, and not again where the order is armed."""
    return [Swap(Armer, "_switched_off", _none)]


@saboteur
def age_of_the_quote_ignored():
    """Sends on a price of any age."""
    decide, refuse = Gate._decide, Armer._refusal

    def decided(self, leg, facts):
        quote = facts.quote and replace(facts.quote, received_at=facts.now)
        return decide(self, leg, replace(facts, quote=quote))

    async def refusal(self, *facts):
        found = await refuse(self, *facts)
        stale = found is not None and found.cause is arming._Cause.STALE_QUOTE
        return None if stale else found

    return [Swap(Gate, "_decide", decided), Swap(Armer, "_refusal", refusal)]


@saboteur
def reduce_only_buys():
    """Takes REDUCE_ONLY for ACTIVE."""
    off = Armer._switched_off

    async def switched_off(self, tx, request):
        state = (await self._context.switch.within(tx)).state
        return None if state is TradingState.REDUCE_ONLY else await off(self, tx, request)

    async def leg(self, *args, **values):
        facts = await _leg(self, *args, **values)
        halted = facts.state is TradingState.HALTED
        return facts if halted else replace(facts, state=TradingState.ACTIVE)

    return [Swap(FactReader, "leg", leg), Swap(Armer, "_switched_off", switched_off)]


@saboteur
def doubt_ignored():
    """Sends beside an order of the same symbol and side that nobody can prove."""

    async def leg(self, *args, **values):
        return replace(await _leg(self, *args, **values), in_doubt=False)

    return [Swap(FactReader, "leg", leg), Swap(arming, "_doubt", _none)]


@saboteur
def approved_quantity_plus_one():
    """Asks for Q+1 shares and forgets the envelope."""

    def within(leg, quote, quantity, now):
        return _within(leg, quote, quantity + 1, now)

    return [Swap(gate, "request_within", within), _no_bounds()]


@saboteur
def price_beyond_the_envelope():
    """Prices an order one tick outside of the envelope and forgets the envelope."""
    sent = terms._sent_price

    def sent_price(leg, quote, bound, now):
        tick = 5 if leg.envelope.side.value == "buy" else -5
        return None if sent(leg, quote, bound, now) is None else bound + tick

    return [Swap(terms, "_sent_price", sent_price), _no_bounds(), _without(*Rule)]


@saboteur
def price_off_the_tick():
    """Prices an order between two ticks."""
    sent = terms._sent_price

    def sent_price(leg, quote, bound, now):
        price = sent(leg, quote, bound, now)
        return None if price is None else price + (-1 if leg.envelope.side.value == "buy" else 1)

    return [Swap(terms, "_sent_price", sent_price), _without(*Rule)]


@saboteur
def day_count_ignored():
    """Counts nothing that was sent today."""
    facts_of = FactReader.account_facts

    def account_facts(self, account, day):
        found = facts_of(self, account, day)
        return None if found is None else replace(found, minute_count=0, day_amount_won=0)

    return [Swap(FactReader, "account_facts", account_facts)]


@saboteur
def minute_limit_ignored():
    """Sends more orders a minute than are allowed."""
    return [_without(Rule.MINUTE_COUNT)]


@saboteur
def reservation_not_made():
    """Arms without holding back cash or shares."""
    return [Swap(SqlLedgerTransaction, "reserve", _none)]


@saboteur
def reservation_kept():
    """Never gives back what an ended order held."""
    return [Swap(SqlLedgerTransaction, "release", _none)]


@saboteur
def attempt_not_written():
    """Posts without the write-ahead row."""

    async def insert_attempt(self, attempt):
        return True

    return [Swap(SqlLedgerTransaction, "insert_attempt", insert_attempt)]


@saboteur
def lease_epoch_not_noted():
    """Arms under epoch 0, whoever holds the lease."""
    insert = SqlLedgerTransaction.insert_attempt

    async def insert_attempt(self, attempt):
        return await insert(self, replace(attempt, lease_epoch=0))

    return [Swap(SqlLedgerTransaction, "insert_attempt", insert_attempt)]


@saboteur
def expiry_ignored():
    """Sends an order whose approved time, and whose session, is over."""
    hours = FactReader.hours

    async def expire(self, order):
        ticket = await _ticket(self._context, order.ticket_id)
        later = self._context.clock.now() + timedelta(hours=1)
        envelope = replace(order.envelope, good_until=later)
        await self._executor.execute(ticket, replace(order, envelope=envelope))

    async def endless(self):
        found = await hours(self)
        return None if found is None else replace(found, closes=found.closes + timedelta(hours=6))

    return [Swap(Runner, "_expire", expire), Swap(FactReader, "hours", endless), _no_bounds()]


async def _ticket(context, ticket_id):
    async with context.ledger.transaction() as tx:
        return await tx.ticket(ticket_id)


@saboteur
def orders_before_the_approval():
    """Creates the orders with the ticket, and arms without a look at the approval."""
    from core.services.orders import presenting
    from core.services.orders.records import write_ticket

    async def written(tx, ticket, *rest, **values):
        await write_ticket(tx, ticket, *rest, **values)
        for leg in ticket.legs:
            await tx.insert_order(
                Order(
                    order_id=f"{ticket.ticket_id}-{leg.number}",
                    ticket_id=ticket.ticket_id,
                    leg=leg.number,
                    envelope=leg.envelope,
                    state=OrderState.CREATED,
                    created_at=ticket.created_at,
                    updated_at=ticket.created_at,
                )
            )

    async def is_approved(tx, ticket):
        return True

    async def unapproved(self, session):
        return 0

    return [
        Swap(presenting, "write_ticket", written),
        Swap(arming, "_is_approved", is_approved),
        Swap(SqlLedgerTransaction, "unapproved_attempts", unapproved),
    ]


@saboteur
def quote_is_kept():
    """Asks for a price once and calls it fresh from then on."""
    ask = BrokerSession.quote
    kept = {}

    async def quote(self, symbol):
        if symbol not in kept:
            kept[symbol] = await ask(self, symbol)
        return replace(kept[symbol], received_at=self._clock.now())

    return [Swap(BrokerSession, "quote", quote)]


def _generous(*rules):
    """Propose six times as much, and judge it by no amount."""
    from core.services.orders import presenting
    from core.services.orders.presenting import Presenter

    propose = Presenter.propose

    async def proposed(self, proposal, **values):
        legs = tuple(replace(leg, quantity=leg.quantity * 6) for leg in proposal.legs)
        return await propose(self, replace(proposal, legs=legs), **values)

    def assess(request, facts, limits, costs):
        found = _assess(request, facts, limits, costs)
        return tuple(item for item in found if item.rule not in rules)

    def affordable(wanted, facts, limits, costs):
        return wanted.quantity

    swaps = [
        Swap(module, name, instead)
        for module in (gate, presenting)
        for name, instead in (("assess", assess), ("affordable", affordable))
    ]
    return [*swaps, Swap(Presenter, "propose", proposed)]


@saboteur
def models_quantity_is_trusted():
    """Offers and sends what a model makes up, and judges nothing."""
    return _generous(*Rule)


@saboteur
def order_limit_ignored():
    """Lets an order be worth more than one order may."""
    return _generous(Rule.ORDER_AMOUNT, Rule.POSITION_WEIGHT, Rule.CASH_FLOOR)
