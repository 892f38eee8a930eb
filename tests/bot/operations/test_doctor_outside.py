"""The self-check against Discord, a broker's clock and a model on loopback."""

from __future__ import annotations

import json
from contextlib import AsyncExitStack
from dataclasses import replace
from datetime import timedelta
from email.utils import format_datetime

import pytest
from pydantic import SecretStr

from bot import locales
from bot.by_hand import doctor as doctor_by_hand
from bot.operations.doctor import examine
from bot.operations.doctor_outside import OUTSIDE
from bot.operations.patient import Patient
from bot.settings import Settings
from core.domain.checkup import Check, Verdict
from core.ports.broker import BrokerIdentity
from core.runtime.clock import SystemClock
from sandbox import commands
from sandbox.discord import bits, render
from sandbox.discord.server import serve
from sandbox.discord.state import APPLICATION_ID, GUILD_ID
from sandbox.world import WorldSettings, build_world
from storage.engine import Database
from storage.ledger import SqlLedger
from tests.bot.chat.conftest import HandWorld
from tests.bot.environment import only
from tests.bot.operations.test_discord_rest import answering
from tests.fakes.scripted_broker import ScriptedBroker

KO = locales.load("ko")
NOWHERE = "http://127.0.0.1:9"


@pytest.fixture
async def house():
    one = await serve(HandWorld())
    yield one
    await one.close()


@pytest.fixture
def patient(house, monkeypatch, tmp_path) -> Patient:
    only(monkeypatch, tmp_path)
    desk = house.discord
    values = {
        "data_dir": str(tmp_path),
        "discord_token": desk.bot_token,
        "discord_guild_id": GUILD_ID,
        "discord_channel_id": desk.channel("매매")["id"],
        "discord_alert_channel_id": desk.channel("알림")["id"],
    }
    return Patient(
        settings=Settings.model_validate(values),
        phrases=KO,
        clock=SystemClock(),
        database=None,
        broker=None,
        discord_api=house.api_url,
    )


class _Elsewhere(ScriptedBroker):
    """A broker that says where it answers."""

    def __init__(self, url: str) -> None:
        super().__init__(SystemClock())
        self.url = url

    @property
    def identity(self) -> BrokerIdentity:
        return replace(super().identity, base_url=self.url)


async def found(patient: Patient, name: str) -> Check:
    (check,) = [one for one in await examine(patient) if one.name == KO.say(f"doctor.{name}")]
    return check


def other(patient: Patient, **changes: object) -> Patient:
    return replace(patient, settings=patient.settings.model_copy(update=changes))


async def test_all_is_well_outside(patient):
    checks = {one.name: one for one in await examine(patient)}
    names = {name: KO.say(f"doctor.{name}") for name in OUTSIDE}
    verdicts = {name: checks[word].verdict for name, word in names.items()}
    assert verdicts == dict.fromkeys(OUTSIDE, Verdict.GOOD)
    assert checks[names["discord"]].text == "autotrade"
    assert checks[names["channels"]].text.startswith("2개 채널에")


async def test_each_lacking_permission_is_named_with_its_channel(patient, house):
    state = house.discord._state
    for role in state.member_roles[APPLICATION_ID]:
        state.roles[role]["permissions"] = "0"
    state.roles[GUILD_ID]["permissions"] = str(bits.VIEW_CHANNEL | bits.SEND_MESSAGES)
    alert = house.discord.channel("알림")
    check = await found(patient, "channels")
    lacking = (
        "스레드에서 메시지 보내기, 공개 스레드 만들기, 링크 첨부(임베드), 파일 첨부, "
        "메시지 기록 보기"
    )
    assert check.verdict is Verdict.BAD
    assert f"{alert['id']}: {lacking} 없음" in check.text
    assert "초대 주소" in check.mend


