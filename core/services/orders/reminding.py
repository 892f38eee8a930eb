"""A ticket that nobody pressed reminds of itself, once, before its time is over."""

from __future__ import annotations

from datetime import datetime

from core.domain.krx import KST
from core.domain.notices import KEY_OF, NoticeKind
from core.domain.tickets import Ticket, TicketLeg, TicketState
from core.services.orders.alarms import Alarms
from core.services.orders.context import DeskContext

# A ticket that lives ten minutes does not remind of itself twenty minutes before its end.
LATEST_SHARE = 3


class Reminder:
    """Looks for tickets that are about to expire."""

    def __init__(self, context: DeskContext, alarms: Alarms) -> None:
        """Keep the ports."""
        self._context = context
        self._alarms = alarms

    async def look(self) -> None:
        """Remind of what is due. The key is the message's: a leg taken out reminds of nothing anew."""
        if not self._context.policy.reminder:
            return
        now = self._context.clock.now()
        async with self._context.ledger.transaction() as tx:
            for ticket in await tx.tickets_in({TicketState.PRESENTED}):
                if ticket.message_id is None or not self._is_due(ticket, now):
                    continue
                await self._alarms.tell(
                    tx,
                    f"{KEY_OF[NoticeKind.REMINDER]}{ticket.channel_id}:{ticket.message_id}",
                    "reminder",
                    ticket=ticket.ticket_id,
                    legs=" · ".join(self._leg(leg) for leg in ticket.legs),
                    until=ticket.expires_at.astimezone(KST),
                )

    def _is_due(self, ticket: Ticket, now: datetime) -> bool:
        if ticket.mode is not self._context.broker.identity.mode:
            # Shown in another mode: nobody can approve it here.
            return False
        life = ticket.expires_at - ticket.created_at
        ahead = min(self._context.policy.reminder, life / LATEST_SHARE)
        return ticket.expires_at - ahead <= now <= ticket.expires_at

    def _leg(self, leg: TicketLeg) -> str:
        say = self._context.phrases.say
        side = say(f"orders.side_{leg.envelope.side.value.lower()}")
        return say("orders.reminder_leg", side=side, name=leg.name, quantity=leg.quantity)
