"""Settings from the environment and `.env`: checked together, refused in one clear sentence.

The command line outranks the environment, which outranks `.env`. Nothing here falls back to
another broker or mode: what does not fit together is an error that names every key at fault.
"""

from __future__ import annotations

import difflib
import os
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Literal

from pydantic import Field, SecretStr, ValidationError
from pydantic_settings import BaseSettings, PydanticBaseSettingsSource, SettingsConfigDict

from bot.settings.alerting import AlertingSettings
from bot.settings.backup import BackupSettings
from bot.settings.env_file import read_env_file
from bot.settings.kiwoom import KiwoomSettings
from bot.settings.limits import LimitSettings
from bot.settings.memory import MemorySettings
from bot.settings.model import ModelSettings
from bot.settings.monitoring import MonitoringSettings
from bot.settings.names import OLD_NAMES, OUR_PREFIXES
from bot.settings.news import NewsSettings
from bot.settings.notices import NoticeSettings
from bot.settings.reflection import ReflectionSettings
from bot.settings.rules import contradictions, missing
from bot.settings.sheets import SheetSettings
from bot.settings.types import Accounts, Address, Folder, Ids, MaybeId, StreamAddress, YesNo
from bot.settings.watch import WatchSettings
from bot.settings.words import fault_text
from core.domain.modes import Mode
from core.errors import ConfigurationError

ENV_FILE = Path(".env")
# In our own file a key this near to one of ours is taken for a typing error of it.
NEAR_ENOUGH = 0.8
# Files under DATA_DIR that people and containers know by name.
HALT_FILE = "HALT"
HEARTBEAT_FILE = "heartbeat.json"
_RELATIVE_SQLITE = re.compile(r"^(sqlite(?:\+\w+)?:///)(?![/:]|$)")


