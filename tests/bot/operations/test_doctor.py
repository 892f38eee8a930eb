from __future__ import annotations

import json
import os
import socket
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import text

from bot import locales
from bot.by_hand import doctor as doctor_by_hand
from bot.operations import doctor
from bot.operations.doctor import examine, filesystem_of
from bot.operations.patient import Patient
from bot.settings import Settings
from core.domain.books import SymbolHold
from core.domain.checkup import Verdict
from core.domain.instrument import Symbol
from core.domain.lease import Lease
from core.domain.outbox import OutboxMessage
from core.errors import BrokerUnavailable
from core.runtime.clock import SystemClock
from storage.engine import Database
from storage.ledger import SqlLedger
from storage.model_calls import SqlModelCallArchive
from tests.bot.environment import only
from tests.contracts.model_calls_contract import CALL
from tests.fakes.desk_kit import at
from tests.fakes.hand_clock import HandClock
from tests.fakes.model_kit import PLENTY
from tests.fakes.scripted_broker import ScriptedBroker

KO = locales.load("ko")


@pytest.fixture
async def patient(tmp_path, database_file, monkeypatch):
    only(monkeypatch, tmp_path)
    database = Database(f"sqlite:///{database_file}")
    clock = HandClock(at(10))
    yield Patient(
        settings=Settings.model_validate({"data_dir": str(tmp_path)}),
        phrases=KO,
        clock=clock,
        database=database,
        broker=ScriptedBroker(clock),
    )
    await database.close()


async def verdicts(patient: Patient) -> dict[str, Verdict]:
    names = {KO.say(f"doctor.{name}"): name for name in doctor._LOOKS}
    return {names[check.name]: check.verdict for check in await examine(patient)}


async def bad(patient: Patient) -> list[str]:
    return [name for name, found in (await verdicts(patient)).items() if found is Verdict.BAD]


async def test_a_healthy_bot_has_nothing_to_mend(patient):
    found = await examine(patient)
    assert [check for check in found if check.verdict is Verdict.BAD or check.mend] == []
    skipped = {name for name, v in (await verdicts(patient)).items() if v is Verdict.SKIPPED}
    assert skipped == {"env_file", "discord", "intents", "channels", "clock"}


async def test_what_waits_for_a_person_is_named_with_what_to_do(patient):
    (patient.settings.data_dir / "HALT").touch()
    async with SqlLedger(patient.database).transaction() as tx:
        await tx.hold_symbol(SymbolHold(symbol=Symbol("069500"), since=at(9), reason="differs"))
        await tx.enqueue(OutboxMessage(key="k", title="t", text="x", created_at=at(9)))
    assert await bad(patient) == ["trading", "alarms", "holds"]
    assert all(c.mend for c in await examine(patient) if c.verdict is Verdict.BAD)


async def test_a_silent_broker_is_found_and_a_held_lease_is_no_fault(patient):
    async def silence() -> None:
        raise BrokerUnavailable("silence")

    patient.broker.account = silence
    async with SqlLedger(patient.database).transaction() as tx:
        await tx.put_lease(Lease(epoch=1, holder="here", renewed_at=at(9)))
    assert await bad(patient) == ["broker"]


async def test_who_trades_is_named_only_when_it_is_another_machine(patient):
    here = await lease_line(patient, f"{socket.gethostname()}:{patient.settings.data_dir}")
    assert here.startswith("이 컴퓨터의 봇이 쓰고 있습니다(")
    assert here.endswith("초 전 확인)")
    assert str(patient.settings.data_dir) not in here
    # Ahead, as the clock of another computer may be.
    there = await lease_line(patient, "attic:/srv/bot/data", timedelta(seconds=-60))
    assert there == "다른 컴퓨터(attic)의 봇이 쓰고 있습니다(0초 전 확인)"


@pytest.mark.parametrize(
    ("age", "said"),
    [
        (timedelta(seconds=65), "1분"),
        (timedelta(minutes=59, seconds=5), "59분"),
        (timedelta(hours=23, minutes=30), "23시간"),
        (timedelta(days=3, hours=2), "3일"),
    ],
)
@pytest.mark.parametrize("host", [socket.gethostname(), "attic"])
async def test_a_killed_bot_is_not_said_to_run(patient, host, age, said):
    line = await lease_line(patient, f"{host}:/srv/bot/data", age)
    assert line == f"마지막 확인이 {said} 전입니다. 봇이 꺼졌거나 기록하지 못하고 있습니다"


async def lease_line(patient: Patient, holder: str, age: timedelta = timedelta()) -> str:
    assert patient.database is not None
    renewed_at = SystemClock().now() - age
    async with SqlLedger(patient.database).transaction() as tx:
        await tx.put_lease(Lease(epoch=1, holder=holder, renewed_at=renewed_at))
    return next(c.text for c in await examine(patient) if c.name == "거래 권한")


async def test_a_folder_is_written_from_home(patient, monkeypatch):
    async def folder_line() -> str:
        return next(c.text for c in await examine(patient) if c.name == "데이터 폴더")

    folder = patient.settings.data_dir
    monkeypatch.setenv("HOME", str(folder.parent))
    assert await folder_line() == f"~/{folder.name}"
    monkeypatch.setenv("HOME", str(folder / "elsewhere"))
    assert await folder_line() == str(folder)


