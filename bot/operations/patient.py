"""What the self-check examines, and how a single finding looks."""

from __future__ import annotations

from dataclasses import dataclass

from bot.exports.google_sheet import GOOGLE_API
from bot.operations.discord_rest import DISCORD_API
from bot.settings import Settings
from core.domain.checkup import Verdict
from core.ports.broker import Broker
from core.ports.clock import Clock
from core.ports.phrases import Phrases
from storage.engine import Database

Found = tuple[Verdict, str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Patient:
    """What is examined. Without `database` there is no record yet; without `broker` none is asked.

    `discord_api` and `model_url` (empty: the vendor's own) and `sheets_api` are where those are
    asked; an `is_offline` patient asks nobody.
    """

    settings: Settings
    phrases: Phrases
    clock: Clock
    database: Database | None
    broker: Broker | None
    discord_api: str = DISCORD_API
    model_url: str = ""
    sheets_api: str = GOOGLE_API
    is_offline: bool = False


def when(*, good: bool, text: str) -> Found:
    """Return a finding that is good or bad."""
    return (Verdict.GOOD if good else Verdict.BAD), text
