"""Which Kiwoom account, on which host, under which key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from brokers.wire.account import BrokerAccount

REAL_BASE_URL = "https://api.kiwoom.com"
VTS_BASE_URL = "https://mockapi.kiwoom.com"


@dataclass(frozen=True, slots=True, kw_only=True)
class KiwoomAccount(BrokerAccount):
    """Everything the adapter needs to know. Raises ValueError for what Kiwoom could never accept.

    No request carries the account number: the token names the account, and a new token is believed
    only for this one.
    """

    vendor: ClassVar[str] = "Kiwoom"
    broker: ClassVar[str] = "kiwoom"
    hash_prefix: ClassVar[str] = "kiwoom:"

    sign_requests: bool = False
