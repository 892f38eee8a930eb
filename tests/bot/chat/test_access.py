from __future__ import annotations

import pytest

from bot.chat.access import Access, Right
from bot.chat.services import ChatSettings

OWNER, APPROVER, VIEWER, STRANGER = 1, 2, 3, 4
ACCESS = Access(
    ChatSettings(
        guild_id=7,
        main_channel_id=70,
        alert_channel_id=71,
        extra_channel_ids=frozenset({72}),
        owner_ids=frozenset({OWNER}),
        approver_ids=frozenset({APPROVER}),
        viewer_ids=frozenset({VIEWER}),
    )
)


class Place:
    def __init__(self, number: int) -> None:
        self.id = number


@pytest.mark.parametrize(
    ("person", "rights"),
    [
        (OWNER, {Right.LOOK, Right.TRADE, Right.OWN}),
        (APPROVER, {Right.LOOK, Right.TRADE}),
        (VIEWER, {Right.LOOK}),
        (STRANGER, set()),
    ],
)
def test_each_role_may_what_it_may(person: int, rights: set[Right]) -> None:
    assert {right for right in Right if ACCESS.may(person, right)} == rights


def test_only_the_named_channels_are_ours() -> None:
    assert [n for n in (69, 70, 71, 72, 73) if ACCESS.is_our_place(Place(n))] == [70, 71, 72]
    assert not ACCESS.is_our_place(None)
