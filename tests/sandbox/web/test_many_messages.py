"""A long channel in a real browser: all can be reached, nothing jumps, hostile words are text."""

from __future__ import annotations

from sandbox.web.server import MESSAGES_MAX, serve_page
from tests.sandbox.web.test_server import TEXT

MANY = 5_000
COUNT = "document.querySelectorAll('#messages article').length"
NEWEST = "[...document.querySelectorAll('#messages article')].pop()"
TO_TOP = "document.querySelector('#log').scrollTo(0, 0)"
HOSTILE = (
    "<script>window.hit = 1</script>",
    "<img src=x onerror='window.hit = 2'>",
    "\u202e거꾸로\u202c \u2067rtl\u2069 [link](javascript:window.hit=3)",
    "가" * 2_000,
    "</div></article><h1>탈출</h1>",
    "@everyone <@1> <#2> `</code>` ```\n</pre>```",
)


async def fill(stage, number):
    for at in range(number):
        await stage.desk.say("owner", TEXT, f"{at}번째 말")


async def test_all_of_five_thousand_messages_can_be_reached(stage, page, chromium):
    await fill(stage, MANY)
    tab = await chromium.tab(page)
    await tab.until(f"{COUNT} >= {MESSAGES_MAX}")
    seen = await tab.run(COUNT)
    while seen < MANY:
        seen = await tab.until(f"({TO_TOP}, {COUNT} > {seen} && {COUNT})")
    texts = "[...document.querySelectorAll('#messages .text')].map((it) => it.textContent)"
    assert await tab.run(texts) == [f"{at}번째 말" for at in range(MANY)]
    assert not await tab.run("!!document.querySelector('#older')")
    assert tab.errors == []


async def test_what_is_read_stays_in_sight_while_earlier_messages_come(stage, page, chromium):
    await fill(stage, MESSAGES_MAX * 2)
    tab = await chromium.tab(page)
    await tab.until(f"{COUNT} >= {MESSAGES_MAX}")
    # The page asks once more when its live line stands; only then does the list stay the same one.
    await tab.until("document.querySelector('#clock').textContent")
    await tab.run("new Promise((done) => setTimeout(done, 1000))")
    await tab.run("window.mark = document.querySelector('#messages article')")
    # Once: asked for again after they have come, the top would be another place.
    await tab.run(TO_TOP)
    await tab.until(f"{COUNT} === {MESSAGES_MAX * 2}")
    top = "mark.getBoundingClientRect().top - document.querySelector('#log').getBoundingClientRect().top"
    assert 0 <= await tab.run(top) < 200


async def test_hostile_messages_are_text(stage, page, chromium):
    tab = await chromium.tab(page, width=390, height=844)
    for text in HOSTILE:
        await stage.desk.say("stranger", TEXT, text)
    await tab.until(f"{COUNT} === {len(HOSTILE)}")
    assert await tab.run("window.hit ?? 0") == 0
    assert (
        await tab.run("document.querySelectorAll('#messages script, #messages img, h1').length")
        == 1
    )
    widest = (
        "document.querySelector('#log').scrollWidth <= document.querySelector('#log').clientWidth"
    )
    assert await tab.run(widest), "something is wider than the phone"
    assert tab.errors == []


async def test_a_lost_line_is_said_and_what_was_missed_comes(stage, chromium):
    running = await serve_page(stage)
    port = int(running.url.rsplit(":", 1)[1])
    tab = await chromium.tab(running.url)
    await tab.until("document.querySelector('#clock').textContent")
    await running.close()
    await tab.until("!document.querySelector('#lost').hidden")
    await stage.desk.say("owner", TEXT, "그사이의 말")
    running = await serve_page(stage, port)
    try:
        await tab.until("document.querySelector('#lost').hidden")
        await tab.until(f"{NEWEST}?.innerText.includes('그사이의 말')")
        await stage.desk.say("owner", TEXT, "새 말")
        await tab.until("document.querySelector('#spoken').textContent.endsWith('새 말')")
        assert await tab.run(COUNT) == 2
    finally:
        await running.close()
