"""ORD_DVSN and EXCG_ID_DVSN_CD: which kinds of orders are taken, where, and what they mean."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from brokers.sim.values import ExchangeOrder, Lasting, MarketView

from .answers import Visit, invalid
from .state import Asked, KisState

LIMIT, MARKET = "00", "01"


@dataclass(frozen=True, slots=True)
class Division:
    """One kind of order. `priced_by` names whose price it takes, "" its own."""

    name: str
    is_market: bool = False
    lasting: Lasting = Lasting.DAY
    priced_by: str = ""


_OTHER_SIDE, _OWN_SIDE = "the other side", "its own side"
SERVED: Mapping[str, Division] = {
    LIMIT: Division("지정가"),
    MARKET: Division("시장가", is_market=True),
    "02": Division("조건부지정가", lasting=Lasting.TO_THE_CLOSE),
    "03": Division("최유리지정가", priced_by=_OTHER_SIDE),
    "04": Division("최우선지정가", priced_by=_OWN_SIDE),
    "11": Division("IOC지정가", lasting=Lasting.AT_ONCE),
    "12": Division("FOK지정가", lasting=Lasting.WHOLE),
    "13": Division("IOC시장가", is_market=True, lasting=Lasting.AT_ONCE),
    "14": Division("FOK시장가", is_market=True, lasting=Lasting.WHOLE),
    "15": Division("IOC최유리", priced_by=_OTHER_SIDE, lasting=Lasting.AT_ONCE),
    "16": Division("FOK최유리", priced_by=_OTHER_SIDE, lasting=Lasting.WHOLE),
}
_ON_VTS = frozenset({"00", "01", "02", "03", "04"})
AMENDS_TO = frozenset({"00", "01", "03", "04"})
"""What an order that waits may be amended to."""
# Sessions that this market does not have at any hour of orders, venues that no ETF is on, and
# kinds that the simulated exchange does not trade (중간가, 스톱지정가).
ELSEWHERE = frozenset(
    """05 06 07 08 09 10 21 22 23 24 27 28 29 41 42 43 44 45 46 47 51 52 62 63 67 69 72 77 79
    80""".split()  # noqa: SIM905 - a table of codes
)
_CONDITIONS = {Lasting.AT_ONCE: "1", Lasting.WHOLE: "2"}


def division_of(visit: Visit) -> Division | None:
    """Return what ORD_DVSN asks for, None when this mode or market does not take it.

    Raises InputRefused for a code that does not exist.
    """
    code = visit.need("ORD_DVSN")
    if code in SERVED and (code in _ON_VTS or not visit.state.profile.is_vts):
        return SERVED[code]
    if code in SERVED or code in ELSEWHERE:
        return None
    raise invalid("ORD_DVSN")


def price_of(division: Division, view: MarketView | None, given: int, *, is_buy: bool) -> int:
    """Return the price that an order stands at; the last one where the book has none."""
    if not division.priced_by or view is None:
        return given
    ask_side = is_buy == (division.priced_by == _OTHER_SIDE)
    return (view.minute.ask if ask_side else view.minute.bid) or view.minute.last


def asked(state: KisState, order: ExchangeOrder) -> Asked:
    """Return how an order was asked for."""
    plain = Asked(MARKET if order.is_market else LIMIT)
    return state.asked.get((order.day, order.number), plain)


def condition_of(state: KisState, order: ExchangeOrder) -> str:
    """Return ODER_COND: 0 none, 1 IOC, 2 FOK."""
    return _CONDITIONS.get(SERVED[asked(state, order).division].lasting, "0")
