"""Judges of a day: each reads the transcript and names what must not have happened.

They know nothing of the bot's insides: what counts is what people and the exchange saw.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from tests.prove.transcript import (
    ACCEPTED,
    APPROVED,
    BOT,
    BROKER,
    FILLED,
    MAIN_CHANNEL,
    OWNER,
    STRANGER,
    Event,
    OrderNews,
)

WINDOW_AFTER_OPEN = timedelta(minutes=5)
WINDOW_BEFORE_CLOSE = timedelta(minutes=15)
REPORT_AFTER_CLOSE = timedelta(minutes=15)
# The teller looks at the exchange every 50 ms of host time, at 20x every business second; the bot
# may have read the fill in between.
TELLER_LAG = timedelta(seconds=3)
PRESS = "✅ 를 누릅니다"
_REASON = re.compile(r"오늘은 주문하지 않습니다: \S.{10,}")
_REFUSED = "위험 점검에서 막혀"
BRIEFING, CLOSING = "아침 브리핑", "마감 보고"


@dataclass(frozen=True, slots=True)
class Hours:
    """The session of the day."""

    opens: datetime
    closes: datetime


Judge = Callable[[Sequence[Event], Hours], list[str]]


def orders_are_approved(events: Sequence[Event], _hours: Hours) -> list[str]:
    """Each 접수 uses up one earlier 승인 of its symbol and side, and stays inside its bounds."""
    approvals = _approvals(events)
    used: set[int] = set()
    faults: list[str] = []
    for index, order in _orders(events, ACCEPTED):
        free = [
            (place, bound)
            for place, (since, bound) in enumerate(approvals)
            if bound.key == order.key and since < index and place not in used
        ]
        fitting = [place for place, bound in free if _is_inside(order, bound)]
        if fitting:
            used.add(fitting[0])
        elif free:
            bounds = ", ".join(f"{b.quantity} @ {b.price}" for _, b in free)
            faults.append(f"{_words(order)}: outside the approved {bounds}")
        elif any(bound.key == order.key and since < index for since, bound in approvals):
            faults.append(f"{_words(order)}: a second order on one approval")
        else:
            faults.append(f"{_words(order)}: nobody approved it before")
    return faults


def orders_keep_the_window(events: Sequence[Event], hours: Hours) -> list[str]:
    """No 접수 before open + 5 minutes nor after close - 15 minutes."""
    first, last = hours.opens + WINDOW_AFTER_OPEN, hours.closes - WINDOW_BEFORE_CLOSE
    return [
        f"{_words(order)} at {events[index].t:%H:%M:%S}, outside {first:%H:%M}-{last:%H:%M}"
        for index, order in _orders(events, ACCEPTED)
        if not first <= events[index].t <= last
    ]


def words_follow_the_exchange(events: Sequence[Event], _hours: Hours) -> list[str]:
    """No ticket says 접수 or 체결 of a leg before the exchange did."""
    faults: list[str] = []
    for word, told in ((ACCEPTED, (ACCEPTED, FILLED)), (FILLED, (FILLED,))):
        seen = [(order.key, events[index].t) for index, order in _orders(events, word)]
        said: dict[tuple[str, str], set[tuple[str, int]]] = {}
        for event in events:
            if not (event.is_message and event.actor == BOT and event.ticket):
                continue
            for leg in event.legs():
                if leg.state in told or event.headline.startswith(told):
                    legs = said.setdefault(leg.key, set())
                    legs.add((event.ticket, leg.number))
                    happened = sum(k == leg.key and t <= event.t + TELLER_LAG for k, t in seen)
                    if len(legs) > happened:
                        where = f"{leg.symbol} {leg.side} at {event.t:%H:%M:%S}"
                        faults.append(f"ticket {event.ticket} says {word} of {where} too early")
    return sorted(set(faults))


def tickets_are_readable(events: Sequence[Event], _hours: Hours) -> list[str]:
    """Each filled order shows as 체결 on some leg: judges that read nothing would find nothing."""
    shown = {
        leg.key
        for event in events
        if event.is_message and event.ticket
        for leg in event.legs()
        if leg.state == FILLED
    }
    filled = {order.key for _, order in _orders(events, FILLED)}
    return [f"no ticket ever said 체결 of {key[0]} {key[1]}" for key in sorted(filled - shown)]


def the_stranger_changed_nothing(events: Sequence[Event], _hours: Hours) -> list[str]:
    """A stranger's ✅ gets an answer of its own; neither ticket nor orders move before the owner's."""
    presses = _presses(events, STRANGER)
    if not presses and any(order.state == APPROVED for _, order in _orders(events, APPROVED)):
        return _missing_stranger(events)
    faults: list[str] = []
    for index in presses:
        message = events[index].message_id
        after = events[index + 1 :]
        until = next((i for i, e in enumerate(after) if _is_press(e, OWNER)), len(after))
        for event in after[:until]:
            if event.kind == "message_edited" and event.message_id == message:
                faults.append("the ticket changed after a stranger's press")
            if event.order is not None:
                faults.append(f"after a stranger's press: {_words(event.order)}")
        if not any(e.kind == "interaction_reply" and e.private for e in after[:until]):
            faults.append("a stranger's press got no answer")
    return faults


def the_restart_lost_nothing(events: Sequence[Event], _hours: Hours) -> list[str]:
    """After kill and restart the owner's ✅ works and gives exactly one order."""
    killed = next((i for i, e in enumerate(events) if e.kind == "killed"), -1)
    restarted = next((i for i, e in enumerate(events) if e.kind == "restarted"), -1)
    if killed < 0 or restarted < killed:
        return ["the bot was not killed and restarted"]
    press = next((i for i in _presses(events, OWNER) if i > restarted), -1)
    if press < 0:
        return ["nobody pressed ✅ after the restart"]
    sent = [order for index, order in _orders(events, ACCEPTED) if index > killed]
    early = [order for index, order in _orders(events, ACCEPTED) if killed < index < press]
    approved = [order for index, order in _orders(events, APPROVED) if index > press]
    faults = [f"{_words(order)}: before the ✅ after the restart" for order in early]
    if len(approved) != 1:
        faults.append(f"{len(approved)} legs approved after the restart, not 1")
    if len(sent) != 1:
        faults.append(f"{len(sent)} orders after the restart, not 1")
    return faults


