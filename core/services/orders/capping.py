"""Which position cap a proposal is judged by, and the sentence that says so."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.account import AccountSnapshot
from core.domain.orders import OrderType, Side
from core.domain.tickets import DraftLeg, Proposal
from core.services.orders.context import DeskContext
from core.services.orders.facts import FactReader
from core.services.orders.terms import target_price


@dataclass(frozen=True, slots=True)
class CapChoice:
    """The cap in percent of the net asset value; `note` tells people which and why."""

    percent: int
    note: str


class CapChooser:
    """Chooses between the tight and the wide position cap before any leg is judged."""

    def __init__(self, context: DeskContext, facts: FactReader) -> None:
        """Keep the ports."""
        self._context = context
        self._facts = facts

    async def choose(self, proposal: Proposal, account: AccountSnapshot | None) -> CapChoice | None:
        """Return the cap for every buy of `proposal`; None when nothing is bought or known."""
        buys = [leg for leg in proposal.legs if leg.side is Side.BUY]
        if not buys or account is None:
            return None
        cap = self._context.limits.position_cap(account.nav_won)
        prices = [(await self._price_won(leg), leg.symbol) for leg in buys]
        percent = cap.percent_for(price for price, _ in prices)
        say = self._context.phrases.say
        if percent == cap.tight_percent:
            return CapChoice(percent, say("orders.note_cap_tight", percent=percent))
        price, symbol = max(prices)
        instrument = self._context.market.instrument(symbol)
        note = say(
            "orders.note_cap_wide",
            percent=percent,
            tight=cap.tight_percent,
            name=instrument.name if instrument else symbol,
            price=price,
        )
        return CapChoice(percent, note)

    async def _price_won(self, leg: DraftLeg) -> int:
        """Return the price of one share that the leg is judged at; 0 when it cannot be read.

        A leg without a quote is refused when it is judged, whichever cap the others get.
        """
        if leg.price_won is not None:
            return leg.price_won
        quote = await self._facts.quote(leg.symbol)
        if quote is None:
            return 0
        if leg.order_type is OrderType.MARKET:
            return quote.upper_limit_won
        return target_price(leg, quote)
