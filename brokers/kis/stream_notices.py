"""Notices of our own orders (체결통보, H0STCNI0 and in 모의투자 H0STCNI9): decrypted, then read.

A notice grew from 23 to 26 fields without a word in March 2025 and may grow again, so only the
first fields are read, which all layouts share. It is a hint: what became of an order is read over
REST. A notice that cannot be read is therefore still one, about an order that we do not know.
"""

from __future__ import annotations

import base64
import binascii
from dataclasses import dataclass, field
from typing import Final

from brokers.kis.stream_frames import Data, Layout, records
from brokers.wire.fields import canonical_number
from core.errors import BrokerProtocolError

NOTICES_REAL: Final = "H0STCNI0"
NOTICES_VTS: Final = "H0STCNI9"
NOTICE_IDS: Final = frozenset({NOTICES_REAL, NOTICES_VTS})

_KEY_BYTES = 32
_BLOCK_BYTES = 16
_FILLED = "2"
_REFUSED = "1"
# STCK_SHRN_ISCD, ACNT_NO, ODER_NO, RFUS_YN, CNTG_YN
_LAYOUT = Layout("H0STCNI", 23, (8, 1, 2, 12, 13))


@dataclass(frozen=True, slots=True, kw_only=True)
class Cipher:
    """The key and the initial vector that came with the registration: AES-256-CBC, PKCS7.

    Raises BrokerProtocolError unless both have the length that AES wants.
    """

    key: str = field(repr=False)
    iv: str = field(repr=False)

    def __post_init__(self) -> None:
        if len(self.key.encode()) != _KEY_BYTES or len(self.iv.encode()) != _BLOCK_BYTES:
            raise BrokerProtocolError("stream: key or iv of the notices malformed")

    def decrypt(self, payload: str) -> str:
        """Return the text of a payload in base64. Raises BrokerProtocolError."""
        from cryptography.hazmat.primitives.ciphers import Cipher as Aes
        from cryptography.hazmat.primitives.ciphers import algorithms, modes
        from cryptography.hazmat.primitives.padding import PKCS7

        try:
            sealed = base64.b64decode(payload, validate=True)
            aes = Aes(algorithms.AES(self.key.encode()), modes.CBC(self.iv.encode())).decryptor()
            padded = aes.update(sealed) + aes.finalize()
            unpadder = PKCS7(_BLOCK_BYTES * 8).unpadder()
            return (unpadder.update(padded) + unpadder.finalize()).decode()
        except (binascii.Error, ValueError):  # UnicodeDecodeError is a ValueError
            raise BrokerProtocolError("stream: a notice could not be decrypted") from None


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """That an order was received, changed, cancelled, refused or filled.

    `account` has ten digits, the product code at the end. `order_number` is without leading zeros,
    None where it is none.
    """

    account: str = field(repr=False)
    order_number: str | None
    symbol: str
    is_fill: bool
    is_refused: bool


def notices(data: Data, cipher: Cipher | None) -> list[Notice]:
    """Read the notices of a message. Raises BrokerProtocolError."""
    if data.tr_id not in NOTICE_IDS:
        raise BrokerProtocolError(f"stream: {data.tr_id} is no notice")
    payload = data.payload
    if data.is_encrypted:
        if cipher is None:
            raise BrokerProtocolError("stream: a notice came before its key")
        payload = cipher.decrypt(payload)
    return [_notice(row) for row in records(payload, data.record_count, _LAYOUT)]


def _notice(row: tuple[str, ...]) -> Notice:
    symbol, account, number, refused, kind = (part.strip() for part in row)
    try:
        order_number = canonical_number(number)
    except ValueError:
        order_number = None
    return Notice(
        account=account,
        order_number=order_number,
        symbol=symbol,
        is_fill=kind == _FILLED,
        is_refused=refused == _REFUSED,
    )
