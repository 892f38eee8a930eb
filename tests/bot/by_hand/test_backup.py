"""Backups and their way back, on real files; the drill is tests/scenarios/test_restore_drill.py."""

from __future__ import annotations

import asyncio
import gzip
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing

import pytest

from bot.by_hand import backup as backup_by_hand
from bot.by_hand import restore as restore_by_hand
from bot.by_hand.backup import backup, verify
from bot.by_hand.restore import restore
from bot.operations.process_lock import ProcessLock
from bot.settings import load
from bot.settings.redaction import redacted, secrets_of
from bot.wiring.foundations import LOCK_FILE
from core.domain.journal import JournalEntry
from core.domain.modes import SETTING_TRADING_STATE, Mode
from core.errors import ConfigurationError, DataError, JournalAltered, StorageError
from core.runtime.clock import SystemClock
from storage.backups.copying import claim
from storage.backups.packing import unpack
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.bot.environment import child_environment, only
from tests.bot.full_disk import full_disk

WORD = "correct horse battery"


@pytest.fixture
def folder(monkeypatch, tmp_path):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path / "data"))
    (tmp_path / "data").mkdir()
    return tmp_path / "data"


def address(folder):
    return f"sqlite:///{folder / 'autotrade-sim.db'}"


async def filled(folder, lines=3, account="a1", mode=Mode.SIM):
    database = await open_database(address(folder))
    await database.stamp("sim", mode, account)
    await noted(database, lines)
    return database


async def noted(database, lines=1):
    ledger = SqlLedger(database)
    for number in range(lines):
        async with ledger.transaction() as tx:
            await tx.append_journal(
                JournalEntry(
                    at=SystemClock().now(),
                    kind="test.line",
                    actor="test",
                    subject=f"s{number}",
                    facts={},
                )
            )


def kept(folder):
    return sorted((folder / "backups").glob("autotrade-sim-*"))


async def test_a_backup_holds_what_was_committed_while_others_write(folder):
    database = await filled(folder)
    ledger = SqlLedger(database)
    async with ledger.transaction() as tx:
        await tx.put_setting("never", "committed")
        said = await backup()
    await database.close()
    (file,) = kept(folder)
    assert said.startswith(f"백업했습니다: {file}\nsim/sim, 스키마 ")
    assert "감사 기록 3줄" in said
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert stat.S_IMODE(file.parent.stat().st_mode) == 0o700
    plain = folder / "plain.db"
    plain.write_bytes(gzip.decompress(file.read_bytes()))
    with closing(sqlite3.connect(plain)) as copy:
        assert copy.execute("SELECT count(*) FROM settings WHERE name = 'never'").fetchone() == (0,)
        assert copy.execute("PRAGMA journal_mode").fetchone() == ("delete",)
    assert (await verify(None)).startswith(f"온전한 백업입니다: {file}\n")
    assert [path.name for path in file.parent.iterdir() if path.name.startswith(".copy")] == []


async def test_a_killed_backup_leaves_nothing_for_long_and_only_one_runs(folder, monkeypatch):
    await (await filled(folder)).close()
    left = folder / "backups" / ".copy-abc"
    left.mkdir(parents=True)
    (left / "copy.db").touch()
    with ProcessLock(folder / "backups" / ".lock"), pytest.raises(ConfigurationError, match="진행"):
        await backup()
    assert left.exists()
    monkeypatch.setenv("BACKUP_KEEP", "1")
    monkeypatch.setenv("BACKUP_KEEP_MONTHS", "0")
    old = folder / "backups" / "autotrade-sim-20200101-000000.db.gz"
    old.touch()
    assert (await backup()).endswith("백업 1개를 지웠습니다.")
    assert not left.exists()
    assert not old.exists()
    assert len(kept(folder)) == 1


async def test_sealed_with_a_passphrase_and_opened_with_no_other(folder, monkeypatch, tmp_path):
    await (await filled(folder)).close()
    monkeypatch.setenv("BACKUP_PASSPHRASE", WORD)
    await backup()
    (file,) = kept(folder)
    assert file.name.endswith(".db.gz.sealed")
    assert b"SQLite" not in file.read_bytes()
    await verify(file)
    monkeypatch.setenv("BACKUP_PASSPHRASE", WORD + "!")
    with pytest.raises(DataError, match="passphrase is another"):
        await verify(file)
    monkeypatch.delenv("BACKUP_PASSPHRASE")
    secret = tmp_path / "secret"
    secret.write_text(f"{WORD}\n")
    secret.chmod(0o600)
    monkeypatch.setenv("BACKUP_PASSPHRASE_FILE", str(secret))
    await verify(file)
    assert WORD in secrets_of(load(local_only=True))


