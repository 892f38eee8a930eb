"""Reading a list over all its pages, or not at all.

A next page exists when the answer says `cont-yn: Y`; it is asked for with the answer's `next-key`.
"More" without a key, a key that was already used, or a page that repeats the one before is an
incomplete read: it proves nothing and raises.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
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


def _never(_answer: Answer) -> bool:
    return False


async def read_pages(
    wire: KiwoomWire,
    call: Call,
    token: AccessToken,
    document: Mapping[str, str],
    is_enough: Callable[[Answer], bool] = _never,
) -> list[Answer]:
    """Return the answers until none more is announced, or one is enough. Raises BrokerError."""
    key, used = "", set[str]()
    answers: list[Answer] = []
    for _ in range(PAGES_MAX):
        answer = await wire.read(call, token, document, next_key=key)
        answers.append(answer)
        if not answer.announces_more or is_enough(answer):
            return answers
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
    answers = await read_pages(wire, call, token, document)
    rows: list[object] = []
    previous: Sequence[object] | None = None
    for answer in answers:
        page = read_rows(answer.body, list_key, call.api_id)
        if page and page == previous:
            raise BrokerProtocolError(f"{call.api_id}: a page repeats itself")
        rows += page
        previous = page
    return Listing(tuple(rows), answers[-1].body, answers[-1].server_ahead)
