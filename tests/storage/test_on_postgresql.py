from __future__ import annotations

import asyncio
from itertools import count

import pytest
from sqlalchemy import text

from core.errors import ConfigurationError, StorageError
from storage.engine import Database, database_url
from storage.ledger import SqlLedger
from storage.migrations.runner import upgrade_here
from storage.opening import open_database
from storage.pool import build_engine
from tests.contracts.archive_contract import ArchiveContract
from tests.contracts.gauges_contract import GaugesContract
from tests.contracts.ledger_books_contract import adjustment
from tests.contracts.ledger_contract import LedgerContract
from tests.contracts.model_calls_contract import ModelCallsContract
from tests.contracts.news_facts_contract import NewsFactsContract
from tests.contracts.outcomes_contract import OutcomesContract
from tests.contracts.plan_contract import PlanContract
from tests.contracts.prompts_contract import PromptsContract
from tests.contracts.weeks_contract import WeeksContract
from tests.postgresql import named, postgresql
from tests.storage.first_revision import check_first_revision_data, fill_first_revision

NUMBERS = count(1)


@pytest.fixture(scope="module")
def server(tmp_path_factory):
    with postgresql(tmp_path_factory.mktemp("pg")) as started:
        yield started


@pytest.fixture(scope="module")
def template(server):
    server.psql("CREATE DATABASE migrated;")
    upgrade_here(named(server, "migrated"))
    return "migrated"


@pytest.fixture
async def database(server, template):
    name = f"test{next(NUMBERS)}"
    await asyncio.to_thread(server.psql, f"CREATE DATABASE {name} TEMPLATE {template};")
    opened = await open_database(named(server, name))
    yield opened
    await opened.close()


@pytest.fixture
def ledger(database):
    return SqlLedger(database)


class TestLedgerOnPostgresql(LedgerContract):
    async def test_the_journal_refuses_changes(self, ledger, database):
        for change in (
            "UPDATE journal SET line = 'x'",
            "DELETE FROM journal",
            "TRUNCATE journal",
            "INSERT INTO journal VALUES (7, '', '', '', '', '', '', '')",
        ):
            with pytest.raises(StorageError, match="the journal is"):
                async with database.transaction() as sql:
                    await sql.run(text(change))

    async def test_adjustments_are_append_only(self, ledger, database):
        async with ledger.transaction() as tx:
            await tx.adjust(adjustment())
        for change in (
            "UPDATE adjustments SET shares = 9",
            "DELETE FROM adjustments",
            "TRUNCATE adjustments",
        ):
            with pytest.raises(StorageError, match="append-only"):
                async with database.transaction() as sql:
                    await sql.run(text(change))

    async def test_processes_take_turns(self, ledger, database, server):
        other = await open_database(database.url.render_as_string(hide_password=False))
        try:

            async def count_up(on: Database) -> None:
                async with SqlLedger(on).transaction() as tx:
                    seen = int(await tx.setting("n") or "0")
                    await tx.put_setting("n", str(seen + 1))

            await asyncio.gather(*(count_up(on) for on in (database, other) * 10))
        finally:
            await other.close()
        async with ledger.transaction() as tx:
            assert await tx.setting("n") == "20"


class TestModelCallsOnPostgresql(ModelCallsContract):
    pass


class TestOutcomesOnPostgresql(OutcomesContract):
    pass


class TestNewsFactsOnPostgresql(NewsFactsContract):
    pass


class TestPlansOnPostgresql(PlanContract):
    pass


class TestPromptsOnPostgresql(PromptsContract):
    pass


class TestWeeksOnPostgresql(WeeksContract):
    pass


class TestGaugesOnPostgresql(GaugesContract):
    pass


class TestArchiveOnPostgresql(ArchiveContract):
    async def test_a_session_reads_as_a_log(self, database):
        async with database.reading() as sql:
            assert await sql.rows(text("SELECT * FROM session_logs")) == []


async def test_a_database_of_the_first_revision_keeps_its_data(server):
    server.psql("CREATE DATABASE older;")
    address = named(server, "older")
    engine = build_engine(database_url(address))
    async with engine.begin() as connection:
        await connection.run_sync(fill_first_revision)
    await engine.dispose()
    database = await open_database(address)
    try:
        await check_first_revision_data(database)
    finally:
        await database.close()


async def test_foreign_tables_are_left_alone(server):
    server.psql("CREATE TABLE IF NOT EXISTS dual (x int);")
    with pytest.raises(ConfigurationError, match="another program"):
        await open_database(named(server, "postgres"))


async def test_a_missing_server_is_one_sentence(tmp_path):
    with pytest.raises(StorageError, match="opening the database failed"):
        await open_database(f"postgresql://someone@/nothing?host={tmp_path}")