@pytest.mark.parametrize(
    ("values", "mode", "said"),
    [
        ({"BACKUP_PASSPHRASE": "short"}, 0o600, "at least 12"),
        ({"BACKUP_PASSPHRASE": WORD, "BACKUP_PASSPHRASE_FILE": "secret"}, 0o600, "one of the two"),
        ({"BACKUP_PASSPHRASE_FILE": "secret"}, 0o644, "chmod 600"),
        ({"BACKUP_PASSPHRASE_FILE": "nowhere"}, 0o600, "cannot be read"),
        ({"BACKUP_PASSPHRASE_FILE": "empty"}, 0o600, "is empty"),
        ({"BACKUP_AT": "25:00"}, 0o600, "BACKUP_AT: must be a time like 21:00, or off"),
        ({"BACKUP_KEEP": "0"}, 0o600, "BACKUP_KEEP: must be at least 1"),
    ],
)
def test_settings_that_cannot_be_are_refused(folder, monkeypatch, tmp_path, values, mode, said):
    for name, text in (("secret", WORD), ("empty", "")):
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(mode)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    with pytest.raises(ConfigurationError, match=said) as refused:
        load(local_only=True)
    assert WORD not in str(refused.value)


def test_off_is_never(folder, monkeypatch):
    assert load(local_only=True).backup_at is not None
    assert redacted(load(local_only=True))["backup_at"] == "21:00"
    monkeypatch.setenv("BACKUP_AT", "OFF")
    assert load(local_only=True).backup_at is None
    assert redacted(load(local_only=True))["backup_at"] == "off"


async def test_what_cannot_be_backed_up_or_opened_is_said(folder, monkeypatch):
    with pytest.raises(DataError, match="아직 기록이 없습니다"):
        await backup()
    with pytest.raises(DataError, match="백업이 없습니다"):
        await verify(None)
    with pytest.raises(DataError, match="파일이 없습니다"):
        await verify(folder / "none")
    nonsense = folder / "nonsense"
    for body in (b"", b"hello", gzip.compress(b"")[:9], gzip.compress(b"no database" * 999)):
        nonsense.write_bytes(body)
        with pytest.raises((DataError, StorageError)):
            await verify(nonsense)
    (folder / "autotrade-sim.db").write_bytes(b"no database" * 999)
    with pytest.raises(StorageError):
        await backup()
    assert kept(folder) == []
    monkeypatch.setenv("DATABASE_URL", "postgresql://127.0.0.1:9/x")
    with pytest.raises(StorageError):
        await backup()


async def test_on_a_full_disk_no_half_backup_stays(folder):
    await (await filled(folder)).close()
    (folder / "backups").mkdir()
    with full_disk(), pytest.raises(StorageError):
        await backup()
    assert kept(folder) == []


async def test_what_reads_differently_is_no_backup_and_the_older_one_stays(folder, monkeypatch):
    await (await filled(folder)).close()
    monkeypatch.setenv("BACKUP_KEEP", "1")
    monkeypatch.setenv("BACKUP_KEEP_MONTHS", "0")
    old = folder / "backups" / "autotrade-sim-20200101-000000.db.gz"
    old.parent.mkdir()
    old.touch()

    def misread(packed, proof, passphrase):
        unpack(packed, proof, passphrase)
        with proof.open("ab") as stream:
            stream.write(b"?")

    monkeypatch.setattr(backup_by_hand, "unpack", misread)
    with pytest.raises(StorageError, match="다릅니다"):
        await backup()
    assert {path.name for path in old.parent.iterdir()} == {old.name, ".lock"}


