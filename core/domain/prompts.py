"""Instructions of a language model as they once were: name, hash, text, and since when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime

DECISION_PROMPT = "core_decision_prompt"


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One version of one text. `sha256` is the hash of `text`, in hex."""

    name: str
    sha256: str
    text: str
    first_used_at: datetime


def text_hash(text: str) -> str:
    """Return the SHA-256 of a text, in hex: what plans and calls name it by."""
    return hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()


def prompt_of(name: str, text: str, at: datetime) -> Prompt:
    """Return the version that `text` is, first used at `at`."""
    return Prompt(name=name, sha256=text_hash(text), text=text, first_used_at=at)
