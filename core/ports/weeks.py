"""Where the nodes of a week's reflection are kept, and where its report is shown."""

from __future__ import annotations

from datetime import datetime
from typing import Protocol

from core.domain.reflection_run import Node, NodeRecord, WeeklyReport


class NodeArchive(Protocol):
    """One row per (week, node)."""

    async def begin_node(self, week: str, node: Node, at: datetime) -> NodeRecord:
        """Store or re-open the row as running and count the attempt."""

    async def finish_node(self, record: NodeRecord) -> None:
        """Replace the row."""

    async def nodes_of(self, week: str) -> tuple[NodeRecord, ...]:
        """Return the rows of one week in the order of the nodes."""


class WeekSurface(Protocol):
    """The main channel. Discord implements it."""

    async def show_week(
        self, report: WeeklyReport, chart_png: bytes | None
    ) -> tuple[int, int] | None:
        """Post the report of a week; return (channel id, message id) where it can be changed later.

        Raises TradingError when undeliverable.
        """


class LivingWeeks(WeekSurface, Protocol):
    """Where a report that was posted can still be changed."""

    async def amend_week(self, report: WeeklyReport) -> None:
        """Show the report at its `place` as it stands now, without calling anybody.

        Nothing happens where it says so already, or where it is gone. Raises TradingError when
        undeliverable.
        """