async def test_a_backup_that_rotted_or_whose_journal_was_altered_is_not_whole(folder):
    database = await filled(folder)
    await backup()
    (file,) = kept(folder)
    body = bytearray(file.read_bytes())
    body[len(body) // 2] ^= 0xFF
    rotten = folder / "rotten.db.gz"
    rotten.write_bytes(body)
    with pytest.raises(DataError):
        await verify(rotten)
    await database.close()
    with closing(sqlite3.connect(folder / "autotrade-sim.db")) as forger:
        forger.execute("DROP TRIGGER journal_no_update")
        forger.execute("UPDATE journal SET actor = 'nobody' WHERE seq = 2")
        forger.commit()
    with pytest.raises(JournalAltered, match="line 2"):
        await backup()
    assert kept(folder) == [file]


async def restored(answer="복원", file=None):
    said: list[str] = []
    await restore(file, said.append, lambda _text: answer)
    return said


async def lines_of(folder, subject):
    database = await open_database(address(folder))
    async with SqlLedger(database).transaction() as tx:
        found = await tx.journal_of(subject), await tx.setting(SETTING_TRADING_STATE)
    await database.close()
    return found


async def test_a_restored_database_is_halted_and_the_old_one_kept(folder):
    database = await filled(folder)
    await backup()
    await noted(database, 2)
    await database.close()
    said = await restored()
    (aside,) = folder.glob("autotrade-sim.db.before-restore-*")
    assert stat.S_IMODE(aside.stat().st_mode) == 0o600
    with closing(sqlite3.connect(aside)) as old:
        ((count, last),) = old.execute(
            "SELECT count(*), (SELECT line_hash FROM journal WHERE seq = 5) FROM journal"
        )
    assert count == 5
    (line,), state = await lines_of(folder, "database")
    assert state == "HALTED"
    assert line.facts == {
        "source": kept(folder)[0].name,
        "replaced": f"5:{last}",
        "tickets": 0,
        "orders": 0,
    }
    assert str(aside) in "\n".join(said)
    names = {path.name for path in folder.iterdir()}
    assert names == {"autotrade-sim.db", aside.name, "backups", LOCK_FILE}
    assert stat.S_IMODE((folder / "autotrade-sim.db").stat().st_mode) == 0o600


async def test_nothing_changes_without_the_word_or_while_somebody_uses_it(folder):
    database = await filled(folder)
    await backup()
    await noted(database)
    with pytest.raises(ConfigurationError, match="in use by another process"):
        await restored()
    await database.close()
    with ProcessLock(folder / LOCK_FILE), pytest.raises(ConfigurationError, match="실행 중"):
        await restored()
    with pytest.raises(DataError, match="되살리지 않았습니다"):
        await restored("네")
    (lines, state) = await lines_of(folder, "s0")
    assert (len(lines), state) == (2, None)
    assert {path.name for path in folder.iterdir()} == {"autotrade-sim.db", "backups", LOCK_FILE}


async def test_a_copy_whose_halt_is_still_in_its_log_does_not_take_the_place(folder, monkeypatch):
    await (await filled(folder)).close()
    await backup()
    monkeypatch.setattr(
        restore_by_hand, "claim", lambda file: ".restoring-" not in file.name and claim(file)
    )
    with pytest.raises(StorageError, match="저장 장치"):
        await restored()
    assert {path.name for path in folder.iterdir()} == {"autotrade-sim.db", "backups", LOCK_FILE}
    assert await lines_of(folder, "database") == ((), None)


async def test_another_accounts_backup_is_refused(folder, monkeypatch, tmp_path):
    await (await filled(folder)).close()
    await backup()
    (file,) = kept(folder)
    (folder / "autotrade-sim.db").unlink()
    await (await filled(folder, account="a2")).close()
    with pytest.raises(DataError, match="다른 계좌"):
        await restored(file=file)
    for name in ("autotrade-sim.db", "autotrade-vts.db"):
        (folder / name).unlink(missing_ok=True)
    for name in ("KIS_VTS_APP_KEY", "KIS_VTS_APP_SECRET"):
        monkeypatch.setenv(name, "x")
    monkeypatch.setenv("KIS_VTS_ACCOUNT_NO", "50123456")
    monkeypatch.setenv("BROKER", "kis")
    with pytest.raises(DataError, match=r"백업은 sim/sim, 지금 설정은 kis/vts"):
        await restored(file=file)
    assert not (folder / "autotrade-vts.db").exists()


async def test_a_lost_database_is_replaced(folder):
    await (await filled(folder)).close()
    await backup()
    (folder / "autotrade-sim.db").unlink()
    assert "없습니다" in (await restored())[3]
    (line,), state = await lines_of(folder, "database")
    assert (line.facts["replaced"], state) == ("", "HALTED")


async def test_of_a_damaged_database_every_byte_is_kept(folder):
    await (await filled(folder)).close()
    await backup()
    place = folder / "autotrade-sim.db"
    log = place.with_name("autotrade-sim.db-wal")
    place.write_bytes(b"no database" * 999)
    log.write_bytes(b"all that is left")
    assert "손상" in (await restored())[3]
    (line,), _ = await lines_of(folder, "database")
    assert line.facts["replaced"] == ""
    (kept_log,) = folder.glob("autotrade-sim.db.before-restore-*-wal")
    assert kept_log.read_bytes() == b"all that is left"
    aside = kept_log.with_name(kept_log.name.removesuffix("-wal"))
    assert aside.read_bytes() == b"no database" * 999


async def test_a_database_damaged_further_in_is_replaced(folder):
    await (await filled(folder)).close()
    await backup()
    place = folder / "autotrade-sim.db"
    body = place.read_bytes()
    place.write_bytes(body[:100] + bytes(len(body) - 100))
    assert "손상" in (await restored())[3]
    (line,), _ = await lines_of(folder, "database")
    assert line.facts["replaced"] == ""


@pytest.mark.slow
def test_the_commands_end_as_the_page_says(folder, tmp_path):
    asyncio.run(_made(folder))

    def bot(*arguments, typed=""):
        return subprocess.run(
            [sys.executable, "-m", "bot", *arguments],
            cwd=tmp_path,
            env=child_environment(DATA_DIR=str(folder)),
            input=typed,
            capture_output=True,
            text=True,
            timeout=60,
            check=False,
        )

    assert bot("backup").stdout.startswith("백업했습니다: ")
    assert bot("verify").stdout.startswith("온전한 백업입니다: ")
    refused = bot("restore", typed="no\n")
    assert (refused.returncode, "되살리지 않았습니다" in refused.stderr) == (2, True)
    done = bot("restore", typed="복원\n")
    assert (done.returncode, "되살렸습니다." in done.stdout) == (0, True)
    assert bot("verify", "none").returncode == 2


async def _made(folder):
    await (await filled(folder)).close()
