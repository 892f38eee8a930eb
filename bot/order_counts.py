"""How many of the day's orders ended how: what was not sent is never counted as sent or filled."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence

from core.domain.orders import Order, OrderState
from core.ports.phrases import Phrases

# One word for each group; the rest stand for themselves.
_GROUPS = {
    OrderState.PARTIAL_CANCELLED: OrderState.PARTIAL,
    OrderState.NOT_SENT: OrderState.BLOCKED,
    OrderState.EXPIRED: OrderState.BLOCKED,
    OrderState.GATED: OrderState.CREATED,
}
_FIRST = (OrderState.FILLED, OrderState.PARTIAL)
_LAST = (OrderState.BLOCKED,)


def order_counts(orders: Sequence[Order], phrases: Phrases) -> str:
    """Return ``체결 1건 · 부분체결 1건 · 보내지 않음 1건``: filled first, not sent last."""
    counts = Counter(_group(order) for order in orders)
    middle = [state for state in OrderState if state not in {*_FIRST, *_LAST}]
    return " · ".join(
        phrases.say(
            "embeds.count",
            state=phrases.say(f"embeds.state_{state.value.lower()}"),
            count=counts[state],
        )
        for state in (*_FIRST, *middle, *_LAST)
        if counts[state]
    )


def _group(order: Order) -> OrderState:
    return _GROUPS.get(order.state, order.state)
