"""What settings need of one another: everything missing, and everything that contradicts."""

from __future__ import annotations

from collections.abc import Set as AbstractSet
from pathlib import Path
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from pydantic import SecretStr

from core.domain.modes import Mode
from core.errors import ConfigurationError

if TYPE_CHECKING:
    from bot.settings import Settings

OLD_FILE = Path("kis_devlp.yaml")
# Of each broker: where its 모의투자 answers, and where the real account does.
_HOSTS = {
    "kis": ("openapivts.koreainvestment.com", "openapi.koreainvestment.com"),
    "kiwoom": ("mockapi.kiwoom.com", "api.kiwoom.com"),
}
LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def missing(settings: Settings, wrong: AbstractSet[str], *, local_only: bool) -> list[str]:
    """Name every key that is needed and not given; `wrong` ones are named elsewhere."""
    needed: dict[str, object] = {}
    quotes_begun = settings.broker == "sim" and any(settings.kis_keys)
    if settings.broker != "sim" or quotes_begun:
        parts = ("app_key", "app_secret", *(() if quotes_begun else ("account_no",)))
        for part in parts:
            name = f"{settings.account_prefix}_{part}"
            value = getattr(settings, name)
            needed[name] = value.get_secret_value() if isinstance(value, SecretStr) else value
    if not local_only:
        needed["discord_token"] = settings.discord_token.get_secret_value()
        needed["discord_guild_id"] = settings.discord_guild_id
        needed["discord_channel_id"] = settings.discord_channel_id
        needed["discord_approver_ids"] = settings.discord_approver_ids
    absent = [name.upper() for name, value in needed.items() if not value and name not in wrong]
    if not absent:
        return []
    hint = f" ({OLD_FILE} is not read; copy .env.example to .env)" if OLD_FILE.exists() else ""
    return [f"missing: {', '.join(absent)}{hint}"]


def contradictions(settings: Settings) -> list[str]:
    """Name what does not fit together, one sentence each."""
    problems: list[str] = []
    if settings.enable_real_order and settings.mode is not Mode.REAL:
        problems.append(
            "ENABLE_REAL_ORDER=Y fits only BROKER=kis with KIS_MODE=KIS_REAL, "
            "or BROKER=kiwoom with KIWOOM_MODE=KIWOOM_REAL"
        )
    if settings.position_limit_tight_percent > settings.position_limit_percent:
        problems.append("POSITION_LIMIT_TIGHT_PERCENT is above POSITION_LIMIT_PERCENT")
    if settings.openai_embedding_model and not settings.openai_api_key.get_secret_value():
        problems.append("OPENAI_EMBEDDING_MODEL needs OPENAI_API_KEY")
    if settings.qdrant_url and not settings.openai_embedding_model:
        problems.append("QDRANT_URL needs OPENAI_EMBEDDING_MODEL: there is nothing to keep in it")
    problems += [*_url_problems(settings), *_news_problems(settings), *_backup_problems(settings)]
    problems += [*settings.alerting_problems(), *settings.sheet_problems()]
    if settings.sim_adjusted_file and not settings.sim_prices_file:
        problems.append("SIM_ADJUSTED_FILE needs SIM_PRICES_FILE")
    return problems


def _news_problems(settings: Settings) -> list[str]:
    problems = []
    if not all(_is_of_the_internet(url) for url in settings.news_feeds):
        problems.append("NEWS_FEEDS takes https addresses of the internet only")
    given = [
        bool(secret.get_secret_value())
        for secret in (settings.news_naver_client_id, settings.news_naver_client_secret)
    ]
    if any(given) and not all(given):
        problems.append("NEWS_NAVER_CLIENT_ID and NEWS_NAVER_CLIENT_SECRET go together")
    return problems


def _backup_problems(settings: Settings) -> list[str]:
    if settings.backup_passphrase.get_secret_value() and settings.backup_passphrase_file:
        return ["BACKUP_PASSPHRASE and BACKUP_PASSPHRASE_FILE: give one of the two"]
    try:
        settings.passphrase()
    except ConfigurationError as error:
        return [str(error)]
    return []


def _is_of_the_internet(url: str) -> bool:
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" and bool(parts.hostname) and parts.hostname not in LOOPBACK


def _url_problems(settings: Settings) -> list[str]:
    problems: list[str] = []
    if settings.sandbox_url:
        if urlsplit(settings.sandbox_url).hostname not in LOOPBACK:
            problems.append("SANDBOX_URL must be a loopback address")
        if settings.mode in {Mode.REAL, Mode.OBSERVE}:
            mode = "KIWOOM_MODE=KIWOOM_REAL" if settings.broker == "kiwoom" else "KIS_MODE=KIS_REAL"
            problems.append(f"SANDBOX_URL is refused with {mode}")
    for broker, (vts_host, real_host) in _HOSTS.items():
        for kind, other, words in (
            ("vts", real_host, "the host of the real account"),
            ("real", vts_host, "the 모의투자 host"),
        ):
            name = f"{broker}_{kind}_base_url"
            url = urlsplit(getattr(settings, name))
            if url.hostname == other:
                problems.append(f"{name.upper()} is {words}")
            if url.scheme != "https" and url.hostname not in LOOPBACK:
                problems.append(f"{name.upper()} must begin with https://")
    return problems
