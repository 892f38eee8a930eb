from __future__ import annotations

from pathlib import Path

import pytest
from sqlalchemy import make_url

from bot.by_hand import database as database_by_hand
from bot.settings import load
from core.errors import DataError
from storage.migrations import HEAD
from storage.opening import open_database
from tests.bot.environment import only


@pytest.fixture
def address(monkeypatch, tmp_path) -> str:
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path))
    return load(local_only=True).database


async def test_without_a_database_that_is_what_is_said(address):
    for command in (database_by_hand.current, database_by_hand.upgrade_now):
        with pytest.raises(DataError):
            await command()


async def test_a_second_upgrade_leaves_the_copy_from_before_the_first_one(address):
    await (await open_database(address)).close()
    file = Path(make_url(address).database or "")
    copy = file.with_name(f"{file.name}.before-{HEAD}")
    copy.write_bytes(b"from before the upgrade")

    said = await database_by_hand.upgrade_now()

    assert said == await database_by_hand.current()
    assert HEAD in said
    assert copy.read_bytes() == b"from before the upgrade"
