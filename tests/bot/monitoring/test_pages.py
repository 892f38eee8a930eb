"""The pages of a real graph on the simulated exchange, asked over real sockets."""

from __future__ import annotations

import asyncio
import os
import re
import shutil
import signal
import socket
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import aiohttp
import pytest
from prometheus_client.parser import text_string_to_metric_families
from structlog.testing import capture_logs

from bot import running
from bot.monitoring.pages import Pages, Place
from bot.operations.health import STALE_SECONDS, Heartbeat
from bot.settings import load
from bot.wiring.graph import Application, build
from bot.wiring.monitoring import folder_mark, sight_of, wellness_of
from core.domain.instrument import Symbol
from core.domain.model_calls import CallState, ModelBudget, ModelCall, Purpose
from core.errors import BrokerUnavailable, StorageError
from core.runtime.clock import SystemClock
from core.runtime.rate_limiter import Lane
from tests.bot.environment import ROOT, only

BUDGET = ModelBudget(user_won=1_000, day_won=1_000)


@pytest.fixture
async def app(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, migrated_file: Path
) -> AsyncIterator[Application]:
    only(monkeypatch, tmp_path)
    (tmp_path / "data").mkdir()
    shutil.copyfile(migrated_file, tmp_path / "data" / "autotrade-sim.db")
    async with build(load(local_only=True)) as made:
        yield made


def heart(app: Application) -> Heartbeat:
    return Heartbeat(
        app.world.settings.data_dir / "heartbeat.json",
        ledger=app.stores.ledger,
        host_clock=SystemClock(),
        is_connected=lambda: True,
        tasks=lambda: (),
        outbox=app.outbox,
        feed=app.feed.status,
    )


@asynccontextmanager
async def served(pages: Pages) -> AsyncIterator[Any]:
    """Serve, and give what asks: (status, body) of a path."""
    async with pages.served() as (host, port), aiohttp.ClientSession() as session:

        async def ask(path: str, method: str = "GET", **headers: str) -> tuple[int, str]:
            url = f"http://{host}:{port}{path}"
            async with session.request(method, url, headers=headers) as reply:
                return reply.status, await reply.text()

        yield ask


def pages_of(app: Application, beat: Heartbeat, **changes: Any) -> Pages:
    place = Place("127.0.0.1", 0, folder_mark(app.world.settings))
    wellness = wellness_of(app, beat, lambda: True)
    wellness = replace(wellness, tasks=lambda: LOOPS)
    return Pages(sight_of(app, beat), replace(wellness, **changes), place)


LOOPS = ("alarms", "deadlines", "publisher", "runner", "tracker")


def families(text: str) -> dict[str, dict[tuple[str, ...], float]]:
    """Return the values by family and label values, in the order of the labels' names."""
    found: dict[str, dict[tuple[str, ...], float]] = {}
    for family in text_string_to_metric_families(text):
        name = f"{family.name}_total" if family.type == "counter" else family.name
        found[name] = {tuple(sample.labels.values()): sample.value for sample in family.samples}
    return found


def documented() -> dict[str, str]:
    text = (ROOT / "docs" / "operations.md").read_text(encoding="utf-8")
    rows = re.findall(r"^\| `((?:autotrade|process)_\w+)` \| .* \| (.+) \|$", text, re.MULTILINE)
    assert len(rows) == len({name for name, _ in rows})
    return dict(rows)


async def test_every_figure_is_documented_and_every_documented_one_is_there(
    app: Application,
) -> None:
    async with served(pages_of(app, heart(app))) as ask:
        status, text = await ask("/metrics")
    assert status == 200
    shown = {
        f"{family.name}_total" if family.type == "counter" else family.name: family.documentation
        for family in text_string_to_metric_families(text)
    }
    assert {name: about.rstrip(".") for name, about in shown.items()} == documented()


async def test_the_figures_are_those_of_the_bot(app: Application) -> None:
    now = app.world.clock.now()
    call = ModelCall(
        call_id="c1",
        at=now,
        day=now.date(),
        purpose=Purpose.ANSWER,
        model="small",
        prompt_version="v",
        user_id=1,
        thread_id=2,
        inputs="{}",
        prompt_tokens=30,
        completion_tokens=7,
        cost_milliwon=2_500,
    )
    assert await app.stores.calls.begin(call, BUDGET) is None
    await app.stores.calls.finish(replace(call, state=CallState.DONE))
    account = await app.broker.account()
    await app.broker.quote(Symbol("069500"))
    await app.outbox.alert("title", "text")
    beat = heart(app)
    await beat.beat()
    async with served(pages_of(app, beat)) as ask:
        found = families((await ask("/metrics"))[1])
    assert found["autotrade_nav_won"] == {(): account.nav_won}
    assert found["autotrade_cash_won"] == {(): account.settled_d2_won}
    assert found["autotrade_orders_today"][("unknown",)] == 0
    assert found["autotrade_orders_in_doubt"][("unknown",)] == 0
    assert found["autotrade_alarms_waiting"] == {(): 1}
    assert found["autotrade_model_calls_today"] == {("small", "answer", "done"): 1}
    assert found["autotrade_model_tokens_today"][("written", "small", "answer")] == 7
    assert found["autotrade_model_cost_won_today"] == {("small", "answer"): 2.5}
    assert found["autotrade_trading"] == {("active",): 1, ("reduce_only",): 0, ("halted",): 0}
    assert found["autotrade_breaker_out"][("day_loss",)] == 0
    assert found["autotrade_risk_left"][("day_count",)] == 10
    assert found["autotrade_broker_calls_remembered"] == {(): 2}
    assert found["autotrade_database_up"] == {(): 1}
    assert found["autotrade_database_bytes"][()] > 0
    assert found["autotrade_disk_free_bytes"][()] > 0
    assert found["autotrade_token_seconds_left"][()] > 0
    assert found["autotrade_backup_age_seconds"] == {}
    assert 0 <= found["autotrade_heartbeat_age_seconds"][()] < STALE_SECONDS
    assert len(found["autotrade_info"]) == 1
    (labels,) = found["autotrade_info"]
    broker, _build, mode = labels
    assert (broker, mode) == ("sim", "sim")
    assert app.world.meters.registry.get_sample_value(
        "autotrade_broker_request_seconds_count",
        {"lane": Lane.QUOTE.name.lower(), "answered": "yes"},
    )


