"""Statements of a Kiwoom account, out of its order list and its valuation."""

from __future__ import annotations

from dataclasses import dataclass, replace

from brokers.from_lists import StatementsFromLists
from brokers.kiwoom.broker import KiwoomBroker
from brokers.kiwoom.wire import Turn


@dataclass(frozen=True, slots=True)
class KiwoomStatements(StatementsFromLists):
    """Implements `core.ports.statements.StatementsAdapter`; takes its turns like the broker."""

    lists: KiwoomBroker

    def taking_turns(self, turn: Turn) -> KiwoomStatements:
        """Return a copy that awaits `turn` with the api-id before every read."""
        return replace(self, lists=self.lists.taking_turns(turn))
