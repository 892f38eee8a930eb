"""The page without a mouse, and for who hears it: a real browser, the real bot behind it."""

from __future__ import annotations

import json

import pytest

BOT_ON = "document.querySelector('#alive')?.dataset.state === 'bot_on'"
OPEN = "document.querySelector('dialog')?.open"
FOCUS = "document.activeElement"
OK, EDIT = '[data-press^="t1:ok:"]:not(:disabled)', '[data-press^="t1:edit:"]:not(:disabled)'
LONG = 150.0
TABS_MAX = 400
# Every element that can be pressed or filled in has a name that is more than a mark.
NAMELESS = """
[...document.querySelectorAll('button, select, input, textarea, a[href], [role=option]')]
  .filter((it) => it.checkVisibility() && !it.hidden)
  .filter((it) => !/[\\p{L}\\p{N}]/u.test(it.getAttribute('aria-label') ?? it.labels?.[0]?.textContent
    ?? [...it.childNodes].map((one) => one.alt ?? one.textContent).join('')))
  .map((it) => it.outerHTML)
"""
# Text whose contrast with what lies behind it is below 4.5 : 1 (3 : 1 when large), as WCAG 2 counts.
FAINT = """
(() => {
  const paint = document.createElement('canvas').getContext('2d', {willReadFrequently: true});
  const rgba = (css) => { paint.clearRect(0, 0, 1, 1); paint.fillStyle = css; paint.fillRect(0, 0, 1, 1);
    return [...paint.getImageData(0, 0, 1, 1).data]; };
  const behind = (it) => { for (; it; it = it.parentElement) {
    const colour = rgba(getComputedStyle(it).backgroundColor); if (colour[3] > 250) return colour; }
    return rgba('Canvas'); };
  const light = (colour) => { const [r, g, b] = colour.map((one) => { one /= 255;
    return one <= .04045 ? one / 12.92 : ((one + .055) / 1.055) ** 2.4; });
    return .2126 * r + .7152 * g + .0722 * b; };
  const wrong = [];
  for (const it of document.querySelectorAll('body *')) {
    const text = [...it.childNodes].filter((one) => one.nodeType === 3).map((one) => one.data.trim()).join('');
    if (!text || !it.checkVisibility({visibilityProperty: true}) || it.closest(':disabled, .off, script')) continue;
    const style = getComputedStyle(it), size = parseFloat(style.fontSize);
    const pair = [light(rgba(style.color)), light(behind(it))].sort((one, other) => other - one);
    const ratio = (pair[0] + .05) / (pair[1] + .05);
    const least = size >= 24 || (size >= 18.66 && style.fontWeight >= 700) ? 3 : 4.5;
    if (ratio < least) wrong.push(`${ratio.toFixed(2)} ${it.className} ${text.slice(0, 40)}`);
  }
  return wrong;
})()
"""


async def tab_to(page, test: str) -> None:
    """Press Tab until what has the focus passes the test (`it` is that element)."""
    for _ in range(TABS_MAX):
        if await page.run(f"((it) => !!({test}))({FOCUS})"):
            return
        await page.press("Tab")
    raise AssertionError(f"Tab never reached {test}")


async def press(page, selector: str) -> None:
    """Reach an element by Tab, and press Enter on it."""
    await tab_to(page, f"it.matches({json.dumps(selector)})")
    await page.press("Enter")


