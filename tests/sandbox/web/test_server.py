"""The page's server without a browser: who may call it, what it shows whom, what switches do."""

from __future__ import annotations

import asyncio
import json
import re
from datetime import date, datetime, time, timedelta
from pathlib import Path

import aiohttp
import pytest

from core.domain.orders import OrderState
from core.domain.tickets import TicketState
from sandbox.clock import KST
from sandbox.discord.control import acts
from sandbox.servers import STEERING
from sandbox.web.server import MESSAGES_MAX, PERSONAL, STATIC, serve_page
from sandbox.web.stage_acts import ACTS, ANSWERS
from sandbox.world import WorldSettings
from tests.sandbox.web.conftest import a_stage

TEXT = "매매"
ROOT = Path(__file__).parents[3]
DOC, SERVER = ROOT / "docs" / "sandbox.md", ROOT / "sandbox" / "web" / "server.py"
LOCALES = ("ko", "en")


async def get(visitor, url, **headers):
    async with visitor.get(url, headers=headers) as answer:
        return answer.status, await answer.text()


async def post(visitor, url, body, **headers):
    async with visitor.post(url, json=body, headers=headers) as answer:
        return answer.status, json.loads(await answer.text())


async def test_another_site_may_neither_call_nor_listen(page, visitor):
    act = f"{page}/act/say"
    said = {"user": "owner", "channel": TEXT, "text": "나쁜 말"}
    assert (await post(visitor, act, said, Origin="http://evil.example"))[0] == 403
    assert (await post(visitor, act, said, Host="evil.example"))[0] == 403
    assert (await get(visitor, page, Host="evil.example:80"))[0] == 403
    with pytest.raises(aiohttp.WSServerHandshakeError):
        await visitor.ws_connect(f"{page}/live", headers={"Origin": "http://evil.example"})
    assert json.loads((await get(visitor, f"{page}/messages?channel={TEXT}"))[1])["messages"] == []
    assert (await post(visitor, act, said, Origin=page))[0] == 200


async def test_a_form_of_another_site_is_no_json(page, visitor):
    async with visitor.post(f"{page}/act/say", data="{}") as answer:
        assert answer.status == 400


@pytest.mark.parametrize(
    "path", ["/static/..%2fserver.py", "/static/server.py", "/static/none.js", "/font/other.ttf"]
)
async def test_only_the_files_of_the_page_are_served(page, visitor, path):
    assert (await get(visitor, page + path))[0] == 404


async def test_the_page_is_all_of_its_own(page, visitor):
    for path in ("/", "/message.css", "/static/app.js", "/static/app.css", "/font/NanumGothic.ttf"):
        async with visitor.get(page + path) as answer:
            assert answer.status == 200
            assert "default-src 'none'" in answer.headers["Content-Security-Policy"]
    _, text = await get(visitor, page)
    assert "http" not in text


async def test_messages_are_escaped_and_come_page_by_page(stage, page, visitor):
    for number in range(MESSAGES_MAX + 5):
        await stage.desk.say("owner", TEXT, f"<img src=x onerror=alert({number})>")
    _, text = await get(visitor, f"{page}/messages?channel={TEXT}")
    newest = json.loads(text)
    assert len(newest["messages"]) == MESSAGES_MAX
    assert newest["more"] is True
    assert "<img" not in newest["messages"][0]["html"]
    first = newest["messages"][0]["id"]
    _, text = await get(visitor, f"{page}/messages?channel={TEXT}&before={first}")
    assert [len(json.loads(text)["messages"]), json.loads(text)["more"]] == [5, False]
    assert (await get(visitor, f"{page}/messages?channel={TEXT}&before=x"))[0] == 400
    assert (await get(visitor, f"{page}/messages?channel=none"))[0] == 400
    assert (await get(visitor, f"{page}/channels?viewer=nobody"))[0] == 400


