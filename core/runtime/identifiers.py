"""Identifiers and jitter: the only place that asks the host for randomness."""

from __future__ import annotations

import secrets  # noqa: TID251  this module is the home of randomness

# Read aloud and typed by people: no 0/O, 1/I/L, U/V.
TICKET_ALPHABET = "23456789ABCDEFGHJKMNPQRSTVWXYZ"
TICKET_LENGTH = 8
_NONCE_BYTES = 12
_JITTER_STEPS = 1 << 32


class SystemIdentifiers:
    """Identifiers out of the operating system's randomness."""

    def ticket_id(self) -> str:
        """Return a new id of 8 characters without look-alikes (30^8 values)."""
        choose = secrets.choice
        return "".join(choose(TICKET_ALPHABET) for _ in range(TICKET_LENGTH))

    def nonce(self) -> str:
        """Return a new Discord nonce of 24 characters (25 are allowed)."""
        return secrets.token_hex(_NONCE_BYTES)

    def jitter(self) -> float:
        """Return a number in [0, 1)."""
        return secrets.randbelow(_JITTER_STEPS) / _JITTER_STEPS
