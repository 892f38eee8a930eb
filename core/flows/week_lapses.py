"""Proposals of a week that nobody answered: said in the report that asked, and nowhere else."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

import structlog

from core.domain.reflection import parse_week
from core.domain.rule_proposals import RuleProposal
from core.errors import TradingError
from core.flows.reflecting import WeeklyReflection
from core.flows.week_rules import week_named
from core.ports.weeks import LivingWeeks

_LOG = structlog.get_logger(__name__)


@dataclass(frozen=True, slots=True, kw_only=True)
class WeekLapses:
    """Implements `core.services.rules.ending.LapseTeller`."""

    reflection: WeeklyReflection
    messages: LivingWeeks

    async def show(self, lapsed: Iterable[RuleProposal]) -> None:
        """Take the buttons off the reports that asked. Never raises: the next round tries again."""
        weeks = {parse_week(name) for name in map(week_named, lapsed) if name}
        for week in sorted(week for week in weeks if week is not None):
            try:
                report = await self.reflection.stored(week)
                if report is not None:
                    await self.messages.amend_week(report)
            except TradingError as error:
                _LOG.warning("a lapse was not shown yet", week=str(week), error=str(error))
