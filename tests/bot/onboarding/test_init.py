"""The whole interview, against Discord, a broker and a model on loopback."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack

import pytest

from bot.by_hand import init as init_by_hand
from bot.by_hand.init import Left, Wanted, conduct
from bot.settings import load
from core.errors import ConfigurationError, DataError
from core.runtime.clock import SystemClock
from sandbox import commands
from sandbox.discord import bits
from sandbox.discord.state import APPLICATION_ID, GUILD_ID, MAIN_CHANNEL_ID, OWNER_ID
from sandbox.world import WorldSettings, build_world
from tests.bot.environment import only
from tests.fakes.desk_kit import at
from tests.fakes.hand_clock import HandClock
from tests.fakes.scripted_terminal import ScriptedTerminal

APPROVER = "500000000000000013"
TOKEN = "sandbox.discord.bot"
LIMITS = ("", "", "", "")
DISCORD = (TOKEN, "1", "1", "n", "", "")
# Where the file has everything of Discord: a bare Enter to each question.
KEPT = ("", "", "", "", "", "")
SIMPLE = ("1", "1", *DISCORD, *LIMITS, "")


@pytest.fixture
async def world(monkeypatch, tmp_path):
    """A whole sandbox whose time is the host's: brokers date their tokens."""
    made = build_world(WorldSettings(symbols=("069500",), start=SystemClock().now()))
    async with AsyncExitStack() as stack:
        control = await commands.open_world(made, stack)
        only(monkeypatch, tmp_path, SANDBOX_URL=control.url, DATA_DIR=str(tmp_path / "data"))
        yield made


async def interviewed(folder, *answers, **wanted) -> ScriptedTerminal:
    terminal = ScriptedTerminal(*answers)
    await asyncio.to_thread(
        conduct, terminal, Wanted(env_file=folder / ".env", **wanted), HandClock(at(10))
    )
    assert terminal.left == []
    return terminal


async def test_a_first_interview_writes_a_file_with_which_a_bot_starts(world, tmp_path):
    terminal = await interviewed(tmp_path, *SIMPLE, "y")
    path = tmp_path / ".env"
    assert path.stat().st_mode & 0o777 == 0o600
    settings = load(env_file=path)
    assert (settings.broker, settings.mode.value, settings.locale) == ("sim", "sim", "ko")
    assert settings.discord_token.get_secret_value() == TOKEN
    assert settings.discord_guild_id == int(GUILD_ID)
    assert settings.discord_channel_id == int(MAIN_CHANNEL_ID)
    assert settings.owner_ids == settings.approver_ids == {int(OWNER_ID)}
    assert settings.discord_message_content
    assert settings.capital_limit_krw == 1_000_000
    assert not settings.enable_real_order
    text = path.read_text(encoding="utf-8")
    # The example's own words stay around the answers.
    assert "# 주문 하나 · one order\nORDER_LIMIT_KRW=400000\n" in text
    assert "#KIS_VTS_APP_KEY=\n" in text
    assert "모의투자" in text
    assert terminal.hidden == ["봇 토큰", "OpenAI API 키 (없으면 Enter)"]
    assert TOKEN not in terminal.text
    assert "✔ 주인 (500000000000000011)" in terminal.text
    link = next(line for line in terminal.shown if line.startswith("https://discord.com/oauth2"))
    assert f"client_id={APPLICATION_ID}" in link
    assert "permissions=309237763072" in link


async def test_the_pin_asks_for_what_pinning_takes(world, tmp_path):
    shown = await interviewed(tmp_path, *SIMPLE, "y", pin=True)
    link = next(line for line in shown.shown if line.startswith("https://discord.com/oauth2"))
    bitset = 309237763072 | bits.MANAGE_MESSAGES | bits.PIN_MESSAGES
    assert f"permissions={bitset}" in link


@pytest.mark.parametrize("leave", [KeyboardInterrupt(), EOFError()])
@pytest.mark.parametrize("after", range(len(SIMPLE) + 1))
async def test_whoever_leaves_leaves_nothing_behind(world, tmp_path, after, leave):
    before = sorted(tmp_path.iterdir())
    with pytest.raises(Left, match="아무것도 쓰지 않았습니다 / Left; nothing was written"):
        await interviewed(tmp_path, *SIMPLE[:after], leave)
    assert sorted(tmp_path.iterdir()) == before


