from __future__ import annotations

from collections.abc import Sequence

from core.errors import ModelError
from core.services.memory.meaning import TEXT_CHARACTERS_MAX, TEXTS_MAX, Meaning
from core.services.memory.service import MemoryService
from storage.memory.vectors import SqlVectorArchive
from tests.core.services.memory.conftest import Attic, note
from tests.fakes.session_desk import FixedClock

# Two directions: money and chips.
MONEY = ("환율", "달러", "금리")


class Compass:
    """An embedder that knows two meanings, and fails when told to."""

    name = "compass"

    def __init__(self) -> None:
        self.asked: list[list[str]] = []
        self.failure: Exception | None = None

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        self.asked.append(list(texts))
        if self.failure is not None:
            raise self.failure
        return tuple(
            (1.0, 0.1) if any(word in text for word in MONEY) else (0.1, 1.0) for text in texts
        )


def with_meaning(attic: Attic) -> tuple[MemoryService, Compass]:
    compass = Compass()
    meaning = Meaning(compass, SqlVectorArchive(attic.database, 5))
    return MemoryService(attic.archive, attic.sessions, FixedClock(), meaning), compass


async def test_what_means_alike_is_found_without_a_shared_word(attic) -> None:
    service, compass = with_meaning(attic)
    await service.remember(note("환율 상승"), note("칩 수요"))
    assert compass.asked == [["칩 수요", "환율 상승"]]
    assert [item.text for item in await service.recall("달러", 1)] == ["환율 상승"]
    assert await attic.service.recall("달러", 1) == ()
    assert compass.asked[1:] == [["달러"]]
    await service.recall("  ", 1)
    assert len(compass.asked) == 2


async def test_a_provider_that_fails_costs_only_the_meaning(attic) -> None:
    service, compass = with_meaning(attic)
    for failure in (ModelError("down"), TimeoutError()):
        compass.failure = failure
        await service.remember(note(f"환율 {failure!r}"))
        assert len(await service.recall("환율", 9)) > 0
        assert await service.recall("달러", 9) == ()
    compass.failure = None
    # The next note brings the vectors that are missing.
    await service.remember(note("금리"))
    assert len(await service.recall("달러", 9)) == 3


async def test_vectors_are_made_some_at_a_time_of_bounded_texts(attic) -> None:
    service, compass = with_meaning(attic)
    await attic.archive.remember([note(f"글 {number} " + "가" * 5_000) for number in range(40)])
    await service.remember(note("?"), note(""))
    assert len(compass.asked[0]) == TEXTS_MAX
    assert compass.asked[0][:2] == ["-", "?"]
    assert max(map(len, compass.asked[0])) == TEXT_CHARACTERS_MAX
    await service.remember(note("끝"))
    assert len(compass.asked[1]) == 40 + 3 - TEXTS_MAX
