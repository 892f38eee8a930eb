"""Settings: every wrong one is a sentence, none is silently another one."""

from __future__ import annotations

from pathlib import Path

import pytest
import structlog.testing

from bot import running, settings
from bot.settings import Settings, load
from bot.settings.redaction import redacted, secrets_of
from core.domain.breakers import BreakerLimits
from core.domain.modes import Mode
from core.domain.risk import RiskLimits
from core.errors import ConfigurationError
from tests.bot.environment import DISCORD, KIS, KIWOOM, ROOT, only


@pytest.fixture(autouse=True)
def clean(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    only(monkeypatch, tmp_path)


@pytest.fixture
def given(monkeypatch: pytest.MonkeyPatch):
    def put(**values: str) -> None:
        for name, value in values.items():
            monkeypatch.setenv(name, value)

    return put


def env_file(text: str, mode: int = 0o600) -> Path:
    path = Path(".env")
    path.write_text(text, encoding="utf-8")
    path.chmod(mode)
    return path


def problem(*, local_only: bool = True) -> str:
    with pytest.raises(ConfigurationError) as caught:
        load(local_only=local_only)
    return str(caught.value)


def example_keys() -> set[str]:
    lines = (ROOT / ".env.example").read_text(encoding="utf-8").splitlines()
    return {
        line.lstrip("#").partition("=")[0]
        for line in lines
        if line.startswith("#")
        and line.lstrip("#").partition("=")[0].isidentifier()
        and "=" in line
    }


def test_the_example_names_every_setting_and_no_other() -> None:
    names = {name.upper() for name in Settings.model_fields}
    assert example_keys() == names


def test_the_values_of_the_example_are_the_defaults() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    uncommented = "\n".join(
        line.lstrip("#") if line.lstrip("#").partition("=")[0].isidentifier() else ""
        for line in text.splitlines()
    )
    env_file(uncommented)
    assert load(local_only=True) == Settings.model_validate({})


def test_the_example_has_korean_and_english_and_no_secret() -> None:
    text = (ROOT / ".env.example").read_text(encoding="utf-8")
    assert "증권사 · broker" in text
    assert not [line for line in text.splitlines() if line and not line.startswith("#")]


def test_without_anything_it_is_the_simulation_in_an_absolute_folder(tmp_path: Path) -> None:
    found = load(local_only=True)
    assert (found.broker, found.mode) == ("sim", Mode.SIM)
    assert found.data_dir == tmp_path / "data"
    assert found.database == f"sqlite+aiosqlite:///{tmp_path}/data/autotrade-sim.db"


def test_a_relative_database_is_where_we_were_started(given, tmp_path: Path) -> None:
    given(DATABASE_URL="sqlite+aiosqlite:///mine.db")
    assert load(local_only=True).database == f"sqlite+aiosqlite:///{tmp_path}/mine.db"
    for address in ("sqlite+aiosqlite:////a/b.db", "postgresql+asyncpg://u:p@h/x"):
        given(DATABASE_URL=address)
        assert load(local_only=True).database == address


def test_command_line_outranks_environment_outranks_file(given) -> None:
    env_file("LOG_LEVEL=DEBUG\nIDLE_MINUTES=7\nLOCALE=en\n")
    given(LOG_LEVEL="WARNING", IDLE_MINUTES="8")
    found = load(overrides={"log_level": "ERROR"}, local_only=True)
    assert (found.log_level, found.idle_minutes, found.locale) == ("ERROR", 8, "en")


def test_blank_means_not_given(given) -> None:
    env_file("IDLE_MINUTES=\nDISCORD_GUILD_ID=  \n")
    given(LOG_LEVEL="")
    found = load(local_only=True)
    assert (found.idle_minutes, found.discord_guild_id, found.log_level) == (30, 0, "INFO")


def test_pydantic_reads_no_other_source(given) -> None:
    given(broker="kis", Locale="en")
    assert load(local_only=True).broker == "sim"
    env_file("locale=en\n")
    assert load(local_only=True).locale == "en"


def test_all_missing_keys_are_named_at_once(given) -> None:
    given(BROKER="kis")
    text = problem(local_only=False)
    assert text == (
        "missing: KIS_VTS_APP_KEY, KIS_VTS_APP_SECRET, KIS_VTS_ACCOUNT_NO, DISCORD_TOKEN, "
        "DISCORD_GUILD_ID, DISCORD_CHANNEL_ID, DISCORD_APPROVER_IDS"
    )


def test_wrong_and_missing_are_named_together(given) -> None:
    given(BROKER="kis", KIS_VTS_ACCOUNT_NO="123", IDLE_MINUTES="soon")
    text = problem()
    assert "KIS_VTS_ACCOUNT_NO: " in text
    assert "IDLE_MINUTES: " in text
    assert "missing: KIS_VTS_APP_KEY, KIS_VTS_APP_SECRET" in text
    assert "123" not in text.replace("1234", "")


def test_the_old_file_is_pointed_out(given) -> None:
    Path("kis_devlp.yaml").write_text("my_app: x\n")
    given(BROKER="kis")
    assert "kis_devlp.yaml is not read" in problem()


@pytest.mark.parametrize(
    ("values", "words"),
    [
        ({"BROKER": "kiwooom"}, "BROKER: must be 'sim', 'kis' or 'kiwoom'"),
        (
            {"BROKER": "kiwoom"},
            "missing: KIWOOM_VTS_APP_KEY, KIWOOM_VTS_APP_SECRET, KIWOOM_VTS_ACC",
        ),
        ({"KIWOOM_VTS_ACCOUNT_NO": "8119006711"}, "KIWOOM_VTS_ACCOUNT_NO: must be 8 digits"),
        ({"KIWOOM_VTS_BASE_URL": "https://api.kiwoom.com"}, "is the host of the real account"),
        ({"KIWOOM_REAL_BASE_URL": "https://mockapi.kiwoom.com"}, "is the 모의투자 host"),
        ({"KIWOOM_REAL_BASE_URL": "http://x.y"}, "KIWOOM_REAL_BASE_URL must begin with https://"),
        ({"KIWOOM_VTS_APPKEY": "x"}, "did you mean KIWOOM_VTS_APP_KEY?"),
        ({"ENABLE_REAL_ORDER": "yes"}, "ENABLE_REAL_ORDER: must be Y or N"),
        ({"ENABLE_REAL_ORDER": "Y"}, "ENABLE_REAL_ORDER=Y fits only BROKER=kis"),
        ({"CAPITAL_LIMIT_KRW": "1000001"}, "CAPITAL_LIMIT_KRW: must be at most 1000000"),
        ({"IDLE_MINUTES": "soon"}, "IDLE_MINUTES: must be a whole number"),
        ({"IDLE_MINUTES": "0"}, "IDLE_MINUTES: must be at least 1"),
        ({"COMMISSION_PERCENT": "x"}, "COMMISSION_PERCENT: must be a number"),
        ({"COMMISSION_PERCENT": "nan"}, "COMMISSION_PERCENT: must be a number in plain digits"),
        ({"DAY_LOSS_LIMIT_PERCENT": "0"}, "DAY_LOSS_LIMIT_PERCENT: must be above 0"),
        ({"DAY_LOSS_LIMIT_PERCENT": "2e0"}, "DAY_LOSS_LIMIT_PERCENT: must be a number in plain"),
        ({"LEVERAGED_ALLOWED": "maybe"}, "LEVERAGED_ALLOWED: must be Y or N"),
        ({"CASH_FLOOR_KRW": "-1"}, "CASH_FLOOR_KRW: must be at least 0"),
        (
            {"POSITION_LIMIT_TIGHT_PERCENT": "41"},
            "POSITION_LIMIT_TIGHT_PERCENT is above POSITION_LIMIT_PERCENT",
        ),
        ({"KIS_VTS_ACCOUNT_NO": "1"}, "KIS_VTS_ACCOUNT_NO: must be 8 digits"),
        ({"KIS_VTS_ACNT_PRDT_CD": "1"}, "KIS_VTS_ACNT_PRDT_CD: must be 2 digits"),
        ({"DISCORD_APPROVER_IDS": "1 owner x"}, "DISCORD_APPROVER_IDS: must be a number above 0"),
        ({"DISCORD_APPROVER_IDS": "0"}, "DISCORD_APPROVER_IDS: must be a number above 0"),
        ({"DISCORD_GUILD_ID": "-5"}, "DISCORD_GUILD_ID: must be a number above 0"),
        ({"DISCORD_TOKN": "x"}, "DISCORD_TOKN is not a setting; did you mean DISCORD_TOKEN?"),
        ({"KIS_QQQQQQQ": "x"}, "KIS_QQQQQQQ is not a setting"),
        ({"APP_KEY": "x"}, "APP_KEY is an old name; today it is KIS_VTS_APP_KEY"),
        ({"CANO": "12345678"}, "CANO is an old name"),
        ({"SANDBOX_URL": "http://example.com"}, "SANDBOX_URL must be a loopback address"),
        ({"SANDBOX_URL": "http://[::1"}, "SANDBOX_URL: is not an address that can be read"),
        ({"SIM_ADJUSTED_FILE": "a.csv"}, "SIM_ADJUSTED_FILE needs SIM_PRICES_FILE"),
        ({"KIS_VTS_BASE_URL": "http://example.com"}, "KIS_VTS_BASE_URL must begin with https://"),
        (
            {"KIS_VTS_BASE_URL": "https://openapi.koreainvestment.com:9443"},
            "KIS_VTS_BASE_URL is the host of the real account",
        ),
        (
            {"KIS_REAL_BASE_URL": "https://openapivts.koreainvestment.com:29443"},
            "KIS_REAL_BASE_URL is the 모의투자 host",
        ),
        ({**KIS, "ENABLE_REAL_ORDER": "Y"}, "ENABLE_REAL_ORDER=Y fits only"),
        ({"REAL_ACCOUNT_ALLOWLIST": "1234"}, "REAL_ACCOUNT_ALLOWLIST: must be account numbers"),
        ({"REAL_AFTER_VTS_DAYS": "0"}, "REAL_AFTER_VTS_DAYS: must be at least 1"),
        ({"REAL_ACOUNT_ALLOWLIST": "x"}, "did you mean REAL_ACCOUNT_ALLOWLIST?"),
    ],
)
def test_what_is_wrong_is_a_sentence(given, values: dict[str, str], words: str) -> None:
    given(**values)
    assert words in problem()


def test_kiwoom_has_modes_names_and_a_ledger_of_its_own(given, tmp_path: Path) -> None:
    given(**KIWOOM)
    found = load(local_only=True)
    assert (found.mode, found.account_prefix) == (Mode.VTS, "kiwoom_vts")
    assert found.database == f"sqlite+aiosqlite:///{tmp_path}/data/autotrade-vts-kiwoom.db"
    assert found.vts_database == found.database
    assert redacted(found)["kiwoom_vts_account_no"] == "*****067"
    assert redacted(found)["kiwoom_vts_app_key"] == "set"
    real = {name.replace("VTS", "REAL"): value for name, value in KIWOOM.items()}
    given(**real, KIWOOM_MODE="KIWOOM_REAL")
    found = load(local_only=True)
    assert (found.mode, found.account_prefix) == (Mode.OBSERVE, "kiwoom_real")
    given(ENABLE_REAL_ORDER="Y")
    assert load(local_only=True).mode is Mode.REAL
    given(SANDBOX_URL="http://127.0.0.1:1")
    assert "SANDBOX_URL is refused with KIWOOM_MODE=KIWOOM_REAL" in problem()


def test_a_real_account_has_one_ledger_and_no_sandbox_beside_it(given) -> None:
    real = {name.replace("VTS", "REAL"): value for name, value in KIS.items()}
    given(**real, KIS_MODE="KIS_REAL")
    watched = load(local_only=True)
    assert watched.mode is Mode.OBSERVE
    given(ENABLE_REAL_ORDER="Y")
    traded = load(local_only=True)
    assert traded.mode is Mode.REAL
    assert traded.database == watched.database
    given(SANDBOX_URL="http://127.0.0.1:1")
    assert "SANDBOX_URL is refused with KIS_MODE=KIS_REAL" in problem()


def test_the_environment_of_others_is_none_of_our_business(given) -> None:
    given(BASE_URL="http://x", SOMETHING="1", LOCALES="x")
    assert load(local_only=True).locale == "ko"


def test_a_typing_error_in_our_own_file_is_one() -> None:
    env_file("CAPITAL_LIMT_KRW=100000\nCOMPOSE_PROJECT_NAME=mine\n")
    assert problem() == "CAPITAL_LIMT_KRW is not a setting; did you mean CAPITAL_LIMIT_KRW?"
    env_file("BASE_URL=https://x\n")
    assert "BASE_URL is an old name" in problem()


@pytest.mark.parametrize("mode", [0o644, 0o640, 0o604])
def test_a_file_that_others_can_read_is_refused(mode: int) -> None:
    env_file("LOCALE=ko\n", mode)
    assert problem() == ".env can be read by others; run: chmod 600 .env"


def test_an_unreadable_file_is_a_sentence() -> None:
    path = Path(".env")
    path.write_bytes(b"LOCALE=\xff\xfe\n")
    path.chmod(0o600)
    assert ".env cannot be read" in problem()
    path.unlink()
    path.mkdir(mode=0o700)
    assert problem() == ".env is a folder; it must be a file of NAME=value lines"


def test_a_line_that_is_none_is_named_without_its_text() -> None:
    env_file("LOCALE=ko\nDISCORD_TOKEN bot-token-1\n")
    text = problem()
    assert text == ".env, line 2: must be NAME=value"
    env_file("LOCALE\n")
    assert problem() == ".env, line 1: must be NAME=value"


def test_values_are_taken_as_they_stand(given) -> None:
    given(SECRET_PART="leak")
    env_file("export OPENAI_MODEL='a${SECRET_PART}b' # comment\n")
    assert load(local_only=True).openai_model == "a${SECRET_PART}b"


def test_the_settings_of_the_stream(given) -> None:
    given(KIS_HTS_ID="me", KIS_VTS_WEBSOCKET_URL="ws://127.0.0.1:9", KIS_STREAM="N")
    found = load(local_only=True)
    assert (found.kis_hts_id, found.kis_stream, found.feed_stale_seconds) == ("me", False, 60)
    assert found.kis_vts_websocket_url == "ws://127.0.0.1:9"
    assert found.kis_real_websocket_url == "ws://ops.koreainvestment.com:21000"
    shown = redacted(found)
    assert shown["kis_hts_id"] == "set"
    assert "'me'" not in repr(found)


@pytest.mark.parametrize(
    ("name", "value", "text"),
    [
        ("KIS_VTS_WEBSOCKET_URL", "https://x", "must be an address like ws://host:port"),
        ("KIS_REAL_WEBSOCKET_URL", "ws://", "must be an address like ws://host:port"),
        ("KIWOOM_VTS_WEBSOCKET_URL", "mockapi", "must be an address like ws://host:port"),
        ("KIWOOM_STREAM", "maybe", "must be Y or N"),
        ("KIS_HTS_ID", "a b", "must be the id of your HTS login: at most 40 characters, no blanks"),
        ("FEED_STALE_SECONDS", "9", "must be at least 10"),
    ],
)
def test_wrong_settings_of_the_stream(given, name: str, value: str, text: str) -> None:
    given(**{name: value})
    assert problem() == f"{name}: {text}"


def test_the_data_folder_is_found_beside_broken_settings(given, tmp_path: Path) -> None:
    env_file("BROKER=nonsense\nDATA_DIR=here\n")
    assert settings.data_dir() == tmp_path / "here"
    Path(".env").unlink()
    assert settings.data_dir() == tmp_path / "data"


def test_no_secret_and_no_account_is_ever_shown(given) -> None:
    given(
        **KIS,
        **DISCORD,
        OPENAI_API_KEY="sk-secret",
        DATABASE_URL="postgresql+asyncpg://me:pass-word@db/x?password=pass-word",
        NEWS_FEEDS="https://user:feed-key@news.example/rss?key=feed-key",
        LOG_LEVEL="DEBUG",
    )
    found = load()
    with structlog.testing.capture_logs() as logged:
        running._log_start(found)
    shown = " ".join([repr(found), str(found), str(redacted(found)), str(logged)])
    secrets = (
        "PSVTkey",
        "c2VjcmV0",
        "50123456",
        "bot-token-1",
        "sk-secret",
        "p%40ss-word",
        "p@ss-word",
        "feed-key",
    )
    assert [one for one in secrets if one in shown] == []
    assert redacted(found)["database_url"] == "postgresql+asyncpg://db/x"
    assert redacted(found)["news_feeds"] == "https://news.example/rss"
    start = logged[0]
    assert (start["account"], start["mode"], start["live_orders_allowed"]) == (
        "*****456",
        "vts",
        False,
    )
    assert start["base_url"] == "https://openapivts.koreainvestment.com:29443"
    assert start["settings_from"] == "environment only"


def test_an_error_never_repeats_a_secret(given) -> None:
    given(**{**KIS, "KIS_VTS_ACCOUNT_NO": "50123456-01", "DISCORD_TOKEN": "bot-token-1"})
    assert "50123456" not in problem()
    env_file("")
    assert settings.sources() == "environment and .env"


def test_without_owners_every_approver_is_one(given) -> None:
    given(**DISCORD)
    found = load()
    assert (found.owner_ids, found.approver_ids) == (frozenset({13, 14}), frozenset({13, 14}))
    given(DISCORD_OWNER_IDS="15", DISCORD_EXTRA_CHANNEL_IDS="16")
    found = load()
    assert (found.owner_ids, found.approver_ids) == (frozenset({15}), frozenset({13, 14, 15}))
    assert found.channel_ids == frozenset({12, 16})


def test_listed_accounts_are_read_with_and_without_the_dash_and_shown_masked(given) -> None:
    given(REAL_ACCOUNT_ALLOWLIST="12345678-01, 8765432122")
    found = load(local_only=True)
    assert found.real_account_allowlist == frozenset({"1234567801", "8765432122"})
    assert redacted(found)["real_account_allowlist"] == "*****122 *****801"
    assert "12345678" not in repr(found)


HARD = (
    "CAPITAL_LIMIT_KRW",
    "ORDER_LIMIT_KRW",
    "DAY_LIMIT_KRW",
    "DAY_ORDER_LIMIT",
    "MINUTE_ORDER_LIMIT",
    "ORDER_QUANTITY_LIMIT",
    "POSITION_LIMIT_PERCENT",
    "POSITION_LIMIT_TIGHT_PERCENT",
    "PRICE_COLLAR_PERCENT",
    "QUOTE_AGE_LIMIT_SECONDS",
    "REPEAT_LIMIT",
    "REPEAT_MINUTES",
    "LOSING_TRADES_LIMIT",
    "BROKER_ERROR_LIMIT_PERCENT",
)


@pytest.mark.parametrize("name", HARD)
@pytest.mark.parametrize(
    "value", ["0", "-1", "1e9", "１０", "1_000", "+3", "5.0", "none", "99999999999", "9" * 30]
)
def test_a_hard_limit_that_is_odd_in_any_way_refuses_the_start(
    given, name: str, value: str
) -> None:
    given(**{name: value})
    text = problem()
    assert text.startswith(f"{name}: must be ")
    assert ";" not in text


def test_the_limits_are_those_of_the_settings() -> None:
    assert load(local_only=True).risk_limits == RiskLimits()
    assert load(local_only=True).breaker_limits == BreakerLimits()


@pytest.mark.parametrize(
    ("values", "text"),
    [
        ({"NEWS_FEEDS": "http://news.kr/rss"}, "NEWS_FEEDS takes https addresses"),
        ({"NEWS_FEEDS": "https://a.kr/rss, https://127.0.0.1/rss"}, "NEWS_FEEDS takes https"),
        ({"NEWS_FEEDS": "file:///etc/passwd"}, "NEWS_FEEDS takes https addresses"),
        ({"NEWS_FEEDS": "https://[bad/rss"}, "NEWS_FEEDS takes https addresses"),
        ({"NEWS_NAVER_CLIENT_ID": "id"}, "NEWS_NAVER_CLIENT_ID and NEWS_NAVER_CLIENT_SECRET go"),
        ({"OPENAI_EMBEDDING_MODEL": "small"}, "OPENAI_EMBEDDING_MODEL needs OPENAI_API_KEY"),
        ({"QDRANT_URL": "http://127.0.0.1:6333"}, "QDRANT_URL needs OPENAI_EMBEDDING_MODEL"),
    ],
)
def test_wrong_settings_of_news_and_memory(given, values: dict[str, str], text: str) -> None:
    given(**values)
    assert text in problem()
    assert problem().count("NEWS_FEEDS") <= 1


def test_settings_of_news_and_memory_that_fit(given) -> None:
    given(
        NEWS_FEEDS="https://a.kr/rss,https://b.kr/rss",
        NEWS_NAVER_CLIENT_ID="id",
        NEWS_NAVER_CLIENT_SECRET="secret",
        OPENAI_API_KEY="sk",
        OPENAI_EMBEDDING_MODEL="small",
    )
    found = load(local_only=True)
    assert found.news_feeds == ("https://a.kr/rss", "https://b.kr/rss")
    assert (found.news_age_hours, found.openai_embedding_model) == (48, "small")


@pytest.mark.parametrize(("given", "sent"), [(None, None), ("0", 0.0), ("0.7", 0.7), ("2", 2.0)])
def test_a_temperature_is_sent_only_when_it_is_given(given, sent):
    values = {} if given is None else {"openai_temperature": given}
    assert Settings.model_validate(values).model_temperature == sent


@pytest.mark.parametrize("given", ["2.01", "-1", "1e0", "０.5", "hot"])
def test_a_temperature_that_no_model_takes_is_refused(given):
    with pytest.raises(ValueError, match="from 0 to 2"):
        Settings.model_validate({"openai_temperature": given})


def test_the_budget_and_the_prices_are_settings():
    settings = Settings.model_validate({"openai_day_budget_krw": "500", "openai_input_krw": "0"})
    assert (settings.model_budget.day_won, settings.model_budget.user_won) == (500, 1_000)
    assert (settings.model_price.input_won, settings.flash_price.output_won) == (0, 3_000)


def test_all_that_is_masked_in_logs_is_named(given):
    given(
        **KIS,
        **DISCORD,
        KIS_HTS_ID="somebody",
        DATABASE_URL="postgresql://owner:p%40ss-word@host/name",
        ALERT_URLS="json://one@host/ json://me:p%40ss-two@host/ json://[none",
        NEWS_FEEDS="https://host/feed?key=k3y-of-a-feed",
        SMTP_PASSWORD="correct horse, battery",
        REAL_ACCOUNT_ALLOWLIST="87654321-01",
    )
    found = secrets_of(load())
    assert found >= {
        KIS["KIS_VTS_APP_KEY"],
        KIS["KIS_VTS_APP_SECRET"],
        KIS["KIS_VTS_ACCOUNT_NO"],
        DISCORD["DISCORD_TOKEN"],
        "somebody",
        "p%40ss-word",
        "p@ss-word",
        "json://one@host/",
        "json://me:p%40ss-two@host/",
        "p@ss-two",
        "json://[none",
        "key=k3y-of-a-feed",
        "correct horse, battery",
    }
    assert not found & {"correct", "horse", "battery"}
    assert any("87654321" in one for one in found)
    assert "" not in found
