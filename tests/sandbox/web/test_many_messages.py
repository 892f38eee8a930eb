"""A long channel in a real browser: all can be reached, nothing jumps, hostile words are text."""

from __future__ import annotations

import json

from sandbox.discord.snapshot import Known, render_message
from sandbox.web.server import MESSAGES_MAX, serve_page
from tests.sandbox.web.test_server import TEXT

MANY = 5_000
COUNT = "document.querySelectorAll('#messages article').length"
NEWEST = "[...document.querySelectorAll('#messages article')].pop()"
# The page asks once more when its live line stands.
SETTLED = "document.body.dataset.line === 'on'"
TO_TOP = "document.querySelector('#log').scrollTo(0, 0)"
TEXTS = "[...document.querySelectorAll('#messages .text')].map((it) => it.textContent)"
WICKED = "\"'><img src=x onerror='window.hit=1'><script>window.hit=1</script>"
# Every place of a message where a headline, a model or a name may put its words.
FULL_OF_IT = {
    "id": "1",
    "author": {"username": "bot", "global_name": WICKED, "bot": True},
    "timestamp": "2026-11-02T00:30:00+00:00",
    "content": WICKED,
    "embeds": [
        {
            "title": WICKED,
            "color": 0x5865F2,
            "author": {"name": WICKED},
            "description": WICKED,
            "fields": [{"name": WICKED, "value": WICKED, "inline": True}],
            "image": {"url": WICKED},
            "footer": {"text": WICKED},
        }
    ],
    "attachments": [
        {"filename": WICKED, "size": 1, "url": WICKED, "content_type": "text/html"},
        {
            "filename": "x",
            "size": 1,
            "url": WICKED,
            "content_type": "image/png",
            "description": WICKED,
        },
    ],
    "components": [
        {
            "components": [
                {"type": 2, "style": 1, "label": WICKED, "custom_id": WICKED},
                {
                    "type": 3,
                    "custom_id": WICKED,
                    "placeholder": WICKED,
                    "options": [{"value": WICKED, "label": WICKED}],
                },
            ]
        }
    ],
}
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
    assert await tab.run(TEXTS) == [f"{at}번째 말" for at in range(MANY)]
    assert not await tab.run("!!document.querySelector('#older')")
    assert tab.errors == []


async def test_what_is_read_stays_in_sight_while_earlier_messages_come(stage, page, chromium):
    await fill(stage, MESSAGES_MAX * 2)
    tab = await chromium.tab(page)
    await tab.until(f"{COUNT} >= {MESSAGES_MAX}")
    await tab.until(SETTLED)
    await tab.run("window.mark = document.querySelector('#messages article')")
    # Once: asked for again after they have come, the top would be another place.
    await tab.run(TO_TOP)
    await tab.until(f"{COUNT} === {MESSAGES_MAX * 2}")
    top = "mark.getBoundingClientRect().top - document.querySelector('#log').getBoundingClientRect().top"
    assert 0 <= await tab.run(top) < 200


async def all_of_them(tab, number):
    """Scroll up until as many messages as there are have come; return their texts in order."""
    await tab.until(f"({TO_TOP}, {COUNT} >= {number} && !document.querySelector('#older'))")
    return await tab.run(TEXTS)


async def show(tab, stage, message, **more):
    """Let the page hear of a message, as the live line tells it."""
    html = render_message(message, Known(is_live=True))
    told = {"id": message["id"], "channel_id": str(stage.desk.channel(TEXT)["id"]), "html": html}
    chat = "import('/static/chat.js')"
    await tab.run(f"{chat}.then((chat) => chat.show({json.dumps(told | more)}))")


async def test_an_old_message_that_is_edited_leaves_no_hole(stage, page, chromium):
    number = MESSAGES_MAX * 2 + 20
    await fill(stage, number)
    tab = await chromium.tab(page)
    await tab.until(f"{COUNT} >= {MESSAGES_MAX} && document.querySelector('#older')")
    await show(tab, stage, stage.desk.messages(TEXT)[3], is_new=False, by_bot=True)
    assert await tab.run(COUNT) < number
    assert await all_of_them(tab, number) == [f"{at}번째 말" for at in range(number)]


