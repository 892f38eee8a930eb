"""The settings of memory."""

from __future__ import annotations

from pydantic import Field
from pydantic_settings import BaseSettings


class MemorySettings(BaseSettings):
    """Words always find; with an embedding model meaning finds too. docs/memory.md says how."""

    openai_embedding_model: str = Field("", max_length=100)