async def test_the_whole_way_goes_by_keyboard(demo, chromium):
    page = await chromium.tab(demo)
    await page.until(BOT_ON, LONG)
    await press(page, "[data-switch=morning]")
    await page.until("document.querySelector('#spoken').textContent.length > 10", LONG)
    await page.until(f"document.querySelector('{OK}')", LONG)
    assert await page.run(NAMELESS) == []
    await press(page, OK)
    await page.until(f"!document.querySelector('{OK}')", LONG)
    assert await page.run(f"!!{FOCUS}.closest('#messages, #composer')"), "the focus was lost"
    await press(page, "[data-switch=window]")
    await page.until("document.querySelectorAll('.quotes tr').length > 3", LONG)
    held = "[...document.querySelectorAll('.quotes tr')].find((it) => /주/.test(it.cells[1]?.textContent))"
    name = await page.until(f"{held}?.cells[0].textContent", LONG)
    await press(page, "[data-switch=rate-1]")

    await talk(page, name)
    await change(page)
    await press(page, OK)
    lives = "[...document.querySelectorAll('.life')]"
    await page.until(f"{lives}[0].dataset.state === 'FILLED'", LONG)
    assert "2주" in await page.run(f"{lives}[0].querySelector('h3').textContent")
    await halt(page)
    for scheme in ("dark", "light"):
        features = [{"name": "prefers-color-scheme", "value": scheme}]
        await page.call("Emulation.setEmulatedMedia", features=features)
        assert await page.run(FAINT) == [], scheme
    assert page.errors == []


async def talk(page, name):
    """Open /trade, leave its form by Escape, open it again, and ask to sell a share."""
    await tab_to(page, "it.id === 'input'")
    await page.type("/trade")
    await page.until("!document.querySelector('#choices').hidden")
    first = await page.run(f"{FOCUS}.getAttribute('aria-activedescendant')")
    await page.press("ArrowDown")
    await page.press("ArrowUp")
    assert await page.run(f"{FOCUS}.getAttribute('aria-activedescendant')") == first
    await page.press("Enter")
    await page.press("Enter")
    await page.until(OPEN)
    await the_focus_stays_inside(page)
    await page.press("Escape")
    await page.until(f"!{OPEN}")
    assert await page.run(f"{FOCUS}.id") == "input"

    await page.type("/trade")
    await page.until("!document.querySelector('#choices').hidden")
    await page.press("Enter")
    await page.press("Enter")
    await page.until(OPEN)
    await tab_to(page, "it.matches('dialog [data-name]')")
    await page.type(f"{name} 1주 팔아줘")
    await press(page, "dialog .plain")
    await page.until("document.querySelector('#channels .thread button')", LONG)
    await press(page, "#channels .thread button")
    await page.until(f"document.querySelector('{EDIT}')", LONG)


async def change(page):
    """Look into the form of ✏️, which holds the present terms; leave it; then ask for two."""
    await press(page, EDIT)
    await page.until(OPEN)
    terms = "[...document.querySelectorAll('dialog [data-name]')].map((it) => it.value)"
    leg, quantity, price = await page.run(terms)
    assert (leg, quantity) == ("1", "1")
    assert int(price) > 1_000
    assert await page.run(NAMELESS) == []
    await page.press("Escape")
    await page.until(f"!{OPEN}")
    assert await page.run(f"{FOCUS}.matches('{EDIT}')"), "the focus did not come back"
    before = await page.run(f"document.querySelector('{EDIT}').dataset.press")
    await page.press("Enter")
    await page.until(OPEN)
    await tab_to(page, "it.dataset.name === 'quantity'")
    assert await page.run(f"{FOCUS}.value") == "1"
    await page.press("End")
    await page.press("Backspace")
    await page.type("2")
    await page.press("Enter")
    await page.until(f"!{OPEN}", LONG)
    newest = f"document.querySelector('{EDIT}')?.dataset.press"
    await page.until(f"{newest} && {newest} !== {json.dumps(before)}", LONG)


async def halt(page):
    """Use /halt and confirm it; the page hears that nothing goes out any more."""
    await tab_to(page, "it.id === 'input'")
    await page.type("/halt")
    await page.until("!document.querySelector('#choices').hidden")
    await page.press("Enter")
    confirm = '[data-press="h1:HALTED"]:not(:disabled)'
    await page.until(f"document.querySelector('{confirm}')")
    await press(page, confirm)
    stopped = "매매 정지 상태입니다"
    await page.until(f"document.querySelector('#messages').innerText.includes('{stopped}')")
    await page.until("document.querySelector('[data-step=step_halt][data-done]')")


async def the_focus_stays_inside(page):
    for shift in (False, True):
        for _ in range(8):
            await page.press("Tab", shift=shift)
            assert await page.run(f"{FOCUS} === document.body || !!{FOCUS}.closest('dialog')")