async def test_no_at_the_end_is_a_no(world, tmp_path):
    with pytest.raises(Left):
        await interviewed(tmp_path, *SIMPLE, "n")
    assert not (tmp_path / ".env").exists()


async def test_a_file_that_is_there_is_changed_only_where_it_was_asked(world, tmp_path):
    path = tmp_path / ".env"
    mine = (
        "# mine\nexport LOCALE=en\nSIM_SEED=9  # lucky\nDISCORD_TOKEN='old.old.old'\n"
        "ENABLE_REAL_ORDER=Y\nDISCORD_TOKEN=twice.twice.twice\nDISCORD_ALERT_CHANNEL_ID=5\n"
    )
    path.write_text(mine, encoding="utf-8")
    path.chmod(0o644)
    terminal = await interviewed(tmp_path, "1", *SIMPLE[:1], *SIMPLE[1:], "y")
    text = path.read_text(encoding="utf-8")
    assert text.startswith("# mine\nexport LOCALE=ko\nSIM_SEED=9  # lucky\n")
    assert text.count("DISCORD_TOKEN=") == 1
    assert "ENABLE_REAL_ORDER=N\n" in text
    assert "ENABLE_REAL_ORDER=Y 는 N 으로" in terminal.text
    settings = load(env_file=path)
    assert (settings.sim_seed, settings.discord_alert_channel_id) == (9, 0)
    copy = tmp_path / f".env.backup-{at(10):%Y%m%d-%H%M%S}"
    assert (copy.read_text(encoding="utf-8"), copy.stat().st_mode & 0o777) == (mine, 0o600)


async def test_a_bare_enter_keeps_a_secret_and_is_said_to(world, tmp_path):
    path = tmp_path / ".env"
    path.write_text(f"DISCORD_TOKEN={TOKEN}\nOPENAI_API_KEY=sk-kept\n", encoding="utf-8")
    answers = ("1", "", "", "", "", "", "", "", "", *LIMITS, "", "y")
    terminal = await interviewed(tmp_path, *answers)
    settings = load(env_file=path)
    assert settings.discord_token.get_secret_value() == TOKEN
    assert settings.openai_api_key.get_secret_value() == "sk-kept"
    assert terminal.hidden[0] == "봇 토큰 (Enter: 지금 값 그대로)"
    assert "sk-kept" not in terminal.text


async def test_a_broken_file_can_only_be_written_anew(world, tmp_path):
    path = tmp_path / ".env"
    path.write_bytes(b"LOCALE=ko\n= nothing\n")
    terminal = await interviewed(tmp_path, "1", *SIMPLE, "y")
    assert not any("나머지는 그대로" in line for line in terminal.shown)
    assert load(env_file=path).broker == "sim"
    path.write_bytes(b"\xff\xfe")
    with pytest.raises(Left):
        await interviewed(tmp_path, "2")
    assert path.read_bytes() == b"\xff\xfe"
    path.unlink()
    path.mkdir()
    with pytest.raises(DataError, match="보통 파일이 아닙니다"):
        await interviewed(tmp_path)


@pytest.mark.parametrize(
    ("choice", "broker", "name"), [("2", "kis", "KIS_VTS"), ("3", "kiwoom", "KIWOOM_VTS")]
)
async def test_the_keys_of_a_paper_account_are_tried_at_once(
    world, tmp_path, monkeypatch, choice, broker, name
):
    lines = dict(line.split("=", 1) for line in commands.broker_environment(world, broker))
    key, secret = lines[f"{name}_APP_KEY"], lines[f"{name}_APP_SECRET"]
    number = lines[f"{name}_ACCOUNT_NO"] + "-" + lines[f"{name}_ACNT_PRDT_CD"]
    first, again = ("wrong", "'secret'", "1234", number), ("y", key, secret, "")
    terminal = await interviewed(tmp_path, "1", choice, *first, *again, *DISCORD, *LIMITS, "", "y")
    assert "✘ 증권사에서 계좌를 읽지 못했습니다" in terminal.text
    assert "✘ 계좌번호 앞 8자리와 뒤 2자리입니다" in terminal.text
    assert f"✔ 증권사가 받아 주었습니다. 계좌 ******{number[6:]}" in terminal.text
    assert secret not in terminal.text
    settings = load(env_file=tmp_path / ".env")
    assert (settings.broker, settings.mode.value) == (broker, "vts")
    assert getattr(settings, f"{name.lower()}_app_secret").get_secret_value() == secret


