"""What the stream's server says: transaction ids by mode, codes with their texts, answers as JSON.

Sources: the broker's own list of WebSocket codes; captured answers for their shape.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from datetime import datetime

TRADES = "H0STCNT0"
BOOKS = "H0STASP0"
NAVS = "H0STNAV0"
STATES = "H0STMKO0"
NOTICES = {"real": "H0STCNI0", "vts": "H0STCNI9"}
PINGPONG = "PINGPONG"
REGISTRATIONS_MAX = 41

# The same of every venue together (통합) and of NXT; no ETF is on NXT, and this market shows no
# expected prices, so what is silent stays silent.
SAME: Mapping[str, str] = {"H0UNCNT0": TRADES, "H0UNASP0": BOOKS, "H0UNMKO0": STATES}
ALL_VENUES_BOOKS = "H0UNASP0"
# A client published in October 2026 found one field more at the end, since KRX's after-market: the
# market (2 is the regular one), and of all venues together whose the expected price is (1 is KRX).
ADDED: Mapping[str, str] = {TRADES: "^2", "H0UNCNT0": "^2", BOOKS: "^2", ALL_VENUES_BOOKS: "^1"}
SILENT = frozenset({"H0NXCNT0", "H0NXASP0", "H0NXMKO0", "H0STANC0"})

OFFERED: Mapping[str, frozenset[str]] = {
    "real": frozenset({TRADES, BOOKS, NAVS, STATES, NOTICES["real"], *SAME, *SILENT}),
    "vts": frozenset({TRADES, BOOKS, NOTICES["vts"]}),
}
TEXTS: Mapping[str, str] = {
    "OPSP0000": "SUBSCRIBE SUCCESS",
    "OPSP0001": "UNSUBSCRIBE SUCCESS",
    "OPSP0002": "ALREADY IN SUBSCRIBE",
    "OPSP0003": "UNSUBSCRIBE ERROR (not found!)",
    "OPSP0008": "MAX SUBSCRIBE OVER",
    "OPSP0011": "invalid approval(appkey) : NOT FOUND",
    "OPSP8991": "SUBSCRIBE ERROR : invalid tr_id",
    "OPSP8992": "SUBSCRIBE ERROR : invalid tr_key",
    "OPSP8993": "JSON PARSING ERROR : invalid tr_key",
    "OPSP8996": "ALREADY IN USE appkey",
    "OPSP8997": "JSON PARSING ERROR : invalid tr_type",
    "OPSP8998": "JSON PARSING ERROR : invalid custtype",
    "OPSP9990": "JSON PARSING ERROR : tr_key not found",
    "OPSP9991": "JSON PARSING ERROR : input not found",
    "OPSP9992": "JSON PARSING ERROR : body not found",
    "OPSP9996": "JSON PARSING ERROR : appkey",
    "OPSP9997": "JSON PARSING ERROR : custtype not found",
    "OPSP9998": "JSON PARSING ERROR : header not found",
    "OPSP9999": "JSON PARSING ERROR : invalid json format",
}
_DONE = frozenset({"OPSP0000", "OPSP0001", "OPSP0002"})
# What could not be read is answered without naming what it was about.
_UNREAD = "(null)"


def answer(code: str, tr_id: str, tr_key: str, keys: tuple[str, str] | None = None) -> str:
    """Return the answer to a registration; `keys` (iv, key) go with one that succeeded."""
    sealed = "Y" if tr_id in NOTICES.values() else "N"
    body: dict[str, object] = {
        "rt_cd": "0" if code in _DONE else "1",
        "msg_cd": code,
        "msg1": TEXTS[code],
    }
    if keys is not None:
        body["output"] = {"iv": keys[0], "key": keys[1]}
    return _text({"header": {"tr_id": tr_id, "tr_key": tr_key, "encrypt": sealed}, "body": body})


def unread(code: str) -> str:
    """Return the answer to what could not be read as a registration."""
    return _text(
        {
            "header": {"tr_id": _UNREAD, "encrypt": "N"},
            "body": {"rt_cd": "9", "msg_cd": code, "msg1": TEXTS[code]},
        }
    )


def in_use() -> str:
    """Return what a second connection on one app key hears; its tr_key is there and empty."""
    code = "OPSP8996"
    return _text(
        {
            "header": {"tr_id": _UNREAD, "tr_key": "", "encrypt": "N"},
            "body": {"rt_cd": "9", "msg_cd": code, "msg1": TEXTS[code]},
        }
    )


def ping(now: datetime) -> str:
    """Return a PINGPONG."""
    return _text({"header": {"tr_id": PINGPONG, "datetime": f"{now:%Y%m%d%H%M%S}"}})


def keys_of(seed: str) -> tuple[str, str]:
    """Return (iv, key) of one registration: 16 hex digits and 32 letters, other ones each time."""
    digest = hashlib.sha512(seed.encode()).digest()
    letters = (chr(ord("a") + byte % 26) for byte in digest[8:40])
    return digest[:8].hex(), "".join(letters)


def _text(document: Mapping[str, object]) -> str:
    return json.dumps(document, ensure_ascii=False, separators=(",", ":"))
