"""The instructions in force, by the names and hashes under which plans and calls are stored."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from dataclasses import asdict

from core.domain.prompts import text_hash
from core.llm.factors_tool import factors_spec
from core.llm.plan_tool import review_spec
from core.llm.prompt import load_prompt
from core.llm.rules_tool import rules_spec
from core.llm.schemas import tool_specs
from core.ports.model import ToolSpec

PLAN = "plan"
VERSION_DIGITS = 12


def _shape(spec: ToolSpec) -> str:
    return json.dumps(asdict(spec), sort_keys=True)


def _session() -> str:
    shapes = json.dumps([asdict(spec) for spec in tool_specs()], sort_keys=True)
    return load_prompt("session_system") + shapes


# Of a session and of a week it is all that the model is told: instructions and tools.
_TEXTS: Mapping[str, Callable[[], str]] = {
    "session": _session,
    "summary": lambda: load_prompt("session_summary"),
    "news": lambda: load_prompt("news_facts"),
    "factors": lambda: load_prompt("reflect_factors") + _shape(factors_spec()),
    "rules": lambda: load_prompt("reflect_rules") + _shape(rules_spec()),
}
# What ships with the bot and is the same all day; the decision prompt is the user's own.
NAMES = tuple(_TEXTS)


def text_of(name: str) -> str:
    """Return the text in force. Raises KeyError for a name that is none of `NAMES`."""
    return _TEXTS[name]()


def version_of(name: str) -> str:
    """Return the name and the first digits of the hash, as calls are stored with."""
    return _named(name, text_of(name))


def plan_text(decision_prompt: str) -> str:
    """Return all that a planning model is told: `decision_prompt`, manner and tool."""
    return decision_prompt + load_prompt("plan_review") + _shape(review_spec())


def plan_version(decision_prompt: str) -> str:
    """Return the name and the first digits of the hash of `plan_text`."""
    return _named(PLAN, plan_text(decision_prompt))


def _named(name: str, text: str) -> str:
    return f"{name}:{text_hash(text)[:VERSION_DIGITS]}"
