"""Who looks for reasons behind measured outcomes and for rules, and what it is shown."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from typing import Protocol

from core.domain.factors import Finding
from core.domain.rule_wishes import EndWish
from core.domain.rules import RuleTerms
from core.errors import ModelFault

# Texts by kind, each to be shown as data.
Sections = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class FactorReply:
    """What came of asking for factors. Nothing to say is an empty tuple; `fault` says it failed."""

    findings: tuple[Finding, ...] = ()
    fault: ModelFault | None = None
    call_id: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RuleReply:
    """What came of asking for rules. Nothing to propose is two empty tuples."""

    new: tuple[RuleTerms, ...] = ()
    ends: tuple[EndWish, ...] = ()
    fault: ModelFault | None = None
    call_id: str = ""


class Reflector(Protocol):
    """Reads a week's numbers and outcomes. Whatever it says is checked by code afterwards."""

    @property
    def name(self) -> str:
        """Name of the model, for the record."""

    async def factors(self, sections: Sections) -> FactorReply:
        """Return findings. Never raises for a model that fails: that is a reply."""

    async def rules(self, sections: Sections, today: date) -> RuleReply:
        """Return wishes for rules that expire within a year of `today`. Never raises for a model."""
