"""A newcomer's first minutes on the page, in a real browser, with the real bot behind it."""

from __future__ import annotations

import asyncio

from tests.sandbox.web.newcomer import BOT_ON, LIVES, LONG, OK, command, talk, there

QUANTITY = "document.querySelector('dialog [data-name=quantity]')"
STEPS = "[...document.querySelectorAll('#tour [data-done]')].map((it) => it.dataset.step)"


async def test_a_newcomer_sees_that_nothing_is_lost_or_doubled(demo, chromium):
    page = await chromium.tab(demo)
    await page.until(BOT_ON, LONG)
    await page.click("[data-switch=morning]")
    await page.until(there(OK), LONG)

    stranger = await chromium.tab(f"{demo}/?as=stranger", width=390, height=844)
    await stranger.click(OK)
    await stranger.until("document.body.innerText.includes('나만 볼 수 있는 메시지예요')")
    assert await page.run(f"!!{there(OK)}"), "a stranger's press counted"

    approver = await chromium.tab(f"{demo}/?as=approver")
    await approver.click(OK)
    await approver.until(f"!{there(OK)}")
    await page.until(f"!{there(OK)}")
    await page.until(f"{STEPS}.includes('step_basket')")
    await page.click("[data-switch=window]")
    await page.until(
        f"{LIVES}.length > 2 && {LIVES}.every((it) => it.dataset.state !== 'CREATED')", LONG
    )

    # A ticket of a talk lives ten minutes of the clock, which is not to run away from a slow machine.
    await page.click("[data-switch=rate-1]")
    await talk(page)
    await page.click(OK.replace("ok", "edit"))
    await page.until("document.querySelector('dialog').open")
    # As Discord does it, the form holds the terms of the ticket; what is typed takes their place.
    assert await page.run(f"{QUANTITY}.value") == "1"
    await page.run(f"{QUANTITY}.select()")
    await page.type("2")
    await page.click("dialog .plain")
    await page.until("document.querySelectorAll('#log .embed').length > 1 && " + there(OK), LONG)

    before = int(await page.run("document.querySelector('.sum').dataset.posts"))
    lives = int(await page.run(f"{LIVES}.length"))
    await page.click("[data-switch=kill]")
    await page.until("document.querySelector('#alive').dataset.state === 'bot_off'")
    await page.click("[data-switch=start]")
    await page.until(BOT_ON, LONG)
    again = approver
    thread = await page.run("document.querySelector('#channels [aria-current]').dataset.channel")
    await again.click(f'#channels [data-channel="{thread}"]')
    await again.until(there(OK))
    aims = [await tab.aim(OK) for tab in (page, again)]
    await asyncio.gather(page.strike(aims[0]), again.strike(aims[1]))
    await page.until(f"{LIVES}.length > {lives} && {LIVES}[0].dataset.state === 'FILLED'", LONG)
    posts, orders = await page.run(
        "(({posts, there}) => [Number(posts), Number(there)])(document.querySelector('.sum').dataset)"
    )
    assert (posts, orders) == (before + 1, before + 1)

    await command(page, "/halt")
    await page.until("document.body.innerText.includes('정지')")
    done = {"step_briefing", "step_basket", "step_window", "step_trade", "step_edit"}
    assert done <= set(await page.run(STEPS))
    assert page.errors == stranger.errors == again.errors == []
