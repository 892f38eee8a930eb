from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from storage.ledger import SqlLedger
from storage.opening import open_database
from tests.storage.conftest import address_of

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


@pytest.mark.slow
async def test_a_killed_writer_leaves_no_half_state(database_file):
    address = address_of(database_file)
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
