"""`make gallery`: walk the page with the real bot on it, and take its pictures anew."""

from __future__ import annotations

import argparse
import asyncio
import json
import tempfile
from collections.abc import Sequence
from datetime import date, datetime, time, timedelta
from pathlib import Path

from core.domain.calendar import TradingCalendar
from core.domain.krx import KST
from tests.sandbox.web.album import (
    DESKTOP_DARK,
    PHONE_DARK,
    PHONE_HEIGHT,
    PHONE_LIGHT,
    PHONE_WIDTH,
    Album,
    slim,
)
from tests.sandbox.web.browser import Browser, Tab, running
from tests.sandbox.web.gallery_drawings import draw_all
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

LEG = '[data-press^="t1:leg:"]:not(:disabled)'
ALERTS = "알림"
# The demo begins on 2 November 2026; a few of the month's days are enough for its letter.
SUNDAY, LETTER_DAY = date(2026, 11, 8), date(2026, 12, 1)
DAYS = (date(2026, 11, 10), date(2026, 11, 20), date(2026, 11, 30))
_ENDED = f"{LIVES}.length && {LIVES}.every((it) => it.dataset.state === 'FILLED')"
_SETTLED_SECONDS = 1.5
# A leg that was changed may be approved three seconds later.
_PAUSE_SECONDS = 4.0
_MAIN = "document.querySelector('#channels button').dataset.channel"


async def _take(tab: Tab, folder: Path, name: str) -> None:
    """Take a picture once nothing moves any more."""
    await asyncio.sleep(_SETTLED_SECONDS)
    path = folder / f"{name}.png"
    await tab.picture(path)
    await asyncio.to_thread(slim, path)


async def _post(page: Tab, path: str, body: str) -> str:
    """Return the id of the message that an act led to, an empty string where it led to none."""
    script = f"import('/static/net.js').then((it) => it.post('{path}', {body}))"
    return str(await page.run(f"{script}.then((it) => it?.message?.id ?? '')"))


async def _asked(page: Tab, name: str, locale: str = "ko", **options: object) -> str:
    """Use a command and return the id of its answer, once it is there."""
    given = json.dumps({"user": "owner", "name": name, "options": options, "locale": locale})
    message = await _post(page, "/act/slash", f"{{...{given}, channel: {_MAIN}}}")
    one = f"document.querySelector('article[data-id=\"{message}\"]')"
    await page.until(f"{one} && !{one}.innerText.includes('생각하는 중')", LONG)
    return message


async def _newest(page: Tab, title: str) -> str:
    """Return the id of the newest message with these words in its title, once there is one."""
    words = json.dumps(title)
    heads = "[...document.querySelectorAll('article')]"
    found = f"{heads}.filter((it) => it.querySelector('h1')?.innerText.includes({words})).pop()"
    return str(await page.until(f"{found}?.dataset.id", LONG))


async def _of(page: Tab, selector: str) -> str:
    """Return the id of the message that an element belongs to."""
    return str(
        await page.run(f"document.querySelector('{selector}').closest('article').dataset.id")
    )


async def _morning(browser: Browser, address: str, folder: Path) -> tuple[Tab, Album]:
    """The briefing and its basket, on a desktop and on phones, until all of it is filled."""
    page = await browser.tab(address)
    await page.until(BOT_ON, LONG)
    await _take(page, folder, "desktop-before-eight")
    await page.click("[data-switch=morning]")
    await page.until(there(OK), LONG)
    await _take(page, folder, "desktop-basket")
    # Whatever comes later takes a page that stands at its end with it.
    await _newest(page, "브리핑")
    for scheme in ("dark", "light"):
        phone = await browser.tab(
            address, width=PHONE_WIDTH, height=PHONE_HEIGHT, scheme=scheme, scale=2
        )
        await phone.until(there(OK), LONG)
        await phone.aim(OK)
        await _take(phone, folder, f"phone-basket-{scheme}")
    english = await browser.tab(address, language="en-US", scheme="light")
    await english.until(there(OK), LONG)
    await english.aim(OK)
    await _take(english, folder, "desktop-basket-english-light")
    album = await Album.opened(browser, address, folder)
    await album.take("briefing", await _newest(page, "브리핑"), PHONE_DARK)
    basket = await _of(page, OK)
    await album.take("basket", basket, PHONE_LIGHT)
    await _toggled(page, album, basket)
    await page.click(OK)
    await page.until(f"!{there(OK)}")
    await page.click("[data-switch=window]")
    await page.until(_ENDED, LONG)
    await _take(page, folder, "desktop-filled")
    await album.take("basket-filled", basket, PHONE_DARK)
    return page, album


