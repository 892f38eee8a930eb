"""What the chat asks of the user's own rules."""

from __future__ import annotations

from datetime import date
from typing import Protocol

from core.domain.instrument import Symbol
from core.domain.rules import Rule
from core.services.rules.desk import Switched, Trial


class Rules(Protocol):
    """The user's own rules (core.services.rules.desk)."""

    @property
    def rules(self) -> tuple[Rule, ...]:
        """Every rule there ever was, as it stands, the most important first."""

    async def current(self) -> tuple[Rule, ...]:
        """Return the same, with what another process changed."""

    async def trial(self, rule: Rule, symbol: Symbol, day: date) -> Trial:
        """Try `rule` on `symbol` as it stood before `day` opened."""

    async def switch(self, rule_id: str, *, is_on: bool, actor: str) -> Switched:
        """Switch a rule on or off at once; who may is asked before this."""