async def test_what_happens_is_pushed_to_those_who_may_see_it(stage, page, visitor):
    stage.desk.overwrite("알림", "stranger", deny=1 << 10)
    lines = {
        who: await visitor.ws_connect(f"{page}/live?viewer={who}") for who in ("owner", "stranger")
    }
    await stage.desk.say("owner", "알림", "비밀")
    await stage.desk.say("owner", TEXT, "모두에게")
    heard = {who: [await told(line, "message")] for who, line in lines.items()}
    heard["owner"].append(await told(lines["owner"], "message"))
    assert ["비밀" in one["html"] for one in heard["owner"]] == [True, False]
    assert ["모두에게" in one["html"] for one in heard["stranger"]] == [True]
    pulse = await told(lines["owner"], "pulse")
    assert pulse["orderable"] == 1_000_000
    assert f"(seed {pulse['seed']})" in pulse["market"]
    assert pulse["bot"] == {"runs": False, "connected": False}
    assert [one["is_open"] for one in pulse["quotes"]] == [True] * len(pulse["quotes"])
    for line in lines.values():
        await line.close()


async def told(line, kind):
    async with asyncio.timeout(30):
        while True:
            message = await line.receive_json()
            if message["type"] == kind:
                return message


async def test_a_visitor_does_what_people_do_and_nothing_else(page, visitor):
    status, body = await post(
        visitor, f"{page}/act/say", {"user": "owner", "channel": TEXT, "text": "안녕"}
    )
    assert (status, body["result"]["content"]) == (200, "안녕")
    status, body = await post(
        visitor, f"{page}/act/slash", {"user": "owner", "channel": TEXT, "name": "none"}
    )
    assert status == 400
    assert "no command /none" in body["error"]
    for name in ("fault", "overwrite", "attachment", "none"):
        assert (await post(visitor, f"{page}/act/{name}", {}))[0] == 404


async def test_the_clock_goes_forward_to_a_scene(stage, page, visitor):
    status, body = await post(visitor, f"{page}/stage/clock", {"scene": "report", "rate": 0})
    assert (status, body["result"]["rate"]) == (200, 0)
    assert f"{stage.world.clock.now():%m-%d %H:%M:%S}" == "11-02 15:44:55"
    await post(visitor, f"{page}/stage/clock", {"scene": "morning"})
    assert f"{stage.world.clock.now():%m-%d %H:%M:%S}" == "11-03 07:59:55"
    for wrong in ({"scene": "night"}, {"rate": 21}, {"jump": "2026-11-01T00:00:00+09:00"}):
        assert (await post(visitor, f"{page}/stage/clock", wrong))[0] == 400


async def test_trouble_waits_for_the_next_order_and_can_be_taken_back(stage, page, visitor):
    faults = stage.world.kis.faults
    await post(visitor, f"{page}/stage/answers", {"kind": "lost_reply"})
    await post(visitor, f"{page}/stage/answers", {"kind": "slow"})
    assert [one.name for one in faults.queues["order-cash"]] == ["accept_then_drop", "delay"]
    await post(visitor, f"{page}/stage/calm", {})
    assert faults.queues == {}
    assert (await post(visitor, f"{page}/stage/answers", {"kind": "none"}))[0] == 400
    assert (await post(visitor, f"{page}/stage/none", {}))[0] == 404


async def test_a_planted_headline_is_in_the_feed_as_text(stage, page, visitor):
    wicked = "</title><b>전량 매도</b>"
    assert (await post(visitor, f"{page}/stage/headline", {"text": wicked}))[0] == 200
    (breaking,) = [url for url in stage.world.addresses.feeds if "breaking" in url]
    _, feed = await get(visitor, breaking)
    assert "&lt;/title&gt;&lt;b&gt;전량 매도" in feed
    for wrong in ("", "x" * 301):
        assert (await post(visitor, f"{page}/stage/headline", {"text": wrong}))[0] == 400


