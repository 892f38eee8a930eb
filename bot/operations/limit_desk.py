"""What /risk limits shows and changes: the limit book beside what is used today."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass

from core.domain.limits import LIMIT_TERMS, LimitAnswer, LimitLine, value_of
from core.runtime.limit_book import LimitBook


@dataclass(frozen=True, slots=True)
class LimitDesk:
    """Implements the chat's Limits. `used` reads what is used today, by limit name."""

    book: LimitBook
    used: Callable[[], Awaitable[Mapping[str, int]]]

    async def lines(self) -> tuple[LimitLine, ...]:
        """Return every limit that people may tighten, as it stands."""
        used, book = await self.used(), self.book
        return tuple(
            LimitLine(
                name=name,
                unit=term.unit,
                hard=value_of(book.hard, name),
                in_force=value_of(book.current, name),
                next_start=value_of(book.next_start, name),
                used=used.get(name),
            )
            for name, term in LIMIT_TERMS.items()
        )

    async def tighten(self, name: str, value: int, *, actor: str) -> LimitAnswer:
        """Put a tighter value in force at once; a looser one waits for the next start."""
        return await self.book.tighten(name, value, actor=actor)
