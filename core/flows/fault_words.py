"""Faults in the reader's language: what happened first, the technical text in parentheses."""

from __future__ import annotations

from core.errors import (
    BrokerError,
    BrokerProtocolError,
    BrokerRefused,
    BrokerUnavailable,
    DataError,
    ModelError,
    RateLimited,
    StorageError,
    TokenRejected,
)
from core.ports.phrases import Phrases

# The first that fits names the fault: narrow before wide. TimeoutError is an OSError.
_KEYS: tuple[tuple[type[BaseException], str], ...] = (
    (BrokerUnavailable, "unavailable"),
    (RateLimited, "rate"),
    (BrokerProtocolError, "protocol"),
    (TokenRejected, "token"),
    (BrokerRefused, "refused"),
    (BrokerError, "broker"),
    (StorageError, "storage"),
    (DataError, "data"),
    (TimeoutError, "slow"),
    (OSError, "system"),
)


def fault_words(phrases: Phrases, error: BaseException) -> str:
    """Return one sentence part about `error`; a fault of no known kind keeps its type's name."""
    if isinstance(error, ModelError):
        return phrases.say(f"model.fault_{error.fault.value}")
    key = next((key for kind, key in _KEYS if isinstance(error, kind)), None)
    name = type(error).__name__
    if key is None:
        return phrases.say("cycle.fault_own", text=f"{name}: {error}")
    return phrases.say(f"cycle.fault_{key}", text=str(error) or name)
