"""What this running bot is, for /system: its account and mode, its settings, its health."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from bot.operations.doctor import examine
from bot.operations.patient import Patient
from bot.settings.redaction import redacted
from core.domain.checkup import Check
from core.ports.broker import BrokerIdentity, NamesItself


@dataclass(frozen=True, slots=True, kw_only=True)
class RunningInstallation:
    """Implements the chat's Installation. `account` names mode and account as they are now."""

    patient: Patient
    account: NamesItself

    def identity(self) -> BrokerIdentity:
        """Say which account this is, and in which mode now."""
        return self.account.identity

    def settings(self) -> Mapping[str, str]:
        """Return every setting by its name; secrets and account numbers are masked."""
        return redacted(self.patient.settings)

    async def examine(self) -> tuple[Check, ...]:
        """Run the self-check. It looks and changes nothing."""
        return await examine(self.patient)