async def test_a_page_that_comes_after_the_list_was_filled_anew_leaves_no_hole(
    stage, page, chromium
):
    number = MESSAGES_MAX * 3
    await fill(stage, number)
    tab = await chromium.tab(page)
    await tab.until(f"{COUNT} === {MESSAGES_MAX} && {SETTLED}")
    await tab.run("document.querySelector('#older').click()")
    await tab.until(f"{COUNT} === {MESSAGES_MAX * 2}")
    channel = json.dumps(str(stage.desk.channel(TEXT)["id"]))
    both = (
        f"import('/static/chat.js').then((chat) => {{ const opened = chat.open({channel}, 'owner');"
        "document.querySelector('#older').click(); return opened; })"
    )
    await tab.run(both)
    assert await all_of_them(tab, number) == [f"{at}번째 말" for at in range(number)]


async def test_a_message_that_is_redrawn_keeps_its_focus_and_its_colour(stage, page, chromium):
    tab = await chromium.tab(page)
    await tab.until(SETTLED)
    menu = {"type": 3, "custom_id": "menu", "options": [{"value": "1", "label": "하나"}]}
    message = {
        **FULL_OF_IT,
        "content": "전",
        "components": [{"components": [menu]}],
    }
    await show(tab, stage, message, is_new=True, by_bot=True)
    bar = "getComputedStyle(document.querySelector('.embed')).borderLeftColor"
    assert await tab.run(bar) == "rgb(88, 101, 242)"
    await tab.run("document.querySelector('[data-select=menu]').focus()")
    await show(tab, stage, message | {"content": "후"}, is_new=False, by_bot=True)
    assert await tab.run("document.activeElement.dataset.select") == "menu"
    await tab.run("document.querySelector('#messages .text').mark = true")
    await show(tab, stage, message | {"content": "후"}, is_new=False, by_bot=True)
    assert await tab.run("document.querySelector('#messages .text').mark")


async def test_hostile_words_are_text_wherever_they_stand(stage, page, chromium):
    tab = await chromium.tab(page, width=360, height=640)
    await tab.until(SETTLED)
    await show(tab, stage, FULL_OF_IT, is_new=True, by_bot=True)
    await tab.until(f"{COUNT} === 1")
    live = """[...document.querySelectorAll('#messages *')].filter((it) => it.localName === 'script'
      || [...it.attributes].some((one) => one.name.startsWith('on'))).length"""
    assert await tab.run(live) == 0
    assert await tab.run("window.hit ?? 0") == 0
    assert await tab.run("document.querySelector('[data-press]').dataset.press") == WICKED
    assert await tab.run("document.querySelector('.file a').target") == "_blank"
    assert await tab.run("document.documentElement.scrollWidth") == 360


async def test_hostile_messages_are_text(stage, page, chromium):
    tab = await chromium.tab(page, width=360, height=640)
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
    await tab.until(SETTLED)
    await running.close()
    await tab.until("!document.querySelector('#lost').hidden")
    await stage.desk.say("owner", TEXT, "그사이의 말")
    await tab.run("document.querySelector('#input').focus()")
    await tab.type("못 보낸 말")
    await tab.press("Enter")
    await tab.until("!document.querySelector('#refused').hidden")
    assert await tab.run("document.querySelector('#input').value") == "못 보낸 말"
    running = await serve_page(stage, port)
    try:
        await tab.until("document.querySelector('#lost').hidden")
        await tab.until(f"{NEWEST}?.innerText.includes('그사이의 말')")
        await stage.desk.say("owner", TEXT, "새 말")
        await tab.until("document.querySelector('#spoken').textContent.endsWith('새 말')")
        assert await tab.run(COUNT) == 2
    finally:
        await running.close()


async def test_who_reads_above_stays_there_when_the_line_comes_back(stage, chromium):
    await fill(stage, MESSAGES_MAX - 1)
    running = await serve_page(stage)
    port = int(running.url.rsplit(":", 1)[1])
    tab = await chromium.tab(running.url)
    await tab.until(
        f"{COUNT} === {MESSAGES_MAX - 1} && document.querySelector('#clock').textContent"
    )
    await tab.run(
        "(window.mark = document.querySelectorAll('#messages article')[40]).scrollIntoView()"
    )
    await running.close()
    await tab.until("!document.querySelector('#lost').hidden")
    await stage.desk.say("owner", TEXT, "그사이의 말")
    running = await serve_page(stage, port)
    try:
        await tab.until("document.querySelector('#lost').hidden")
        await tab.until(f"{NEWEST}?.textContent.includes('그사이의 말')")
        assert await tab.run("mark.isConnected")
        top = "mark.getBoundingClientRect().top - document.querySelector('#log').getBoundingClientRect().top"
        assert abs(await tab.run(top)) < 30
    finally:
        await running.close()
