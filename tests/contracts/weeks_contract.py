"""What every implementation of `NodeArchive` and `PromptUpdates` must do."""

from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

from core.domain.cycle import StepState
from core.domain.decision_prompt import PromptState, PromptUpdate
from core.domain.prompts import DECISION_PROMPT, prompt_of
from core.domain.reflection_run import Node
from core.ports.prompts import PromptUpdates
from core.ports.weeks import NodeArchive
from storage.prompts import SqlPromptArchive
from storage.weeks import SqlNodeArchive, SqlPromptUpdates
from tests.contracts.ledger_values import MORNING

WEEK = "2023-W09"
UPDATE = PromptUpdate(
    version=1, week=WEEK, at=MORNING, state=PromptState.PROPOSED, before="옛 글", after="새 글"
)


class WeeksContract:
    async def test_a_node_is_opened_counted_and_finished(self, database) -> None:
        nodes: NodeArchive = SqlNodeArchive(database)
        assert await nodes.nodes_of(WEEK) == ()
        later = await nodes.begin_node(WEEK, Node.FACTORS, MORNING)
        first = await nodes.begin_node(WEEK, Node.NUMBERS, MORNING)
        again = await nodes.begin_node(WEEK, Node.NUMBERS, MORNING + timedelta(seconds=2))
        assert (first.attempts, again.attempts, again.state) == (1, 2, StepState.RUNNING)
        done = replace(again, state=StepState.DONE, output="{}", finished_at=MORNING)
        await nodes.finish_node(done)
        assert await nodes.nodes_of(WEEK) == (done, later)
        assert await nodes.nodes_of("2023-W10") == ()

    async def test_versions_count_up_and_a_waiting_one_is_replaced(self, database) -> None:
        log: PromptUpdates = SqlPromptUpdates(database)
        assert await log.newest() is None
        first = await log.propose(UPDATE)
        second = await log.propose(replace(UPDATE, after="더 새 글"))
        assert (first.version, second.version) == (1, 2)
        assert await log.newest() == second
        assert await log.update(1) == replace(first, state=PromptState.REPLACED)
        assert await log.update(3) is None
        assert [item.version for item in await log.updates(5)] == [2, 1]

    async def test_what_was_in_force_is_one_version_for_ever(self, database) -> None:
        archive, log = SqlPromptArchive(database), SqlPromptUpdates(database)
        await log.propose(UPDATE)
        await log.propose(replace(UPDATE, at=MORNING + timedelta(days=7)))
        # What was only proposed is no version.
        assert await archive.versions(DECISION_PROMPT) == (
            prompt_of(DECISION_PROMPT, UPDATE.before, MORNING),
        )

    async def test_a_decision_is_taken_once(self, database) -> None:
        log: PromptUpdates = SqlPromptUpdates(database)
        update = await log.propose(UPDATE)
        decided = replace(
            update,
            state=PromptState.APPLIED,
            backup="core_decision_prompt_20230305_180000.md",
            decided_by="7",
            decided_at=MORNING,
        )
        assert await log.decide(decided, (PromptState.PROPOSED,))
        assert not await log.decide(decided, (PromptState.PROPOSED,))
        assert await log.update(1) == decided
        back = replace(decided, state=PromptState.ROLLED_BACK)
        assert await log.decide(back, (PromptState.APPLIED,))
        assert await log.newest() == back
