"""What may be armed: approved, within envelope and limits, not halted (I3, I4, I7, I10, I11)."""

from __future__ import annotations

import hashlib
import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

from brokers.sim import rules
from core.domain.krx import KST
from tests.simulation.falls import GRANT
from tests.simulation.plan import LIMITS, OWNERS
from tests.simulation.rows import LIVE, Committed, Row

if TYPE_CHECKING:
    from tests.simulation.judge import Judge
    from tests.simulation.truth import Departure


# Five seconds, and as long as an answer may be on its way.
QUOTE_AGE_MAX = timedelta(seconds=5 + 10)

# A token, a slot, and what both may take.
DEPARTS_WITHIN = timedelta(seconds=30)


def terms(row: Row) -> tuple[str, str, int, int]:
    """Return what an order row says is sent."""
    return (
        row["request_symbol"],
        row["request_side"],
        row["request_quantity"],
        row["request_price_won"] or 0,
    )


def armed(judge: Judge, now: Committed, order_id: str) -> None:
    """One attempt was committed: everything that must hold at that moment."""
    row, attempt = now.orders[order_id], now.attempts[order_id]
    ticket = now.tickets[row["ticket_id"]]
    approval = now.approvals.get(row["ticket_id"])
    at = datetime.fromisoformat(attempt["armed_at"])
    if ticket["state"] != "APPROVED" or approval is None:
        judge.blame("I3", f"{order_id} is armed, its ticket is {ticket['state']}")
    elif approval["payload_hash"] != payload_hash(now, ticket):
        judge.blame("I3", f"{order_id} is armed, approved was another payload")
    elif datetime.fromisoformat(approval["clicked_at"]) > at + timedelta(seconds=95):
        judge.blame("I3", f"{order_id} is armed before its approval")
    quoted = judge.truth.quoted.get(row["request_symbol"])
    # The attempt is dated by the process's clock, which may differ from the time that really is.
    truly = at - judge.world.plan.skew
    if quoted is None or truly - quoted > QUOTE_AGE_MAX:
        judge.blame("I4", f"{order_id} is armed at {truly} on a quote asked for at {quoted}")
    _inside(judge, row, at)
    _allowed(judge, now, row, at)
    _switched_on(judge, now, row)
    _affordable(judge, now)
    lease = now.lease
    if lease is not None and attempt.get("lease_epoch") not in {None, lease["epoch"]}:
        judge.blame("I11", f"{order_id} armed under {attempt['lease_epoch']}, not {lease['epoch']}")


def departed(judge: Judge, attempt: Row, post: Departure) -> None:
    """A post leaves soon after its arm, or never: its price was judged then."""
    waited = post.asked_at + judge.world.plan.skew - datetime.fromisoformat(attempt["armed_at"])
    if waited > DEPARTS_WITHIN:
        judge.blame("I3", f"{attempt['order_id']} leaves {waited} after it was armed")


def _inside(judge: Judge, row: Row, at: datetime) -> None:
    """The terms lie inside the envelope that was approved."""
    symbol, side, quantity, price = terms(row)
    limit = row["limit_won"]
    worse = price > limit if side == "buy" else price < limit
    if (symbol, side) != (row["symbol"], row["side"]) or quantity > row["quantity_max"] or worse:
        judge.blame("I3", f"{row['order_id']}: {terms(row)} leaves the envelope")
    if at > datetime.fromisoformat(row["good_until"]):
        judge.blame("I3", f"{row['order_id']} is armed too late")


def _allowed(judge: Judge, now: Committed, row: Row, at: datetime) -> None:
    """The limits hold, this order included."""
    _symbol, side, quantity, price = terms(row)
    day = at.astimezone(KST).date()
    if not rules.is_on_tick(price, day):
        judge.blame("I4", f"{row['order_id']}: {price} is off the tick")
    if quantity * price > LIMITS.order_won:
        judge.blame("I4", f"{row['order_id']}: {quantity} x {price} is above an order's limit")
    others = [now.orders[item] for item in now.attempts]
    instants = [datetime.fromisoformat(item["armed_at"]) for item in now.attempts.values()]
    if len(instants) > judge.world.plan.day_count:
        judge.blame("I4", f"{len(instants)} orders on one day")
    if sum(at - timedelta(minutes=1) < item <= at for item in instants) > LIMITS.minute_count:
        judge.blame("I4", "too many orders in one minute")
    spent = sum(
        item["request_quantity"] * (item["request_price_won"] or 0)
        for item in others
        if item["request_side"] == "buy"
    )
    if side == "buy" and spent > LIMITS.day_won:
        judge.blame("I4", f"{spent} won on one day")
    doubtful = [
        item["order_id"]
        for item in others
        if item["order_id"] != row["order_id"]
        and item["state"] in {"UNKNOWN", "OPERATOR_HOLD", "SUBMITTING"}
        and (item["symbol"], item["side"]) == (row["symbol"], row["side"])
    ]
    if doubtful:
        judge.blame("I4", f"{row['order_id']} is armed beside the doubtful {doubtful}")


