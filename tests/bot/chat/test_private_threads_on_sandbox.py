"""/trade in a thread that only who asked and the approvers see, or in none."""

from __future__ import annotations

from dataclasses import replace

import pytest

from core.errors import StorageError
from sandbox.discord import bits
from sandbox.discord.state import APPLICATION_ID, GUILD_ID, PRIVATE_THREAD
from tests.bot.chat.conftest import running
from tests.bot.chat.test_chat_on_sandbox import answered, told


@pytest.fixture
def private(house, chat):
    people = house.discord.users
    approvers = frozenset({people["owner"], people["approver"]})
    chat.settings = replace(chat.settings, private_threads=True, approver_ids=approvers)
    return chat


async def asked(house, user: str = "approver") -> str:
    opened = await house.discord.slash(user, "매매", "trade")
    return await told(house, await house.discord.submit_modal(user, opened, {"request": "잔고"}))


async def test_only_who_asked_and_the_approvers_see_the_thread(house, private) -> None:
    desk = house.discord
    async with running(house, private):
        assert (await asked(house)).startswith("스레드를 열었습니다")
        [thread] = desk.threads("매매")
        await answered(house, thread)
    assert thread["type"] == PRIVATE_THREAD
    assert thread["thread_metadata"]["invitable"] is False
    inside = set(desk._state.thread_members[thread["id"]])
    assert inside == {APPLICATION_ID, str(desk.users["owner"]), str(desk.users["approver"])}
    assert desk.sees("approver", thread["id"])
    assert not desk.sees("stranger", thread["id"])


async def test_what_is_written_in_it_is_answered(house, private) -> None:
    desk = house.discord
    async with running(house, private):
        await asked(house)
        [thread] = desk.threads("매매")
        await answered(house, thread)
        await desk.say("approver", thread["id"], "주문 보여줘")
        await desk.wait_for(lambda: len(private.sessions.asked) == 2)
    assert private.sessions.asked[1][2] == "주문 보여줘"


async def test_an_approver_who_left_keeps_nobody_from_the_thread(house, private) -> None:
    gone = private.settings.approver_ids | {4_242}
    private.settings = replace(private.settings, approver_ids=gone)
    async with running(house, private):
        await asked(house)
        [thread] = house.discord.threads("매매")
        await answered(house, thread)
    assert str(house.discord.users["owner"]) in house.discord._state.thread_members[thread["id"]]


async def test_without_the_permission_nothing_is_begun_and_no_public_thread(house, private) -> None:
    state = house.discord._state
    for role in state.member_roles[APPLICATION_ID]:
        state.roles[role]["permissions"] = "0"
    state.roles[GUILD_ID]["permissions"] = str(bits.EVERYONE)
    async with running(house, private):
        text = await asked(house)
    assert text.startswith("비공개 스레드를 열지 못해 아무것도 시작하지 않았습니다.")
    assert "비공개 스레드 만들기" in text
    assert house.discord.threads("매매") == []
    assert private.sessions.asked == []


async def not_begun(house, chat) -> None:
    desk = house.discord
    async with running(house, chat):
        assert (await asked(house)).startswith("대화를 시작하지 못해 아무것도 하지 않았습니다.")
        [thread] = desk.threads("매매")
    assert thread["thread_metadata"]["archived"] is True
    assert desk.messages(thread["id"]) == []
    assert chat.sessions.asked == []


@pytest.mark.parametrize("kind", ["503", "cut"])
async def test_who_cannot_be_let_in_is_told_so_and_the_thread_is_closed(
    house, private, kind
) -> None:
    house.discord.fault("PUT /channels/*/thread-members/*", kind, times=2)  # aiohttp tries twice
    await not_begun(house, private)
    assert private.sessions.stored == {}


async def test_a_session_that_cannot_be_stored_leaves_no_open_thread(house, private) -> None:
    async def broken(**_session) -> None:
        raise StorageError("the disk is full")

    private.sessions.open = broken
    await not_begun(house, private)


async def test_a_thread_that_cannot_be_closed_either_changes_no_word(house, private) -> None:
    house.discord.fault("PUT /channels/*/thread-members/*", "503")
    house.discord.fault("PATCH /channels/*", "503")
    async with running(house, private):
        assert (await asked(house)).startswith("대화를 시작하지 못해 아무것도 하지 않았습니다.")


async def test_without_the_setting_threads_are_public(house, chat) -> None:
    async with running(house, chat):
        await asked(house, "owner")
        [thread] = house.discord.threads("매매")
        await answered(house, thread)
    assert thread["type"] != PRIVATE_THREAD