async def test_a_real_account_is_asked_for_twice_and_only_watched(world, tmp_path):
    keys = ("real-key", "real-secret", "87654321-01", "n")
    terminal = await interviewed(tmp_path, "1", "4", "n", "5", "n", "1", *DISCORD, *LIMITS, "", "y")
    assert terminal.text.count("읽기만 합니다") == 2
    assert load(env_file=tmp_path / ".env").mode.value == "sim"
    # A sandbox and a real account are never mixed: the keys are not even tried.
    with pytest.raises(ConfigurationError, match="SANDBOX_URL is refused"):
        await interviewed(tmp_path, "1", "", "4", "y", *keys, *KEPT, *LIMITS, "", "y")
    assert load(env_file=tmp_path / ".env").mode.value == "sim"


async def test_a_real_account_without_a_check_is_written_as_one_to_watch(tmp_path, monkeypatch):
    only(monkeypatch, tmp_path)
    offline = ("1", "4", "y", "real-key", "real-secret", "87654321")
    discord = ("MTIz.x.y", "n", "11", "12", "n", "14", "")
    terminal = await interviewed(
        tmp_path, *offline, *discord, *LIMITS, "sk-1", "y", is_offline=True
    )
    settings = load(env_file=tmp_path / ".env")
    assert (settings.mode.value, settings.enable_real_order) == ("observe", False)
    assert settings.kis_real_acnt_prdt_cd == "01"
    assert not settings.discord_message_content
    assert any("client_id=123&" in line for line in terminal.shown)
    assert "87654321" not in "\n".join(terminal.shown[-12:])
    assert "KIS_REAL_ACCOUNT_NO=*****321" in terminal.text


async def test_what_discord_says_is_asked_again_until_it_is_well(world, tmp_path):
    state = world.discord._house.state
    roles = state.member_roles.pop(APPLICATION_ID)

    def invited() -> str:
        state.member_roles[APPLICATION_ID] = roles
        state.roles[GUILD_ID]["permissions"] = str(
            bits.EVERYONE & ~bits.CREATE_PUBLIC_THREADS & ~bits.EMBED_LINKS
        )
        for role in roles:
            state.roles[role]["permissions"] = "0"
        return "y"

    def granted() -> str:
        state.roles[GUILD_ID]["permissions"] = str(bits.EVERYONE)
        return "y"

    discord = (
        "0123456789abcdef",  # a client secret
        "not.the.token",
        f'"Bot {TOKEN}"',
        invited,
        "1",
        "1",
        granted,
        "y",
        "2",
        "77, 78",
        OWNER_ID,
        f"{APPLICATION_ID}",
        f"{OWNER_ID} {APPROVER}",
    )
    terminal = await interviewed(tmp_path, "1", "1", *discord, *LIMITS, "", "y")
    for said in (
        "✘ 봇 토큰은 점 두 개로",
        "✘ 디스코드가 토큰을 받지 않습니다",
        "봇이 아직 어느 서버에도 없습니다",
        "✘ 이 채널에서 봇에게 없는 권한: 공개 스레드 만들기, 링크 첨부(임베드)",
        "✔ 이 채널에 필요한 권한이 모두 있습니다",
        "✘ 77 은(는) 이 서버에 없습니다",
        f"✘ {APPLICATION_ID} 은(는) 봇입니다",
    ):
        assert said in terminal.text
    settings = load(env_file=tmp_path / ".env")
    assert settings.discord_alert_channel_id == 500000000000000032
    assert settings.discord_approver_ids == {int(OWNER_ID), int(APPROVER)}