async def test_pressing_twice_needs_a_ticket(page, visitor):
    status, body = await post(visitor, f"{page}/stage/twice", {"user": "owner"})
    assert status == 400
    assert "✅" in body["error"]


async def test_orders_are_told_from_both_sides(stage, page, visitor):
    now = stage.world.clock.now()
    symbol = stage.world.universe[0]
    price = stage.world.exchange.market(now, symbol).minute.last
    stage.world.exchange.place(now, symbol, is_buy=True, quantity=1, price=price)
    told = json.loads((await get(visitor, f"{page}/orders"))[1])
    assert [(one["symbol"], one["quantity"]) for one in told["exchange"]] == [(symbol, 1)]
    assert (told["posts"], told["ledger"]) == (0, [])
    data = stage.folder / "demo-data"
    data.mkdir()
    (data / "autotrade-vts.db").write_bytes(b"this is no database, and never was one")
    assert json.loads((await get(visitor, f"{page}/orders"))[1])["ledger"] is None


async def test_a_tab_that_is_open_does_not_keep_the_server_from_closing(stage, visitor):
    running = await serve_page(stage)
    line = await visitor.ws_connect(f"{running.url}/live")
    await told(line, "pulse")
    await asyncio.wait_for(running.close(), 30)
    await line.close()


async def test_an_order_that_was_lost_on_its_way_counts_as_sent(stage, page, visitor):
    await post(visitor, f"{page}/stage/answers", {"kind": "lost_request"})
    order = f"{stage.world.addresses.kis}/uapi/domestic-stock/v1/trading/order-cash"
    with pytest.raises(aiohttp.ClientError):
        await post(visitor, order, {})
    assert (await post(visitor, order, {}))[0] != 200
    told = json.loads((await get(visitor, f"{page}/orders"))[1])
    assert (told["posts"], told["exchange"]) == (2, [])


def test_both_languages_say_the_same_and_everything_that_is_asked():
    words = {one: json.loads((STATIC / f"words.{one}.json").read_text("utf-8")) for one in LOCALES}
    holes = [
        {key: set(re.findall(r"\{\w+\}", text)) for key, text in words[one].items()}
        for one in LOCALES
    ]
    assert holes[0] == holes[1]
    asked = {f"order.{state.value.lower()}" for state in OrderState}
    asked |= {f"ticket.{state.value.lower()}" for state in TicketState}
    asked |= {state.value for state in OrderState}
    for path in (*STATIC.glob("*.js"), STATIC / "index.html"):
        text = path.read_text("utf-8")
        asked |= set(re.findall(r'\bsay\("([\w.]+)"', text))
        asked |= set(re.findall(r'data-(?:word|label)="(\w+)"', text))
    assert asked <= set(words["ko"])


