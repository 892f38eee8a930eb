"""Which channels the settings name, as apprise's addresses."""

from __future__ import annotations

from urllib.parse import quote, urlencode

from pydantic import SecretStr

from bot.alerting.apprise_channel import AppriseChannel
from bot.settings.alerting import AlertingSettings

SMTP_SCHEMES = {"starttls": "mailtos", "ssl": "mailtos", "none": "mailto"}


def channels_of(settings: AlertingSettings) -> tuple[AppriseChannel, ...]:
    """Return a channel for each address given, in a fixed order; nothing is opened yet.

    Further addresses of ALERT_URLS are named ``urls-2``, ``urls-3``, …
    """
    return tuple(
        AppriseChannel(name if number == 1 else f"{name}-{number}", SecretStr(url))
        for name, urls in (
            ("slack", _plain(settings.slack_webhook)),
            ("telegram", _telegram(settings)),
            ("email", _email(settings)),
            ("urls", tuple(settings.alert_urls.get_secret_value().split())),
        )
        for number, url in enumerate(urls, 1)
    )


def setting_name(channel: str) -> str:
    """Return how the settings call a channel: every address of ALERT_URLS is ``urls`` there."""
    return channel.partition("-")[0]


def _plain(secret: SecretStr) -> tuple[str, ...]:
    value = secret.get_secret_value()
    return (value,) if value else ()


def _telegram(settings: AlertingSettings) -> tuple[str, ...]:
    token = settings.telegram_bot_token.get_secret_value()
    return (f"tgram://{token}/{settings.telegram_chat_id}/",) if token else ()


def _email(settings: AlertingSettings) -> tuple[str, ...]:
    if not settings.smtp_host:
        return ()
    user, password = settings.smtp_user, settings.smtp_password.get_secret_value()
    login = f"{quote(user, safe='')}:{quote(password, safe='')}@" if user else ""
    query = {"from": settings.smtp_from, "to": settings.smtp_to, "smtp": settings.smtp_host}
    if settings.smtp_security != "none":
        query["mode"] = settings.smtp_security
    scheme = SMTP_SCHEMES[settings.smtp_security]
    return (f"{scheme}://{login}{settings.smtp_host}:{settings.smtp_port}?{urlencode(query)}",)
