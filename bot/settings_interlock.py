"""What the settings say to the real-money interlock."""

from __future__ import annotations

import hashlib
import json

from pydantic import SecretStr

from bot.settings import Settings
from core.domain.interlock import Switches

# Real orders ask for limits that somebody wrote down, not for those that happen to be the default.
WRITTEN_LIMITS = frozenset({"capital_limit_krw", "order_limit_krw", "day_limit_krw"})
REAL_HOST = str(Settings.model_fields["kis_real_base_url"].default)


def switches_of(settings: Settings) -> Switches:
    """Return each condition of the settings by itself."""
    key, secret = (settings.kis_real_app_key, settings.kis_real_app_secret)
    account = settings.kis_real_account_no + settings.kis_real_acnt_prdt_cd
    return Switches(
        broker_is_kis=settings.broker == "kis",
        account_is_real=settings.kis_mode == "KIS_REAL",
        orders_enabled=settings.enable_real_order,
        host_is_real=settings.kis_real_base_url.rstrip("/") == REAL_HOST,
        key_is_own=bool(key.get_secret_value())
        and key != settings.kis_vts_app_key
        and secret != settings.kis_vts_app_secret,
        account_is_listed=account in settings.real_account_allowlist,
        owners_named=bool(settings.discord_owner_ids),
        limits_given=settings.model_fields_set >= WRITTEN_LIMITS,
        no_sandbox=not settings.sandbox_url,
    )


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
