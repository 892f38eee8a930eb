"""The adapter and the stream of a Kiwoom account, built from the settings."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from urllib.parse import urlsplit

import structlog

from bot.settings import Settings
from brokers.kiwoom.account import KiwoomAccount
from brokers.kiwoom.broker import KiwoomBroker, open_kiwoom
from core.domain.modes import Mode
from core.errors import ConfigurationError
from core.ports.broker import AccessTokens
from core.ports.clock import Clock
from core.ports.feed import TickSource
from core.runtime.identifiers import SystemIdentifiers
from core.runtime.token_store import token_key

_LOG = structlog.get_logger(__name__)
# Older documents name this host; nothing of the official API listens there.
_OLD_STREAM_HOST = "openapi.kiwoom.com"


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


def kiwoom_stream(
    settings: Settings, clock: Clock, sandbox_url: str | None
) -> Callable[[AccessTokens], TickSource] | None:
    """Return what makes the stream, or None where none is wanted.

    `sandbox_url` is None outside a sandbox, "" in one without a stream: never the real host then.
    """
    from brokers.kiwoom.stream import KiwoomStream

    url = _stream_url(settings) if sandbox_url is None else sandbox_url
    if not (settings.kiwoom_stream and url):
        return None
    return lambda tokens: KiwoomStream(url, tokens, clock, SystemIdentifiers())


def _stream_url(settings: Settings) -> str:
    """Return the address that the settings name; the one of older documents is today's official one."""
    name = f"{settings.account_prefix}_websocket_url"
    url = str(getattr(settings, name))
    if urlsplit(url).hostname != _OLD_STREAM_HOST:
        return url
    official = str(Settings.model_fields[name].default)
    _LOG.warning("an address of older documents", setting=name.upper(), used_instead=official)
    return official
