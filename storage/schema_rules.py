"""Tables of the user's rules: every version of each, and what they did to suggested legs."""

from __future__ import annotations

from sqlalchemy import Column, ForeignKey, Index, Table

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
