"""Who counts what happens at the broker's door. Counting changes nothing and never raises."""

from __future__ import annotations

from typing import Protocol

from core.domain.account import AccountSnapshot


class BrokerMeter(Protocol):
    """Told of every request and every answer. `lane` is the name of a Lane; seconds are the host's."""

    def waited(self, lane: str, seconds: float) -> None:
        """Note how long a request waited for its turn."""

    def took(self, lane: str, seconds: float, *, answered: bool) -> None:
        """Note how long a request was on its way, and whether an answer came."""

    def fault(self, code: str) -> None:
        """Note an answer that was a refusal, or none: the broker's code, or the kind of fault."""

    def saw_account(self, account: AccountSnapshot) -> None:
        """Note what the broker says the account holds."""


class Unmeasured:
    """Counts nothing: for who reads the broker beside the bot."""

    def waited(self, lane: str, seconds: float) -> None:
        """Note nothing."""

    def took(self, lane: str, seconds: float, *, answered: bool) -> None:
        """Note nothing."""

    def fault(self, code: str) -> None:
        """Note nothing."""

    def saw_account(self, account: AccountSnapshot) -> None:
        """Note nothing."""
