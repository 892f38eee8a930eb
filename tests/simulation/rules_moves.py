"""Rules about what is stored: the chain, the moves, the quantities, the versions (I5, I8, I9, I13, I15)."""

from __future__ import annotations

import hashlib
import json
from typing import TYPE_CHECKING

from tests.simulation.rows import LEGAL, REOPENED, STATES, Committed, Row

if TYPE_CHECKING:
    from tests.simulation.judge import Judge


SIGHTINGS_MIN = 2


def journal(judge: Judge, now: Committed) -> None:
    """Each line follows the one before; each move of an order has one line, and a legal one."""
    number, head = judge.head
    for line in now.journal:
        text = line["line"]
        expected = hashlib.sha256(head.encode() + text.encode()).hexdigest()
        if (line["seq"], line["previous_hash"]) != (number + 1, head) or (
            line["line_hash"] != expected
        ):
            judge.blame("I13", f"the chain breaks at line {line['seq']}")
        number, head = line["seq"], line["line_hash"]
        facts = json.loads(text)["facts"]
        judge.world.log.tell(
            "line", f"{line['kind']} {line['subject']} {line['actor']}{_why(facts)}"
        )
        judge.keeps_secrets(text)
        if not line["actor"]:
            judge.blame("I13", f"line {number} has no actor")
        _moved(judge, now, line, facts)
    judge.head = (number, head)


def _why(facts: Row) -> str:
    rules = [item["rule"] for item in facts.get("violations", ())]
    return f" {rules}" if rules else ""


def _moved(judge: Judge, now: Committed, line: Row, facts: Row) -> None:
    kind, order_id = line["kind"], line["subject"]
    if order_id not in now.orders:
        return
    old = judge.states.get(order_id, "CREATED")
    if kind == "incident.order_reopened":
        new = now.orders[order_id]["state"]
        legal = old in REOPENED
    else:
        new = kind.removeprefix("order.").upper()
        if not kind.startswith("order.") or new not in STATES:
            return
        legal = (old, new) in LEGAL
    if facts.get("from") != old:
        judge.blame("I13", f"{order_id}: a line says from {facts.get('from')}, it was {old}")
    if not legal:
        judge.blame("I15", f"{order_id}: {old} → {new}")
    judge.states[order_id] = new


def moves(judge: Judge, before: Committed, now: Committed) -> None:
    """The table says what the journal says, and an end says only what is proven."""
    for order_id, row in now.orders.items():
        state = row["state"]
        known = judge.states.setdefault(order_id, "CREATED")
        if state != known:
            judge.blame("I13", f"{order_id} is {state}, the journal says {known}")
            judge.states[order_id] = state
        old = before.orders.get(order_id)
        if old is None or old["state"] != state or old["broker_number"] != row["broker_number"]:
            _proven(judge, row)
        if old is not None and old["state"] == "UNKNOWN" and not old["broker_number"]:
            _recognised(judge, row)


def _recognised(judge: Judge, row: Row) -> None:
    """What nobody answered for is recognised by two reads, not by one.

    An answer that could not be stored is kept in the file of last resort, and taken up later.
    """
    number = row["broker_number"]
    if number in judge.truth.told:
        return
    if number and judge.truth.sightings[number] < SIGHTINGS_MIN:
        judge.blame("I8", f"{row['order_id']} is said to be {number}, which one read has shown")


def tickets(judge: Judge, before: Committed, now: Committed) -> None:
    """A ticket is decided once; after its approval it can only turn out impossible."""
    for ticket_id, ticket in now.tickets.items():
        old = before.tickets.get(ticket_id)
        new = ticket["state"]
        if old is None or old["state"] in {new, "PRESENTED"}:
            continue
        if old["state"] != "APPROVED" or new not in {"EXPIRED", "INVALIDATED"}:
            judge.blame("I15", f"{ticket_id}: {old['state']} → {new}")


def _proven(judge: Judge, row: Row) -> None:
    order_id, state = row["order_id"], row["state"]
    truth = judge.truth
    posts = truth.of(order_id)
    number = truth.number_of(order_id)
    if state == "NOT_SENT" and posts:
        judge.blame("I8", f"{order_id} is NOT_SENT, but its post left")
    if state in {"REJECTED", "VOID"} and number and not _rejected_there(judge, number):
        judge.blame("I8", f"{order_id} is {state}, but it is {number} at the broker")
    if state in {"CANCELLED", "PARTIAL_CANCELLED"} and number:
        there = truth.row(number)
        if there is not None and there.remaining:
            judge.blame("I8", f"{order_id} is {state}, but {there.remaining} remain")
    stored = row["broker_number"]
    if stored and truth.owner.get(stored) != order_id and _could_know(judge, row):
        owner = truth.owner.get(stored, "somebody else's")
        judge.blame("I2", f"{order_id} is said to be {stored}, which is {owner}")


def _could_know(judge: Judge, row: Row) -> bool:
    """Whether our books show that the number is not this order's, or its fills are taken for ours.

    A broker may answer with the number of an order that no list has shown yet; the first one that
    does must end it.
    """
    number, order_id = row["broker_number"], row["order_id"]
    attempt = judge.now.attempts.get(order_id, {})
    return bool(
        row["filled"]
        or number in json.loads(attempt.get("known_numbers", "[]"))
        or any(item["number"] == number for item in judge.now.externals)
        or any(
            item["broker_number"] == number and item["order_id"] != order_id
            for item in judge.now.orders.values()
        )
    )


def _rejected_there(judge: Judge, number: str) -> bool:
    there = judge.truth.row(number)
    return there is not None and there.rejected > 0


def fills(judge: Judge, before: Committed, now: Committed) -> None:
    """Quantities only rise, add up, and never run ahead of the exchange."""
    for order_id, row in now.orders.items():
        old = before.orders.get(order_id)
        filled = row["filled"]
        if old is not None and filled == old["filled"]:
            continue
        if old is not None and filled < old["filled"]:
            judge.blame("I5", f"{order_id}: filled fell from {old['filled']} to {filled}")
        if row["request_quantity"] is not None and filled > row["request_quantity"]:
            judge.blame("I5", f"{order_id}: filled {filled} of {row['request_quantity']}")
        if sum(item["quantity"] for item in now.fills.get(order_id, ())) != filled:
            judge.blame("I5", f"{order_id}: its fills do not add up to {filled}")
        there = judge.truth.row(judge.truth.number_of(order_id)) if filled else None
        if filled and (there is None or filled > there.filled):
            judge.blame("I5", f"{order_id}: filled {filled}, at the exchange {there}")


def versions(judge: Judge, now: Committed) -> None:
    """Remember what each version of a ticket said."""
    for ticket_id, ticket in now.tickets.items():
        key = (ticket_id, ticket["version"])
        judge.versions.setdefault(key, set()).add(told(now, ticket_id))


def told(now: Committed, ticket_id: str) -> str:
    """What a message about this ticket may say, by the committed rows."""
    ticket = now.tickets[ticket_id]
    orders = sorted(
        (row["leg"], row["state"], row["filled"], row["broker_number"] or "")
        for row in now.orders.values()
        if row["ticket_id"] == ticket_id
    )
    legs = [
        (leg["number"], leg["symbol"], leg["side"], leg["quantity_max"], leg["limit_won"])
        for leg in now.legs.get(ticket_id, ())
    ]
    return f"{ticket['state']} {legs} {orders}"
