"""Runs the nodes of one week: a row before and after each, retries, and where to go on."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from dataclasses import dataclass, field, replace
from typing import TypeVar

import structlog

from core.domain.cycle import StepState
from core.domain.reflection import Week
from core.domain.reflection_run import Node, NodeRecord, WeeklyReport
from core.errors import TradingError
from core.flows.fault_words import fault_words
from core.flows.values import decoded, encoded
from core.flows.week_kit import WeekKit
from core.ports.weeks import NodeArchive

_LOG = structlog.get_logger(__name__)
RETRY_SECONDS = (1.0, 2.0, 4.0)
# Host seconds for a node with its retries; a model may take most of it.
NODE_SECONDS_MAX = 600.0
# Each proposal is judged by a replay of the strategy, which takes minutes on a small machine.
JUDGED_SECONDS_MAX = 3_600.0
ERROR_CHARACTERS_MAX = 500
T = TypeVar("T")


async def stored_report(nodes: NodeArchive, week: Week) -> WeeklyReport | None:
    """Return the report of a week that was told, None where none was. Raises StorageError."""
    for row in await nodes.nodes_of(str(week)):
        if row.node is Node.REPORT and row.state is StepState.DONE:
            return decoded(WeeklyReport, row.output)
    return None


@dataclass(slots=True)
class NodeRunner:
    """The rows of one week. What is done is read back instead of run again."""

    kit: WeekKit
    week: str
    records: dict[Node, NodeRecord] = field(default_factory=dict)
    errors: dict[Node, str] = field(default_factory=dict)

    async def load(self) -> None:
        """Read the rows. Raises StorageError."""
        rows = await self.kit.nodes.nodes_of(self.week)
        self.records = {row.node: row for row in rows}
        self.errors = {row.node: row.error for row in rows if row.state is StepState.FAILED}

    def reopen(self, first: Node) -> None:
        """Forget `first` and what came after it, so that these run again."""
        self.records = {
            node: row for node, row in self.records.items() if node.number < first.number
        }
        self.errors = {
            node: text for node, text in self.errors.items() if node.number < first.number
        }

    @property
    def is_begun(self) -> bool:
        """Whether any node has a row."""
        return bool(self.records)

    def is_settled(self, node: Node) -> bool:
        """Whether nothing more happens to this node by itself."""
        record = self.records.get(node)
        return record is not None and record.state is not StepState.RUNNING

    def output(self, node: Node, kind: type[T]) -> T | None:
        """Return the stored output of a finished node. Raises StorageError."""
        record = self.records.get(node)
        if record is None or record.state is not StepState.DONE:
            return None
        return decoded(kind, record.output)

    async def run(self, node: Node, kind: type[T], action: Callable[[], Awaitable[T]]) -> T | None:
        """Return the output of `node`, stored or fresh; None when it failed."""
        if self.is_settled(node):
            return self.output(node, kind)
        seconds = JUDGED_SECONDS_MAX if node is Node.JUDGED else NODE_SECONDS_MAX
        try:
            async with asyncio.timeout(seconds):
                return await self._attempts(node, action)
        except TimeoutError:
            text = self.kit.phrases.say("cycle.deadline", seconds=seconds)
            await self._failed(node, text)
        except (TradingError, OSError) as error:
            _LOG.error("node failed", week=self.week, node=node.value, error=str(error))
            await self._failed(node, fault_words(self.kit.phrases, error))
        except Exception as error:  # noqa: BLE001 - a bug in a node has the same consequence
            _LOG.exception("node has a bug", week=self.week, node=node.value)
            await self._failed(node, fault_words(self.kit.phrases, error))
        return None

    async def _attempts(self, node: Node, action: Callable[[], Awaitable[T]]) -> T:
        for wait_seconds in RETRY_SECONDS:
            try:
                return await self.once(node, action)
            except (TradingError, OSError) as error:
                _LOG.warning("node is tried again", node=node.value, error=str(error))
            await self.kit.clock.sleep(wait_seconds)
        return await self.once(node, action)

    async def once(self, node: Node, action: Callable[[], Awaitable[T]]) -> T:
        """Run one attempt between its two rows; what it raises leaves the node unfinished."""
        record = await self.kit.nodes.begin_node(self.week, node, self.kit.clock.now())
        self.records[node] = record
        result = await action()
        await self._finish(replace(record, state=StepState.DONE, output=encoded(result)))
        return result

    async def _failed(self, node: Node, reason: str) -> None:
        error = reason[:ERROR_CHARACTERS_MAX]
        record = self.records.get(node) or await self.kit.nodes.begin_node(
            self.week, node, self.kit.clock.now()
        )
        self.errors[node] = error
        await self.kit.alerts.alert(
            self.kit.phrases.say("weeks.alarm_title", week=self.week),
            self.kit.phrases.say(
                "weeks.alarm", node=self.kit.phrases.say(f"weeks.node_{node.value}"), error=error
            ),
        )
        await self._finish(replace(record, state=StepState.FAILED, error=error))

    async def _finish(self, record: NodeRecord) -> None:
        finished = replace(record, finished_at=self.kit.clock.now())
        await self.kit.nodes.finish_node(finished)
        self.records[record.node] = finished
