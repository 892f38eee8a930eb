"""Which KIS account, on which host, under which key."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field

from core.domain.modes import Mode
from core.ports.broker import BrokerIdentity

REAL_BASE_URL = "https://openapi.koreainvestment.com:9443"
VTS_BASE_URL = "https://openapivts.koreainvestment.com:29443"

_DIGITS_SHOWN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class KisTimeouts:
    """Host seconds. `connect` bounds DNS, TCP and TLS; the others bound a whole exchange."""

    connect: float = 2.0
    order_total: float = 7.0
    read_total: float = 10.0


# 모의투자 was seen to answer tokens and balances after 7 to 10 s.
VTS_TIMEOUTS = KisTimeouts(order_total=15.0, read_total=20.0)
REAL_TIMEOUTS = KisTimeouts()


@dataclass(frozen=True, slots=True, kw_only=True)
class KisAccount:
    """Everything the adapter needs to know. Raises ValueError for what KIS could never accept.

    `mode` is VTS, REAL or OBSERVE (a real account that only reads).
    """

    mode: Mode
    app_key: str = field(repr=False)
    app_secret: str = field(repr=False)
    account_no: str = field(repr=False)
    product_code: str
    base_url: str
    use_hashkey: bool = False
    custtype: str = "P"
    timeouts: KisTimeouts | None = None

    def __post_init__(self) -> None:
        if self.mode is Mode.SIM:
            raise ValueError("KIS has no mode sim")
        if not re.fullmatch(r"[0-9]{8}", self.account_no):
            raise ValueError("a KIS account number has 8 digits")
        if not re.fullmatch(r"[0-9]{2}", self.product_code):
            raise ValueError("a KIS product code has 2 digits")
        if not re.fullmatch(r"https?://[^/\s?#]+", self.base_url):
            raise ValueError("base URL must be http(s)://host[:port] without a path")
        for name, secret in (("app key", self.app_key), ("app secret", self.app_secret)):
            # They travel in headers; anything else would fail only when an order is sent.
            if not re.fullmatch(r"[\x21-\x7e]+", secret):
                raise ValueError(f"the {name} must be plain ASCII without blanks")

    @property
    def is_vts(self) -> bool:
        """Whether the 모의투자 transaction ids apply."""
        return self.mode is Mode.VTS

    @property
    def allowed(self) -> KisTimeouts:
        """Return the time-outs in force."""
        return self.timeouts or (VTS_TIMEOUTS if self.is_vts else REAL_TIMEOUTS)

    @property
    def identity(self) -> BrokerIdentity:
        """Say which account this is, with all but the last digits masked."""
        hidden = "*" * (len(self.account_no) - _DIGITS_SHOWN)
        # Watched or traded, the real account is one account with one ledger.
        kind = Mode.VTS if self.is_vts else Mode.OBSERVE
        text = f"{self.account_no}{self.product_code}:{kind.value}"
        return BrokerIdentity(
            broker="kis",
            mode=self.mode,
            base_url=self.base_url,
            account_masked=f"{hidden}{self.account_no[-_DIGITS_SHOWN:]}-{self.product_code}",
            account_hash=hashlib.sha256(text.encode()).hexdigest(),
        )

    @property
    def account_fields(self) -> dict[str, str]:
        """Return the account as every trading call carries it."""
        return {"CANO": self.account_no, "ACNT_PRDT_CD": self.product_code}
