"""The settings of the weekly reflection."""

from __future__ import annotations

from bot.settings.part import SettingsPart
from core.domain.rule_proposals import ApplyMode


class ReflectionSettings(SettingsPart):
    """Whether rules that the reflection proposes wait for a person. docs/rules.md says what each does."""

    reflection_apply: ApplyMode = ApplyMode.CONFIRM
