"""The settings of alert channels. docs/operations.md says what goes where."""

from __future__ import annotations

from importlib.util import find_spec
from typing import Annotated, Literal

from pydantic import BeforeValidator, Field, SecretStr

from bot.settings.limits import Whole
from bot.settings.part import SettingsPart
from bot.settings.types import Texts
from core.domain.quiet_hours import QuietHours, quiet_hours

CHANNEL_NAMES = ("slack", "telegram", "email", "urls", "discord")


def _hours(value: object) -> object:
    """Read ``22:00-07:00``; nothing is no quiet hours."""
    if not isinstance(value, str) or not value:
        return value or None
    found = quiet_hours(value)
    if found is None:
        raise ValueError("must be hours like 22:00-07:00")
    return found


Hours = Annotated[QuietHours | None, BeforeValidator(_hours)]


class AlertingSettings(SettingsPart):
    """Where conditions are told beside the chat, and what may wait."""

    slack_webhook: SecretStr = SecretStr("")
    telegram_bot_token: SecretStr = SecretStr("")
    telegram_chat_id: str = Field("", pattern=r"^(-?[0-9]{1,20}|@[0-9A-Za-z_]{1,64})?$")
    smtp_host: str = Field("", pattern=r"^[0-9A-Za-z.-]{0,255}$")
    smtp_port: Whole = Field(587, ge=1, le=65_535)
    smtp_user: str = Field("", max_length=255, repr=False)
    smtp_password: SecretStr = SecretStr("")
    smtp_from: str = Field("", max_length=255, repr=False)
    smtp_to: str = Field("", max_length=1_000, repr=False)
    smtp_security: Literal["starttls", "ssl", "none"] = "starttls"
    alert_urls: SecretStr = SecretStr("")
    alert_warnings_to: Texts = ("slack", "discord")
    alert_reports_to: Texts = ()
    alert_quiet_hours: Hours = None
    alert_hour_limit: Whole = Field(12, ge=1, le=120)

    def alerting_problems(self) -> list[str]:
        """Name what does not fit together, one sentence each."""
        problems = []
        if bool(self.telegram_bot_token.get_secret_value()) != bool(self.telegram_chat_id):
            problems.append("TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID go together")
        if self.smtp_host and not (self.smtp_from and self.smtp_to):
            problems.append("SMTP_HOST needs SMTP_FROM and SMTP_TO")
        for name in ("alert_warnings_to", "alert_reports_to"):
            strange = sorted(set(getattr(self, name)) - set(CHANNEL_NAMES))
            if strange:
                known = ", ".join(CHANNEL_NAMES)
                problems.append(f"{name.upper()}: {', '.join(strange)} is none of {known}")
        given = (self.slack_webhook, self.telegram_bot_token, self.alert_urls)
        is_wanted = self.smtp_host or any(one.get_secret_value() for one in given)
        if is_wanted and find_spec("apprise") is None:
            problems.append("alert channels need the extra 'alerts' (apprise)")
        return problems
