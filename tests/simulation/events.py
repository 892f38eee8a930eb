"""What happened, line by line, and the hash that stands for all of it."""

from __future__ import annotations

import asyncio
import hashlib
from collections import Counter
from collections.abc import Callable


class EventLog:
    """Hashes every event in order; prints them when traced."""

    def __init__(
        self, loop: asyncio.AbstractEventLoop, show: Callable[[str], None] | None = None
    ) -> None:
        self._loop = loop
        self._show = show
        self._hash = hashlib.sha256()
        self.count = 0
        self.kinds: Counter[str] = Counter()

    def tell(self, kind: str, text: str = "") -> None:
        """Note one event."""
        line = f"{self._loop.time():.6f} {kind} {text}\n"
        self._hash.update(line.encode())
        self.count += 1
        self.kinds[kind] += 1
        if self._show is not None:
            self._show(line.rstrip())

    @property
    def sha256(self) -> str:
        """The hash over all events so far."""
        return self._hash.hexdigest()