async def test_private_threads_take_a_permission_more(patient, house):
    state = house.discord._state
    for role in state.member_roles[APPLICATION_ID]:
        state.roles[role]["permissions"] = "0"
    state.roles[GUILD_ID]["permissions"] = str(bits.EVERYONE)
    assert (await found(patient, "channels")).verdict is Verdict.GOOD
    settings = patient.settings.model_copy(update={"discord_private_threads": True})
    check = await found(replace(patient, settings=settings), "channels")
    assert check.verdict is Verdict.BAD
    assert "비공개 스레드 만들기 없음" in check.text


async def test_a_channel_that_is_gone_is_named(patient):
    lost = other(patient, discord_extra_channel_ids=frozenset({77}))
    check = await found(lost, "channels")
    assert check.verdict is Verdict.BAD
    assert check.text == "77: 디스코드에 그런 것이 없습니다. ID 를 확인해 주세요"


async def test_a_bot_that_belongs_nowhere_is_said(patient):
    check = await found(other(patient, discord_guild_id=0), "channels")
    assert check.verdict is Verdict.BAD
    assert "DISCORD_GUILD_ID" in check.text


async def test_what_owners_chose_is_looked_at_too(patient, database_file):
    database = Database(f"sqlite:///{database_file}")
    async with SqlLedger(database).transaction() as tx:
        await tx.put_setting("setup.main_channel", "88")
        await tx.put_setting("setup.alert_channel", "")
    check = await found(replace(patient, database=database), "channels")
    await database.close()
    assert check.text.startswith("88: ")


async def test_a_wrong_token_is_one_finding_and_not_three(patient):
    wrong = other(patient, discord_token=SecretStr("not.the.token"))
    checks = {name: await found(wrong, name) for name in ("discord", "intents", "channels")}
    verdicts = [one.verdict for one in checks.values()]
    assert verdicts == [Verdict.BAD, Verdict.SKIPPED, Verdict.SKIPPED]
    assert "다시 발급" in checks["discord"].mend


async def test_the_intent_is_asked_for_where_it_is_counted_on(patient, monkeypatch):
    monkeypatch.setattr(render, "_APPLICATION_FLAGS", 0)
    check = await found(patient, "intents")
    assert (check.verdict, check.mend) == (Verdict.BAD, KO.say("doctor.mend_intents"))
    without = await found(other(patient, discord_message_content=False), "intents")
    assert without.verdict is Verdict.GOOD
    assert "답장 버튼" in without.text


async def test_silence_is_no_finding(patient):
    key = other(patient, openai_api_key=SecretStr("k"))
    silent = replace(key, discord_api=NOWHERE, model_url=NOWHERE)
    for name in ("discord", "intents", "channels", "clock", "model"):
        assert (await found(silent, name)).verdict is Verdict.SKIPPED, name


async def test_without_a_token_that_is_said(patient):
    bare = other(patient, discord_token=SecretStr(""))
    check = await found(bare, "discord")
    assert (check.verdict, "--local-only" in check.text) == (Verdict.SKIPPED, True)
    assert (await found(bare, "clock")).verdict is Verdict.SKIPPED


@pytest.mark.parametrize(("minutes", "verdict"), [(0, Verdict.GOOD), (2, Verdict.BAD)])
async def test_the_clock_is_held_against_the_brokers_even_without_discord(
    patient, minutes, verdict
):
    there = format_datetime(SystemClock().now() + timedelta(minutes=minutes))
    async with answering({}, 404, Date=there) as url:
        broker = _Elsewhere(url)
        lone = replace(patient, broker=broker, discord_api=NOWHERE)
        check = await found(lone, "clock")
    assert check.verdict is verdict
    assert check.text.startswith(broker.identity.broker)
    assert bool(check.mend) is (verdict is Verdict.BAD)


async def test_a_server_without_a_date_tells_no_time(patient):
    async with answering({}, 200, Date="yesterday") as url:
        assert (await found(replace(patient, discord_api=url), "clock")).verdict is Verdict.SKIPPED


