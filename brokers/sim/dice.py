"""Seeded whole-number noise: the same on every machine, from a text key alone."""

from __future__ import annotations

from hashlib import blake2b

_MASK = (1 << 64) - 1


class Dice:
    """A SplitMix64 stream whose state starts as the hash of a key. Not for secrets."""

    __slots__ = ("_state",)

    def __init__(self, *key: object) -> None:
        """Start the stream that belongs to `key`."""
        text = ":".join(str(part) for part in key)
        self._state = int.from_bytes(blake2b(text.encode(), digest_size=8).digest(), "big")

    def number(self) -> int:
        """Return the next number of 64 bits."""
        self._state = (self._state + 0x9E3779B97F4A7C15) & _MASK
        mixed = self._state
        mixed = ((mixed ^ (mixed >> 30)) * 0xBF58476D1CE4E5B9) & _MASK
        mixed = ((mixed ^ (mixed >> 27)) * 0x94D049BB133111EB) & _MASK
        return mixed ^ (mixed >> 31)

    def between(self, low: int, high: int) -> int:
        """Return the next number of `low`..`high`, both included."""
        return low + self.number() % (high - low + 1)

    def bell(self, width: int) -> int:
        """Return the next number around 0 whose standard deviation is about `width`.

        One draw, cut into four 16-bit parts whose sum is nearly normal: sd of the sum is
        65,536 * sqrt(4 / 12) = 37,837.
        """
        bits = self.number()
        total = (bits & 0xFFFF) + (bits >> 16 & 0xFFFF) + (bits >> 32 & 0xFFFF) + (bits >> 48)
        return (total - 131_070) * width // 37_837
