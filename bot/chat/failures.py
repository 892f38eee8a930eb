"""What to say when a command or button failed."""

from __future__ import annotations

from discord import app_commands

from core.errors import BrokerError, StorageError


def failure_key(cause: BaseException) -> str:
    """Return the phrase for a failed command."""
    if isinstance(cause, BrokerError):
        return "chat.failed_broker"
    if isinstance(cause, StorageError):
        return "chat.failed_storage"
    if isinstance(cause, app_commands.CommandNotFound | app_commands.CommandSignatureMismatch):
        return "chat.failed_outdated"
    return "chat.failed"
