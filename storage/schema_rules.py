"""Tables of the user's rules: every version, what they did to legs, who wished for which."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table

from core.domain.rule_proposals import ProposalKind, ProposalState
from core.domain.rules import RuleOrigin, RuleState
from storage.columns import NUMBER, Words, at_least, day, instant, member, number, one_of, text
from storage.schema_orders import METADATA

# The newest version says how a rule stands; the older ones say how it came to.
rule_versions = Table(
    "rule_versions",
    METADATA,
    Column("rule_id", Words(), primary_key=True),
    Column("version", NUMBER, primary_key=True, autoincrement=False),
    member("origin", RuleOrigin),
    member("state", RuleState),
    day("since"),
    text("terms"),
    text("actor"),
    text("reason"),
    text("evidence"),
    instant("at"),
    one_of("origin", RuleOrigin),
    one_of("state", RuleState),
    *at_least(1, "version"),
    sqlite_strict=True,
)

rule_effects = Table(
    "rule_effects",
    METADATA,
    Column("rule_id", Words(), primary_key=True),
    Column("record_id", Words(), ForeignKey("trade_records.record_id"), primary_key=True),
    text("symbol"),
    instant("at"),
    number("asked"),
    number("kept"),
    *at_least(1, "asked"),
    *at_least(0, "kept"),
    Index("ix_rule_effects_at", "at"),
    sqlite_strict=True,
)

# A wish to take a rule on or to end one. `key` is the occasion: the same wish there is one row.
rule_proposals = Table(
    "rule_proposals",
    METADATA,
    Column("number", NUMBER, primary_key=True, autoincrement=False),
    Column("key", Words(), nullable=False, unique=True),
    member("kind", ProposalKind),
    member("origin", RuleOrigin),
    text("rule_id"),
    text("terms"),
    text("reason"),
    text("evidence"),
    text("faults"),
    member("state", ProposalState),
    text("actor"),
    instant("at"),
    day("closes_on"),
    text("decided_by"),
    instant("decided_at", nullable=True),
    one_of("kind", ProposalKind),
    one_of("origin", RuleOrigin),
    one_of("state", ProposalState),
    *at_least(1, "number"),
    Index("ix_rule_proposals_rule_id", "rule_id"),
    Index("ix_rule_proposals_state", "state"),
    sqlite_strict=True,
)
