"""What every implementation of `core.ports.prompts.PromptArchive` must do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from core.domain.prompts import prompt_of
from core.ports.prompts import PromptArchive
from storage.prompts import SqlPromptArchive
from tests.contracts.ledger_values import MORNING

FIRST = prompt_of("core_decision_prompt", "현금은 남긴다 100%_", MORNING)
SECOND = prompt_of("core_decision_prompt", "현금을 남긴다", MORNING + timedelta(days=7))
OTHER = prompt_of("plan", FIRST.text, MORNING)


class PromptsContract:
    async def test_the_text_behind_a_hash_is_read_later(self, database):
        archive: PromptArchive = SqlPromptArchive(database)
        assert await archive.keep(SECOND)
        assert await archive.keep(FIRST)
        assert await archive.keep(OTHER)
        assert await archive.prompt(FIRST.name, FIRST.sha256) == FIRST
        assert await archive.prompt(FIRST.name, SECOND.sha256[:12]) == SECOND
        assert await archive.prompt("plan", OTHER.sha256[:8]) == OTHER
        assert await archive.prompt("session", FIRST.sha256) is None
        assert await archive.versions(FIRST.name) == (FIRST, SECOND)
        assert await archive.versions("session") == ()

    async def test_a_known_version_keeps_its_first_use(self, database):
        archive = SqlPromptArchive(database)
        await archive.keep(FIRST)
        assert not await archive.keep(replace(FIRST, first_used_at=MORNING + timedelta(days=1)))
        assert await archive.versions(FIRST.name) == (FIRST,)

    @pytest.mark.parametrize("asked", ["", "%", "abc", "g" * 12, "A" * 12, "0" * 65, "_" * 12])
    async def test_what_is_no_hash_names_nothing(self, database, asked):
        archive = SqlPromptArchive(database)
        await archive.keep(FIRST)
        assert await archive.prompt(FIRST.name, asked) is None

    async def test_digits_that_fit_several_name_none(self, database):
        archive = SqlPromptArchive(database)
        await archive.keep(FIRST)
        await archive.keep(replace(SECOND, sha256=FIRST.sha256[:12] + "0" * 52))
        assert await archive.prompt(FIRST.name, FIRST.sha256[:12]) is None
        assert await archive.prompt(FIRST.name, FIRST.sha256) == FIRST