async def test_a_clock_that_runs_off_is_found(patient):
    history = patient.broker.order_history

    async def ahead(day):
        return replace(await history(day), server_ahead=timedelta(seconds=6))

    patient.broker.order_history = ahead
    assert await bad(patient) == ["broker"]


async def test_without_a_record_there_is_less_to_look_at(patient):
    young = replace(patient, database=None, broker=None)
    found = await verdicts(young)
    unseen = {"database", "lease", "broker", "trading", "alarms", "holds"}
    assert {name for name in unseen if found[name] is not Verdict.SKIPPED} == set()


async def test_places_and_times_that_will_not_do(patient, monkeypatch):
    monkeypatch.setattr(doctor, "FREE_BYTES_MIN", 1 << 62)
    monkeypatch.setattr(doctor, "CALENDAR_AHEAD", timedelta(days=20_000))
    monkeypatch.setattr(doctor, "filesystem_of", lambda _folder: "nfs4")
    assert await bad(patient) == ["data_dir", "disk", "calendar"]


async def test_before_the_first_start_the_folder_is_only_about_to_be_made(patient, tmp_path):
    (tmp_path / "file").touch()
    for folder, wrong in (("new/data", []), ("file/data", ["data_dir"])):
        settings = Settings.model_validate({"data_dir": str(tmp_path / folder)})
        assert await bad(replace(patient, settings=settings)) == wrong
    assert not (tmp_path / "new").exists()


async def test_a_folder_that_is_closed_to_us_is_bad_and_no_crash(patient, monkeypatch, tmp_path):
    closed, stat, access = tmp_path / "closed", Path.stat, os.access
    closed.mkdir()

    def looked(place, **how):
        if closed in place.parents:
            raise PermissionError(13, "Permission denied", str(place))
        return stat(place, **how)

    monkeypatch.setattr(Path, "stat", looked)
    monkeypatch.setattr(os, "access", lambda place, mode: place != closed and access(place, mode))
    settings = Settings.model_validate({"data_dir": str(closed / "data")})
    assert await bad(replace(patient, settings=settings)) == ["data_dir", "calendar", "trading"]


def test_the_file_system_is_that_of_the_nearest_mount(tmp_path):
    mounts = tmp_path / "mounts"
    mounts.write_text(
        f"a / ext4 rw 0 0\nhost:/x {tmp_path} nfs4 rw 0 0\nodd\nb {tmp_path}x tmpfs rw 0 0\n"
    )
    assert filesystem_of(tmp_path / "deep", mounts) == "nfs4"
    assert filesystem_of(tmp_path.parent, mounts) == "ext4"
    assert filesystem_of(tmp_path, tmp_path / "none") == ""


async def test_wrong_settings_are_the_first_thing_to_mend(monkeypatch, tmp_path):
    only(monkeypatch, tmp_path, BROKER="nonsense")
    well, text = await doctor_by_hand.doctor(as_json=False)
    assert not well
    assert text.startswith("✘ 설정: BROKER: must be")
    assert "→" in text


async def test_it_speaks_json(monkeypatch, tmp_path):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path))
    well, text = await doctor_by_hand.doctor(as_json=True)
    found = json.loads(text)
    assert (well, found["well"]) == (True, True)
    assert {"name", "verdict", "text", "mend"} == set(found["checks"][0])


async def test_a_file_that_is_no_database_is_one_of_its_findings(monkeypatch, tmp_path):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path))
    (tmp_path / "autotrade-sim.db").write_bytes(b"yesterday's homework" * 500)
    well, text = await doctor_by_hand.doctor(as_json=False)
    assert not well
    assert f"✘ {KO.say('doctor.database')}: " in text
    assert KO.say("doctor.mend_database") in text
    assert f"✔ {KO.say('doctor.data_dir')}: " in text


async def test_an_older_schema_is_said_with_what_to_do(patient):
    async with patient.database.transaction() as sql:
        await sql.run(text("UPDATE alembic_version SET version_num = '0001'"))
    (found,) = [one for one in await examine(patient) if one.name == "데이터베이스"]
    assert found.verdict is Verdict.BAD
    assert found.text.startswith("스키마가 0001 입니다")
    assert "한 번 시작하세요" in found.mend


async def test_how_much_is_kept_is_shown(patient):
    archive = SqlModelCallArchive(patient.database)
    for number in range(2):
        made = replace(CALL, call_id=f"M000000{number}", day=CALL.day - timedelta(days=number))
        await archive.begin(made, PLENTY)
    await archive.drop_texts(CALL.day, 9)
    (found,) = [one for one in await examine(patient) if one.name == "보관"]
    assert found.verdict is Verdict.GOOD
    assert found.text.startswith("데이터베이스 0.")
    assert "모델 호출 2건(글이 남은 것 1건) · 뉴스 사실 0건 · 기억 0건" in found.text
    (none,) = [one for one in await examine(replace(patient, database=None)) if one.name == "보관"]
    assert none.verdict is Verdict.SKIPPED
