from __future__ import annotations

import asyncio
import re
import subprocess
from datetime import timedelta
from pathlib import Path

import pytest
from sqlalchemy import insert, text
from sqlalchemy.exc import DBAPIError
from sqlalchemy.ext.asyncio import create_async_engine

from ops.dashboards.account import DRAWDOWN
from ops.dashboards.grafana import DASHBOARDS
from ops.dashboards.panels import Sql
from storage.engine import database_url
from storage.migrations.runner import upgrade_here
from tests.ops.simulated_year import DAYS, FIRST, rows
from tests.postgresql import named, postgresql

ROOT = Path(__file__).parents[2]
READER = ROOT / "ops" / "postgres" / "reader.sh"
OPERATIONS = ROOT / "docs" / "operations.md"
QUERIES = [
    pytest.param(query, id=f"{dashboard.uid} {panel.title}")
    for dashboard in DASHBOARDS
    for panel in dashboard.panels
    for query in panel.queries
    if isinstance(query, Sql)
]
TIME_FILTER = re.compile(r"\$__timeFilter\(((?:[^()]|\((?:[^()]|\([^()]*\))*\))*)\)")


def as_grafana_sends(query: Sql) -> str:
    """Replace the one macro that we use by what Grafana's documentation says it becomes."""
    first, last = FIRST - timedelta(days=1), FIRST + timedelta(days=DAYS + 1)
    filled = TIME_FILTER.sub(rf"\1 BETWEEN '{first}T00:00:00Z' AND '{last}T00:00:00Z'", query.text)
    assert "$" not in filled
    return filled.replace(":", r"\:")


@pytest.fixture(scope="module")
def address(tmp_path_factory):
    with postgresql(tmp_path_factory.mktemp("pg")) as server:
        server.psql("CREATE DATABASE year;")
        upgrade_here(named(server, "year"))
        asyncio.run(fill(named(server, "year")))
        yield named(server, "year")


async def fill(address: str) -> None:
    engine = create_async_engine(database_url(address))
    async with engine.begin() as connection:
        # Only here: rows without their parents, so that each table can be filled by itself.
        await connection.execute(text("SET session_replication_role = replica"))
        for table, lines in rows():
            await connection.execute(insert(table), lines)
    await engine.dispose()


@pytest.fixture
async def year(address):
    engine = create_async_engine(database_url(address))
    yield engine
    await engine.dispose()


@pytest.mark.parametrize("query", QUERIES)
async def test_each_query_of_each_panel_runs_and_shows_something(year, query):
    async with year.connect() as connection:
        result = await connection.execute(text(as_grafana_sends(query)))
        names, found = list(result.keys()), result.all()

    assert found
    assert len(set(names)) == len(names)
    if query.is_series:
        assert names[0] == "time"
        times = [row[0] for row in found]
        assert times == sorted(times)
        assert all(time.tzinfo is not None for time in times)
        assert all(
            isinstance(value, int | float) or value is not None for row in found for value in row
        )


async def test_the_drawdown_is_zero_at_a_peak_and_never_above(year):
    drawdown = DRAWDOWN.queries[0]
    assert isinstance(drawdown, Sql)
    async with year.connect() as connection:
        values = [
            float(row[1]) for row in await connection.execute(text(as_grafana_sends(drawdown)))
        ]

    assert max(values) == 0.0
    assert min(values) < -5.0


async def test_the_reader_of_grafana_reads_and_can_do_nothing_else(address, tmp_path):
    engine = create_async_engine(database_url(address))
    (tmp_path / "password").write_text("of-a-test", encoding="ascii")
    script = READER.read_text(encoding="utf-8").split("<<'SQL'\n", 1)[1].removesuffix("SQL\n")
    async with engine.begin() as connection:
        for statement in script.replace(":'password'", "'of-a-test'").split(";\n"):
            if statement.strip():
                await connection.execute(text(statement))
        await connection.execute(text("CREATE TABLE seen_by_reader (x int)"))
        await connection.execute(text("CREATE TABLE of_a_test AS SELECT 1 AS x"))
    reader = create_async_engine(
        database_url(address).set(username="grafana_reader", password="of-a-test")
    )
    try:
        async with reader.connect() as connection:
            assert (await connection.execute(text("SELECT x FROM of_a_test"))).scalar() == 1
        for forbidden in (
            "INSERT INTO of_a_test VALUES (2)",
            "DROP TABLE of_a_test",
            "CREATE TABLE y (x int)",
        ):
            async with reader.connect() as connection:
                with pytest.raises(DBAPIError, match=r"permission denied|read-only|must be owner"):
                    await connection.execute(text(forbidden))
    finally:
        await reader.dispose()
        await engine.dispose()


def test_the_script_of_the_reader_is_a_script():
    assert subprocess.run(["sh", "-n", READER], check=False).returncode == 0


async def run_one_by_one(address: str, statements: list[str]) -> None:
    engine = create_async_engine(database_url(address), isolation_level="AUTOCOMMIT")
    async with engine.connect() as connection:
        for statement in statements:
            await connection.execute(text(statement))
    await engine.dispose()


def written(database: str) -> list[str]:
    """Return the statements that docs/operations.md gives to psql in `database`."""
    lines = OPERATIONS.read_text("utf-8").splitlines()
    (line,) = (one for one in lines if f"psql -U autotrade -d {database} -c" in one)
    return re.findall(r"-c '([^']+)'", line)


async def test_grafana_reads_what_a_restore_fills_under_the_name_it_knows(tmp_path):
    with postgresql(tmp_path / "pg") as server:
        server.psql("CREATE DATABASE autotrade;")
        server.psql("CREATE ROLE grafana_reader LOGIN PASSWORD 'of-a-test';")
        await run_one_by_one(named(server, "postgres"), written("postgres"))
        await run_one_by_one(named(server, "autotrade"), written("autotrade"))
        await asyncio.to_thread(upgrade_here, named(server, "autotrade"))
        url = database_url(named(server, "autotrade"))
        reader = create_async_engine(url.set(username="grafana_reader", password="of-a-test"))
        async with reader.connect() as connection:
            assert (await connection.execute(text("SELECT count(*) FROM orders"))).scalar() == 0
        await reader.dispose()
        assert "autotrade_before" in server.psql("SELECT datname FROM pg_database;")
