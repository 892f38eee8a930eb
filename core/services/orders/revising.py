"""✏️ and the buttons of single legs: a ticket with other terms comes in place of the shown one.

What a ✅ approves is fixed when a ticket is stored. So nothing of a ticket is ever changed: another
one is judged on fresh facts, with an id and a payload hash of its own, and the compare-and-set that
ends the old one lets only one of two people at once through.
"""

from __future__ import annotations

from dataclasses import replace

from core.domain.leg_record import snapshot_in
from core.domain.risk import Denied
from core.domain.shown import ShownWith, flipped, shown_with, with_terms
from core.domain.tickets import DraftLeg, Proposal, Ticket, TicketState
from core.errors import StaleState
from core.services.orders.approving import Approver
from core.services.orders.context import DeskContext
from core.services.orders.presenting import Presenter
from core.services.orders.terms import named_price
from core.services.orders.values import Click, ClickOutcome, Revision


class Reviser:
    """Puts tickets in place of others, on the word of a person."""

    def __init__(self, context: DeskContext, presenter: Presenter, approver: Approver) -> None:
        """Keep the parts."""
        self._context = context
        self._presenter = presenter
        self._approver = approver

    async def edit(
        self, click: Click, leg: int, quantity: int, price_won: int | None
    ) -> Ticket | Denied | ClickOutcome:
        """Offer a new ticket with one leg changed; it supersedes the old one in one transaction.

        A Denied changes nothing: the old ticket stays on the screen and can still be pressed.
        """
        if not self._approver.is_allowed(click):
            return await self._approver.refuse(click, "edit")
        old, shown = await self._read(click)
        if old is None:
            return ClickOutcome.UNKNOWN_TICKET
        problem = self._edit_problem(old, click, leg)
        if problem is not None:
            return problem
        [(place, before)] = [item for item in enumerate(old.legs) if item[1].number == leg]
        legs = _edited(old, leg, quantity, price_won)
        revision = Revision(
            choices=with_terms(shown.choices, legs[place]),
            changes=shown.changes,
            edited=before,
            who=click.user_name,
        )
        return await self._offer(old, legs, click, revision)

    async def toggle(self, click: Click, number: int) -> Ticket | Denied | ClickOutcome:
        """Take the choice of this number out, or put it back in.

        The new ticket is shown over the old one, whose id no ✅ can approve any more. Every leg is
        judged anew as it was first suggested: without a sale there may be less to buy with, and
        with it again as much as before. A Denied changes nothing.
        """
        if not self._approver.is_allowed(click):
            return await self._approver.refuse(click, "toggle")
        old, shown = await self._read(click)
        problem = self._approver.problem(old, click)
        if old is None or problem is not None:
            return problem or ClickOutcome.UNKNOWN_TICKET
        if number not in {item.number for item in shown.choices}:
            return ClickOutcome.ERROR
        choices = flipped(shown.choices, number)
        legs = tuple(item.leg for item in choices if item.is_in)
        if not legs:
            return ClickOutcome.LAST_LEG
        place = (click.channel_id, click.message_id) if click.message_id else None
        [toggled] = [item for item in choices if item.number == number]
        revision = Revision(
            choices=choices,
            changes=shown.changes,
            toggled=toggled,
            before=old.legs,
            who=click.user_name,
            # What was told about the end of this message, a reminder too, stays true.
            press_until=old.expires_at,
            place=place,
        )
        return await self._offer(old, legs, click, revision)

    async def _read(self, click: Click) -> tuple[Ticket | None, ShownWith]:
        async with self._context.ledger.transaction() as tx:
            old = await tx.ticket(click.ticket_id)
            return old, shown_with(await tx.journal_of(click.ticket_id))

    async def _offer(
        self, old: Ticket, legs: tuple[DraftLeg, ...], click: Click, revision: Revision
    ) -> Ticket | Denied | ClickOutcome:
        async with self._context.ledger.transaction() as tx:
            record = await tx.trade_record(f"{old.ticket_id}-{old.legs[0].number}")
        proposal = Proposal(
            author=old.author,
            kind=old.kind,
            legs=legs,
            reason=old.reason,
            thread_id=old.channel_id,
            snapshot=snapshot_in(record.market) if record else "",
        )
        try:
            return await self._presenter.propose(
                proposal, replaces=old, actor=str(click.user_id), revision=revision
            )
        except StaleState:
            return ClickOutcome.ALREADY_DECIDED

    def _edit_problem(self, old: Ticket, click: Click, leg: int) -> ClickOutcome | None:
        if old.state is not TicketState.PRESENTED:
            return ClickOutcome.ALREADY_DECIDED
        if leg not in {item.number for item in old.legs}:
            return ClickOutcome.ERROR
        late = max(click.clicked_at, self._context.clock.now()) > old.expires_at
        return ClickOutcome.EXPIRED if late else None


def _edited(old: Ticket, leg: int, quantity: int, price_won: int | None) -> tuple[DraftLeg, ...]:
    """Return the legs of a ticket as suggestions, one of them with other terms."""
    asked = tuple(
        DraftLeg(
            symbol=item.envelope.symbol,
            side=item.envelope.side,
            quantity=item.quantity,
            price_won=named_price(item),
            order_type=item.envelope.order_type,
            reason=item.reason,
        )
        for item in old.legs
    )
    numbers = [item.number for item in old.legs]
    return tuple(
        replace(draft, quantity=quantity, price_won=price_won) if number == leg else draft
        for number, draft in zip(numbers, asked, strict=True)
    )
