"""The conditions that are true now, for whoever asks how the bot is."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import datetime

from core.domain.conditions import Condition, Lasting, Severity, Standing, worst

# By channel: of which conditions people heard there, and when each had begun.
Heard = Mapping[str, Mapping[Condition, datetime]]


@dataclass(slots=True)
class ConditionBook:
    """What the last look found. It dies with the process; `as_text` is what survives."""

    standing: Standing = field(default_factory=dict)

    @property
    def severity(self) -> Severity:
        """How bad it is in all."""
        return worst(self.standing)


def as_text(standing: Standing) -> str:
    """Return it as it is stored."""
    return json.dumps(
        [
            {
                "condition": one.condition.value,
                "since": one.since.isoformat(),
                "told_at": one.told_at.isoformat(),
                "text": one.text,
            }
            for one in standing.values()
        ],
        ensure_ascii=False,
    )


def from_text(text: str | None) -> Mapping[Condition, Lasting]:
    """Read it back. What cannot be read was never told: people then hear of it again."""
    try:
        rows = json.loads(text or "[]")
        found = [
            Lasting(
                condition=Condition(row["condition"]),
                since=datetime.fromisoformat(row["since"]),
                told_at=datetime.fromisoformat(row["told_at"]),
                text=str(row["text"]),
            )
            for row in rows
        ]
    except (ValueError, KeyError, TypeError):
        return {}
    return {one.condition: one for one in found}


def heard_as_text(heard: Heard) -> str:
    """Return it as it is stored."""
    return json.dumps(
        {
            channel: {condition.value: since.isoformat() for condition, since in told.items()}
            for channel, told in heard.items()
        },
        ensure_ascii=False,
    )


def heard_from_text(text: str | None) -> Heard:
    """Read it back. What cannot be read was never heard: people then hear of it again."""
    try:
        return {
            channel: {
                Condition(name): datetime.fromisoformat(since) for name, since in told.items()
            }
            for channel, told in json.loads(text or "{}").items()
        }
    except (ValueError, TypeError, AttributeError):
        return {}
