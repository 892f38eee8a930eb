"""One bot per database of a real PostgreSQL; how it ends does not matter."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from pathlib import Path

import pytest

from core.errors import ConfigurationError, StorageError
from storage.server_lock import server_lock
from tests.postgresql import named
from tests.storage.test_on_postgresql import server  # noqa: F401 - a fixture

ROOT = Path(__file__).resolve().parents[2]
HOLDER = """
import asyncio, sys
from storage.server_lock import server_lock

async def main():
    async with server_lock(sys.argv[1]):
        print("held", flush=True)
        await asyncio.Event().wait()

asyncio.run(main())
"""


@pytest.fixture
def address(server) -> str:  # noqa: F811
    return named(server, "postgres")


@pytest.mark.slow
async def test_a_second_holder_is_refused_until_the_first_one_lets_go(address):
    async with server_lock(address):
        with pytest.raises(ConfigurationError, match="another bot works with this database"):
            async with server_lock(address):
                pass
    async with server_lock(address):
        pass


@pytest.mark.slow
async def test_a_killed_holder_holds_nothing(address):
    with subprocess.Popen(  # noqa: ASYNC220 - the test has nothing else to do meanwhile
        [sys.executable, "-c", HOLDER, address], cwd=ROOT, stdout=subprocess.PIPE
    ) as holder:
        assert holder.stdout is not None
        said = await asyncio.to_thread(holder.stdout.readline)
        try:
            with pytest.raises(ConfigurationError):
                async with server_lock(address):
                    pass
        finally:
            holder.kill()
    assert said == b"held\n"
    async with asyncio.timeout(30):
        while not await can_be_held(address):  # noqa: ASYNC110 - no event tells it
            await asyncio.sleep(0.1)


async def can_be_held(address: str) -> bool:
    try:
        async with server_lock(address):
            return True
    except ConfigurationError:
        return False


async def test_a_file_has_the_lock_of_its_folder_alone(tmp_path):
    address = f"sqlite:///{tmp_path / 'x.db'}"
    async with server_lock(address), server_lock(address):
        assert not (tmp_path / "x.db").exists()


async def test_a_server_that_does_not_answer_is_one_sentence(tmp_path):
    with pytest.raises(StorageError, match="taking the lock of the database failed"):
        async with server_lock(f"postgresql://someone@/nothing?host={tmp_path}"):
            pass
