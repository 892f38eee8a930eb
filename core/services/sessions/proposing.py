"""The one tool that acts: it suggests an order, which a person may then approve."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace

from core.domain.instrument import Instrument
from core.domain.risk import Denied
from core.domain.tickets import DraftLeg, Proposal, TicketKind
from core.ports.desk import MarketReader, PortfolioReader, Proposer
from core.ports.dialogue import ProposeAsk
from core.ports.phrases import Phrases
from core.services.sessions import results
from core.services.sessions.registry import Asker
from core.services.sessions.results import ToolOutcome

REASON_CHARACTERS_MAX = 500


@dataclass(frozen=True, slots=True, kw_only=True)
class OrderProposer:
    """Turns a validated `propose_order` call into a proposal for the desk."""

    market: MarketReader
    portfolio: PortfolioReader
    proposer: Proposer
    phrases: Phrases
    explain: Callable[[Denied], str]
    quantity_maximum: int

    async def propose(self, ask: ProposeAsk, asker: Asker) -> ToolOutcome:
        """Refuse in words what is plainly wrong, before any broker call; else ask the desk."""
        instrument = self.market.instrument(ask.symbol)
        if instrument is None:
            return results.refused(self.phrases.say("sessions.unknown_symbol", symbol=ask.symbol))
        quantity = ask.quantity
        if quantity is None:
            quantity = await self._sellable(instrument)
            if quantity < 1:
                sentence = self.phrases.say("sessions.nothing_to_sell", name=instrument.name)
                return results.refused(sentence)
        if not 1 <= quantity <= self.quantity_maximum:
            return results.refused(
                self.phrases.say(
                    "sessions.quantity_outside", quantity=quantity, limit=self.quantity_maximum
                )
            )
        return await self._ask_desk(ask, quantity, asker)

    async def _sellable(self, instrument: Instrument) -> int:
        portfolio = await self.portfolio.portfolio()
        position = portfolio.account.position(instrument.symbol)
        return position.sellable if position else 0

    async def _ask_desk(self, ask: ProposeAsk, quantity: int, asker: Asker) -> ToolOutcome:
        reason = ask.reason[:REASON_CHARACTERS_MAX]
        leg = DraftLeg(
            symbol=ask.symbol,
            side=ask.side,
            quantity=quantity,
            price_won=ask.limit_price_won,
            reason=reason,
        )
        answer = await self.proposer.propose(
            Proposal(
                author=asker.author,
                kind=TicketKind.CHAT,
                legs=(leg,),
                reason=reason,
                thread_id=asker.thread_id,
            )
        )
        if isinstance(answer, Denied):
            return replace(results.refused(self.explain(answer)), is_recorded=True)
        # Neither price nor ticket id: the message of the ticket is the only place for its terms.
        outcome = results.ok(message=self.phrases.say("sessions.proposed"), quantity=quantity)
        return replace(outcome, ticket_id=answer.ticket_id)
