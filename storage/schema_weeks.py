"""Tables of the weekly reflection: its nodes, and the updates of the decision prompt."""

from __future__ import annotations

from sqlalchemy import Column, Table

from core.domain.cycle import StepState
from core.domain.decision_prompt import PromptState
from core.domain.reflection_run import Node
from storage.columns import NUMBER, Member, Words, at_least, instant, member, number, one_of, text
from storage.schema_orders import METADATA

# No CHECK on the node: a new one is no reason to rebuild a table.
reflection_nodes = Table(
    "reflection_nodes",
    METADATA,
    Column("week", Words(), primary_key=True),
    Column("node", Member(Node), primary_key=True),
    member("state", StepState),
    number("attempts"),
    instant("started_at"),
    instant("finished_at", nullable=True),
    text("output"),
    text("error"),
    one_of("state", StepState),
    *at_least(1, "attempts"),
    sqlite_strict=True,
)

# What an update replaces was in force, so its text stands in `prompts` under this hash. What it
# would become is kept here: a proposal that nobody accepts is no version.
prompt_updates = Table(
    "prompt_updates",
    METADATA,
    Column("version", NUMBER, primary_key=True, autoincrement=False),
    text("week"),
    instant("at"),
    member("state", PromptState),
    text("before_sha256"),
    text("after"),
    text("backup"),
    text("decided_by"),
    instant("decided_at", nullable=True),
    one_of("state", PromptState),
    *at_least(1, "version"),
    sqlite_strict=True,
)
