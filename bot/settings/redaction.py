"""What of the settings may be shown, and what no line of a log may say."""

from __future__ import annotations

from contextlib import suppress
from typing import TYPE_CHECKING
from urllib.parse import unquote, urlsplit

from pydantic import SecretStr

from bot.settings.backup import OFF
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from bot.settings import Settings

CAN_BE_OFF = frozenset({"backup_at", "metrics_port"})


def redacted(settings: Settings) -> dict[str, str]:
    """Return every setting as text, secrets and account numbers masked."""
    shown: dict[str, str] = {}
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr) or name == "kis_hts_id":
            shown[name] = "set" if value else "-"  # a secret that is empty is false
        elif name.endswith("_account_no"):
            shown[name] = mask_account(value)
        elif name == "real_account_allowlist":
            shown[name] = " ".join(sorted(mask_account(number) for number in value)) or "-"
        elif name == "news_feeds":
            shown[name] = " ".join(without_password(url) for url in value)
        elif name.endswith("_url"):
            shown[name] = without_password(value)
        elif name in CAN_BE_OFF and value is None:
            shown[name] = OFF
        elif name == "backup_at":
            shown[name] = f"{value:%H:%M}"
        else:
            shown[name] = str(value)
    return shown


def secrets_of(settings: Settings) -> frozenset[str]:
    """Return all that no line of a log may show: keys, passwords, addresses that hold one, accounts.

    What files hold that settings name for a secret is among it.
    """
    found = {str(value) for value in settings.real_account_allowlist}
    # The only secret that is a list; blanks elsewhere are a secret's own.
    alert_urls = settings.alert_urls.get_secret_value().split()
    addresses = [*settings.news_feeds, *alert_urls]
    for name in type(settings).model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            found.add(value.get_secret_value())
        elif name == "kis_hts_id" or name.endswith("_account_no"):
            found.add(value)
        elif name.endswith("_url"):
            addresses.append(value)
    for address in addresses:
        with suppress(ValueError):  # nobody has looked yet whether alert addresses can be read
            parts = urlsplit(address)
            password = parts.password or ""
            # As it stands in the address, and as a driver that failed with it says it. A query may
            # hold a key under any name.
            found |= {password, unquote(password), parts.query}
    return frozenset({*found, *alert_urls, *_in_files(settings)} - {""})


def _in_files(settings: Settings) -> set[str]:
    """Return the passphrase of backups, and Google's private key line by line.

    A file that cannot be used hides nothing from whoever needs it: it is told of there.
    """
    found: set[str] = set()
    with suppress(ConfigurationError):
        found.add(settings.passphrase())
    with suppress(ConfigurationError):
        found |= set(str(settings.service_account()["private_key"]).splitlines())
    return found


def mask_account(number: str) -> str:
    """Return an account number with only its last three digits."""
    return f"*****{number[-3:]}" if number else "-"


def without_password(url: str) -> str:
    """Return an address without user, password, query and fragment."""
    parts = urlsplit(url)
    if not parts.netloc:
        return url
    host = parts.netloc.rpartition("@")[2]
    return parts._replace(netloc=host, query="", fragment="").geturl()
