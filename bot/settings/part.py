"""What the parts of the settings have in common."""

from __future__ import annotations

from pydantic_settings import BaseSettings, SettingsConfigDict


class SettingsPart(BaseSettings):
    """Some of the fields of `bot.settings.Settings`, which alone is ever read.

    Only what is read needs to be built: twelve validators fewer at each start.
    """

    model_config = SettingsConfigDict(defer_build=True)
