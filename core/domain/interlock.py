"""The real-money interlock: everything that must hold before one won leaves the real account.

All of it, or none: there is no order of importance. Whatever is missing has a name, and the mode
is then *observe*: everything is watched and proposed, and each order refused with these names.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, fields
from datetime import datetime, timedelta
from enum import Enum

# Where the arming is stored, and how long one holds at most.
SETTING_REAL_ARMING = "real_arming"
ARMED_FOR = timedelta(days=30)


class Point(Enum):
    """What may be missing. The locale files hold one sentence per member (``interlock.point_…``)."""

    BROKER_IS_REAL = "broker_is_real"
    ACCOUNT_IS_REAL = "account_is_real"
    ORDERS_ENABLED = "orders_enabled"
    HOST_IS_REAL = "host_is_real"
    KEY_IS_OWN = "key_is_own"
    ACCOUNT_IS_LISTED = "account_is_listed"
    OWNERS_NAMED = "owners_named"
    LIMITS_GIVEN = "limits_given"
    NO_SANDBOX = "no_sandbox"
    PROBED = "probed"
    VTS_RECORD = "vts_record"
    DOCTOR_GREEN = "doctor_green"
    ARMED = "armed"
    ARMED_FOR_THIS = "armed_for_this"
    ARMED_IN_TIME = "armed_in_time"


@dataclass(frozen=True, slots=True, kw_only=True)
class Switches:
    """What the settings say; they stand for as long as the process lives."""

    broker_is_real: bool
    account_is_real: bool
    orders_enabled: bool
    host_is_real: bool
    key_is_own: bool
    account_is_listed: bool
    owners_named: bool
    limits_given: bool
    no_sandbox: bool

    @property
    def reach_real_orders(self) -> bool:
        """Whether an order of these settings would go to the real account at all."""
        return self.broker_is_real and self.account_is_real and self.orders_enabled


@dataclass(frozen=True, slots=True, kw_only=True)
class Arming:
    """An owner's typed confirmation: for exactly these settings and this build, until then."""

    owner_id: int
    armed_at: datetime
    expires_at: datetime
    fingerprint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Evidence:
    """What was found out: by the probe at start, in the 모의투자 record, by the doctor."""

    probed: bool = False
    vts_days: int = 0
    doctor_green: bool = False


def missing_before_arming(
    switches: Switches, evidence: Evidence, days_needed: int
) -> tuple[Point, ...]:
    """Return what must be mended before an owner may arm."""
    found = [Point(field.name) for field in fields(switches) if not getattr(switches, field.name)]
    if not evidence.probed:
        found.append(Point.PROBED)
    if evidence.vts_days < days_needed:
        found.append(Point.VTS_RECORD)
    if not evidence.doctor_green:
        found.append(Point.DOCTOR_GREEN)
    return tuple(found)


def missing(
    switches: Switches,
    evidence: Evidence,
    days_needed: int,
    arming: Arming | None,
    fingerprint: str,
    now: datetime,
) -> tuple[Point, ...]:
    """Return everything that keeps orders from the real account now; nothing means none."""
    found = list(missing_before_arming(switches, evidence, days_needed))
    if arming is None:
        return (*found, Point.ARMED)
    if arming.fingerprint != fingerprint:
        found.append(Point.ARMED_FOR_THIS)
    # Both ends: a stored end further away than an arming may last was not written by us.
    if not arming.armed_at <= now < min(arming.expires_at, arming.armed_at + ARMED_FOR):
        found.append(Point.ARMED_IN_TIME)
    return tuple(found)


def arming_text(arming: Arming) -> str:
    """Return the text under which an arming is stored."""
    return json.dumps(
        {
            "owner": arming.owner_id,
            "armed_at": arming.armed_at.isoformat(),
            "expires_at": arming.expires_at.isoformat(),
            "fingerprint": arming.fingerprint,
        }
    )


def read_arming(text: str | None) -> Arming | None:
    """Return a stored arming. One that cannot be read is none."""
    if not text:
        return None
    try:
        row = json.loads(text)
        arming = Arming(
            owner_id=int(row["owner"]),
            armed_at=datetime.fromisoformat(row["armed_at"]),
            expires_at=datetime.fromisoformat(row["expires_at"]),
            fingerprint=str(row["fingerprint"]),
        )
    except (ValueError, KeyError, TypeError):
        return None
    aware = arming.armed_at.tzinfo is not None and arming.expires_at.tzinfo is not None
    return arming if aware else None


def is_typed(text: str, account_no: str) -> bool:
    """Whether a person typed what arms this account: 실전 (or REAL) and its last four digits."""
    return text.split() in [[word, account_no[-4:]] for word in ("실전", "REAL")]
