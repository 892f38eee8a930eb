"""The nodes of a week's reflection, what each left behind, and the report that people read."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime
from enum import Enum

from core.domain.cycle import StepState
from core.domain.decision_prompt import PromptNote
from core.domain.factors import Factors
from core.domain.modes import Mode
from core.domain.reflection import WeekNumbers
from core.domain.rule_wishes import RuleNote


class Node(Enum):
    """The nodes, in order. The values are the names in the database and in messages."""

    NUMBERS = "numbers"
    FACTORS = "factors"
    RULES = "rules"
    JUDGED = "judged"
    PROMPT = "prompt"
    REPORT = "report"

    @property
    def number(self) -> int:
        """1 for the first."""
        return list(Node).index(self) + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class NodeRecord:
    """One row per (week, node). `week` is as ``2024-W10``; `output` is JSON."""

    week: str
    node: Node
    state: StepState
    attempts: int
    started_at: datetime
    finished_at: datetime | None = None
    output: str = ""
    error: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class WeeklyReport:
    """What is told on Sunday. A part is None when its node failed; `errors` say why, by node.

    `place` is the channel and the message that it was posted as, None where it cannot be changed.
    """

    week: str
    mode: Mode
    account: str
    numbers: WeekNumbers | None
    factors: Factors | None
    prompt: PromptNote | None
    rules: RuleNote | None = None
    errors: tuple[tuple[Node, str], ...] = field(default=())
    place: tuple[int, int] | None = None
