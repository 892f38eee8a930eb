"""The settings of backups. docs/operations.md says what is kept, and how it comes back."""

from __future__ import annotations

from datetime import time
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from bot.settings.limits import Whole
from bot.settings.part import SettingsPart
from bot.settings.private_file import private_text
from bot.settings.types import Folder
from core.domain.quiet_hours import clock_time
from core.errors import ConfigurationError

PASSPHRASE_MIN = 12
OFF = "off"


def _appointment(value: object) -> object:
    """Read ``21:00``, or ``off``."""
    if not isinstance(value, str):
        return value
    if value.strip().lower() == OFF:
        return None
    at = clock_time(value)
    if at is None:
        raise ValueError("must be a time like 21:00, or off")
    return at


Appointment = Annotated[time | None, BeforeValidator(_appointment)]


class BackupSettings(SettingsPart):
    """When, where and how long; sealed where a passphrase is given."""

    backup_at: Appointment = time(21, 0)
    backup_dir: Folder | None = None
    backup_keep: Whole = Field(14, ge=1, le=3650)
    backup_keep_months: Whole = Field(6, ge=0, le=600)
    backup_passphrase: SecretStr = SecretStr("")
    backup_passphrase_file: Folder | None = None

    def passphrase(self) -> str:
        """Return the passphrase of backups, "" where they are not sealed.

        Raises ConfigurationError for a file that others may read, or that holds too little.
        """
        given = self.backup_passphrase.get_secret_value()
        if self.backup_passphrase_file is not None:
            given = private_text(self.backup_passphrase_file, "BACKUP_PASSPHRASE_FILE")
        if given and len(given) < PASSPHRASE_MIN:
            raise ConfigurationError(
                f"the passphrase of backups must have at least {PASSPHRASE_MIN} characters"
            )
        return given
