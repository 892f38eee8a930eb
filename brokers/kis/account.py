"""Which KIS account, on which host, under which key."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar

from brokers.wire.account import BrokerAccount

REAL_BASE_URL = "https://openapi.koreainvestment.com:9443"
VTS_BASE_URL = "https://openapivts.koreainvestment.com:29443"


@dataclass(frozen=True, slots=True, kw_only=True)
class KisAccount(BrokerAccount):
    """Everything the adapter needs to know. Raises ValueError for what KIS could never accept."""

    vendor: ClassVar[str] = "KIS"
    broker: ClassVar[str] = "kis"
    # It was the only broker when the first databases were stamped.
    hash_prefix: ClassVar[str] = ""

    use_hashkey: bool = False
    custtype: str = "P"

    @property
    def account_fields(self) -> dict[str, str]:
        """Return the account as every trading call carries it."""
        return {"CANO": self.account_no, "ACNT_PRDT_CD": self.product_code}
