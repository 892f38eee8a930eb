"""What is written down about a suggestion the moment it is judged."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Protocol

from core.domain.account import AccountSnapshot
from core.domain.instrument import Symbol
from core.domain.journal import JournalEntry, TradeRecord
from core.domain.leg_record import market_text, portfolio_text
from core.domain.market import Quote
from core.domain.orders import Side
from core.domain.risk import Denied, Rule, Violation
from core.domain.rule_record import RuleEffect
from core.domain.shown import PRESENTED_LINE, SHOWN_WITH, ShownWith, facts_of
from core.domain.tickets import DraftLeg, Proposal, Ticket, TicketLeg, TicketState
from core.ports.ledger import LedgerTransaction
from core.services.orders.facts import ASKED, CAP_PERCENT
from core.services.orders.fair_values import MAY_OVERRIDE
from core.services.orders.redrawing import TAKES_OVER

# Violations whose line has to name which of the user's rules it was.
_NAMED = frozenset({Rule.RULE_BLOCKS, Rule.RULE_SHRINKS})


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownBy:
    """What a ticket was judged by, for its journal line.

    `beyond` are the rules that it is shown in spite of, and that a person may override; `shrunk`
    says of each symbol that the user's rules took shares off how many were asked, and which rules;
    `leaving` names for each symbol the rules that call for its sale.
    `with_it` is what its message shows beside the terms.
    """

    cap_percent: int | None
    beyond: Sequence[str] = ()
    shrunk: Mapping[str, Violation] = field(default_factory=dict)
    leaving: Mapping[str, str] = field(default_factory=dict)
    with_it: ShownWith = field(default_factory=ShownWith)


async def write_ticket(
    tx: LedgerTransaction,
    ticket: Ticket,
    quotes: dict[str, Quote | None],
    account: AccountSnapshot | None,
    shown: ShownBy,
    snapshot: str = "",
) -> None:
    """Store the ticket, one trade record per leg, and a journal line with what it was judged by.

    `snapshot` is JSON of the market that the proposal was decided on.
    """
    await tx.insert_ticket(ticket)
    for leg in ticket.legs:
        await tx.save_trade_record(
            TradeRecord(
                record_id=f"{ticket.ticket_id}-{leg.number}",
                at=ticket.created_at,
                symbol=leg.envelope.symbol,
                action=leg.envelope.side.value,
                quantity=leg.quantity,
                justification=leg.reason or ticket.reason,
                market=market_text(quotes.get(leg.envelope.symbol), snapshot),
                portfolio_before=portfolio_text(account),
                status=ticket.state.value,
            )
        )
        await _note_shown(tx, ticket, leg, shown)
    await tx.append_journal(
        JournalEntry(
            at=ticket.created_at,
            kind=PRESENTED_LINE,
            actor=ticket.author.value,
            subject=ticket.ticket_id,
            facts={
                "hash": ticket.payload_hash,
                "legs": len(ticket.legs),
                CAP_PERCENT: shown.cap_percent,
                SHOWN_WITH: facts_of(shown.with_it),
                # Nobody has shown it yet: a message that it has is that of the one it replaces.
                **({TAKES_OVER: True} if ticket.message_id is not None else {}),
                **({MAY_OVERRIDE: sorted(set(shown.beyond))} if shown.beyond else {}),
                **({ASKED: _asked(shown.shrunk)} if shown.shrunk else {}),
            },
        )
    )


async def mark_records(tx: LedgerTransaction, ticket: Ticket, state: TicketState) -> None:
    """Note in the trade records of a ticket why no order came of it."""
    ids = [f"{ticket.ticket_id}-{leg.number}" for leg in ticket.legs]
    await tx.close_trade_records(ids, state.value)


async def supersede(tx: LedgerTransaction, old: Ticket, new: Ticket, actor: str) -> None:
    """End `old` for `new`, and leave it the message where that is shown over it.

    Raises StaleState when `old` was decided meanwhile.
    """
    state = TicketState.SUPERSEDED
    await tx.move_ticket(old.ticket_id, TicketState.PRESENTED, state)
    await mark_records(tx, old, state)
    if new.message_id is not None:
        await tx.leave_message(old.ticket_id)
    await tx.append_journal(
        JournalEntry(
            at=new.created_at,
            kind="ticket.superseded",
            actor=actor,
            subject=old.ticket_id,
            facts={"by": new.ticket_id, "hash": new.payload_hash},
        )
    )


async def write_denial(
    tx: LedgerTransaction,
    proposal: Proposal,
    denied: Denied,
    *,
    legs: tuple[DraftLeg, ...],
    denial_id: str,
    at: datetime,
    quotes: Mapping[str, Quote | None],
    account: AccountSnapshot | None,
) -> None:
    """Store the refused `legs` of a proposal (all of them, or those a basket goes without).

    `quotes` and `account` are what was read before it was refused, nothing where that came first.
    """
    facts = {
        "reason": proposal.reason,
        "violations": [_violation_facts(item) for item in denied.violations],
    }
    for number, leg in enumerate(legs, start=1):
        await tx.save_trade_record(
            TradeRecord(
                record_id=f"denied-{denial_id}-{number}",
                at=at,
                symbol=leg.symbol,
                action=leg.side.value,
                quantity=leg.quantity,
                justification=leg.reason or proposal.reason,
                market=market_text(quotes.get(leg.symbol), proposal.snapshot),
                portfolio_before=portfolio_text(account),
                asked_won=leg.price_won,
                status="DENIED " + ",".join(_named(item) for item in denied.violations),
            )
        )
        await note_refusal(tx, f"denied-{denial_id}-{number}", at, leg, denied.violations)
    await tx.append_journal(
        JournalEntry(
            at=at,
            kind="proposal.denied",
            actor=proposal.author.value,
            subject=denial_id,
            facts=facts,
        )
    )


def _asked(shrunk: Mapping[str, Violation]) -> dict[str, int]:
    return {symbol: item.value or 0 for symbol, item in shrunk.items()}


class Suggested(Protocol):
    """What is noted of a suggested leg: a draft of a proposal, or an action of the day's plan."""

    @property
    def symbol(self) -> Symbol:
        """What it trades."""

    @property
    def side(self) -> Side:
        """Which way."""

    @property
    def quantity(self) -> int:
        """How many shares were asked for."""

    @property
    def by_rules(self) -> str:
        """The user's rules that call for it."""


