"""Rules about exits approved in advance: by a press, within bounds, once, not revoked (I3)."""

from __future__ import annotations

from datetime import date, datetime
from typing import TYPE_CHECKING

from core.domain.krx import KST
from tests.simulation.falls import GRANT
from tests.simulation.plan import OWNERS
from tests.simulation.rows import Committed, Row

if TYPE_CHECKING:
    from tests.simulation.judge import Judge

# The terms that the settings of a seed offer, written out once more: 7 %, and twice that.
STOP, FLOOR = 93, 86


def stops(judge: Judge, before: Committed, now: Committed) -> None:
    """What a stop allows never changes, and it is granted by a press that asked for it."""
    for key, row in now.stops.items():
        old = before.stops.get(key)
        fixed = ("symbol", "quantity_max", "stop_bps", "floor_bps", "until")
        if old is not None and any(old[name] != row[name] for name in fixed):
            judge.blame("I3", f"the stop of {key} changes from {old} to {row}")
        was = "offered" if old is None else old["state"]
        if row["state"] == was:
            continue
        if (was, row["state"]) not in {
            ("offered", "granted"),
            ("granted", "used"),
            ("granted", "revoked"),
        }:
            judge.blame("I15", f"the stop of {key}: {was} → {row['state']}")
        if row["state"] == "granted" and not _is_pressed(judge, row):
            judge.blame("I3", f"the stop of {key} is granted by nobody's press")


def approved(judge: Judge, before: Committed, now: Committed, ticket_id: str) -> None:
    """An exit was approved in advance: by stops that were granted, for no more than they allow."""
    used = {key: row for key, row in now.stops.items() if row["used_by"] == ticket_id}
    approval, legs = now.approvals[ticket_id], now.legs[ticket_id]
    if not used or approval["actor_id"] not in OWNERS:
        judge.blame("I3", f"{ticket_id} is approved in advance by nothing")
        return
    if len(legs) != 1 or legs[0]["side"] != "sell":
        judge.blame("I3", f"{ticket_id} is approved in advance and is no single sale")
    covered = 0
    for key, row in used.items():
        old = before.stops.get(key)
        if old is None or old["state"] != "granted" or row["ticket_id"] in judge.revoked_stops:
            judge.blame("I3", f"{ticket_id} is approved by the stop of {key}, which was {old}")
        if date.fromisoformat(row["until"]) < judge.world.plan.start.astimezone(KST).date():
            judge.blame("I3", f"{ticket_id} is approved by the stop of {key} after its last day")
        entry = now.orders[key]
        covered += min(entry["filled"], entry["quantity_max"])
        if _is_sold(now, row["symbol"], datetime.fromisoformat(entry["created_at"])):
            judge.blame("I3", f"{ticket_id} is approved by the stop of {key} after a sale")
    if legs[0]["quantity_max"] > covered:
        judge.blame("I3", f"{ticket_id} sells {legs[0]['quantity_max']}, approved are {covered}")
    if now.settings.get("trading_state") == "HALTED":
        judge.blame("I10", f"{ticket_id} is approved in advance while halted")
    _priced(judge, ticket_id, legs[0])


def _priced(judge: Judge, ticket_id: str, leg: Row) -> None:
    fall = judge.world.people.falls.told.get(ticket_id)
    if fall is None:
        judge.blame("I3", f"{ticket_id} is approved in advance, and nothing fell")
    elif fall.price_won * 100 > fall.cost_won * STOP:
        judge.blame("I3", f"{ticket_id} is approved in advance above the stop: {fall}")
    elif (leg["limit_won"] or 0) * 100 < fall.cost_won * FLOOR:
        judge.blame("I3", f"{ticket_id} is approved in advance below the floor: {fall}")


def _is_pressed(judge: Judge, row: Row) -> bool:
    return any(
        press.what == GRANT
        and not press.wrong
        and (press.ticket_id, press.user_id) == (row["ticket_id"], row["actor_id"])
        for press in judge.world.people.presses.values()
    )


def _is_sold(now: Committed, symbol: str, since: datetime) -> bool:
    sales = (row for row in now.orders.values() if (row["symbol"], row["side"]) == (symbol, "sell"))
    fills = (fill for row in sales for fill in now.fills.get(row["order_id"], ()))
    return any(datetime.fromisoformat(fill["observed_at"]) >= since for fill in fills)
