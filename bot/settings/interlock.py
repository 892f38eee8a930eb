"""What the settings say to the real-money interlock."""

from __future__ import annotations

import hashlib
import json
from typing import Any

from pydantic import SecretStr

from bot.settings import Settings
from core.domain.interlock import Switches

# Real orders ask for limits that somebody wrote down, not for those that happen to be the default.
WRITTEN_LIMITS = frozenset({"capital_limit_krw", "order_limit_krw", "day_limit_krw"})
# Where each broker takes real orders.
REAL_HOSTS = {
    broker: str(Settings.model_fields[f"{broker}_real_base_url"].default)
    for broker in ("kis", "kiwoom")
}


def switches_of(settings: Settings) -> Switches:
    """Return each condition of the settings by itself."""
    broker = "kiwoom" if settings.broker == "kiwoom" else "kis"

    def of(kind: str, part: str) -> Any:
        return getattr(settings, f"{broker}_{kind}_{part}")

    key, secret = of("real", "app_key"), of("real", "app_secret")
    return Switches(
        broker_is_real=settings.broker in REAL_HOSTS,
        account_is_real=not settings.uses_vts,
        orders_enabled=settings.enable_real_order,
        host_is_real=of("real", "base_url").rstrip("/") == REAL_HOSTS[broker],
        key_is_own=bool(key.get_secret_value())
        and key != of("vts", "app_key")
        and secret != of("vts", "app_secret"),
        account_is_listed=real_account(settings) in settings.real_account_allowlist,
        owners_named=bool(settings.discord_owner_ids),
        limits_given=settings.model_fields_set >= WRITTEN_LIMITS,
        no_sandbox=not settings.sandbox_url,
    )


def real_account(settings: Settings) -> str:
    """Return the real account of the chosen broker: its number and its product code."""
    broker = "kiwoom" if settings.broker == "kiwoom" else "kis"
    number = getattr(settings, f"{broker}_real_account_no")
    return f"{number}{getattr(settings, f'{broker}_real_acnt_prdt_cd')}"


def fingerprint(settings: Settings, build: str) -> str:
    """Return what an arming holds for: every setting, secrets included, and the program."""
    values: dict[str, str] = {"build": build}
    for name in Settings.model_fields:
        value = getattr(settings, name)
        if isinstance(value, SecretStr):
            value = value.get_secret_value()
        elif isinstance(value, frozenset):
            value = sorted(value)
        values[name] = str(value)
    return hashlib.sha256(json.dumps(values, sort_keys=True).encode()).hexdigest()
