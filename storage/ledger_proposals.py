"""Wishes to take rules on or to end them, inside one ledger transaction."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import asdict
from typing import Any

from sqlalchemy import RowMapping, func, select, update

from core.domain.rule_gate import GateFault
from core.domain.rule_proposals import ProposalState, RuleProposal
from core.errors import StaleState
from storage.schema import rule_proposals
from storage.statements import Statements

_ALL = select(rule_proposals).order_by(rule_proposals.c.number)
_DECIDED = ("state", "faults", "rule_id", "decided_by", "decided_at")


class ProposalRows:
    """Implements `core.ports.adoption.ProposalBooks`."""

    _sql: Statements

    async def rule_proposal(self, number: int) -> RuleProposal | None:
        """Return one proposal."""
        row = await self._sql.row(_ALL.where(rule_proposals.c.number == number))
        return None if row is None else _proposal(row)

    async def rule_proposal_on(self, key: str) -> RuleProposal | None:
        """Return the proposal of one occasion."""
        row = await self._sql.row(_ALL.where(rule_proposals.c.key == key))
        return None if row is None else _proposal(row)

    async def rule_proposals_about(self, rule_id: str) -> tuple[RuleProposal, ...]:
        """Return the proposals about one rule, oldest first."""
        rows = await self._sql.rows(_ALL.where(rule_proposals.c.rule_id == rule_id))
        return tuple(_proposal(row) for row in rows)

    async def rule_proposals_in(
        self, states: Collection[ProposalState]
    ) -> tuple[RuleProposal, ...]:
        """Return the proposals in `states`, oldest first."""
        rows = await self._sql.rows(_ALL.where(rule_proposals.c.state.in_(states)))
        return tuple(_proposal(row) for row in rows)

    async def last_rule_proposal(self) -> int:
        """Return the number of the newest proposal, 0 before the first."""
        row = await self._sql.row(
            select(func.coalesce(func.max(rule_proposals.c.number), 0).label("last"))
        )
        return 0 if row is None else int(row["last"])

    async def insert_rule_proposal(self, proposal: RuleProposal) -> None:
        """Store a new proposal. Raises StaleState when its number or its occasion was taken first."""
        if not await self._sql.insert_once(rule_proposals, _row(proposal)):
            raise StaleState(f"a proposal {proposal.proposal_id} or {proposal.key} is there")

    async def decide_rule_proposal(self, decided: RuleProposal) -> None:
        """Compare-and-set an OPEN proposal to how it was decided. Raises StaleState."""
        values = {name: value for name, value in _row(decided).items() if name in _DECIDED}
        columns = rule_proposals.c
        moved = await self._sql.changed(
            update(rule_proposals)
            .where(columns.number == decided.number, columns.state == ProposalState.OPEN)
            .values(values)
        )
        if not moved:
            raise StaleState(f"proposal {decided.proposal_id} was decided")


def _row(proposal: RuleProposal) -> dict[str, Any]:
    return {**asdict(proposal), "faults": " ".join(fault.value for fault in proposal.faults)}


def _proposal(row: RowMapping) -> RuleProposal:
    faults = tuple(GateFault(name) for name in row["faults"].split())
    return RuleProposal(**{**row, "faults": faults})
