"""Which account, on which host, under which key: what every broker's account has in common."""

from __future__ import annotations

import hashlib
import re
from dataclasses import dataclass, field
from typing import ClassVar

from brokers.wire.clients import REAL_TIMEOUTS, VTS_TIMEOUTS, Timeouts
from core.domain.modes import Mode
from core.ports.broker import BrokerIdentity

_DIGITS_SHOWN = 2


@dataclass(frozen=True, slots=True, kw_only=True)
class BrokerAccount:
    """Everything an adapter needs to know. Raises ValueError for what no broker could accept.

    `mode` is VTS, REAL or OBSERVE (a real account that only reads). A broker's own account says
    its `vendor` (how errors name it), its `broker` (how the identity does) and the `hash_prefix`
    of its account hash: databases are stamped with that hash, so none of the three ever changes.
    """

    vendor: ClassVar[str]
    broker: ClassVar[str]
    hash_prefix: ClassVar[str]

    mode: Mode
    app_key: str = field(repr=False)
    app_secret: str = field(repr=False)
    account_no: str = field(repr=False)
    product_code: str
    base_url: str
    timeouts: Timeouts | None = None

    def __post_init__(self) -> None:
        if self.mode is Mode.SIM:
            raise ValueError(f"{self.vendor} has no mode sim")
        if not re.fullmatch(r"[0-9]{8}", self.account_no):
            raise ValueError(f"a {self.vendor} account number has 8 digits")
        if not re.fullmatch(r"[0-9]{2}", self.product_code):
            raise ValueError(f"a {self.vendor} product code has 2 digits")
        if not re.fullmatch(r"https?://[^/\s?#]+", self.base_url):
            raise ValueError("base URL must be http(s)://host[:port] without a path")
        for name, secret in (("app key", self.app_key), ("app secret", self.app_secret)):
            # They travel in headers; anything else would fail only when an order is sent.
            if not re.fullmatch(r"[\x21-\x7e]+", secret):
                raise ValueError(f"the {name} must be plain ASCII without blanks")

    @property
    def is_vts(self) -> bool:
        """Whether this is 모의투자."""
        return self.mode is Mode.VTS

    @property
    def allowed(self) -> Timeouts:
        """Return the time-outs in force."""
        return self.timeouts or (VTS_TIMEOUTS if self.is_vts else REAL_TIMEOUTS)

    @property
    def identity(self) -> BrokerIdentity:
        """Say which account this is, with all but the last digits masked."""
        hidden = "*" * (len(self.account_no) - _DIGITS_SHOWN)
        # Watched or traded, the real account is one account with one ledger.
        kind = Mode.VTS if self.is_vts else Mode.OBSERVE
        text = f"{self.hash_prefix}{self.account_no}{self.product_code}:{kind.value}"
        return BrokerIdentity(
            broker=self.broker,
            mode=self.mode,
            base_url=self.base_url,
            account_masked=f"{hidden}{self.account_no[-_DIGITS_SHOWN:]}-{self.product_code}",
            account_hash=hashlib.sha256(text.encode()).hexdigest(),
        )

    @property
    def secrets(self) -> tuple[str, ...]:
        """Return what no record of an answer may show."""
        return (self.account_no, self.app_key, self.app_secret)
