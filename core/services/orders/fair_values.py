"""iNAVs on the way of an order: asked for, said on the ticket, and overridden by a person."""

from __future__ import annotations

from collections.abc import Iterable

from core.domain.inav import NavGap, NavReading, above_nav_bps
from core.domain.instrument import Symbol
from core.domain.journal import JournalEntry
from core.domain.market import Quote
from core.domain.risk import Rule, Violation
from core.ports.ledger import BooksReading
from core.services.orders.context import DeskContext
from core.services.risk.fair_value import OVERRIDABLE
from core.services.risk.wording import sentence

# Facts of ``ticket.presented`` (may be overridden, because of these rules) and of
# ``ticket.approved`` (was overridden).
MAY_OVERRIDE = "may_override"
OVERRIDDEN = "overridden"


async def read_nav(context: DeskContext, symbol: Symbol) -> NavReading | None:
    """Return what is known of an iNAV; None where nobody is asked."""
    return None if context.navs is None else await context.navs.nav(symbol)


def may_be_overridden(lines: Iterable[JournalEntry]) -> bool:
    """Whether a ticket was shown with something that a person may override."""
    return any(line.facts.get(MAY_OVERRIDE) for line in lines)


def was_overridden(lines: Iterable[JournalEntry]) -> bool:
    """Whether a person approved a ticket knowing what it said of its iNAV."""
    return any(line.facts.get(OVERRIDDEN) is True for line in lines)


async def is_overridable(tx: BooksReading, ticket_id: str) -> bool:
    """Whether the message of this ticket carries the button that overrides."""
    return may_be_overridden(await tx.journal_of(ticket_id))


def overridable_in(found: Iterable[Violation]) -> tuple[Violation, ...]:
    """Return what a person may override of `found`."""
    return tuple(item for item in found if item.rule in OVERRIDABLE)


def nav_notes(
    context: DeskContext,
    symbol: Symbol,
    quote: Quote,
    reading: NavReading | None,
    found: Iterable[Violation],
) -> tuple[str, ...]:
    """Return what the ticket says of an iNAV: what it is, that there is none, what it forbids.

    Without an iNAV the collar around the last price decides alone, and the ticket says so; where an
    iNAV is told but no VI, nobody would hold an order back for one, and the ticket says that.
    """
    if reading is None:
        return ()
    say = context.phrases.say
    broken = overridable_in(found)
    notes = [
        say("orders.note_nav_beyond", reason=sentence(item, context.phrases, context.market))
        for item in broken
    ]
    if reading.nav_won is not None and Rule.INAV_DISTANCE not in {item.rule for item in broken}:
        distance = above_nav_bps(quote.last_won, reading.nav_won)
        notes.append(
            say(
                "orders.note_nav",
                nav=f"{reading.nav_won:,.2f}",
                distance=f"{distance / 100:+.2f}%",
                symbol=symbol,
            )
        )
        if reading.in_vi is None and quote.in_vi is None:
            notes.append(say("orders.note_vi_untold"))
    if reading.gap is NavGap.NOT_OFFERED:
        notes.append(say("orders.note_nav_not_offered", collar=context.limits.collar_percent))
    elif reading.gap is NavGap.UNREADABLE and not broken:
        notes.append(say("orders.note_nav_unreadable", collar=context.limits.collar_percent))
    return tuple(notes)