async def _toggled(page: Tab, album: Album, basket: str) -> None:
    """Take one leg out of the basket, look, and put it back."""
    one = f"document.querySelector('article[data-id=\"{basket}\"]')"
    for turn in (1, 2):
        before = await page.run(f"{one}.innerText")
        await page.click(LEG)
        await page.until(f"{one}.innerText !== {json.dumps(before)}", LONG)
        await asyncio.sleep(_PAUSE_SECONDS)
        if turn == 1:
            await album.take("basket-leg-out", basket, PHONE_DARK)


async def _answers(page: Tab, album: Album) -> None:
    """What the commands of every day say."""
    both = (PHONE_DARK, PHONE_LIGHT)
    await album.take("portfolio", await _asked(page, "portfolio"), *both, DESKTOP_DARK)
    english = await _asked(page, "portfolio", "en-US")
    await album.take("portfolio-english", english, PHONE_LIGHT)
    await album.take("orders", await _asked(page, "orders"), *both)
    chart = await _asked(page, "chart", symbol="069500", span="4m")
    await album.take("chart", chart, *both)
    await album.take("status", await _asked(page, "status"), *both)
    await album.take("status-english", await _asked(page, "status", "en-US"), PHONE_DARK)
    await _helped(page, album)
    await album.take("doctor", await _asked(page, "system doctor"), PHONE_DARK)


async def _helped(page: Tab, album: Album) -> None:
    """The topics, the commands of one, and one command in full, all in the same message."""
    shown = await _asked(page, "help")
    await album.take("help", shown, PHONE_DARK)
    one = f"document.querySelector('article[data-id=\"{shown}\"]')"
    for control, value, words, name in (
        ("h1:topic", "market", "/시장 시세", "help-topic"),
        ("h1:command:market", "market quote", "등록된 누구나", "help-command"),
    ):
        chosen = {"user": "owner", "message_id": shown, "custom_id": control, "values": [value]}
        await _post(page, "/act/select", json.dumps(chosen | {"locale": "ko"}))
        await page.until(f"{one}.innerText.includes({json.dumps(words)})", LONG)
        await album.take(name, shown, PHONE_LIGHT)
    await album.take("help-english", await _asked(page, "help", "en-US"), PHONE_LIGHT)


async def _conversation(page: Tab, phone: Tab, album: Album) -> None:
    """A talk to a ticket, its form, its fill; then the bot is killed."""
    folder = album.folder
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
    ticket = await _of(phone, OK)
    await phone.click(OK)
    await phone.until(f"{LIVES}.length > {lives} && {_ENDED}", LONG)
    await _take(phone, folder, "phone-filled")
    await album.go(str(thread))
    await album.take("ticket-filled", ticket, PHONE_LIGHT)
    await page.click("[data-switch=kill]")
    await page.until("document.querySelector('#alive').dataset.state === 'bot_off'")
    await _take(page, folder, "desktop-bot-killed")
    await page.click("[data-switch=start]")
    await page.until(BOT_ON, LONG)
    await command(page, "/halt")
    await page.until("document.body.innerText.includes('정지')")
    await _take(page, folder, "desktop-halt")


