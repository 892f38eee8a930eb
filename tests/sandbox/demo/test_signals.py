"""The demo as a process: whatever ends it, no bot is left behind."""

import asyncio
import os
import signal
import sys
from pathlib import Path

import pytest

from sandbox.demo.place import DATA_FOLDER

ROOT = Path(__file__).parents[3]
pytestmark = [
    pytest.mark.slow,
    pytest.mark.untraced,
    pytest.mark.skipif(not sys.platform.startswith("linux"), reason="reads /proc to find the bot"),
]


async def started(folder):
    return await asyncio.create_subprocess_exec(
        sys.executable,
        *("-m", "sandbox", "demo", "--once", "--out", str(folder)),
        cwd=ROOT,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        start_new_session=True,
    )


def bots(folder):
    """Return the processes whose working folder is the demo's."""
    found = []
    for entry in Path("/proc").iterdir():
        try:
            if entry.name.isdigit() and (entry / "cwd").readlink() == folder / DATA_FOLDER:
                found.append(int(entry.name))
        except OSError:
            continue
    return found


async def until(look):
    while not (found := look()):  # noqa: ASYNC110 - another process: nobody tells us
        await asyncio.sleep(0.05)
    return found


@pytest.mark.parametrize(
    ("number", "code"), [(signal.SIGTERM, 143), (signal.SIGINT, 130), (signal.SIGKILL, -9)]
)
async def test_no_bot_outlives_the_demo(tmp_path, number, code):
    demo = await started(tmp_path)
    try:
        async with asyncio.timeout(60):
            await until(lambda: (tmp_path / DATA_FOLDER / "bot.log").exists() and bots(tmp_path))
            demo.send_signal(number)
            said, _ = await demo.communicate()
            await until(lambda: not bots(tmp_path))
    finally:
        for left in bots(tmp_path):
            os.kill(left, signal.SIGKILL)
    assert demo.returncode == code
    assert b"Traceback" not in said
    if code > 0:
        assert "중단" in said.decode()
