"""Sentences for people, kept in locale files and not in code."""

from __future__ import annotations

from typing import Protocol


class Phrases(Protocol):
    """One language. Keys are ``file.key`` of the locale files, for example ``risk.cash``."""

    @property
    def locale(self) -> str:
        """``ko`` or ``en``."""

    def say(self, key: str, /, **values: object) -> str:
        """Return the sentence with `values` filled in. Raises KeyError for an unknown key."""
