"""Reading a list over all its pages, or not at all.

A next page exists when the answer says `cont-yn: Y`; it is asked for with the answer's `next-key`.
"More" without a key, a key that was already used, or a page that repeats the one before is an
incomplete read: it proves nothing and raises.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Mapping, Sequence
from dataclasses import dataclass
from datetime import timedelta

from brokers.kiwoom.calls import Call
from brokers.kiwoom.wire import Answer, KiwoomWire
from brokers.wire.fields import read_rows
from core.errors import BrokerProtocolError
from core.ports.broker import AccessToken

PAGES_MAX = 100


@dataclass(frozen=True, slots=True)
class Listing:
    """All rows of all pages in order, and the last answer (for what stands beside the rows)."""

    rows: tuple[object, ...]
    last: Mapping[str, object]
    server_ahead: timedelta | None = None


async def each_page(
    wire: KiwoomWire, call: Call, token: AccessToken, document: Mapping[str, str]
) -> AsyncGenerator[Answer, None]:
    """Yield the answers until none more is announced. Raises BrokerError.

    Who has enough before that closes it.
    """
    key, used = "", set[str]()
    for _ in range(PAGES_MAX):
        answer = await wire.read(call, token, document, next_key=key)
        yield answer
        if not answer.announces_more:
            return
        key = answer.next_key
        if not key or key in used:
            raise BrokerProtocolError(f"{call.api_id}: more pages announced, none to be had")
        used.add(key)
    raise BrokerProtocolError(f"{call.api_id}: more than {PAGES_MAX} pages")


async def read_all(
    wire: KiwoomWire,
    call: Call,
    token: AccessToken,
    document: Mapping[str, str],
    list_key: str,
) -> Listing:
    """Read the list of every page. Raises BrokerError; BrokerProtocolError when incomplete."""
    rows: list[object] = []
    previous: Sequence[object] | None = None
    async for answer in each_page(wire, call, token, document):
        page = read_rows(answer.body, list_key, call.api_id)
        if page and page == previous:
            raise BrokerProtocolError(f"{call.api_id}: a page repeats itself")
        rows += page
        previous = page
    return Listing(tuple(rows), answer.body, answer.server_ahead)
