"""The stream of a Kiwoom account, built from the settings."""

from __future__ import annotations

from collections.abc import Callable
from urllib.parse import urlsplit

import structlog

from bot.settings import Settings
from core.ports.broker import AccessTokens
from core.ports.clock import Clock
from core.ports.feed import TickSource
from core.runtime.identifiers import SystemIdentifiers

_LOG = structlog.get_logger(__name__)
# Older documents name this host; nothing of the official API listens there.
_OLD_STREAM_HOST = "openapi.kiwoom.com"


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
