"""What owners chose in Discord, in the whole graph and after a restart."""

from __future__ import annotations

import pytest

from bot.settings import load
from bot.wiring.chat import chat_services
from bot.wiring.graph import build
from core.domain.setup import SetupPart
from core.services.orders.values import Click
from tests.bot.environment import DISCORD, only
from tests.fakes.desk_kit import at


def press(user: int, channel: int) -> Click:
    return Click(
        ticket_id="T",
        interaction_id=1,
        user_id=user,
        user_name="x",
        guild_id=11,
        channel_id=channel,
        parent_id=None,
        message_id=1,
        clicked_at=at(10),
    )


@pytest.fixture
def settings(monkeypatch, tmp_path):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path), DISCORD_OWNER_IDS="13", **DISCORD)
    return load()


async def test_it_counts_at_once_in_the_desk_and_wholly_after_a_restart(settings):
    async with build(settings) as app:
        may = app.desk._approver.is_allowed
        everything = app.market.instruments()
        book = app.world.setup
        assert book is not None
        assert may(press(14, 12))
        assert not may(press(15, 12))
        for part, value in (
            (SetupPart.MAIN_CHANNEL, "21"),
            (SetupPart.APPROVERS, "15"),
            (SetupPart.LEFT_OUT, everything[0].symbol),
        ):
            assert await book.choose(part, [value], actor="13") is None
        # At once: who, and where; the old place stays good, so that nobody is locked out.
        assert may(press(15, 21))
        assert may(press(15, 12))
        assert may(press(13, 21))
        assert not may(press(14, 12))
        assert app.market.instruments() == everything
    async with build(settings) as app:
        assert app.market.instruments() == everything[1:]
        assert app.desk._approver.is_allowed(press(15, 21))
        assert not app.desk._approver.is_allowed(press(14, 21))
        chat = chat_services(app)
        assert (chat.settings.main_channel_id, chat.settings.alert_channel_id) == (21, 21)
        assert chat.settings.channel_ids == {12, 21}
        assert chat.settings.approver_ids == {15}
        # Whoever owns the account is called beside whom they chose.
        assert chat.settings.called_ids == {13, 15}
        assert chat.notices.awake() == (13, 15)
        assert len(chat.setup.universe) == len(everything)
