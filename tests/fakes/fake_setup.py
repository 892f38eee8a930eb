"""Choices of owners, kept in memory."""

from __future__ import annotations

from collections.abc import Collection, Mapping

from core.domain.instrument import Instrument, Symbol
from core.domain.setup import Setup, SetupPart, SetupRefusal, with_chosen
from core.errors import StorageError


class FakeSetup:
    def __init__(self, given: Setup, universe: Collection[Instrument]) -> None:
        self.given = given
        self.chosen: dict[SetupPart, frozenset[str]] = {}
        self.actors: list[str] = []
        self.refuses: SetupRefusal | None = None
        self.fails = False
        self._universe = {one.symbol: one for one in universe}

    @property
    def current(self) -> Setup:
        return with_chosen(self.given, self.chosen)

    @property
    def universe(self) -> Mapping[Symbol, Instrument]:
        return self._universe

    async def choose(
        self, part: SetupPart, values: Collection[str], *, actor: str
    ) -> SetupRefusal | None:
        if self.fails:
            raise StorageError("disk full")
        if self.refuses is None:
            self.chosen[part] = frozenset(values)
            self.actors.append(actor)
        return self.refuses

    async def forget(self, *, actor: str) -> None:
        self.chosen.clear()
        self.actors.append(actor)
