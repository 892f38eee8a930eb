"""`python -m tests.sandbox.web.gallery docs/gallery` walks the page and takes its pictures anew."""

from __future__ import annotations

import argparse
import asyncio
import tempfile
from collections.abc import Sequence
from pathlib import Path

from tests.sandbox.web.browser import Browser, Tab, running
from tests.sandbox.web.newcomer import (
    BOT_ON,
    EDIT,
    LIVES,
    LONG,
    OK,
    command,
    running_demo,
    talk,
    there,
)

PHONE_WIDTH, PHONE_HEIGHT = 390, 844
_ENDED = f"{LIVES}.length && {LIVES}.every((it) => it.dataset.state === 'FILLED')"
_SETTLED_SECONDS = 1.5


async def _take(tab: Tab, folder: Path, name: str) -> None:
    """Take a picture once nothing moves any more."""
    await asyncio.sleep(_SETTLED_SECONDS)
    await tab.picture(folder / f"{name}.png")


async def _morning(browser: Browser, address: str, folder: Path) -> Tab:
    """The briefing and its basket, on a desktop and on phones, until all of it is filled."""
    page = await browser.tab(address)
    await page.until(BOT_ON, LONG)
    await _take(page, folder, "desktop-before-eight")
    await page.click("[data-switch=morning]")
    await page.until(there(OK), LONG)
    await _take(page, folder, "desktop-basket")
    for scheme in ("dark", "light"):
        phone = await browser.tab(address, width=PHONE_WIDTH, height=PHONE_HEIGHT, scheme=scheme)
        await phone.until(there(OK), LONG)
        await _take(phone, folder, f"phone-basket-{scheme}")
    english = await browser.tab(address, language="en-US", scheme="light")
    await english.until(there(OK), LONG)
    await _take(english, folder, "desktop-basket-english-light")
    await page.click(OK)
    await page.until(f"!{there(OK)}")
    await page.click("[data-switch=window]")
    await page.until(_ENDED, LONG)
    await _take(page, folder, "desktop-filled")
    return page


async def _conversation(page: Tab, phone: Tab, folder: Path) -> None:
    """A talk to a ticket, its form, its fill; then the bot is killed."""
    await page.click("[data-switch=rate-1]")
    await talk(page)
    thread = await page.run("document.querySelector('#channels [aria-current]').dataset.channel")
    await _take(page, folder, "desktop-thread")
    await phone.run(f"document.querySelector('#channels [data-channel=\"{thread}\"]').click()")
    await phone.until(there(OK), LONG)
    await _take(phone, folder, "phone-ticket")
    await phone.click(EDIT)
    await phone.until("document.querySelector('dialog').open")
    await _take(phone, folder, "phone-edit")
    await phone.press("Escape")
    lives = await phone.run(f"{LIVES}.length")
    await phone.click(OK)
    await phone.until(f"{LIVES}.length > {lives} && {_ENDED}", LONG)
    await _take(phone, folder, "phone-filled")
    await page.click("[data-switch=kill]")
    await page.until("document.querySelector('#alive').dataset.state === 'bot_off'")
    await _take(page, folder, "desktop-bot-killed")
    await page.click("[data-switch=start]")
    await page.until(BOT_ON, LONG)
    await command(page, "/halt")
    await page.until("document.body.innerText.includes('정지')")
    await _take(page, folder, "desktop-halt")


async def walk(folder: Path) -> None:
    """Take every picture of the gallery into `folder`."""
    with tempfile.TemporaryDirectory() as scratch:
        async with (
            running_demo(Path(scratch) / "out") as address,
            running(Path(scratch) / "profile") as browser,
        ):
            page = await _morning(browser, address, folder)
            phone = await browser.tab(address, width=PHONE_WIDTH, height=PHONE_HEIGHT)
            await _conversation(page, phone, folder)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox.web.gallery")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    asyncio.run(walk(folder))


if __name__ == "__main__":
    main()
