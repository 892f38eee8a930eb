"""/system memory over the wire, before the real service on a real SQLite file."""

from __future__ import annotations

from dataclasses import replace

import pytest

from bot.chat.memory_embed import memory_embed, note_choice
from bot.locales import load
from core.domain.memory import MemoryPage
from core.services.memory.service import MemoryService
from storage.memory.notes import SqlMemoryArchive
from storage.opening import open_database
from storage.sessions import SqlSessionArchive
from tests.bot.chat.conftest import embed_of, running
from tests.bot.chat.hostile import corpus
from tests.bot.chat.test_chat_on_sandbox import told
from tests.core.services.memory.conftest import note
from tests.fakes.session_desk import FixedClock


@pytest.fixture
async def memory(database_file):
    database = await open_database(f"sqlite:///{database_file}", migrate=False)
    yield MemoryService(SqlMemoryArchive(database), SqlSessionArchive(database), FixedClock())
    await database.close()


@pytest.fixture
async def talk(house, chat, memory, three_ranks):
    users = house.discord.users
    chat.memories = memory
    await memory.remember(
        note("환율이 올라 기다리기로 했다", owner_id=users["stranger"], kind="session"),
        note("오늘은 매수 없음 @everyone **굵게** [눌러](https://evil.example)"),
    )
    async with running(house, chat):
        yield house.discord


async def said(house, note_id: str, user: str = "stranger") -> str:
    result = await house.discord.slash(user, "매매", "system memory delete", {"note": note_id})
    return await told(house, result)


async def test_everybody_sees_what_is_shared_and_what_is_theirs(talk) -> None:
    own = await embed_of(talk, "system memory list", user="stranger")
    assert own["title"] == "[모의투자] 기억 2건"
    assert [field["name"] for field in own["fields"]] == [
        "#2 · 2023-03-02 · 브리핑 · 모두의 것",
        "#1 · 2023-03-02 · 대화 요약 · 내 것",
    ]
    assert own["fields"][0]["value"] == (
        "오늘은 매수 없음 ＠everyone \\*\\*굵게\\*\\* \\[눌러\\](https：//evil.example)"
    )
    assert (await embed_of(talk, "system memory list", user="owner"))[
        "title"
    ] == "[모의투자] 기억 1건"
    found = await embed_of(talk, "system memory search", {"words": "율이"}, user="stranger")
    assert [field["name"][:2] for field in found["fields"]] == ["#1"]
    nothing = await embed_of(talk, "system memory search", {"words": "**배당**"}, user="stranger")
    assert "기억이 없습니다" in nothing["description"]
    assert "\\*\\*배당" in nothing["description"]
    far = await embed_of(talk, "system memory list", {"page": 3}, user="stranger")
    assert far["description"] == "3쪽은 없습니다. 1쪽까지 있습니다."


async def test_notes_are_deleted_by_whoever_they_belong_to(house, talk, memory) -> None:
    choices = await talk.autocomplete("stranger", "매매", "system memory delete", "note", "율이")
    assert [(one["value"], one["name"][:13]) for one in choices] == [("1", "#1 2023-03-02")]
    assert "번호를" in await said(house, "일")
    assert "번호를" in await said(house, "9" * 19)
    assert "없습니다" in await said(house, "1", "owner")
    assert "소유자만" in await said(house, "2")
    assert "지웠습니다" in await said(house, "#1")
    assert "없습니다" in await said(house, "1")
    assert "지웠습니다" in await said(house, "2", "owner")
    assert (await memory.look(0, "", limit=1)).total == 0
    assert "아직" in (await embed_of(talk, "system memory list", user="stranger"))["description"]


@pytest.mark.parametrize("locale", ["ko", "en"])
def test_hostile_notes_stay_text_and_fit(locale: str) -> None:
    phrases = load(locale)
    notes = tuple(
        replace(note(text * 50), note_id=number, kind=text)
        for number, text in enumerate(corpus()[:10])
    )
    embed = memory_embed(MemoryPage(notes=notes, total=99), "", 1, phrases)
    assert len(embed) <= 6_000
    for field in embed.fields:
        assert "@everyone" not in (field.value or "")
        assert "<@" not in (field.value or "").replace("\\<", "")
    assert all(len(note_choice(item, phrases)) <= 100 for item in notes)
