"""What every implementation of `core.ports.memory.MemoryArchive` must do."""

from __future__ import annotations

import random
from dataclasses import replace
from datetime import timedelta

from core.domain.conversation import ChatSession, SessionState
from core.domain.journal import JournalEntry
from core.domain.memory import NOTE_CHARACTERS_MAX, MemoryNote
from storage.ledger import SqlLedger
from storage.memory.notes import SqlMemoryArchive
from storage.memory.word_index import HIDDEN_MAX
from storage.sessions import SqlSessionArchive
from tests.contracts.ledger_values import DAY, MORNING

NOTE = MemoryNote(
    kind="briefing",
    text="환율이 오르고 금리 전망은 어둡다",
    day=DAY,
    source="briefing:2023-03-02",
    symbols=("069500",),
    created_at=MORNING,
)
ENTRY = JournalEntry(
    at=MORNING, kind="memory.forgotten", actor="42", subject="memory:1", facts={"kind": "briefing"}
)
GUILD, OWNER, OTHER = 5, 42, 43
SYLLABLES = "환율금리이가는원달러a1"


def written(*texts: str) -> list[MemoryNote]:
    return [replace(NOTE, text=text, source=f"s:{text}", symbols=()) for text in texts]


async def texts(archive: SqlMemoryArchive, query: str, reader: int | None = None) -> list[str]:
    page = await archive.search(query, reader=reader, limit=500)
    assert page.total == len(page.notes)
    return [note.text for note in page.notes]