async def test_a_form_outlives_a_bot_that_dies_under_it(demo, chromium):
    page = await chromium.tab(demo)
    await page.until(BOT_ON, LONG)
    await page.run("document.querySelector('#input').focus()")
    await page.type("/trade")
    await page.until("!document.querySelector('#choices').hidden")
    await page.press("Enter")
    await page.press("Enter")
    await page.until(OPEN)
    await page.type("삼성전자 살까?")
    await page.run(
        "fetch('/stage/kill', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'})"
    )
    await page.until("document.querySelector('#alive').dataset.state === 'bot_off'")
    await page.click("dialog .plain")
    await page.until("!document.querySelector('dialog .refused')?.hidden")
    assert await page.run("document.querySelector('dialog [data-name]').value") == "삼성전자 살까?"
    await page.run(
        "fetch('/stage/start', {method: 'POST', headers: {'Content-Type': 'application/json'}, body: '{}'})"
    )
    await page.until(BOT_ON, LONG)
    await page.click("dialog .plain")
    await page.until(f"!{OPEN}", LONG)
    await page.until("document.querySelector('#channels .thread button')", LONG)
    await page.click("#channels .thread button")
    await page.call("Page.reload")
    await page.until(BOT_ON, LONG)
    assert not await page.run(OPEN)
    assert page.errors == []


@pytest.mark.parametrize(("language", "word"), [("ko-KR", "건너뛰기"), ("en-US", "Skip")])
@pytest.mark.parametrize("width", [390, 1280])
async def test_the_first_minute_is_told_and_can_be_skipped(
    page,
    chromium,
    language,
    word,
    width,
):
    tab = await chromium.tab(page, width=width, language=language)
    await tab.until("document.querySelector('#tour')?.checkVisibility()")
    assert await tab.run("document.querySelector('[data-tour=skip_tour]').textContent") == word
    assert await tab.run("document.querySelectorAll('#tour li').length") == 8
    await tab.click("[data-tour=skip_tour]")
    await tab.call("Page.reload")
    await tab.until("document.querySelector('#clock')?.textContent")
    assert not await tab.run("!!document.querySelector('#tour')")


async def test_the_page_opens_where_a_browser_keeps_nothing(page, chromium):
    tab = await chromium.tab(page)
    nothing = "Object.defineProperty(window, 'localStorage', {get() { throw new Error('no'); }})"
    await tab.call("Page.addScriptToEvaluateOnNewDocument", source=nothing)
    await tab.call("Page.reload")
    await tab.click("[data-tour=skip_tour]")
    assert not await tab.run("!!document.querySelector('#tour')")
    await tab.until("document.querySelector('#clock').textContent")
    assert tab.errors == []


async def test_a_name_that_nobody_has_is_the_owner(page, chromium):
    tab = await chromium.tab(f"{page}/?as=nobody")
    await tab.until(
        "document.querySelector('#viewer')?.value === 'owner' && location.search === ''"
    )
    await tab.until("document.querySelector('#clock').textContent")


async def test_nothing_moves_for_who_asks_for_that_and_all_fits_a_narrow_phone(page, chromium):
    tab = await chromium.tab(page, width=360, height=640)
    await tab.until("document.querySelector('#clock').textContent")
    fits = "document.documentElement.scrollWidth <= 360 && document.querySelector('#stage').scrollWidth <= 360"
    assert await tab.run(fits)
    await tab.click("#open-stage")
    inside = """[...document.querySelectorAll('#stage button, #stage td')].filter((it) => {
      const box = it.getBoundingClientRect(); return box.left < 0 || box.right > 360; }).map((it) => it.outerHTML)"""
    await tab.until(f"({inside}).length === 0")
    features = [{"name": "prefers-reduced-motion", "value": "reduce"}]
    await tab.call("Emulation.setEmulatedMedia", features=features)
    moves = """[...document.querySelectorAll('*')].map((it) => getComputedStyle(it))
      .filter((it) => it.transitionDuration !== '0s' || it.animationName !== 'none').length"""
    assert await tab.run(moves) == 0
