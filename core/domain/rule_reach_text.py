"""Purchases of the past as JSON, as one process hands them to another."""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import fields
from datetime import date
from typing import Any

from core.domain.rule_evidence import Missing, Unshown
from core.domain.rule_facts import Fact
from core.domain.rule_reach import Situation


def past_text(past: Sequence[Situation] | Missing) -> str:
    """Return canonical JSON of purchases, or why there are none, which `past_of` reads back."""
    if isinstance(past, Missing):
        return json.dumps({"why": past.why.value})
    return json.dumps([_body(item) for item in past], sort_keys=True, separators=(",", ":"))


def past_of(text: str) -> tuple[Situation, ...] | Missing | None:
    """Return what `past_text` wrote, or None for anything else."""
    try:
        content = json.loads(text)
        if isinstance(content, dict):
            return Missing(Unshown(content["why"]))
        return tuple(_situation(item) for item in content)
    except (ValueError, TypeError, KeyError, AttributeError):
        return None


def _body(item: Situation) -> dict[str, object]:
    body = {field.name: getattr(item, field.name) for field in fields(item)}
    known = {fact.value: value for fact, value in item.known.items()}
    return {**body, "day": str(item.day), "known": known}


def _situation(body: dict[str, Any]) -> Situation:
    known = {Fact(name): value for name, value in body["known"].items()}
    return Situation(**{**body, "day": date.fromisoformat(body["day"]), "known": known})
