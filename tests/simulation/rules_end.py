"""Rules about where everything must end up once nothing goes wrong any more (I2, I6, I16, I17, I18)."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from typing import TYPE_CHECKING

from tests.simulation import rules_moves
from tests.simulation.rows import DOUBTFUL, LIVE, WAITING, Row

if TYPE_CHECKING:
    from tests.simulation.judge import Judge


def open_ends(judge: Judge) -> list[str]:
    """Return what has not come to rest yet; empty when all is settled."""
    if not judge.world.is_up:
        return ["nobody is there"]
    found = []
    for row in judge.now.orders.values():
        why = _unsettled(judge, row)
        if why:
            found.append(f"{row['order_id']} {row['state']}: {why}")
    return found + messages(judge)


def _unsettled(judge: Judge, row: Row) -> str:
    state = row["state"]
    if state in WAITING:
        return _waits(judge, row)
    if state in {"SUBMITTING", "CANCEL_PENDING"}:
        return "still on its way"
    if state in DOUBTFUL:
        return _doubt(judge, row)
    world, number = judge.world, row["broker_number"]
    # What ended is looked at again with the lists of the evening; `final` judges that.
    is_later = state not in LIVE and world.weather.counts["fill_after_cancel"]
    if not number or (is_later and not world.has_evening):
        return ""
    return _differs(judge, row, number)


def _differs(judge: Judge, row: Row, number: str) -> str:
    there = judge.truth.row(number)
    if there is None:
        return f"{number} is not at the broker"
    if there.filled != row["filled"]:
        return f"filled {row['filled']}, at the broker {there.filled}"
    if (row["state"] in LIVE) != bool(there.remaining):
        return f"{there.remaining} remain at the broker"
    return ""


def _doubt(judge: Judge, row: Row) -> str:
    order_id = row["order_id"]
    if not any(order_id in title + text for title, text in judge.world.channel.alerts):
        return "nobody was told"
    number = judge.truth.number_of(order_id)
    if number and judge.world.plan.is_dedicated and not judge.truth.foreign:
        return f"it is {number} at the broker, and alone there"
    return ""


def _waits(judge: Judge, row: Row) -> str:
    """An approved order may wait for the window, a halt, a doubt, the pace; not for nothing."""
    now = judge.world.true_time.now()
    opens, closes = judge.world.host.state.prices.hours(now.date())
    committed = judge.now
    excused = (
        now < opens + timedelta(minutes=5)
        or committed.settings.get("trading_state", "ACTIVE") != "ACTIVE"
        or row["reason"]
        # Behind an order that lives: its leg, its doubt, its cash.
        or any(item["state"] in LIVE for item in committed.orders.values())
        or _behind_its_leg(judge, row)
    )
    if now >= closes - timedelta(minutes=15):
        return "the window is over"
    return "" if excused else "it waits for nothing"


def _behind_its_leg(judge: Judge, row: Row) -> bool:
    """Whether an earlier leg of its ticket waits and says for what: legs go one after the other."""
    return any(
        item["ticket_id"] == row["ticket_id"] and item["leg"] < row["leg"] and item["reason"]
        for item in judge.now.orders.values()
        if item["state"] in {"CREATED", "GATED"}
    )


def messages(judge: Judge) -> list[str]:
    """Return which tickets people do not see as they are stored."""
    found: list[str] = []
    for ticket_id, ticket in judge.now.tickets.items():
        if _has_left(ticket):
            continue
        posted = judge.world.channel.newest_of(ticket_id)
        if posted is None:
            # Somebody deleted it; the next change posts it anew.
            if (ticket_id, ticket["version"]) not in judge.world.channel.deleted:
                found.append(f"{ticket_id} ({ticket['state']}) is on no screen")
        elif posted.view.ticket.ticket_id != ticket_id:
            found.append(f"{ticket_id} is under {posted.view.ticket.ticket_id}")
        elif posted.view.ticket.version != ticket["version"]:
            shown = posted.view.ticket.version
            found.append(f"{ticket_id} is at {ticket['version']}, shown is {shown}")
        elif seen_of(posted.view) != rules_moves.told(judge.now, ticket_id):
            found.append(f"{ticket_id} shows what is no longer so: {seen_of(posted.view)}")
    return found


def _has_left(ticket: Row) -> bool:
    """Whether the ticket that came in its place is shown over it."""
    is_told = ticket["published_version"] == ticket["version"]
    return ticket["state"] == "SUPERSEDED" and ticket["message_id"] is None and is_told


def seen_of(view: object) -> str:
    """What a shown view says, in the words of `told`."""
    ticket, orders = view.ticket, view.orders  # type: ignore[attr-defined]
    rows = sorted(
        (order.leg, order.state.value, order.filled, order.ref.number if order.ref else "")
        for order in orders
    )
    legs = [
        (
            leg.number,
            leg.envelope.symbol,
            leg.envelope.side.value,
            leg.envelope.quantity_max,
            leg.envelope.limit_won,
        )
        for leg in ticket.legs
    ]
    return f"{ticket.state.value} {legs} {rows}"


def shown(judge: Judge, view: object) -> None:
    """A message says what some committed moment said under this version."""
    ticket = view.ticket  # type: ignore[attr-defined]
    known = judge.versions.get((ticket.ticket_id, ticket.version), set())
    if seen_of(view) not in known:
        judge.blame("I17", f"{ticket.ticket_id} v{ticket.version} was never so: {seen_of(view)}")


def final(judge: Judge) -> None:
    """After the close: every order has ended, every number has its order, the books agree."""
    truth = judge.truth
    for text in messages(judge):
        judge.blame("I17", text)
    for order_id, row in judge.now.orders.items():
        if row["state"] in LIVE | WAITING and row["state"] not in {"OPERATOR_HOLD", "UNKNOWN"}:
            judge.blame("I16", f"{order_id} is {row['state']} after the close")
        why = _unsettled(judge, row)
        if why:
            judge.blame("I16", f"after the close: {order_id} {row['state']}: {why}")
    held = {row["broker_number"]: order_id for order_id, row in judge.now.orders.items()}
    for number, order_id in truth.owner.items():
        state = judge.now.orders[order_id]["state"]
        if held.get(number) != order_id and state not in {"OPERATOR_HOLD", "UNKNOWN"}:
            judge.blame("I2", f"{number} at the broker is {order_id}, which says {state}")
    _externals(judge)
    _positions(judge)
    if not judge.world.machines.has_rival:
        _pace(judge)


def _externals(judge: Judge) -> None:
    """Every foreign order of the day is in our books as one, and none of ours is."""
    known = {row["number"] for row in judge.now.externals}
    doubt = any(row["state"] in DOUBTFUL for row in judge.now.orders.values())
    for number in truth_foreign(judge):
        if number not in known and judge.world.has_evening and not doubt:
            judge.blame("I2", f"{number} at the broker is nobody's in the books")
    for number in sorted(known & judge.truth.owner.keys()):
        judge.blame("I2", f"{number} is {judge.truth.owner[number]}, the books call it foreign")


def _positions(judge: Judge) -> None:
    world = judge.world
    day = world.plan.start.date()
    expected = dict(world.plan.holdings)
    doubtful = set()
    for row in judge.now.orders.values():
        sign = 1 if row["side"] == "buy" else -1
        expected[row["symbol"]] = expected.get(row["symbol"], 0) + sign * row["filled"]
        if row["state"] in DOUBTFUL:
            doubtful.add(row["symbol"])
    for number in truth_foreign(judge):
        there = judge.truth.row(number)
        if there is not None and there.day == day:
            sign = 1 if there.is_buy else -1
            expected[there.symbol] = expected.get(there.symbol, 0) + sign * there.filled
    held = {item.symbol: item.quantity for item in world.host.exchange.holdings(world.host.now())}
    for symbol, quantity in expected.items():
        if symbol not in doubtful and held.get(symbol, 0) != quantity:
            judge.blame("I6", f"{symbol}: {quantity} by the books, {held.get(symbol, 0)} held")


def truth_foreign(judge: Judge) -> list[str]:
    """Return the numbers of orders that are not ours."""
    return sorted(judge.truth.foreign)


def _pace(judge: Judge) -> None:
    host = judge.world.host
    for first, second in pairwise(host.token_asked):
        if second - first < timedelta(seconds=60):
            judge.blame("I18", f"a token was asked for at {first} and {second}")
    limit, window = host.border.post_paces
    instants: list[datetime] = host.arrivals
    for index in range(len(instants) - limit):
        if instants[index + limit] - instants[index] < window:
            judge.blame("I18", f"more than {limit} requests in the second after {instants[index]}")
            return
