"""The settings of the language models: where they are, how they answer, and what they may cost."""

from __future__ import annotations

import re
from decimal import Decimal
from typing import Annotated

from pydantic import BeforeValidator, Field, SecretStr

from bot.settings.limits import Whole
from bot.settings.part import SettingsPart
from bot.settings.types import Address
from core.domain.model_calls import ModelBudget, TokenPrice

_TEMPERATURE = re.compile(r"[0-2](\.[0-9]{1,2})?")
_HOTTEST = Decimal(2)


def _temperature(value: object) -> object:
    """Read a temperature, or none. Raises ValueError for what no model takes."""
    if value is None:
        return None
    if not _TEMPERATURE.fullmatch(str(value)) or Decimal(str(value)) > _HOTTEST:
        raise ValueError("must be a number from 0 to 2 with at most two decimals")
    return Decimal(str(value))


Temperature = Annotated[Decimal | None, BeforeValidator(_temperature)]


class ModelSettings(SettingsPart):
    """Prices are won per million tokens, those of the default models at about 1,500 won a dollar.

    Whoever names another model names its prices too: the budget counts with them.
    """

    openai_api_key: SecretStr = SecretStr("")
    openai_base_url: Address = ""
    openai_model: str = Field("gpt-5", min_length=1, max_length=100)
    openai_flash_model: str = Field("gpt-5-mini", min_length=1, max_length=100)
    openai_temperature: Temperature = None
    openai_timeout_seconds: Whole = Field(60, ge=5, le=170)
    openai_reply_tokens: Whole = Field(4_096, ge=256, le=32_768)
    openai_day_budget_krw: Whole = Field(3_000, ge=0, le=1_000_000)
    openai_user_budget_krw: Whole = Field(1_000, ge=0, le=1_000_000)
    openai_input_krw: Whole = Field(1_900, ge=0, le=1_000_000)
    openai_output_krw: Whole = Field(15_000, ge=0, le=1_000_000)
    openai_flash_input_krw: Whole = Field(380, ge=0, le=1_000_000)
    openai_flash_output_krw: Whole = Field(3_000, ge=0, le=1_000_000)
    openai_keep_days: Whole = Field(180, ge=30, le=3_650)

    @property
    def model_budget(self) -> ModelBudget:
        """Return what one day may cost."""
        return ModelBudget(user_won=self.openai_user_budget_krw, day_won=self.openai_day_budget_krw)

    @property
    def model_price(self) -> TokenPrice:
        """Return what the strong model costs."""
        return TokenPrice(input_won=self.openai_input_krw, output_won=self.openai_output_krw)

    @property
    def flash_price(self) -> TokenPrice:
        """Return what the small model costs."""
        return TokenPrice(
            input_won=self.openai_flash_input_krw, output_won=self.openai_flash_output_krw
        )

    @property
    def model_temperature(self) -> float | None:
        """Return the temperature as the wire has it, or None to leave it out."""
        chosen: Decimal | None = self.openai_temperature
        return None if chosen is None else float(chosen)
