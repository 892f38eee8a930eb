"""/report export over the wire."""

from __future__ import annotations

from datetime import date

from bot.exports.google_sheet import SheetFailed, SheetFault
from bot.exports.transcript import transcript
from bot.locales import load
from core.domain.conversation import ChatLine, ChatSession, Role, SessionState
from core.domain.exports import TableKind
from tests.bot.chat.conftest import running
from tests.bot.chat.test_chat_on_sandbox import answered, open_thread
from tests.fakes.fake_chat_services import NOW, FakeSheet

ROW = ("비과세", 2, 5_000, -3_000, 10, 0)


async def answer(desk, **options):
    return await desk.settled(await desk.slash("owner", "매매", "report export", options))


async def test_files_come_attached_to_who_asked(house, bot, chat) -> None:
    chat.exports.found = {TableKind.TAX_BY_TYPE: (ROW,)}
    message = await answer(house.discord, kind="tax", period="month", form="csv")
    names = [one["filename"] for one in message["attachments"]]
    assert [name.split("-")[1] for name in names] == ["tax", "tax"]
    assert names[1].endswith("tax_by_type.csv")
    assert message["content"].startswith("이번 달: 1줄을 담았습니다.")
    assert message["flags"] & 64
    assert chat.exports.asked[0].startswith("month ")


async def test_by_default_it_is_one_workbook_of_the_month(house, bot, chat) -> None:
    [file] = (await answer(house.discord))["attachments"]
    assert file["filename"].startswith("autotrade-all-")
    assert file["filename"].endswith(".xlsx")


async def test_a_file_that_discord_would_not_take_is_refused_in_words(
    house, bot, chat, monkeypatch
) -> None:
    monkeypatch.setattr("bot.chat.cogs.export.FILE_BYTES_MAX", 10)
    row = (date(2026, 11, 16), "10:00:00", 1, 1, 1, 0)
    chat.exports.found = {TableKind.NAV: (row,)}
    message = await answer(house.discord, kind="nav")
    assert message["attachments"] == []
    assert "python -m bot export" in message["content"]


async def test_the_conversation_of_a_thread_comes_as_markdown(house, bot, chat) -> None:
    desk = house.discord
    thread = await open_thread(house)
    thread_id = int(thread["id"])
    session = ChatSession(
        thread_id=thread_id,
        channel_id=1,
        owner_id=desk.users["owner"],
        title="# 삼성\n이야기",
        state=SessionState.OPEN,
        opened_at=NOW,
        last_activity_at=NOW,
        summary="**요약**",
    )
    chat.transcripts.talks[thread_id] = (session, (said(Role.USER, "@everyone"), tool()))
    asked = await desk.slash("owner", thread_id, "report export", {"kind": "talk"})
    message = await desk.settled(asked)
    assert message["content"] == "대화 2줄을 담았습니다."
    assert message["attachments"][0]["filename"] == f"autotrade-{thread_id}.md"
    told, lines = chat.transcripts.talks[thread_id]
    text = transcript(told, lines, load("ko")).content.decode()
    assert text.startswith("# \\# 삼성 이야기\n\n2023-")
    assert "\\*\\*요약\\*\\*" in text
    assert "@everyone" not in text
    assert "**조회** · " in text
    assert "> quote() → 1\n> 둘째" in text


async def test_only_who_opened_a_conversation_and_owners_get_its_file(
    house, chat, three_ranks
) -> None:
    desk = house.discord
    async with running(house, chat):
        opened = await desk.slash("approver", "매매", "trade")
        await desk.settled(await desk.submit_modal("approver", opened, {"request": "잔고"}))
        [thread] = desk.threads("매매")
        await answered(house, thread)
        number = int(thread["id"])
        chat.transcripts.talks[number] = (chat.sessions.stored[number], (tool(),))
        files = {}
        for user in ("stranger", "approver", "owner"):
            asked = await desk.slash(user, number, "report export", {"kind": "talk"})
            message = await desk.settled(asked)
            files[user] = len(message["attachments"])
            assert ("연 사람과 소유자만" in message["content"]) is (user == "stranger")
    assert files == {"stranger": 0, "approver": 1, "owner": 1}


async def test_outside_of_a_thread_there_is_no_conversation(house, bot, chat) -> None:
    message = await answer(house.discord, kind="talk")
    assert "스레드 안에서" in message["content"]


def said(role: Role, text: str) -> ChatLine:
    return ChatLine(thread_id=1, role=role, author="주인", text=text, at=NOW)


def tool() -> ChatLine:
    return said(Role.TOOL, "quote() → 1\n둘째")


async def test_the_spreadsheet_is_written_for_who_may_trade(house, chat, three_ranks) -> None:
    desk = house.discord
    chat.sheet = FakeSheet()
    async with running(house, chat):
        said = {}
        for user in ("stranger", "approver", "owner"):
            message = await desk.settled(
                await desk.slash(user, "매매", "report export", {"kind": "sheet"})
            )
            said[user] = message["content"]
            assert message["attachments"] == []
            assert message["flags"] & 64
        assert chat.sheet.written == 2
        assert said["owner"] == (
            "구글 시트에 썼습니다: Positions 2 · Portfolio 8 · Trades 1,234줄."
        )
        assert said["stranger"] == load("ko").say("chat.refused_trade")
        chat.sheet.fails = SheetFailed(SheetFault.FORBIDDEN)
        message = await answer(desk, kind="sheet")
        assert message["content"].startswith("구글 시트에 쓰지 못했습니다. 시트를 고칠 권한이")
        assert chat.sheet.writes_as in message["content"]


async def test_without_a_spreadsheet_it_says_what_to_set(house, bot, chat) -> None:
    message = await answer(house.discord, kind="sheet")
    assert "GOOGLE_SHEET_KEY" in message["content"]
    assert "GOOGLE_SERVICE_ACCOUNT_FILE" in message["content"]
