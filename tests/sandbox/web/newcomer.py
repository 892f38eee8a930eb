"""`make demo` as a newcomer starts it, and the steps a newcomer takes on its page."""

from __future__ import annotations

import asyncio
import os
import re
import signal
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from tests.sandbox.web.browser import Tab

READY_SECONDS = 120.0
LONG = 150.0
OK, EDIT = '[data-press^="t1:ok:"]:not(:disabled)', '[data-press^="t1:edit:"]:not(:disabled)'
BOT_ON = "document.querySelector('#alive').dataset.state === 'bot_on'"
LIVES = "[...document.querySelectorAll('.life')]"
HELD = (
    "[...document.querySelectorAll('.quotes tr')].find((it) => /주/.test(it.cells[1]?.textContent))"
)
_URL = re.compile(r"http://127\.0\.0\.1:\d+")


@asynccontextmanager
async def running_demo(folder: Path, home: Path | None = None) -> AsyncIterator[str]:
    """Start the demo and yield its page's address once it is told; end it as Ctrl-C does.

    `home` is whose demo it is, where that shows.
    """
    own = {} if home is None else {"HOME": str(home)}
    process = await asyncio.create_subprocess_exec(
        *(sys.executable, "-m", "sandbox", "demo"),
        *("--port", "0", "--out", str(folder)),
        stdin=asyncio.subprocess.DEVNULL,
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.STDOUT,
        env=os.environ | {"COLUMNS": "200"} | own,
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


def there(selector: str) -> str:
    """Return the script for the element, null where there is none."""
    return f"document.querySelector('{selector}')"


async def command(page: Tab, text: str) -> None:
    """Type a command and choose it by keyboard."""
    await page.run("document.querySelector('#input').focus()")
    await page.type(text)
    await page.until("!document.querySelector('#choices').hidden")
    await page.press("Enter")


async def talk(page: Tab) -> None:
    """Use /trade: the command by keyboard, its modal, and the way into the thread."""
    await command(page, "/trade")
    await page.press("Enter")
    await page.until("document.querySelector('dialog').open")
    await page.run("document.querySelector('dialog [data-name]').focus()")
    name = await page.until(f"{HELD}?.cells[0].textContent")
    await page.type(f"{name} 1주 팔아줘")
    await page.click("dialog .plain")
    await page.click("#channels .thread button")
    await page.until(there(OK), LONG)
