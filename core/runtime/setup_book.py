"""What owners chose in Discord: it stands above the settings, and survives."""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterator, Mapping
from collections.abc import Set as AbstractSet

import structlog

from core.domain.instrument import Instrument, Symbol
from core.domain.journal import JournalEntry
from core.domain.setup import Setup, SetupPart, SetupRefusal, with_chosen
from core.errors import StorageError
from core.ports.clock import Clock
from core.ports.ledger import Ledger

_LOG = structlog.get_logger(__name__)
_PREFIX = "setup."
# A stored choice of nothing (no symbol is left out any more) differs from no choice.
_NOTHING = "-"


class SetupBook:
    """Keeps the choices of owners; who may choose is asked before this.

    Where `keeps_approvers` is set (real orders), nobody becomes an approver here whom the settings
    do not name: what is chosen can only take away.
    """

    def __init__(
        self,
        given: Setup,
        universe: Mapping[Symbol, Instrument],
        ledger: Ledger,
        clock: Clock,
        *,
        keeps_approvers: bool,
    ) -> None:
        """`given` is what the settings say, `universe` everything that the strategy file lists."""
        self._given = given
        self._universe = dict(universe)
        self._ledger = ledger
        self._clock = clock
        self._keeps_approvers = keeps_approvers
        self._chosen: dict[SetupPart, frozenset[str]] = {}
        self._current = given

    @property
    def given(self) -> Setup:
        """What the settings say."""
        return self._given

    @property
    def current(self) -> Setup:
        """What counts now; what is left out of the universe counts from the next start."""
        return self._current

    @property
    def universe(self) -> Mapping[Symbol, Instrument]:
        """Everything that can be left out."""
        return self._universe

    async def load(self) -> None:
        """Read what is stored, once. Raises StorageError for what cannot be read."""
        async with self._ledger.transaction() as tx:
            stored = {part: await tx.setting(f"{_PREFIX}{part.value}") for part in SetupPart}
        self._chosen = {part: _parts(text) for part, text in stored.items() if text}
        try:
            self._apply()
        except ValueError as error:
            raise StorageError(f"what /system setup stored cannot be read: {stored!r}") from error
        _LOG.info("setup in force", chosen=sorted(part.value for part in self._chosen))

    async def choose(
        self, part: SetupPart, values: Collection[str], *, actor: str
    ) -> SetupRefusal | None:
        """Store a choice and put it in force; say why not when it cannot be one."""
        chosen = frozenset(values)
        refusal = self._refusal(part, chosen)
        if refusal is not None:
            return refusal
        before = self._texts(part)
        await self._store(part, " ".join(sorted(chosen)) or _NOTHING, actor, before)
        self._chosen[part] = chosen
        self._apply()
        return None

    async def forget(self, *, actor: str) -> None:
        """Go back to what the settings say, in everything."""
        for part in tuple(self._chosen):
            await self._store(part, "", actor, self._texts(part))
            del self._chosen[part]
        self._apply()

    def _refusal(self, part: SetupPart, chosen: frozenset[str]) -> SetupRefusal | None:
        if part is SetupPart.LEFT_OUT:
            left = self._universe.keys() - {Symbol(text) for text in chosen}
            return None if left else SetupRefusal.NOTHING_LEFT
        if not chosen:
            return SetupRefusal.NOBODY
        named = {str(number) for number in self._given.approver_ids}
        if part is SetupPart.APPROVERS and self._keeps_approvers and not chosen <= named:
            return SetupRefusal.NOT_OF_THE_SETTINGS
        return None

    def _apply(self) -> None:
        chosen = dict(self._chosen)
        known = {str(symbol) for symbol in self._universe}
        if SetupPart.LEFT_OUT in chosen:
            # The strategy file may have lost some of them since.
            chosen[SetupPart.LEFT_OUT] &= known
            if chosen[SetupPart.LEFT_OUT] == known:
                raise ValueError("nothing of the universe is left")
        named = {str(number) for number in self._given.approver_ids}
        if SetupPart.APPROVERS in chosen and self._keeps_approvers:
            chosen[SetupPart.APPROVERS] &= named
        self._current = with_chosen(self._given, chosen)

    def _texts(self, part: SetupPart) -> str:
        """Return a choice as it is stored, empty without one."""
        return " ".join(sorted(self._chosen.get(part, ())))

    async def _store(self, part: SetupPart, text: str, actor: str, before: str) -> None:
        async with self._ledger.transaction() as tx:
            await tx.put_setting(f"{_PREFIX}{part.value}", text)
            await tx.append_journal(
                JournalEntry(
                    at=self._clock.now(),
                    kind="setup.chosen" if text else "setup.forgotten",
                    actor=actor,
                    subject=part.value,
                    facts={"value": text, "before": before},
                )
            )


def _parts(text: str) -> frozenset[str]:
    return frozenset() if text == _NOTHING else frozenset(text.split())


class LiveIds(AbstractSet[int]):
    """Ids as they are at the moment of asking; combined with others they are a plain set."""

    def __init__(self, read: Callable[[], frozenset[int]]) -> None:
        """`read` returns them."""
        self._read = read

    @classmethod
    def _from_iterable(cls, it: Collection[int]) -> frozenset[int]:  # type: ignore[override]
        return frozenset(it)

    def __contains__(self, item: object) -> bool:
        return item in self._read()

    def __iter__(self) -> Iterator[int]:
        return iter(self._read())

    def __len__(self) -> int:
        return len(self._read())