class MemoryContract:
    async def test_words_are_found_inside_words(self, database):
        archive = SqlMemoryArchive(database)
        await archive.remember([NOTE, *written("반도체 업황", "KODEX200 매수")])
        for query in ("환율", "율이", "환율이 어둡다", "069500", "6950", "BRIEFING 금리", "금"):
            assert NOTE.text in await texts(archive, query)
        assert await texts(archive, "kodex 매수") == ["KODEX200 매수"]
        assert await texts(archive, "ＤＥＸ2") == ["KODEX200 매수"]
        # The pairs of 환율금리 all stand there, but the word does not.
        for query in (
            "환율금리",
            "배당",
            "환율 배당",
            "?!",
            "",
            "가나다라마바사" * 99,
            "가 나" * 99,
        ):
            assert await texts(archive, query) == []

    async def test_every_query_finds_what_a_scan_finds(self, database):
        rolls = random.Random(7)
        archive = SqlMemoryArchive(database)
        notes = written(
            *{
                " ".join("".join(rolls.choices(SYLLABLES, k=rolls.randint(1, 5))) for _ in range(6))
                for _ in range(200)
            }
        )
        await archive.remember(notes)
        stored = [note.text for note in notes]
        for _ in range(150):
            words = [
                "".join(rolls.choices(SYLLABLES, k=rolls.randint(1, 4)))
                for _ in range(rolls.randint(1, 2))
            ]
            expected = [
                text for text in stored if all(word in text + " briefing" for word in words)
            ]
            assert await texts(archive, " ".join(words)) == expected[::-1]

    async def test_pages(self, database):
        archive = SqlMemoryArchive(database)
        await archive.remember(written(*(f"환율 {number}" for number in range(5))))
        page = await archive.search("환율", reader=None, limit=2, skipped=1)
        assert ([note.text for note in page.notes], page.total) == (["환율 3", "환율 2"], 5)
        page = await archive.listed(reader=None, limit=2, skipped=4)
        assert ([note.text for note in page.notes], page.total) == (["환율 0"], 5)
        assert await archive.note(page.notes[0].note_id, reader=7) == page.notes[0]
        assert await archive.note(404, reader=None) is None

    async def test_nearness_ranks_before_recency(self, database):
        archive = SqlMemoryArchive(database)
        await archive.remember(
            [
                replace(NOTE, day=DAY + timedelta(days=days), text=text)
                for days, text in ((0, "환율 금리"), (1, "환율"), (2, "환율"))
            ]
        )
        found = await archive.nearest("환율과 금리", reader=None, limit=2)
        assert [(note.text, note.day) for note in found] == [
            ("환율 금리", DAY),
            ("환율", DAY + timedelta(days=2)),
        ]
        assert await archive.nearest("배당", reader=None, limit=5) == ()
        assert await archive.nearest("?!", reader=None, limit=5) == ()
        assert await archive.nearest("환율", reader=None, limit=0) == ()

    async def test_everybody_reads_what_is_shared_and_what_is_theirs(self, database):
        archive = SqlMemoryArchive(database, GUILD)
        await archive.remember(
            [
                replace(NOTE, text="환율 모두"),
                replace(NOTE, text="환율 나", source="session:1", owner_id=OWNER, thread_id=1),
            ]
        )
        elsewhere = SqlMemoryArchive(database, GUILD + 1)
        await elsewhere.remember(written("환율 남"))
        for reader, expected in (
            (OWNER, ["환율 나", "환율 모두"]),
            (OTHER, ["환율 모두"]),
            (None, ["환율 나", "환율 모두"]),
        ):
            assert await texts(archive, "환율", reader) == expected
            near = await archive.nearest("환율", reader=reader, limit=9)
            assert [note.text for note in near] == expected
            listed = await archive.listed(reader=reader, limit=9)
            assert [note.text for note in listed.notes] == expected
        assert await texts(elsewhere, "환율", OWNER) == ["환율 남"]
        (private, _) = (await archive.listed(reader=OWNER, limit=9)).notes
        assert await archive.note(private.note_id, reader=OTHER) is None
        assert await archive.note(private.note_id, reader=OWNER) == private

    async def test_however_many_have_notes_each_reads_what_they_may(self, database):
        """Up to, and beyond, the number of readers whom the search names one by one."""
        written_for: list[tuple[int, int]] = []
        guilds = (GUILD, GUILD + 1, 0)
        for owners in (range(4), range(4, HIDDEN_MAX // len(guilds) + 40)):
            for guild in guilds:
                archive = SqlMemoryArchive(database, guild)
                await archive.remember(
                    [
                        replace(NOTE, text="환율 금리", source=f"{guild}:{owner}", owner_id=owner)
                        for owner in owners
                    ]
                )
                written_for += [(guild, owner) for owner in owners]
            for guild in guilds:
                archive = SqlMemoryArchive(database, guild)
                for reader in (None, 0, 3, 50, 9_999):
                    page = await archive.search("환율 리", reader=reader, limit=500)
                    assert sorted(note.source for note in page.notes) == sorted(
                        f"{one}:{owner}"
                        for one, owner in written_for
                        if one in {0, guild} and (reader is None or owner in {0, reader})
                    )
                    assert page.total == len(page.notes)

    async def test_the_same_source_and_day_replaces(self, database):
        archive = SqlMemoryArchive(database)
        await archive.remember([NOTE])
        await archive.remember([replace(NOTE, text="유가 하락")])
        assert await texts(archive, "환율") == []
        assert await archive.nearest("환율", reader=None, limit=5) == ()
        (stored,) = (await archive.listed(reader=None, limit=9)).notes
        assert stored == replace(NOTE, text="유가 하락", note_id=stored.note_id)

    async def test_what_is_too_long_is_cut_and_what_is_left_is_found(self, database):
        archive = SqlMemoryArchive(database)
        await archive.remember(
            written("가" * (NOTE_CHARACTERS_MAX - 3) + " 끝말잇기", "nul \x00 끝")
        )
        assert len((await archive.search("끝말", reader=None, limit=1)).notes[0].text) == (
            NOTE_CHARACTERS_MAX
        )
        assert await texts(archive, "잇기") == []
        assert await texts(archive, "끝 nul") == ["nul \ufffd 끝"]

    async def test_forgetting_leaves_nothing_but_a_line(self, database):
        sessions, archive = SqlSessionArchive(database), SqlMemoryArchive(database, build="b")
        text = "환율 이야기"
        session = ChatSession(
            thread_id=1,
            channel_id=2,
            owner_id=OWNER,
            title="t",
            state=SessionState.ARCHIVED,
            opened_at=MORNING,
            last_activity_at=MORNING,
            summary=text,
        )
        await sessions.open_session(session)
        await sessions.open_session(replace(session, thread_id=2, summary="다른 요약"))
        await archive.remember(
            [
                replace(NOTE, text=text, source="session:1", owner_id=OWNER, thread_id=1),
                *written("환율 남는다"),
            ]
        )
        (note,) = (await archive.search("이야기", reader=OWNER, limit=9)).notes
        assert await archive.forget(note, ENTRY)
        assert not await archive.forget(note, ENTRY)
        assert await texts(archive, "환율") == ["환율 남는다"]
        assert [n.text for n in await archive.nearest(text, reader=None, limit=9)] == [
            "환율 남는다"
        ]
        assert await sessions.session(1) == replace(session, summary="")
        assert await sessions.session(2) == replace(session, thread_id=2, summary="다른 요약")
        async with SqlLedger(database).transaction() as tx:
            assert await tx.journal_of("memory:1") == (replace(ENTRY, build="b"),)
        await archive.remember(written("새 글"))
        (newest,) = (await archive.search("새 글", reader=None, limit=9)).notes
        assert newest.note_id > note.note_id + 1
