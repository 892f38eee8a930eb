"""Today's briefing, read back from the stored step."""

from __future__ import annotations

from dataclasses import dataclass

from core.domain.briefing import Briefing
from core.domain.cycle import Step
from core.domain.krx import KST
from core.flows.kit import CycleKit
from core.flows.step_runner import StepRunner
from core.flows.values import Told


@dataclass(frozen=True, slots=True)
class TodayBriefing:
    """What /briefing shows."""

    kit: CycleKit

    async def briefing_today(self) -> Briefing | None:
        """Return today's briefing, or None before there is one. Raises StorageError."""
        today = self.kit.rules.clock.now().astimezone(KST).date()
        runner = StepRunner(self.kit, today)
        await runner.load(retry=False)
        told = runner.output(Step.BRIEFING, Told)
        return told.briefing if told is not None else None
