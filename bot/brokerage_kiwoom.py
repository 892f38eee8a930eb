"""The adapter of a Kiwoom account, built from the settings."""

from __future__ import annotations

from dataclasses import dataclass

from bot.settings import Settings
from brokers.kiwoom.account import KiwoomAccount
from brokers.kiwoom.broker import KiwoomBroker, open_kiwoom
from core.domain.modes import Mode
from core.errors import ConfigurationError
from core.ports.clock import Clock
from core.runtime.token_store import token_key


@dataclass(frozen=True, slots=True, kw_only=True)
class KiwoomParts:
    """What a brokerage is made of."""

    adapter: KiwoomBroker
    token_key: str
    prices_label: str


def kiwoom_parts(settings: Settings, clock: Clock, url: str) -> KiwoomParts:
    """Build the adapter; `url` replaces the host (sandbox only). Raises ConfigurationError."""
    prefix = settings.account_prefix
    key = getattr(settings, f"{prefix}_app_key").get_secret_value()
    account_no = getattr(settings, f"{prefix}_account_no")
    try:
        account = KiwoomAccount(
            mode=settings.mode,
            app_key=key,
            app_secret=getattr(settings, f"{prefix}_app_secret").get_secret_value(),
            account_no=account_no,
            product_code=getattr(settings, f"{prefix}_acnt_prdt_cd"),
            base_url=(url or getattr(settings, f"{prefix}_base_url")).rstrip("/"),
            sign_requests=settings.kiwoom_sign_requests,
        )
    except ValueError as error:
        raise ConfigurationError(f"{prefix.upper()}_…: {error}") from None
    return KiwoomParts(
        adapter=open_kiwoom(account, clock),
        # A token is believed for the account it was issued under: another account, another token.
        token_key=token_key(f"{key}:{account_no}", settings.mode),
        prices_label="키움 모의투자" if settings.mode is Mode.VTS else "키움",
    )
