"""Which channels the settings name, as apprise's addresses."""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from urllib.parse import quote, urlencode

from pydantic import SecretStr

from bot.alerting.apprise_channel import AppriseChannel
from bot.settings.alerting import AlertingSettings

SMTP_SCHEMES = {"starttls": "mailtos", "ssl": "mailtos", "none": "mailto"}


def channels_of(settings: AlertingSettings) -> tuple[AppriseChannel, ...]:
    """Return a channel for each address given, in a fixed order; nothing is opened yet.

    Those of ALERT_URLS are named by their digest (``urls-1a2b3c4d``): what is stored of one stays
    its own when another is added, moved or taken away. An address given twice is one channel.
    """
    return tuple(
        AppriseChannel(name, SecretStr(url))
        for name, urls in (
            ("slack", _plain(settings.slack_webhook)),
            ("telegram", _telegram(settings)),
            ("email", _email(settings)),
            *((_named(url), (url,)) for url in dict.fromkeys(_further(settings))),
        )
        for url in urls
    )


def names_by_position(settings: AlertingSettings) -> Mapping[str, str]:
    """Return by the name of each address of ALERT_URLS what 0.1.0 called it: by its position."""
    found: dict[str, str] = {}
    for number, url in enumerate(_further(settings), 1):
        found.setdefault(_named(url), "urls" if number == 1 else f"urls-{number}")
    return found


def setting_name(channel: str) -> str:
    """Return how the settings call a channel: every address of ALERT_URLS is ``urls`` there."""
    return channel.partition("-")[0]


def _further(settings: AlertingSettings) -> list[str]:
    return settings.alert_urls.get_secret_value().split()


def _named(url: str) -> str:
    # Eight digits tell a handful of addresses apart and are too few to find an address by.
    return f"urls-{sha256(url.encode()).hexdigest()[:8]}"


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
