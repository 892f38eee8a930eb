"""Vectors in SQL rows and in Qdrant: exact beside a plain loop, by reader, after deletions and restarts."""

from __future__ import annotations

import math
import random
from collections.abc import Sequence
from dataclasses import replace

import pytest

from storage.memory import vectors as module
from storage.memory.notes import SqlMemoryArchive
from storage.memory.vectors import SqlVectorArchive
from tests.contracts.memory_contract import ENTRY, NOTE, OTHER, OWNER, written

GUILD, MODEL, DIMENSIONS = 5, "m", 8


def cosine(one: Sequence[float], other: Sequence[float]) -> float:
    return sum(a * b for a, b in zip(one, other, strict=True)) / (
        math.hypot(*one) * math.hypot(*other)
    )


def drawn(rolls: random.Random) -> tuple[float, ...]:
    return tuple(rolls.uniform(-3, 3) for _ in range(DIMENSIONS))


@pytest.fixture
async def stored(database):
    """300 notes of two people and of everybody, with a vector each."""
    rolls = random.Random(3)
    archive = SqlMemoryArchive(database, GUILD)
    owners = (0, OWNER, OTHER)
    await archive.remember(
        [
            replace(note, owner_id=owners[number % 3], thread_id=owners[number % 3])
            for number, note in enumerate(written(*map(str, range(300))))
        ]
    )
    notes = (await archive.listed(reader=None, limit=300)).notes
    made = {note.note_id: drawn(rolls) for note in notes}
    await SqlVectorArchive(database, GUILD).put(MODEL, made)
    return archive, {note.note_id: note for note in notes}, made


async def test_the_nearest_are_exactly_those_of_a_plain_loop(database, stored, monkeypatch):
    monkeypatch.setattr(module, "ROWS_PER_READ", 70)
    _, notes, made = stored
    found = SqlVectorArchive(database, GUILD)
    rolls = random.Random(4)
    for reader in (None, OWNER, 404):
        for limit in (1, 10, 299, 500):
            asked = drawn(rolls)
            readable = [
                note_id
                for note_id in made
                if reader is None or notes[note_id].owner_id in {0, reader}
            ]
            best = sorted(readable, key=lambda note_id: -cosine(asked, made[note_id]))[:limit]
            near = await found.nearest(MODEL, asked, reader=reader, limit=limit)
            assert [note.note_id for note in near] == best
    assert await found.nearest(MODEL, drawn(rolls), reader=None, limit=0) == ()


async def test_what_is_deleted_or_new_is_known_at_once(database, stored):
    archive, notes, made = stored
    found = SqlVectorArchive(database, GUILD)
    first = next(iter(made))
    near = await found.nearest(MODEL, made[first], reader=None, limit=3)
    assert near[0].note_id == first
    for note in near:
        assert await archive.forget(note, ENTRY)
    left = await found.nearest(MODEL, made[first], reader=None, limit=300)
    assert len(left) == len(notes) - 3
    assert not {note.note_id for note in near} & {note.note_id for note in left}
    await archive.remember(written("새것"))
    (new,) = await found.unknown(MODEL, 9)
    await found.put(MODEL, {new.note_id: made[first], 10**9: made[first]})
    assert await found.unknown(MODEL, 9) == ()
    for archived in (found, SqlVectorArchive(database, GUILD)):
        (best,) = await archived.nearest(MODEL, made[first], reader=OWNER, limit=1)
        assert best == new


async def test_models_and_guilds_are_kept_apart(database, stored):
    _, _, made = stored
    found = SqlVectorArchive(database, GUILD)
    asked = next(iter(made.values()))
    assert await found.nearest("other", asked, reader=None, limit=9) == ()
    assert await found.nearest(MODEL, asked[:4], reader=None, limit=9) == ()
    assert await SqlVectorArchive(database, 6).nearest(MODEL, asked, reader=None, limit=9) == ()
    assert len(await found.unknown("other", 7)) == 7
    assert await SqlVectorArchive(database, 6).unknown(MODEL, 7) == ()
    # A note has one vector: that of the model asked last.
    note_id = next(iter(made))
    await found.put("other", {note_id: asked})
    assert [item.note_id for item in await found.unknown(MODEL, 9)] == [note_id]
    again = SqlVectorArchive(database, GUILD)
    assert len(await again.nearest(MODEL, asked, reader=None, limit=999)) == len(made) - 1


async def test_equals_are_newest_first_and_the_null_vector_is_like_nothing(database):
    archive, found = SqlMemoryArchive(database), SqlVectorArchive(database)
    await archive.remember([*written("a", "b", "c"), replace(NOTE, text="d")])
    ids = [note.note_id for note in (await archive.listed(reader=None, limit=9)).notes]
    same = (1.0, 2.0)
    await found.put(MODEL, dict.fromkeys(ids[1:], same) | {ids[0]: (0.0, 0.0)})
    near = await found.nearest(MODEL, same, reader=None, limit=2)
    assert [note.note_id for note in near] == ids[1:3]
    every = await found.nearest(MODEL, same, reader=None, limit=9)
    assert [note.note_id for note in every] == [*ids[1:], ids[0]]
