"""The instant that a feed's date names, or none: a guess would be hours wrong."""

from __future__ import annotations

import re
from datetime import UTC, datetime, tzinfo
from email.utils import parsedate_to_datetime

from core.domain.krx import KST

DATE_CHARACTERS_MAX = 60
_COLON_ZONE = re.compile(r"([+-]\d{2}):(\d{2})$")
# Hosts that write times without a zone, and the zone they mean.
_ZONES: tuple[tuple[str, tzinfo], ...] = (("kr.investing.com", UTC),)


def zone_of(host: str) -> tzinfo | None:
    """Return the zone that a host means when it names none; None when nobody knows."""
    found = (zone for known, zone in _ZONES if host == known or host.endswith(f".{known}"))
    return next(found, None)


def parse_date(text: str, bare: tzinfo | None = None) -> datetime | None:
    """Return the instant of a date in KST, or None when it names none.

    Read are RFC 822 with ``+0900``, ``GMT``, ``KST`` or ``+09:00`` (which the standard library
    takes for a naive date) and ISO 8601. A time without a zone is of the zone `bare`, and no
    instant without one; a day without a time is never one.
    """
    cleaned = " ".join(text[:DATE_CHARACTERS_MAX].split())
    if not cleaned:
        return None
    moment = _iso(cleaned, bare) or _rfc822(cleaned, bare)
    try:
        return moment.astimezone(KST) if moment else None
    except (OverflowError, ValueError):
        return None


def _iso(text: str, bare: tzinfo | None) -> datetime | None:
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        return None
    if moment.tzinfo is not None:
        return moment
    # A bare day is read as midnight by the library, and means no instant.
    return moment.replace(tzinfo=bare) if bare is not None and ":" in text else None


def _rfc822(text: str, bare: tzinfo | None) -> datetime | None:
    zoned = _COLON_ZONE.sub(r"\1\2", text)
    if zoned.endswith(" KST"):
        zoned = zoned.removesuffix("KST") + "+0900"
    try:
        moment = parsedate_to_datetime(zoned)
    except (ValueError, TypeError, IndexError, OverflowError):
        return None
    if moment.tzinfo is not None:
        return moment
    # "-0000" is how RFC 822 says that the zone is not known; a missing zone says the same.
    return moment.replace(tzinfo=bare) if bare is not None and ":" in text else None
