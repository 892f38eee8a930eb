"""The settings of memory."""

from __future__ import annotations

from pydantic import Field, SecretStr

from bot.settings.part import SettingsPart
from bot.settings.types import Address


class MemorySettings(SettingsPart):
    """Words always find; with an embedding model meaning finds too. docs/memory.md says how."""

    openai_embedding_model: str = Field("", max_length=100)
    qdrant_url: Address = Field("", repr=False)
    qdrant_api_key: SecretStr = SecretStr("")
