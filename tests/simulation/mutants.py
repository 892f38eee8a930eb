"""Some deliberately broken applications, to show that the simulation bites.

The long list with its runner is elsewhere (tests/saboteurs); these are the ones the harness itself
is tested with. Each is a context: inside it, the application has that defect.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import replace
from typing import Any

from brokers.kis import posts
from brokers.kis.wire import KisWire
from core.domain.orders import NotSent, Rejected, Unresolved
from core.runtime.broker_session import BrokerSession
from core.services.orders.approving import Approver
from core.services.orders.resolving import Resolver


@contextmanager
def replaced(place: Any, name: str, value: Any) -> Iterator[None]:
    """Put `value` where `place` has `name`, for the time of the context."""
    kept = getattr(place, name)
    setattr(place, name, value)
    try:
        yield
    finally:
        setattr(place, name, kept)


def retry_on_timeout() -> Any:
    """Send again what nobody answered."""
    send = BrokerSession.place_order

    async def place_order(self: Any, request: Any) -> Any:
        outcome = await send(self, request)
        return await send(self, request) if isinstance(outcome, Unresolved) else outcome

    return replaced(BrokerSession, "place_order", place_order)


def one_more_share() -> Any:
    """Send Q + 1."""
    document = posts.order_document

    def more(account: Any, request: Any) -> dict[str, str]:
        return document(account, replace(request, quantity=request.quantity + 1))

    return replaced(posts, "order_document", more)


def silence_is_not_sent() -> Any:
    """Take a lost answer for a lost request."""
    post = KisWire.post_order

    async def post_order(self: Any, *args: Any, **kwargs: Any) -> Any:
        answer = await post(self, *args, **kwargs)
        return NotSent(reason=answer.reason) if isinstance(answer, Unresolved) else answer

    return replaced(KisWire, "post_order", post_order)


def anybody_may_approve() -> Any:
    """Ask nobody who they are."""
    return replaced(Approver, "is_allowed", lambda _self, _click: True)


def never_recognised() -> Any:
    """Leave every unanswered order unknown."""

    async def judge(self: Any, *_args: Any, **_kwargs: Any) -> None:
        """Decide nothing."""

    return replaced(Resolver, "_judge", judge)


def unknown_code_is_a_refusal() -> Any:
    """Believe a code that nobody knows."""
    classify = posts.classify

    def believed(answer: Any, *args: Any, **kwargs: Any) -> Any:
        outcome = classify(answer, *args, **kwargs)
        if isinstance(outcome, Unresolved) and "XYZ09999" in outcome.reason:
            return Rejected(code="XYZ09999", text=outcome.reason)
        return outcome

    return replaced(posts, "classify", believed)


MUTANTS: Mapping[str, Callable[[], Any]] = {
    "retry_on_timeout": retry_on_timeout,
    "one_more_share": one_more_share,
    "silence_is_not_sent": silence_is_not_sent,
    "anybody_may_approve": anybody_may_approve,
    "never_recognised": never_recognised,
    "unknown_code_is_a_refusal": unknown_code_is_a_refusal,
}