@pytest.mark.parametrize(("granted_later", "content"), [(True, True), (False, False)])
async def test_the_message_content_intent_is_asked_for_or_done_without(
    world, tmp_path, monkeypatch, granted_later, content
):
    from sandbox.discord import render

    flags = render._APPLICATION_FLAGS
    monkeypatch.setattr(render, "_APPLICATION_FLAGS", 0)

    def granting() -> str:
        monkeypatch.setattr(render, "_APPLICATION_FLAGS", flags)
        return "y"

    answer = granting if granted_later else "n"
    terminal = await interviewed(tmp_path, "1", "1", TOKEN, answer, *DISCORD[1:], *LIMITS, "", "y")
    assert "✘ 메시지 내용 인텐트" in terminal.text
    assert "답장 버튼" in terminal.text
    assert load(env_file=tmp_path / ".env").discord_message_content is content


async def test_limits_are_held_to_their_bounds_in_words(world, tmp_path):
    limits = ("2,000,000", "1e6", "5,000원", "500000원", "600000", "300,000", "", "0", "5")
    terminal = await interviewed(tmp_path, "2", "1", *DISCORD, *limits, "", "y")
    for said in (
        "✘ It must be at most 1,000,000",
        "✘ Digits only",
        "✘ It must be at least 10,000",
        "✘ One order cannot be above the capital",
        "✘ It must be at least 1",
    ):
        assert said in terminal.text
    settings = load(env_file=tmp_path / ".env")
    assert (settings.capital_limit_krw, settings.order_limit_krw) == (500_000, 300_000)
    assert (settings.day_order_limit, settings.locale) == (5, "en")


async def test_a_key_for_the_model_is_tried(world, tmp_path):
    terminal = await interviewed(tmp_path, *SIMPLE[:-1], "sk-sandbox", "y")
    assert "gpt-5" in terminal.text
    assert load(env_file=tmp_path / ".env").openai_api_key.get_secret_value() == "sk-sandbox"


async def test_silence_is_said_and_the_ids_are_typed(world, tmp_path):
    world.discord._house.state.faults.clear()
    world.addresses.discord_api = "http://127.0.0.1:9/api"
    discord = (TOKEN, "y", "eleven", "11", "12", "y", "13", "14", "")
    terminal = await interviewed(tmp_path, "1", "1", *discord, *LIMITS, "", "y")
    assert "✘ 디스코드에 연결할 수 없어" in terminal.text
    assert "✘ 숫자로 된 ID 입니다" in terminal.text
    settings = load(env_file=tmp_path / ".env")
    assert settings.channel_ids == {12, 13}


async def test_what_cannot_go_into_a_file_is_refused_while_it_is_asked(world, tmp_path):
    answers = ("1", "2", "k\x07ey", *("x",) * 1, "s", "12345678", "n", *DISCORD, *LIMITS, "", "y")
    terminal = await interviewed(tmp_path, *answers)
    assert "✘ 쓸 수 없는 값입니다" in terminal.text


async def test_who_answers_wrongly_for_ever_is_let_go(world, tmp_path):
    with pytest.raises(DataError, match="여러 번"):
        await interviewed(tmp_path, "1", "1", *["no token"] * 10)


async def test_settings_of_the_environment_are_named_because_they_win(world, tmp_path, monkeypatch):
    monkeypatch.setenv("BROKER", "sim")
    terminal = await interviewed(tmp_path, *SIMPLE, "y")
    assert "환경 변수가 .env 보다 앞섭니다. 지금 있는 것: BROKER, DATA_DIR" in terminal.text


async def test_a_folder_that_takes_no_file_is_said(world, tmp_path, monkeypatch):
    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(init_by_hand, "write_private", full)
    with pytest.raises(DataError, match="No space left on device"):
        await interviewed(tmp_path, *SIMPLE, "y")


async def test_only_a_sandbox_on_this_machine_is_asked(tmp_path, monkeypatch):
    only(monkeypatch, tmp_path, SANDBOX_URL="http://sandbox.example:1")
    with pytest.raises(ConfigurationError, match="loopback"):
        await interviewed(tmp_path, "1")