async def test_the_models_server_takes_the_key_and_has_the_models(patient):
    key = other(patient, openai_api_key=SecretStr("k"))
    listed = {"/models": {"data": [{"id": "gpt-5"}, {"id": "gpt-5-mini"}]}}
    async with answering(listed) as url:
        check = await found(replace(key, model_url=url), "model")
        assert (check.verdict, check.text) == (Verdict.GOOD, "gpt-5, gpt-5-mini")
        odd = other(replace(key, model_url=url), openai_model="gpt-4")
        check = await found(odd, "model")
        assert (check.verdict, check.text) == (Verdict.BAD, "모델 서버의 목록에 없습니다: gpt-4")
    async with answering({}, 401) as url:
        check = await found(replace(key, model_url=url), "model")
        assert check.verdict is Verdict.BAD
        assert "모델 없이도" in check.mend
    async with answering({}, 404) as url:
        assert (await found(replace(key, model_url=url), "model")).verdict is Verdict.SKIPPED


async def test_a_spreadsheet_is_asked_only_where_one_is_wanted(patient, tmp_path):
    check = await found(patient, "sheet")
    assert (check.verdict, check.text) == (Verdict.GOOD, "쓰지 않습니다")
    file = tmp_path / "account.json"
    wanted = other(patient, google_sheet_key=SecretStr("k" * 30), google_service_account_file=file)
    check = await found(wanted, "sheet")
    assert check.verdict is Verdict.BAD
    assert "account.json cannot be read" in check.text
    assert "시트 없이도" in check.mend
    parts = {"client_email": "a@b", "private_key": "x", "token_uri": f"{NOWHERE}/token"}
    file.write_text(json.dumps({"type": "service_account", **parts}), encoding="utf-8")
    file.chmod(0o644)
    assert "chmod 600" in (await found(wanted, "sheet")).text
    file.chmod(0o600)
    check = await found(replace(wanted, is_offline=True), "sheet")
    assert (check.verdict, check.text) == (Verdict.SKIPPED, KO.say("doctor.say_offline"))


async def test_offline_asks_nobody_and_looks_at_the_rest(monkeypatch, tmp_path):
    only(
        monkeypatch,
        tmp_path,
        DATA_DIR=str(tmp_path),
        DISCORD_TOKEN="a.b.c",
        OPENAI_API_KEY="k",
        BROKER="kis",
        KIS_VTS_APP_KEY="PSVTkey1234567890",
        KIS_VTS_APP_SECRET="c2VjcmV0LXNlY3JldC1zZWNyZXQ=",
        KIS_VTS_ACCOUNT_NO="50123456",
        KIS_VTS_BASE_URL=NOWHERE,
    )
    well, text = await doctor_by_hand.doctor(as_json=False, is_offline=True)
    assert well
    for name in ("broker", "discord", "channels", "clock", "model"):
        assert f"– {KO.say(f'doctor.{name}')}: --offline" in text
    assert "✔ 한글 글꼴" in text
    well, text = await doctor_by_hand.doctor(as_json=False)
    assert not well
    assert "✘ 증권사 연결: " in text
    assert "✔ 한글 글꼴" in text


async def test_by_hand_a_sandbox_is_asked_where_it_says(monkeypatch, tmp_path):
    world = build_world(WorldSettings(symbols=("069500",)))
    async with AsyncExitStack() as stack:
        control = await commands.open_world(world, stack)
        lines = commands.environment(world, control.url).splitlines()
        given = dict(line.split("=", 1) for line in lines)
        assert world.discord is not None
        given |= {"DISCORD_TOKEN": world.discord.bot_token, "DATA_DIR": str(tmp_path)}
        only(monkeypatch, tmp_path, **given)
        _, text = await doctor_by_hand.doctor(as_json=False)
    assert "✔ 디스코드 토큰: autotrade" in text
    assert "✔ 채널 권한: 2개 채널에" in text
    assert "– 시계: 샌드박스의 시계를 따릅니다" in text
