"""Reading a list over all its pages, or not at all: by cursor, or by days going back.

A next page exists when the answer's tr_cont says so and its cursor is not blank. One server was
seen to say "more" on a last page; that is believed to be the end only when the page is short. A
full page that says "more" and shows no way on, or repeats what was read, is an incomplete read.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Generic, TypeVar

from brokers.kis.endpoints import Endpoint
from brokers.kis.wire import Answer, KisWire
from brokers.wire.fields import bare, read_rows
from core.errors import BrokerProtocolError
from core.ports.broker import AccessToken

PAGES_MAX = 100

_Item = TypeVar("_Item")

NextRequest = Callable[[], Awaitable[None]]


@dataclass(frozen=True, slots=True)
class Listing:
    """All rows of all pages in order, and the last answer (for what stands beside the rows)."""

    rows: tuple[object, ...]
    last: Mapping[str, object]
    server_ahead: timedelta | None = None


@dataclass(frozen=True, slots=True)
class DayPage(Generic[_Item]):
    """The items of one page by their day; `is_full` says that older ones may follow."""

    items: Sequence[tuple[date, _Item]]
    is_full: bool


async def read_all(
    wire: KisWire,
    endpoint: Endpoint,
    token: AccessToken,
    params: Mapping[str, str],
    next_request: NextRequest,
    key: str = "output1",
) -> Listing:
    """Read the rows under `key` of every page. Raises BrokerError; BrokerProtocolError when incomplete."""
    rows: list[object] = []
    cursor: dict[str, str] = {"CTX_AREA_FK100": "", "CTX_AREA_NK100": ""}
    previous: Sequence[object] | None = None
    for number in range(PAGES_MAX):
        if number:
            await next_request()
        answer = await wire.get(endpoint, token, {**params, **cursor}, is_next_page=number > 0)
        page = read_rows(answer.body, key, endpoint.name)
        is_short = len(page) < endpoint.rows(is_vts=wire.account.is_vts)
        repeats = bool(page) and page == previous
        if not repeats:
            rows += page
        onward = _cursor(answer)
        if not answer.has_more or ((repeats or onward is None or onward == cursor) and is_short):
            return Listing(tuple(rows), answer.body, answer.server_ahead)
        if repeats or onward is None:
            raise BrokerProtocolError(f"{endpoint.name}: more pages announced, none to be had")
        cursor, previous = onward, page
    raise BrokerProtocolError(f"{endpoint.name}: more than {PAGES_MAX} pages")


async def read_days(
    page_of: Callable[[date], Awaitable[DayPage[_Item]]],
    span: tuple[date, date],
    name: str,
    next_request: NextRequest,
) -> list[_Item]:
    """Read daily items of a span (both ends included), oldest first.

    A page holds the newest days up to its end date; the next one ends the day before its oldest.
    Raises BrokerProtocolError when that does not lead anywhere.
    """
    start, end = span
    found: dict[date, _Item] = {}
    for number in range(PAGES_MAX):
        if number:
            await next_request()
        page = await page_of(end)
        found |= {day: item for day, item in page.items if start <= day <= end}
        oldest = min((day for day, _ in page.items), default=start)
        if not page.is_full or oldest <= start:
            return [found[day] for day in sorted(found)]
        if oldest > end:
            raise BrokerProtocolError(f"{name}: a page repeats itself")
        end = oldest - timedelta(days=1)
    raise BrokerProtocolError(f"{name}: over {PAGES_MAX} pages")


def _cursor(answer: Answer) -> dict[str, str] | None:
    """Return the next page's cursor as sent, padding included, or None when it is blank."""
    keys = {
        "CTX_AREA_FK100": answer.body.get("ctx_area_fk100"),
        "CTX_AREA_NK100": answer.body.get("ctx_area_nk100"),
    }
    if bare(keys["CTX_AREA_NK100"]) is None:
        return None
    return {name: value if isinstance(value, str) else "" for name, value in keys.items()}
