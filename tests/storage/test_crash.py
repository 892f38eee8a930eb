from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.postgresql import named
from tests.storage.conftest import address_of
from tests.storage.test_on_postgresql import server, template  # noqa: F401 - fixtures

ROOT = Path(__file__).resolve().parents[2]

# Writes one whole transaction, then stops inside a second one and waits to be killed.
WRITER = """
import asyncio, sys
from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.contracts.ledger_values import order, ticket

async def main():
    ledger = SqlLedger(await open_database(sys.argv[1], migrate=False))
    async with ledger.transaction() as tx:
        await tx.insert_ticket(ticket())
    async with ledger.transaction() as tx:
        await tx.insert_order(order())
        await tx.insert_ticket(ticket("ZZZZZZZZ"))
        print("inside", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def on_server(server, template) -> str:  # noqa: F811
    server.psql(f"CREATE DATABASE crashed TEMPLATE {template};")
    return named(server, "crashed")


@pytest.mark.slow
async def test_a_killed_writer_leaves_no_half_state(database_file):
    await killed_in_the_middle(address_of(database_file))


@pytest.mark.slow
async def test_a_killed_writer_leaves_no_half_state_on_a_server_and_nobody_waits_for_it(on_server):
    await killed_in_the_middle(on_server)


async def killed_in_the_middle(address: str) -> None:
    with subprocess.Popen(  # noqa: ASYNC220 - the test has nothing else to do meanwhile
        [sys.executable, "-c", WRITER, address], cwd=ROOT, stdout=subprocess.PIPE
    ) as writer:
        assert writer.stdout is not None
        said = await asyncio.to_thread(writer.stdout.readline)
        writer.kill()
    assert said == b"inside\n"
    database = await open_database(address, migrate=False)
    async with SqlLedger(database).transaction() as tx:
        assert await tx.ticket("4F9KQ2ZD") is not None
        assert await tx.ticket("ZZZZZZZZ") is None
        assert await tx.orders_of("4F9KQ2ZD") == ()
    await database.close()
