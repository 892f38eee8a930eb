"""The exit policy on live prices: urgent tickets, offered anew while nobody answers.

The policy itself is `core.strategy.exits`, the same that the daily cycle and the backtest ask. A
ticket takes the normal way (propose → ✅ → gate → broker); nothing here can send an order. The ✅ of
a stop may have been given in advance, with the entry; the desk judges whether it was.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

import structlog

from core.domain.account import Position
from core.domain.alerts import Severity
from core.domain.exit_offers import ExitKind, ExitOffer
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import Quote
from core.domain.orders import Side
from core.domain.passages import WatchedPosition
from core.domain.risk import Denied
from core.domain.standing import StandingGap, StopReached
from core.domain.tickets import Author, DraftLeg, Proposal, Ticket, TicketKind
from core.errors import BrokerError, StaleState
from core.ports.desk import Along
from core.ports.ledger import LedgerTransaction
from core.services.risk.wording import explain
from core.services.watch.alerting import KEY
from core.services.watch.context import TowerContext
from core.services.watch.facts import Holdings
from core.services.watch.standing import AGAIN_AFTER, NextStep, Standing, next_step, standing_of
from core.strategy.exits import Exit, Passage, exit_of, profit_mark, stop_level

_LOG = structlog.get_logger(__name__)
ACTOR = "watchtower"
# An exit that is due is looked at in the ledger no more often than this.
LOOK_AFTER = timedelta(seconds=15)
# What was refused, or could not be confirmed, is tried again after this long.
RETRY_AFTER = timedelta(minutes=1)


@dataclass(frozen=True, slots=True)
class Due:
    """An exit that fresh facts confirm: what is held, at which quote, and what the policy says."""

    position: Position
    quote: Quote
    leaving: Exit
    passage: Passage


class ExitWatch:
    """Judges holdings by live prices and offers what the policy calls for."""

    def __init__(self, context: TowerContext, holdings: Holdings) -> None:
        """No peak was seen yet, and nothing waits."""
        self._context = context
        self._holdings = holdings
        self._passages: Mapping[Symbol, WatchedPosition] = {}
        self._peaks: dict[Symbol, int] = {}
        # A half that was refused must not keep a stop waiting: each kind has its own time.
        self._not_before: dict[tuple[Symbol, ExitKind], datetime] = {}

    async def prepare(self) -> None:
        """Read what is remembered of the holdings, and add the highest prices that were seen.

        Raises StorageError.
        """
        held = {item.symbol for item in self._holdings.positions()}
        self._peaks = {symbol: won for symbol, won in self._peaks.items() if symbol in held}
        known = {item.symbol: item for item in await self._context.passages.watched()}
        for symbol, won in self._peaks.items():
            if symbol in known and won > known[symbol].peak_won:
                at = self._context.clock.now()
                await self._context.passages.raise_peak(symbol, won, at)
                known[symbol] = replace(known[symbol], peak_won=won)
        self._passages = known

    def see(self, position: Position, price_won: int) -> bool:
        """Take in a live price; return whether the policy calls for an exit at it."""
        parameters = self._context.parameters
        if position.average_cost_won <= 0:
            return False
        # Below the mark a peak changes nothing: the closes are remembered anyway.
        if price_won >= profit_mark(position.average_cost_won, parameters):
            self._peaks[position.symbol] = max(self._peaks.get(position.symbol, 0), price_won)
        return self._exit(position, price_won) is not None

    async def offer(self, position: Position, price_won: int) -> Ticket | None:
        """Do what is due about an exit that a live price calls for; return a ticket if one was made.

        Fresh facts of the broker must confirm it. Raises StorageError.
        """
        now, symbol = self._context.clock.now(), position.symbol
        leaving = self._exit(position, price_won)
        if leaving is None or not self._is_time(now):
            return None
        key = (symbol, leaving.kind)
        if now < self._not_before.get(key, now):
            return None
        self._not_before[key] = now + LOOK_AFTER
        standing = await self._standing(symbol)
        step = next_step(standing, symbol, leaving.kind, leaving.quantity, now)
        if step is NextStep.WAIT:
            return None
        self._not_before[key] = now + RETRY_AFTER
        due = await self._confirmed(symbol)
        if due is None:
            return None
        # What is true now may be another exit than the one that was seen.
        step = next_step(standing, symbol, due.leaving.kind, due.leaving.quantity, now)
        if step is NextStep.OFFER:
            return await self._propose(due, standing)
        if step is NextStep.REMIND and standing.own_ticket is not None:
            await self._remind(due, standing.own_ticket, now)
        return None

    async def _standing(self, symbol: Symbol) -> Standing:
        today = self._today()
        remembered = self._passages.get(symbol)
        begun_on = remembered.begun_on if remembered else today
        async with self._context.ledger.transaction() as tx:
            return await standing_of(tx, self._context.line_of, symbol, today, begun_on=begun_on)

    async def _confirmed(self, symbol: Symbol) -> Due | None:
        """Ask the broker for account and quote now: a live price alone offers nothing."""
        if not await self._holdings.refresh(now_due=True):
            return None
        position = self._holdings.position(symbol)
        if position is None:
            return None
        try:
            quote = await self._context.market.quote(symbol)
        except BrokerError as error:
            _LOG.warning("an exit could not be confirmed", symbol=symbol, error=str(error))
            return None
        leaving = self._exit(position, quote.last_won)
        if leaving is None or quote.is_halted:
            return None
        return Due(position, quote, leaving, self._passage(position))

    async def _propose(self, due: Due, standing: Standing) -> Ticket | None:
        symbol = due.position.symbol
        reason = self._reason(due)
        leg = DraftLeg(symbol=symbol, side=Side.SELL, quantity=due.leaving.quantity, reason=reason)
        proposal = Proposal(
            author=Author.STRATEGY,
            kind=TicketKind.EXIT,
            legs=(leg,),
            reason=self._context.say("exit_ticket"),
        )
        # Judged first, because a refusal that is stored anew every minute tells nothing more.
        denied = await self._context.desk.preview(proposal)
        if denied is not None:
            async with self._context.ledger.transaction() as tx:
                await self._tell_denied(tx, due, denied, reason)
            return None
        number = standing.number_of(due.leaving.kind)
        along = self._noting(due, number, reason)
        try:
            made = await self._context.desk.propose(
                proposal, replaces=standing.own_ticket, actor=ACTOR, along=along
            )
        except StaleState:
            _LOG.info("answered, or offered, at the last moment", symbol=symbol)
            return None
        # It may have been approved in advance, in the transaction that is over now.
        self._context.desk.wake()
        return None if isinstance(made, Denied) else made

    def _noting(self, due: Due, number: int, reason: str) -> Along:
        """Return what is written in the transaction of the ticket: the offer, and the alarm."""
        context, today = self._context, self._today()
        symbol, kind = due.position.symbol, due.leaving.kind
        urgent = f"{KEY}:{Severity.URGENT.value}"
        name = context.name_of(symbol)

        async def note(tx: LedgerTransaction, made: Ticket | Denied) -> None:
            if isinstance(made, Denied):
                await self._tell_denied(tx, due, made, reason)
                return
            offer = ExitOffer(
                ticket_id=made.ticket_id,
                symbol=symbol,
                session=today,
                kind=kind,
                number=number,
                price_won=due.quote.last_won,
                offered_at=made.created_at,
            )
            if not await tx.insert_exit_offer(offer):
                raise StaleState(f"{kind.value} of {symbol} was offered already")
            gap = await self._in_advance(tx, made, due)
            text = self._offered(made, number, reason, gap)
            title = context.say(f"exit_title_{kind.value}", name=name)
            await context.outbox.tell(tx, f"{urgent}:exit:{made.ticket_id}", title, text)

        return note

    async def _in_advance(
        self, tx: LedgerTransaction, made: Ticket, due: Due
    ) -> StandingGap | None:
        """Let the stop that a person granted with the entry approve the ticket, if it is one."""
        if due.leaving.kind is not ExitKind.STOP_LOSS:
            return StandingGap.NONE
        reached = StopReached(
            symbol=due.position.symbol,
            # All that is held, not what may be sold now: what an open sale holds back counts, too.
            quantity=due.position.quantity,
            cost_won=due.position.average_cost_won,
            price_won=due.quote.last_won,
        )
        return await self._context.desk.approve_in_advance(tx, made, reached)

    def _offered(self, made: Ticket, number: int, reason: str, gap: StandingGap | None) -> str:
        """Return what is said of a ticket: who approved it in advance, or that it waits."""
        say = self._context.say
        if gap is None:
            until = made.expires_at
            return say("exit_in_advance", reason=reason, ticket=made.ticket_id, until=until)
        text = say(
            "exit_offered" if number == 1 else "exit_offered_again",
            reason=reason,
            ticket=made.ticket_id,
            until=made.expires_at,
            number=number,
        )
        is_told = gap is not StandingGap.NONE
        return f"{text}\n{say(f'standing_gap_{gap.value}')}" if is_told else text

    async def _tell_denied(
        self, tx: LedgerTransaction, due: Due, denied: Denied, reason: str
    ) -> None:
        """Tell once a day and kind that an exit is due and cannot be offered."""
        context, symbol, kind = self._context, due.position.symbol, due.leaving.kind
        why = explain(denied.violations, context.phrases, context.market)
        key = f"{KEY}:{Severity.URGENT.value}:denied:{symbol}:{self._today()}:{kind.value}"
        title = context.say("exit_denied_title", name=context.name_of(symbol))
        text = context.say("exit_denied", reason=reason, why=why)
        await context.outbox.tell(tx, key, title, text)

    async def _remind(self, due: Due, own: Ticket, now: datetime) -> None:
        """Say again, every ten minutes, that a ticket waits; with the price of now."""
        context = self._context
        round_number = (now - own.created_at) // AGAIN_AFTER
        key = f"{KEY}:{Severity.URGENT.value}:reminder:{own.ticket_id}:{round_number}"
        name = context.name_of(due.position.symbol)
        title = context.say(f"exit_title_{due.leaving.kind.value}", name=name)
        text = context.say(
            "exit_waits", reason=self._reason(due), ticket=own.ticket_id, until=own.expires_at
        )
        async with context.ledger.transaction() as tx:
            await context.outbox.tell(tx, key, title, text)

    def _reason(self, due: Due) -> str:
        """Return why, with the prices: the level that was reached and what is lost or gained."""
        parameters, cost = self._context.parameters, due.position.average_cost_won
        kind, level = stop_level(cost, parameters, due.passage)
        if due.leaving.kind is ExitKind.TAKE_PROFIT:
            kind, level = ExitKind.TAKE_PROFIT, profit_mark(cost, parameters)
        return self._context.say(
            f"exit_reason_{kind.value}",
            price=due.quote.last_won,
            change=f"{due.leaving.change_percent:+.1f}%",
            level=int(level),
            cost=int(cost),
            peak=due.passage.peak_won,
            quantity=due.leaving.quantity,
        )

    def _exit(self, position: Position, price_won: int) -> Exit | None:
        """Return what the policy says; half is taken only where the past is remembered."""
        found = exit_of(position, price_won, self._context.parameters, self._passage(position))
        is_half = found is not None and found.kind is ExitKind.TAKE_PROFIT
        return None if is_half and position.symbol not in self._passages else found

    def _passage(self, position: Position) -> Passage:
        remembered = self._passages.get(position.symbol)
        stored = remembered.peak_won if remembered else 0
        return Passage(
            peak_won=max(stored, self._peaks.get(position.symbol, 0)),
            half_taken=remembered is not None and remembered.half_sold,
        )

    def _is_time(self, now: datetime) -> bool:
        """Whether orders may be sent now: only then is an exit offered."""
        hours = self._context.hours()
        if hours is None:
            return False
        opens, closes = hours.execution_window()
        return opens <= now < closes

    def _today(self) -> date:
        return self._context.clock.now().astimezone(KST).date()