def _affordable(judge: Judge, now: Committed) -> None:
    """What is held back can be paid: by what is there, and by what it has already paid for."""
    held = sum(row["won"] for row in now.reservations.values())
    host = judge.world.host
    spent = 0
    for order_id in now.reservations:
        there = judge.truth.row(judge.truth.number_of(order_id))
        if there is not None and there.is_buy:
            spent += there.amount
    cash = host.exchange.cash(host.now()).d2
    if held > cash + spent:
        judge.blame("I7", f"{held} won are held back, {cash} + {spent} are there")


def _switched_on(judge: Judge, now: Committed, row: Row) -> None:
    state = now.settings.get("trading_state", "ACTIVE")
    forbids = state not in {"ACTIVE", "REDUCE_ONLY"} or (
        state == "REDUCE_ONLY" and row["request_side"] == "buy"
    )
    if forbids:
        judge.blame("I10", f"{row['order_id']} is armed while {state}")


def approved(judge: Judge, now: Committed, ticket_id: str) -> None:
    """An approval was committed: a press that really happened, by somebody who may, in time."""
    approval, ticket = now.approvals[ticket_id], now.tickets[ticket_id]
    press = judge.world.people.presses.get(approval["interaction_id"])
    if press is None or press.ticket_id != ticket_id or press.user_id != approval["actor_id"]:
        judge.blame("I3", f"{ticket_id} is approved by a press that nobody made")
        return
    if press.wrong:
        judge.blame("I3", f"{ticket_id} is approved by a press with a {press.wrong}")
    if approval["actor_id"] not in OWNERS:
        judge.blame("I3", f"{ticket_id} is approved by {approval['actor_id']}")
    if press.what not in {"approve", GRANT}:
        judge.blame("I3", f"{ticket_id} is approved by a press that asks to {press.what}")
    if ticket["message_id"] not in {None, press.message_id}:
        judge.blame("I3", f"{ticket_id} is approved by a press on {press.message_id}")
    over = [
        other
        for other, row in now.tickets.items()
        if other != ticket_id and row["message_id"] == press.message_id
    ]
    if over:
        judge.blame("I3", f"{ticket_id} is approved on the message of {over}, which came over it")
    if approval["payload_hash"] != press.payload_hash:
        judge.blame("I3", f"{ticket_id}: approved is another payload than the one on the screen")
    if approval["payload_hash"] != payload_hash(now, ticket):
        judge.blame("I3", f"{ticket_id}: approved is another payload than the one stored")
    if press.at.astimezone(UTC) > datetime.fromisoformat(ticket["expires_at"]):
        judge.blame("I3", f"{ticket_id} is approved after its time")


def reserved(judge: Judge, now: Committed) -> None:
    """What lives holds something back; what ended holds nothing."""
    for order_id in now.reservations:
        state = now.orders[order_id]["state"]
        if state not in LIVE:
            judge.blame("I7", f"{order_id} is {state} and still holds something back")
    for order_id, row in now.orders.items():
        if row["state"] in LIVE and order_id not in now.reservations:
            judge.blame("I7", f"{order_id} is {row['state']} and holds nothing back")


def payload_hash(now: Committed, ticket: Row) -> str:
    """What the stored envelopes hash to, by the rule of the design."""
    body = {
        "ticket": ticket["ticket_id"],
        "mode": ticket["mode"],
        "account": ticket["account"],
        "legs": [
            {
                "leg": leg["number"],
                "symbol": leg["symbol"],
                "side": leg["side"],
                "type": leg["order_type"],
                "quantity_max": leg["quantity_max"],
                "limit_won": leg["limit_won"],
                "good_until": datetime.fromisoformat(leg["good_until"]).astimezone(KST).isoformat(),
            }
            for leg in now.legs.get(ticket["ticket_id"], ())
        ],
    }
    text = json.dumps(body, sort_keys=True, separators=(",", ":"), ensure_ascii=True)
    return f"t1:{hashlib.sha256(text.encode()).hexdigest()}"
