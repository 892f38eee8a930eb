"""Vectors in Qdrant, by the client's local mode: the same as in SQL rows, and words when it is down."""

from __future__ import annotations

import random

import pytest

from core.errors import StorageError
from storage.memory.notes import SqlMemoryArchive
from storage.memory.vectors import SqlVectorArchive
from tests.contracts.memory_contract import ENTRY, OWNER, written
from tests.storage.test_vectors import GUILD, MODEL, drawn, stored

qdrant = pytest.importorskip("qdrant_client", reason="the extra qdrant is not installed")
__all__ = ["stored"]
# It says that its local mode is exact anyway.
pytestmark = pytest.mark.filterwarnings("ignore:Local mode performs exact")


@pytest.fixture
async def local():
    client = qdrant.AsyncQdrantClient(":memory:")
    yield client
    await client.close()


def archive_of(database, client, guild: int = GUILD):
    from storage.memory.qdrant_vectors import QdrantVectorArchive

    return QdrantVectorArchive(database, client, guild, "account")


async def test_the_nearest_are_those_of_sql(database, stored, local):
    _, _, made = stored
    found, judge = archive_of(database, local), SqlVectorArchive(database, GUILD)
    assert await found.nearest(MODEL, [1.0] * 8, reader=None, limit=3) == ()
    await found.put(MODEL, {**made, 10**9: [1.0] * 8})
    assert await found.unknown(MODEL, 9) == ()
    rolls = random.Random(4)
    for reader in (None, OWNER, 404):
        for limit in (0, 1, 10, 299, 500):
            asked = drawn(rolls)
            near = await found.nearest(MODEL, asked, reader=reader, limit=limit)
            assert near == await judge.nearest(MODEL, asked, reader=reader, limit=limit)
    other = archive_of(database, local, 6)
    assert await other.nearest(MODEL, drawn(rolls), reader=None, limit=9) == ()


async def test_what_is_deleted_is_gone_and_what_is_new_is_unknown(database, stored, local):
    archive, _, made = stored
    found = archive_of(database, local)
    await found.put(MODEL, made)
    first = next(iter(made))
    near = await found.nearest(MODEL, made[first], reader=None, limit=3)
    assert near[0].note_id == first
    for note in near:
        assert await archive.forget(note, ENTRY)
    left = await found.nearest(MODEL, made[first], reader=None, limit=300)
    assert len(left) == len(made) - 3
    (name,) = [item.name for item in (await local.get_collections()).collections]
    assert (await local.count(name)).count == len(made) - 3
    await found.drop(left[0].note_id)
    assert (await local.count(name)).count == len(made) - 4
    assert await archive.forget(left[0], ENTRY)
    await archive.remember(written("새것"))
    (new,) = await found.unknown(MODEL, 9)
    await found.put("other", {new.note_id: [1.0] * 8})
    assert [note.note_id for note in await found.unknown(MODEL, 9)] == [new.note_id]
    assert len(await found.unknown("other", 7)) == 7


async def test_a_server_that_is_down_is_said_in_words(database):
    client = qdrant.AsyncQdrantClient(
        url="http://127.0.0.1:9", timeout=1, check_compatibility=False
    )
    found = archive_of(database, client)
    await SqlMemoryArchive(database).remember(written("a"))
    with pytest.raises(StorageError, match="Qdrant does not answer"):
        await found.nearest(MODEL, [1.0], reader=None, limit=1)
    await client.close()
