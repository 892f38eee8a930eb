"""The purchases that were measured, for the gate."""

from __future__ import annotations

from core.domain.rule_evidence import Missing
from core.domain.rule_reach import Situation
from core.ports.adoption import PastPurchases

Past = tuple[Situation, ...]


async def measured_past(source: PastPurchases) -> Past:
    """Return what was measured; nothing where that cannot be had, so that usual ranges count."""
    found = await source.purchases()
    return () if isinstance(found, Missing) else found
