from __future__ import annotations

import asyncio
import os
import re
import signal
import sys

import pytest

from tests.sandbox.web import browser

READY_SECONDS = 120.0
_URL = re.compile(r"http://127\.0\.0\.1:\d+")


@pytest.fixture
async def demo(tmp_path):
    """`make demo` as a newcomer starts it: the page's address, once it is told."""
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "demo"),
        *("--port", "0", "--out", str(tmp_path / "out")),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"COLUMNS": "200"},
    )
    assert process.stdout is not None
    output = process.stdout
    draining = None
    try:
        async with asyncio.timeout(READY_SECONDS):
            while not (found := _URL.search((await output.readline()).decode())):
                assert process.returncode is None
        draining = asyncio.create_task(output.read())
        yield found[0]
        process.send_signal(signal.SIGINT)
        assert await asyncio.wait_for(process.wait(), 60) == 0
    finally:
        if process.returncode is None:
            process.kill()
            await process.wait()
        if draining is not None:
            await draining


@pytest.fixture
async def chromium(tmp_path):
    if browser.found() is None:
        pytest.skip("no Chromium is installed (Debian: apt install chromium)")
    async with browser.running(tmp_path / "profile") as running:
        yield running
