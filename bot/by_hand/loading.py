"""How a command by hand begins: with the settings, and with logs that show none of their secrets."""

from __future__ import annotations

from bot.operations.logs import configure
from bot.settings import Settings, load
from bot.settings.redaction import secrets_of


def loaded(level: str | None = None) -> Settings:
    """Return the settings; from here on logs mask what is secret in them.

    `level` stands in for LOG_LEVEL. Raises ConfigurationError.
    """
    settings = load(local_only=True)
    configure(level or settings.log_level, secrets=secrets_of(settings))
    return settings