async def _alarm(page: Tab, album: Album) -> None:
    """A rule that comes true at once, and what it says in the channel of alerts."""
    await _go(page, str(await page.run(_MAIN)))
    await _asked(page, "market alerts add", kind="price_above", value=25_000, symbol="069500")
    alerts = await page.run(
        "[...document.querySelectorAll('#channels button')]"
        f".find((it) => it.textContent.includes('{ALERTS}')).dataset.channel"
    )
    await _go(page, str(alerts))
    await album.go(str(alerts))
    await album.take("watch-alert", await _newest(page, "25,000원 이상"), PHONE_DARK, PHONE_LIGHT)
    main = str(await page.run(_MAIN))
    await _go(page, main)
    await album.go(main)


async def _go(page: Tab, channel: str) -> None:
    await page.run(f"document.querySelector('#channels [data-channel=\"{channel}\"]').click()")
    await page.until(
        f"document.querySelector('#channels [aria-current]').dataset.channel === '{channel}'"
    )


async def _jump(page: Tab, to: datetime, rate: int) -> None:
    body = json.dumps({"jump": to.isoformat(), "rate": rate})
    await page.run(f"import('/static/net.js').then((it) => it.post('/stage/clock', {body}))")


async def _month(page: Tab, album: Album) -> None:
    """Some days until the month is over: a closing report, a week looked back on, and the letter."""
    calendar = TradingCalendar()
    await page.click("[data-switch=report]")
    closing = await _newest(page, "마감")
    await album.take("closing", closing, PHONE_DARK)
    await _jump(page, datetime.combine(SUNDAY, time(17, 59, 58), tzinfo=KST), 1)
    week = await _newest(page, "돌아보기")
    await album.take("reflection", week, PHONE_DARK)
    for day in DAYS:
        await _jump(page, datetime.combine(day, time(7, 59, 55), tzinfo=KST), 20)
        await _newest(page, f"브리핑 {day}")
        hours = calendar.hours(day)
        assert hours is not None
        await _jump(page, hours.closes + timedelta(minutes=14, seconds=55), 20)
        await _newest(page, f"마감 보고 {day}")
    pnl = await _asked(page, "report pnl", period="month")
    await album.take("pnl", pnl, PHONE_DARK, PHONE_LIGHT)
    await _jump(page, datetime.combine(LETTER_DAY, time(17, 39, 58), tzinfo=KST), 1)
    letter = await _newest(page, "편지")
    await album.take("letter", letter, PHONE_DARK, PHONE_LIGHT)
    english = await _asked(page, "report letter", "en-US", month="2026-11")
    await album.take("letter-english", english, PHONE_LIGHT)


async def walk(folder: Path) -> None:
    """Take every picture of the gallery into `folder`."""
    # /system doctor shows the folder as its owner would write it.
    with tempfile.TemporaryDirectory() as scratch:
        home = Path(scratch)
        async with (
            running_demo(home / "autotrade-etf", home) as address,
            running(home / "profile") as browser,
        ):
            page, album = await _morning(browser, address, folder)
            await _answers(page, album)
            await _alarm(page, album)
            phone = await browser.tab(address, width=PHONE_WIDTH, height=PHONE_HEIGHT, scale=2)
            await _conversation(page, phone, album)
            await album.go(str(await page.run(_MAIN)))
            await _go(page, str(await page.run(_MAIN)))
            await _month(page, album)


def main(arguments: Sequence[str] | None = None) -> None:
    """Run from the command line."""
    parser = argparse.ArgumentParser(prog="python -m tests.sandbox.web.gallery")
    parser.add_argument("folder", type=Path)
    folder: Path = parser.parse_args(arguments).folder
    folder.mkdir(parents=True, exist_ok=True)
    draw_all(folder)
    asyncio.run(walk(folder))


if __name__ == "__main__":
    main()
