"""The whole schema. `METADATA` has every table only when all its parts are imported: import it here.

Triggers, the view `session_logs` and the word index `memory_index` live in the migrations, because
they are SQL of one dialect.
"""

from __future__ import annotations

from storage.schema_archive import (
    bars,
    cycle_runs,
    messages,
    passages,
    positions,
    sessions,
    snapshots,
    trade_records,
)
from storage.schema_books import adjustments, external_orders, reservations, symbol_holds
from storage.schema_memory import memory_notes, memory_vectors
from storage.schema_model import model_calls, prompts
from storage.schema_news import news_facts
from storage.schema_orders import (
    METADATA,
    accounts,
    approvals,
    attempts,
    fills,
    journal,
    orders,
    settings,
    stamp,
    ticket_legs,
    tickets,
)
from storage.schema_plans import trading_plan_lines, trading_plans
from storage.schema_reflection import outcome_waits, trade_outcomes
from storage.schema_rules import rule_effects, rule_proposals, rule_versions
from storage.schema_safety import lease, outbox, trips
from storage.schema_watch import (
    alert_firings,
    alert_mutes,
    alert_rules,
    exit_offers,
    standing_stops,
    watch_list,
)
from storage.schema_weeks import prompt_updates, reflection_nodes

__all__ = [
    "METADATA",
    "accounts",
    "adjustments",
    "alert_firings",
    "alert_mutes",
    "alert_rules",
    "approvals",
    "attempts",
    "bars",
    "cycle_runs",
    "exit_offers",
    "external_orders",
    "fills",
    "journal",
    "lease",
    "memory_notes",
    "memory_vectors",
    "messages",
    "model_calls",
    "news_facts",
    "orders",
    "outbox",
    "outcome_waits",
    "passages",
    "positions",
    "prompt_updates",
    "prompts",
    "reflection_nodes",
    "reservations",
    "rule_effects",
    "rule_proposals",
    "rule_versions",
    "sessions",
    "settings",
    "snapshots",
    "stamp",
    "standing_stops",
    "symbol_holds",
    "ticket_legs",
    "tickets",
    "trade_outcomes",
    "trade_records",
    "trading_plan_lines",
    "trading_plans",
    "trips",
    "watch_list",
]