class Settings(
    AlertingSettings,
    BackupSettings,
    KiwoomSettings,
    LimitSettings,
    MemorySettings,
    ModelSettings,
    MonitoringSettings,
    NewsSettings,
    NoticeSettings,
    ReflectionSettings,
    SheetSettings,
    WatchSettings,
):
    """Every setting there is. `.env.example` documents each; a test compares the two."""

    model_config = SettingsConfigDict(
        extra="ignore", case_sensitive=False, frozen=True, validate_default=True
    )

    broker: Literal["sim", "kis", "kiwoom"] = "sim"
    enable_real_order: YesNo = False
    kis_mode: Literal["KIS_VTS", "KIS_REAL"] = "KIS_VTS"
    kis_vts_app_key: SecretStr = SecretStr("")
    kis_vts_app_secret: SecretStr = SecretStr("")
    kis_vts_account_no: str = Field("", pattern=r"^(\d{8})?$", repr=False)
    kis_vts_acnt_prdt_cd: str = Field("01", pattern=r"^\d{2}$")
    kis_vts_base_url: Address = "https://openapivts.koreainvestment.com:29443"
    kis_vts_websocket_url: StreamAddress = "ws://ops.koreainvestment.com:31000"
    kis_real_app_key: SecretStr = SecretStr("")
    kis_real_app_secret: SecretStr = SecretStr("")
    kis_real_account_no: str = Field("", pattern=r"^(\d{8})?$", repr=False)
    kis_real_acnt_prdt_cd: str = Field("01", pattern=r"^\d{2}$")
    kis_real_base_url: Address = "https://openapi.koreainvestment.com:9443"
    kis_real_websocket_url: StreamAddress = "ws://ops.koreainvestment.com:21000"
    kis_hts_id: str = Field("", pattern=r"^[\x21-\x7e]{0,40}$", repr=False)
    kis_stream: YesNo = True
    feed_stale_seconds: int = Field(60, ge=10, le=600)
    kis_use_hashkey: YesNo = False

    discord_token: SecretStr = SecretStr("")
    discord_guild_id: MaybeId = 0
    discord_channel_id: MaybeId = 0
    discord_alert_channel_id: MaybeId = 0
    discord_extra_channel_ids: Ids = frozenset()
    discord_owner_ids: Ids = frozenset()
    discord_approver_ids: Ids = frozenset()
    discord_viewer_ids: Ids = frozenset()
    discord_message_content: YesNo = True
    discord_private_threads: YesNo = False

    account_is_dedicated: YesNo = True
    real_account_allowlist: Accounts = frozenset()
    real_after_vts_days: int = Field(10, ge=1, le=250)
    vts_database_url: Address = Field("", repr=False)  # may carry a password

    data_dir: Folder = Path("data")
    database_url: Address = Field("", repr=False)  # may carry a password
    locale: Literal["ko", "en"] = "ko"
    idle_minutes: int = Field(30, ge=1, le=1440)
    log_level: Literal["DEBUG", "INFO", "WARNING", "ERROR"] = "INFO"

    sim_seed: int = Field(7, ge=0)
    sim_cash_krw: int = Field(1_000_000, ge=0)
    sim_prices_file: str = ""
    sim_adjusted_file: str = ""
    sandbox_url: Address = ""

    @classmethod
    def settings_customise_sources(
        cls,
        settings_cls: type[BaseSettings],
        init_settings: PydanticBaseSettingsSource,
        env_settings: PydanticBaseSettingsSource,
        dotenv_settings: PydanticBaseSettingsSource,
        file_secret_settings: PydanticBaseSettingsSource,
    ) -> tuple[PydanticBaseSettingsSource, ...]:
        """Take only what `load` passes: it has read and ranked the sources itself."""
        del settings_cls, env_settings, dotenv_settings, file_secret_settings
        return (init_settings,)

    @property
    def mode(self) -> Mode:
        """Where orders go."""
        if self.broker == "sim":
            return Mode.SIM
        if self.uses_vts:
            return Mode.VTS
        return Mode.REAL if self.enable_real_order else Mode.OBSERVE

    @property
    def uses_vts(self) -> bool:
        """Whether the broker's 모의투자 is chosen, not its real service."""
        if self.broker == "kiwoom":
            return self.kiwoom_mode == "KIWOOM_VTS"
        return self.kis_mode == "KIS_VTS"

    @property
    def account_prefix(self) -> str:
        """How the names of the chosen account's settings begin: kis_vts, kiwoom_real and so on."""
        broker = "kiwoom" if self.broker == "kiwoom" else "kis"
        return f"{broker}_{'vts' if self.uses_vts else 'real'}"

    @property
    def quoting_mode(self) -> Mode:
        """Which KIS service quotes for simulated fills: 모의투자, or the real one, watched only."""
        return Mode.VTS if self.kis_mode == "KIS_VTS" else Mode.OBSERVE

    @property
    def has_kis_quotes(self) -> bool:
        """Whether BROKER=sim fills at prices that KIS quotes: its keys are given."""
        return self.broker == "sim" and all(self.kis_keys)

    @property
    def has_invented_prices(self) -> bool:
        """Whether every price is made up by us (가상 시세)."""
        return self.broker == "sim" and not self.has_kis_quotes and not self.sim_prices_file

    @property
    def kis_keys(self) -> tuple[bool, bool]:
        """Whether the app key and the secret of the chosen KIS service are given."""
        kind = "vts" if self.kis_mode == "KIS_VTS" else "real"
        key: SecretStr = getattr(self, f"kis_{kind}_app_key")
        secret: SecretStr = getattr(self, f"kis_{kind}_app_secret")
        return bool(key.get_secret_value()), bool(secret.get_secret_value())

    @property
    def owner_ids(self) -> frozenset[int]:
        """Who may resume after a trip and loosen: the named owners, else every approver.

        Real orders need owners that are named; the interlock sees to that.
        """
        return self.discord_owner_ids or self.discord_approver_ids

    @property
    def approver_ids(self) -> frozenset[int]:
        """Who may approve: the approvers, and the owners with them."""
        return self.discord_approver_ids | self.discord_owner_ids

    @property
    def channel_ids(self) -> frozenset[int]:
        """The channels where people may act; threads below them count."""
        named = {self.discord_channel_id, self.discord_alert_channel_id}
        return frozenset(named - {0}) | self.discord_extra_channel_ids

    @property
    def database(self) -> str:
        """The database URL; the default SQLite file carries the mode in its name.

        A real account has one, whether it is watched or traded, and each broker its own.
        Simulated fills on KIS quotes have a file of their own: invented and real prices never
        share a ledger.
        """
        if self.database_url:
            return _from_here(self.database_url)
        kind = Mode.REAL if self.mode is Mode.OBSERVE else self.mode
        name = f"{kind.value}-kis" if self.has_kis_quotes else kind.value
        if self.broker == "kiwoom":
            name = f"{kind.value}-kiwoom"
        return f"sqlite+aiosqlite:///{self.data_dir / f'autotrade-{name}.db'}"

    @property
    def backups(self) -> Path:
        """The folder of backups."""
        return self.backup_dir or self.data_dir / "backups"

    @property
    def vts_database(self) -> str:
        """The database URL of the 모의투자 record that real orders need."""
        if self.vts_database_url:
            return _from_here(self.vts_database_url)
        name = "vts-kiwoom" if self.broker == "kiwoom" else "vts"
        return f"sqlite+aiosqlite:///{self.data_dir / f'autotrade-{name}.db'}"


