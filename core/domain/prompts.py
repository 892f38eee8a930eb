"""Instructions of a language model as they once were: name, hash, text, and since when."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass
from datetime import datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class Prompt:
    """One version of one text. `sha256` is the hash of `text`, in hex."""

    name: str
    sha256: str
    text: str
    first_used_at: datetime


def prompt_of(name: str, text: str, at: datetime) -> Prompt:
    """Return the version that `text` is, first used at `at`."""
    digest = hashlib.sha256(text.encode("utf-8", "surrogatepass")).hexdigest()
    return Prompt(name=name, sha256=digest, text=text, first_used_at=at)