async def note_refusal(
    tx: LedgerTransaction,
    record_id: str,
    at: datetime,
    leg: Suggested,
    violations: Iterable[Violation],
) -> None:
    """Note on a refused leg what the user's rules did: those that refused it, or called for it."""
    await _note_sale(tx, record_id, at, leg.symbol, leg.quantity, leg.by_rules)
    if leg.side is Side.SELL:
        return
    for item in violations:
        if item.rule in _NAMED and item.symbol == leg.symbol:
            await _note_effects(tx, item, record_id, at, kept=item.limit or 0)


async def _note_shown(
    tx: LedgerTransaction, ticket: Ticket, leg: TicketLeg, shown: ShownBy
) -> None:
    record_id, symbol = f"{ticket.ticket_id}-{leg.number}", leg.envelope.symbol
    if leg.envelope.side is Side.SELL:
        called = shown.leaving.get(symbol, "")
        await _note_sale(tx, record_id, ticket.created_at, symbol, leg.quantity, called)
        return
    by = shown.shrunk.get(symbol)
    if by is not None:
        await _note_effects(tx, by, record_id, ticket.created_at, kept=leg.quantity)


async def _note_sale(
    tx: LedgerTransaction, record_id: str, at: datetime, symbol: str, held: int, by_rules: str
) -> None:
    """Note that rules would have none of `held` shares left."""
    for rule_id in by_rules.split(", ") if by_rules else ():
        await tx.note_rule_effect(
            RuleEffect(
                rule_id=rule_id, record_id=record_id, symbol=symbol, at=at, asked=held, kept=0
            )
        )


async def _note_effects(
    tx: LedgerTransaction, by: Violation, record_id: str, at: datetime, *, kept: int
) -> None:
    """Note what each of the user's rules that a violation names did to one leg."""
    for rule_id in by.because.split(", "):
        await tx.note_rule_effect(
            RuleEffect(
                rule_id=rule_id,
                record_id=record_id,
                symbol=by.symbol,
                at=at,
                asked=by.value or 0,
                kept=kept,
            )
        )


def _named(item: Violation) -> str:
    """Return a rule of the guard, with the ids of the user's own rules behind a colon."""
    return f"{item.rule.value}:{item.because}" if item.rule in _NAMED else item.rule.value


def _violation_facts(item: Violation) -> dict[str, object]:
    return {
        "rule": item.rule.value,
        "symbol": item.symbol,
        "limit": item.limit,
        "value": item.value,
        "unit": item.unit,
        **({"because": item.because} if item.rule in _NAMED else {}),
    }
