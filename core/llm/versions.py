"""The instructions in force, by the names and hashes under which plans and calls are stored."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable, Mapping
from dataclasses import asdict

from core.llm.plan_tool import review_spec
from core.llm.prompt import load_prompt
from core.llm.schemas import tool_specs

DECISION_PROMPT = "core_decision_prompt"
VERSION_DIGITS = 12


def _plan() -> str:
    shape = json.dumps(asdict(review_spec()), sort_keys=True)
    return load_prompt(DECISION_PROMPT) + load_prompt("plan_review") + shape


def _session() -> str:
    shapes = json.dumps([asdict(spec) for spec in tool_specs()], sort_keys=True)
    return load_prompt("session_system") + shapes


# Of a session and of a plan it is all that the model is told: instructions and tools.
_TEXTS: Mapping[str, Callable[[], str]] = {
    DECISION_PROMPT: lambda: load_prompt(DECISION_PROMPT),
    "plan": _plan,
    "session": _session,
    "summary": lambda: load_prompt("session_summary"),
    "news": lambda: load_prompt("news_facts"),
}
NAMES = tuple(_TEXTS)


def text_of(name: str) -> str:
    """Return the text in force. Raises KeyError for a name that is none of `NAMES`."""
    return _TEXTS[name]()


def digest_of(name: str) -> str:
    """Return the SHA-256 of the text in force, in hex."""
    return hashlib.sha256(text_of(name).encode()).hexdigest()


def version_of(name: str) -> str:
    """Return the name and the first digits of the hash, as calls are stored with."""
    return f"{name}:{digest_of(name)[:VERSION_DIGITS]}"