async def test_a_database_that_cannot_be_read_leaves_the_rest(app: Application) -> None:
    async def broken(_day: object) -> Any:
        raise StorageError("the disk is gone")

    beat = heart(app)
    sight = sight_of(app, beat)
    sight = replace(sight, stored=replace(sight.stored, gauges=broken))
    pages = Pages(sight, wellness_of(app, beat, lambda: True), Place("127.0.0.1", 0, ""))
    with capture_logs() as logs:
        async with served(pages) as ask:
            status, text = await ask("/metrics")
    found = families(text)
    assert status == 200
    assert found["autotrade_database_up"] == {(): 0}
    assert found["autotrade_orders_today"] == {}
    assert found["autotrade_feed_live"] == {(): 0}
    assert found["autotrade_nav_won"] == {}
    assert [line["error"] for line in logs if "figures of" in line["event"]] == ["the disk is gone"]


async def test_health_is_a_beating_heart_and_running_loops(app: Application) -> None:
    beat = heart(app)
    async with served(pages_of(app, beat)) as ask:
        status, text = await ask("/healthz")
        assert (status, "no heartbeat yet" in text) == (503, True)
        await beat.beat()
        status, text = await ask("/healthz")
        assert (status, '"ok": true' in text) == (200, True)
        assert folder_mark(app.world.settings) in text
        assert str(app.world.settings.data_dir) not in text
        beat.at = SystemClock().now() - timedelta(seconds=STALE_SECONDS + 5)
        status, text = await ask("/healthz")
        assert (status, "last heartbeat 95 s ago" in text) == (503, True)
        await beat.beat()
    async with served(pages_of(app, beat, tasks=lambda: ("publisher", "alarms"))) as ask:
        status, text = await ask("/healthz")
        assert (status, "not running: runner, tracker, deadlines" in text) == (503, True)


async def test_ready_is_database_discord_token_and_calendar(app: Application) -> None:
    beat = heart(app)
    async with served(pages_of(app, beat)) as ask:
        status, text = await ask("/readyz")
        assert (status, "none was issued yet" in text) == (503, True)
        await app.broker.account()
        status, text = await ask("/readyz")
        assert status == 200, text
        app.session.tokens.trouble = BrokerUnavailable("secret-token-1")
        status, text = await ask("/readyz")
        assert (status, "the last issue failed: BrokerUnavailable" in text) == (503, True)
        assert "secret-token-1" not in text
        app.session.tokens.trouble = None
    async with served(pages_of(app, beat, is_connected=lambda: False)) as ask:
        status, text = await ask("/readyz")
        assert (status, "the gateway is not connected" in text) == (503, True)


async def test_the_calendar_may_not_know_today(app: Application) -> None:
    await app.broker.account()
    wellness = pages_of(app, heart(app))._wellness

    class Far:
        def now(self) -> Any:
            return SystemClock().now().replace(year=2090, day=1)

    beyond = replace(wellness, clock=Far())  # type: ignore[arg-type]
    assert (await beyond.ready())["calendar"] == "today is not in the calendar"


async def test_a_name_that_points_at_loopback_is_refused_and_so_is_a_post(
    app: Application,
) -> None:
    async with served(pages_of(app, heart(app))) as ask:
        status, text = await ask("/metrics", Host="evil.example")
        assert (status, "autotrade" in text) == (403, False)
        assert (await ask("/metrics", Host="localhost:9464"))[0] == 200
        assert (await ask("/metrics", "POST"))[0] == 405
        assert (await ask("/"))[0] == 404


async def test_a_running_bot_serves_them_also_when_its_port_was_taken_at_first(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("bot.monitoring.pages.RETRY_SECONDS", 0.05)
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        taken.listen()
        port = taken.getsockname()[1]
        only(monkeypatch, tmp_path, METRICS_PORT=str(port))
        with capture_logs() as logs:
            task = asyncio.create_task(running.run_local(load(local_only=True), None))
            async with asyncio.timeout(60):
                while not [one for one in logs if "METRICS_PORT" in one["event"]]:  # noqa: ASYNC110 - a log
                    await asyncio.sleep(0.01)
    async with aiohttp.ClientSession() as session, asyncio.timeout(60):
        status = 0
        while status != 200:
            try:
                async with session.get(f"http://127.0.0.1:{port}/healthz") as reply:
                    status = reply.status
            except aiohttp.ClientConnectionError:
                status = 0
            await asyncio.sleep(0.01)
    assert not task.done()
    os.kill(os.getpid(), signal.SIGTERM)
    async with asyncio.timeout(30):
        await task


@pytest.mark.parametrize(("text", "port"), [("off", None), ("OFF", None), ("9000", 9000)])
def test_the_port_may_be_off(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, text: str, port: int | None
) -> None:
    only(monkeypatch, tmp_path, METRICS_PORT=text)
    assert load(local_only=True).metrics_port == port
