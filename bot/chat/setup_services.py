"""What /system setup asks of the application."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Protocol

from core.domain.instrument import Instrument, Symbol
from core.domain.setup import Setup, SetupPart, SetupRefusal


class SetupDesk(Protocol):
    """What owners chose in Discord over the settings (core.runtime.setup_book)."""

    @property
    def given(self) -> Setup:
        """What the settings say."""

    @property
    def current(self) -> Setup:
        """What counts now."""

    @property
    def universe(self) -> Mapping[Symbol, Instrument]:
        """Everything that can be left out."""

    async def choose(
        self, part: SetupPart, values: Collection[str], *, actor: str
    ) -> SetupRefusal | None:
        """Store a choice and put it in force; say why not when it cannot be one."""

    async def forget(self, *, actor: str) -> None:
        """Go back to what the settings say, in everything."""