def _from_here(url: str) -> str:
    """Return the address of a SQLite file that is named relative to where we were started."""
    return _RELATIVE_SQLITE.sub(lambda m: f"{m[1]}{Path.cwd()}/", url)


def load(
    *,
    env_file: Path = ENV_FILE,
    overrides: Mapping[str, str] | None = None,
    local_only: bool = False,
) -> Settings:
    """Read and check all settings.

    `overrides` are command-line values by setting name. `local_only` needs no Discord. Raises
    ConfigurationError with one text that names every key at fault.
    """
    from_file = read_env_file(env_file)
    merged = _merged(from_file, overrides or {})
    problems = [*_old_names(merged, from_file), *_unknown_keys(merged, from_file)]
    known = {name: merged[name.upper()] for name in Settings.model_fields if name.upper() in merged}
    try:
        settings = Settings.model_validate(known)
    except ValidationError as error:
        faults = error.errors(include_input=False, include_url=False)
        problems += dict.fromkeys(fault_text(item) for item in faults)
        wrong = {str(item["loc"][0]) for item in faults if item["loc"]}
        # Judged without the wrong ones, so that whoever mends them is not told of more later.
        rest = {name: value for name, value in known.items() if name not in wrong}
        problems += missing(Settings.model_validate(rest), wrong, local_only=local_only)
        raise ConfigurationError("; ".join(problems)) from None
    problems += [*missing(settings, set(), local_only=local_only), *contradictions(settings)]
    if problems:
        raise ConfigurationError("; ".join(problems))
    return settings


def data_dir(env_file: Path = ENV_FILE) -> Path:
    """Return DATA_DIR and judge nothing else: halting must work beside broken settings."""
    value = _merged(read_env_file(env_file), {}).get("DATA_DIR", "")
    return Path(value or str(Settings.model_fields["data_dir"].default)).absolute()


def sources(env_file: Path = ENV_FILE) -> str:
    """Say where settings come from, for the start log."""
    return f"environment and {env_file}" if env_file.exists() else "environment only"


def _merged(from_file: Mapping[str, str], overrides: Mapping[str, str]) -> dict[str, str]:
    """Rank the sources: command line over environment over file. Blank means not given."""
    ranked = {**from_file, **os.environ, **{k.upper(): v for k, v in overrides.items()}}
    return {key: value.strip() for key, value in ranked.items() if value.strip()}


def _old_names(merged: Mapping[str, str], from_file: Mapping[str, str]) -> list[str]:
    # Elsewhere than in our file, the short names may belong to other software.
    ours = from_file.keys() | {"APP_KEY", "APP_SECRET", "CANO"}
    return [
        f"{old} is an old name; today it is {new}"
        for old, new in OLD_NAMES.items()
        if old in merged and old in ours
    ]


def _unknown_keys(merged: Mapping[str, str], from_file: Mapping[str, str]) -> list[str]:
    known = {name.upper() for name in Settings.model_fields}
    problems: list[str] = []
    for key in sorted(merged.keys() - known - OLD_NAMES.keys()):
        near = difflib.get_close_matches(key, known, n=1)
        likely = key in from_file and difflib.get_close_matches(key, known, cutoff=NEAR_ENOUGH)
        if key.startswith(OUR_PREFIXES) or likely:
            hint = f"; did you mean {near[0]}?" if near else ""
            problems.append(f"{key} is not a setting{hint}")
    return problems