def test_every_call_of_the_page_is_documented():
    text = DOC.read_text("utf-8").split("## The page")[1].split("## What it is not")[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    paths = {found for line in lines for found in re.findall(r"(?:GET|POST) (/[\w.]*)", line)}
    routes = {
        (path if path.count("/") == 1 else path.rsplit("/", 1)[0])
        for path in re.findall(r'"(/[a-z./{}]*)"', SERVER.read_text("utf-8"))
    }
    assert paths - {"/stage", "/act", "/static", "/font"} <= routes
    assert routes <= paths
    words = set(re.findall(r"\w+", text))
    assert words >= set(PERSONAL) | set(ACTS) | set(ANSWERS)


def test_every_control_call_is_documented(stage):
    text = DOC.read_text("utf-8").split("## Control")[1].split("## The page")[0]
    assert set(re.findall(r"`/_control/(\w+)`", text)) == set(STEERING)
    listed = text.split("Acts: `")[1].split("200 answers")[0]
    assert set(re.findall(r"\w+", listed)) - {"and", "to", "make", "trouble"} == set(
        acts(stage.desk)
    )


async def test_no_other_web_site_moves_the_servers_behind_the_page(stage, visitor):
    known = stage.world.addresses
    servers = (known.kis, known.kiwoom, known.discord_api.split("/api")[0])
    for server, act in zip(servers, ("deposit", "clock", "about"), strict=True):
        url = f"{server}/_control/{act}"
        simple = {"Content-Type": "text/plain", "Origin": "http://evil.example"}
        async with visitor.post(url, data='{"won": 5}', headers=simple) as answer:
            assert answer.status == 403
        assert (await post(visitor, url, {}, Host="evil.example"))[0] == 403
    assert stage.world.exchange.cash(stage.world.clock.now()).orderable == 1_000_000
    assert (await post(visitor, f"{servers[2]}/_control/about", {}))[0] == 200


BENT: tuple[dict[str, object], ...] = (
    {},
    {"user": [], "channel": TEXT, "text": "x", "name": "x"},
    {"user": "owner", "channel": {}, "text": "x", "name": "x"},
    {"user": "owner", "channel": TEXT, "text": 1, "name": ""},
    {"user": "owner", "channel": TEXT, "name": " "},
    {"user": "owner", "channel": TEXT, "name": "x", "options": [1]},
    {"user": "owner", "message_id": True, "custom_id": "x"},
    {"user": "owner", "message_id": "1", "custom_id": "x", "values": [[]]},
    {"user": "owner", "result": {"token": "x"}, "values": {}},
    {"won": float("nan")},
    {"won": float("inf")},
    {"rate": float("nan")},
    {"jump": "9999-12-31T00:00:00+09:00"},
    {"jump": "2026-11-03T09:00:00"},
    {"jump": 7},
    {"scene": []},
)


@pytest.mark.parametrize("body", BENT)
async def test_a_bent_call_is_refused_in_words(page, visitor, body):
    acts_here = [f"act/{name}" for name in sorted(PERSONAL - {"commands"})]
    for name in (*acts_here, "stage/clock", "stage/deposit", "stage/answers"):
        if name == "stage/clock" and not body.keys() & {"rate", "jump", "scene"}:
            continue
        status, answer = await post(visitor, f"{page}/{name}", body)
        assert status == 400, name
        assert answer["error"], name


async def test_a_bottomless_body_is_refused(page, visitor):
    deep = "[" * 50_000
    for path in ("act/say", "stage/clock"):
        kind = {"Content-Type": "application/json"}
        async with visitor.post(f"{page}/{path}", data=deep, headers=kind) as answer:
            assert answer.status == 400


async def test_two_tabs_that_start_the_bot_at_once_start_one(stage, page, visitor):
    calls = (post(visitor, f"{page}/stage/start", {}) for _ in range(3))
    started = [body["result"]["started"] for _, body in await asyncio.gather(*calls)]
    await stage.bot.kill()
    assert len(set(started)) == 1
    assert started[0] > 0


async def test_the_page_plays_on_a_visitor_s_own_bars(tmp_path, visitor):
    file = tmp_path / "bars.csv"
    days = [date(2024, 1, 1) + timedelta(days=number) for number in range(260)]
    rows = "\n".join(f"{day},069500,10000,10100,9900,10050,5000" for day in days)
    file.write_text(f"date,symbol,open,high,low,close,volume\n{rows}\n", encoding="utf-8")
    start = datetime.combine(days[-1], time(9, 30), KST)
    async with a_stage(tmp_path, WorldSettings(prices=file, start=start)) as stage:
        running = await serve_page(stage)
        line = await visitor.ws_connect(f"{running.url}/live")
        pulse = await told(line, "pulse")
        assert "bars.csv" in pulse["market"]
        assert pulse["seed"] is None
        (quote,) = pulse["quotes"]
        assert (quote["symbol"], quote["base"], quote["is_open"]) == ("069500", 10050, True)
        assert 9900 <= quote["last"] <= 10100
        await line.close()
        await running.close()
