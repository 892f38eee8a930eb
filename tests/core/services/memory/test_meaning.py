from __future__ import annotations

from collections.abc import Sequence

from core.domain.memory import MemoryNote
from core.errors import ModelError, StorageError
from core.services.memory.meaning import TEXT_CHARACTERS_MAX, TEXTS_MAX, Meaning
from core.services.memory.service import Forgotten, MemoryService
from storage.memory.vectors import SqlVectorArchive
from tests.core.services.memory.conftest import OWNER, Attic, note
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


class AwayVectors(SqlVectorArchive):
    """A store for vectors that does not answer."""

    is_away = True

    async def unknown(self, model: str, limit: int) -> tuple[MemoryNote, ...]:
        if self.is_away:
            raise StorageError("Qdrant does not answer")
        return await super().unknown(model, limit)

    async def drop(self, note_id: int) -> None:
        if self.is_away:
            raise StorageError("Qdrant does not answer")

    async def nearest(
        self, model: str, vector: Sequence[float], *, reader: int | None, limit: int
    ) -> tuple[MemoryNote, ...]:
        if self.is_away:
            raise StorageError("Qdrant does not answer")
        return await super().nearest(model, vector, reader=reader, limit=limit)


async def test_a_store_that_is_away_leaves_the_words_and_that_can_be_said(attic) -> None:
    vectors = AwayVectors(attic.database, 5)
    service = MemoryService(
        attic.archive, attic.sessions, FixedClock(), Meaning(Compass(), vectors)
    )
    await service.remember(note("환율 상승"))
    assert not service.is_by_words_only
    assert [item.text for item in await service.recall("환율", 9)] == ["환율 상승"]
    assert service.is_by_words_only
    (kept,) = (await service.look(OWNER, "환율", limit=9)).notes
    forgotten = await service.forget(OWNER, kept.note_id, may_forget_shared=True)
    assert forgotten is Forgotten.DONE
    vectors.is_away = False
    await service.remember(note("금리"))
    assert [item.text for item in await service.recall("달러", 9)] == ["금리"]
    assert not service.is_by_words_only
    assert not attic.service.is_by_words_only


async def test_vectors_are_made_some_at_a_time_of_bounded_texts(attic) -> None:
    service, compass = with_meaning(attic)
    await attic.archive.remember([note(f"글 {number} " + "가" * 5_000) for number in range(40)])
    await service.remember(note("?"), note(""))
    assert len(compass.asked[0]) == TEXTS_MAX
    assert compass.asked[0][:2] == ["-", "?"]
    assert max(map(len, compass.asked[0])) == TEXT_CHARACTERS_MAX
    await service.remember(note("끝"))
    assert len(compass.asked[1]) == 40 + 3 - TEXTS_MAX
