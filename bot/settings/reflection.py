"""The settings of the weekly reflection."""

from __future__ import annotations

from pydantic_settings import BaseSettings

from core.domain.rule_proposals import ApplyMode


class ReflectionSettings(BaseSettings):
    """Whether rules that the reflection proposes wait for a person. docs/rules.md says what each does."""

    reflection_apply: ApplyMode = ApplyMode.CONFIRM