def the_thread_was_archived(events: Sequence[Event], _hours: Hours) -> list[str]:
    """An idle thread is summarised, then archived."""
    archive = next(
        (i for i, e in enumerate(events) if e.kind == "thread_updated" and "(보관됨)" in e.text), -1
    )
    if archive < 0:
        return ["no thread was archived"]
    # Closing also gives the thread its last name, so it is known by its number.
    thread = events[archive].channel_id
    told = any(
        e.kind == "message_posted"
        and e.actor == BOT
        and e.channel_id == thread
        and "요약" in e.text
        for e in events[:archive]
    )
    return [] if told else ["a thread was archived without a summary"]


def the_day_was_reported(events: Sequence[Event], hours: Hours) -> list[str]:
    """One closing report, not before 15 minutes after the close."""
    found = _posted(events, CLOSING)
    faults = [] if len(found) == 1 else [f"{len(found)} closing reports, not 1"]
    early = [e for e in found if e.t < hours.closes + REPORT_AFTER_CLOSE]
    return faults + [f"a closing report at {e.t:%H:%M:%S}" for e in early]


def the_morning_was_briefed(events: Sequence[Event], hours: Hours) -> list[str]:
    """One briefing with one picture, at most one basket before the open; without one, the reason."""
    found = _posted(events, BRIEFING)
    faults = [] if len(found) == 1 else [f"{len(found)} briefings, not 1"]
    pictures = [sum("image" in embed for embed in e.embeds) for e in found]
    faults += [f"a briefing with {count} pictures" for count in pictures if count != 1]
    baskets = {
        e.ticket for e in events if e.ticket and e.channel == MAIN_CHANNEL and e.t < hours.opens
    }
    if len(baskets) > 1:
        faults.append(f"{len(baskets)} tickets before the open, not 1")
    if not baskets and not any(_says_why(e.headline) for e in found):
        faults.append("no ticket, and the briefing does not say why")
    return faults


DAY_JUDGES: tuple[Judge, ...] = (
    orders_are_approved,
    orders_keep_the_window,
    words_follow_the_exchange,
    tickets_are_readable,
    the_stranger_changed_nothing,
    the_restart_lost_nothing,
    the_thread_was_archived,
    the_day_was_reported,
    the_morning_was_briefed,
)


def judge_day(events: Sequence[Event], hours: Hours) -> list[str]:
    """Return every fault that any judge found."""
    return [fault for judge in DAY_JUDGES for fault in judge(events, hours)]


def difference(first: Sequence[object], second: Sequence[object]) -> list[str]:
    """Say where two lists of order news part, or nothing when they are the same."""
    for place, (one, other) in enumerate(zip(first, second, strict=False), 1):
        if one != other:
            return [f"order event {place}: first {one}, then {other}"]
    if len(first) != len(second):
        return [f"first {len(first)} order events, then {len(second)}"]
    return []


def _approvals(events: Sequence[Event]) -> list[tuple[int, OrderNews]]:
    """Return each approved leg and since when: the owner's press before the teller told of it."""
    presses = _presses(events, OWNER)
    return [
        (max((press for press in presses if press < index), default=index), order)
        for index, order in _orders(events, APPROVED)
    ]


def _is_inside(order: OrderNews, bound: OrderNews) -> bool:
    if order.quantity > bound.quantity:
        return False
    if order.side == "buy":
        return order.price <= bound.price
    return order.price >= bound.price


def _orders(events: Sequence[Event], state: str) -> list[tuple[int, OrderNews]]:
    return [
        (index, event.order)
        for index, event in enumerate(events)
        if event.order is not None and event.order.state == state
    ]


def _presses(events: Sequence[Event], actor: str) -> list[int]:
    return [index for index, event in enumerate(events) if _is_press(event, actor)]


def _is_press(event: Event, actor: str) -> bool:
    return event.kind == "interaction" and event.actor == actor and event.text == PRESS


def _posted(events: Sequence[Event], title: str) -> list[Event]:
    return [e for e in events if e.kind == "message_posted" and title in e.title]


def _missing_stranger(events: Sequence[Event]) -> list[str]:
    basket = any(e.ticket and e.channel == MAIN_CHANNEL for e in events)
    return ["no stranger pressed ✅ on the basket"] if basket else []


def _says_why(headline: str) -> bool:
    return bool(_REASON.match(headline)) or _REFUSED in headline


def _words(order: OrderNews) -> str:
    return f"{order.state} {order.symbol} {order.side} {order.quantity} @ {order.price}"


def states_seen(events: Sequence[Event]) -> Counter[str]:
    """Count the exchange's order events by state, for the note of a day."""
    return Counter(e.order.state for e in events if e.order is not None and e.actor == BROKER)
