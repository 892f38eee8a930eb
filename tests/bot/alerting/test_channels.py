"""apprise itself, over real sockets on loopback: Slack, Telegram, e-mail, any address; and silence."""

from __future__ import annotations

import asyncio
import io
import json
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from datetime import datetime
from email import message_from_string, policy
from pathlib import Path
from typing import Any

import pytest
from aiohttp import web
from pydantic import SecretStr

from bot.alerting.addresses import channels_of, names_by_position
from bot.alerting.apprise_channel import AppriseChannel
from bot.operations import logs
from bot.settings import Settings, load
from bot.settings.redaction import redacted
from bot.wiring.alerting import boxes_of, in_chat_box
from core.domain.conditions import Condition, Notice, Severity, Turn
from core.domain.krx import KST
from core.errors import ConfigurationError
from tests.bot.environment import only
from tests.fakes.loopback_mail import mail_server, silent_server

pytest.importorskip("apprise", reason="the extra 'alerts' is not installed")
# apprise imports a module that Python will drop in 3.13, and has its own way without it there.
pytestmark = pytest.mark.filterwarnings("ignore:'imghdr' is deprecated:DeprecationWarning")
NOON = datetime(2026, 11, 20, 12, 0, tzinfo=KST)
CANARY = "T0CANARY99"
HOOK = f"https://hooks.slack.com/services/{CANARY}/B12345678/abcdefghijklmnopqrstuvwx"
TELEGRAM = f"123456789:AA{CANARY}abcdefghijklmnopqrstuvwx"


@asynccontextmanager
async def web_server(status: int = 200) -> AsyncIterator[tuple[int, list[tuple[str, Any]]]]:
    """Take any POST; give its port and what came."""
    seen: list[tuple[str, Any]] = []

    async def take(request: web.Request) -> web.Response:
        text = await request.text()
        try:
            body: Any = json.loads(text)
        except ValueError:
            body = text
        seen.append((request.path, body))
        reply = "ok" if "services" in request.path else json.dumps({"ok": True, "result": {}})
        return web.Response(status=status, text=reply)

    app = web.Application()
    app.router.add_route("*", "/{path:.*}", take)
    runner = web.AppRunner(app, access_log=None)
    await runner.setup()
    site = web.TCPSite(runner, "127.0.0.1", 0)
    await site.start()
    try:
        yield runner.addresses[0][1], seen
    finally:
        await runner.cleanup()


def given(**values: Any) -> Settings:
    return Settings.model_validate(values)


async def send(channel: AppriseChannel) -> bool:
    return await channel.send("🔴 심각 · 하루 손실", "둘째 줄 <b>", Severity.CRITICAL)


async def test_a_slack_webhook_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.slack import NotifySlack

    async with web_server() as (port, seen):
        monkeypatch.setattr(NotifySlack, "webhook_url", f"http://127.0.0.1:{port}/services")
        (channel,) = channels_of(given(slack_webhook=HOOK))
        assert channel.name == "slack"
        assert await send(channel)
    ((path, body),) = seen
    assert path == f"/services/{CANARY}/B12345678/abcdefghijklmnopqrstuvwx"
    assert "하루 손실" in json.dumps(body, ensure_ascii=False)


async def test_telegram_gets_it(monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.telegram import NotifyTelegram

    async with web_server() as (port, seen):
        monkeypatch.setattr(NotifyTelegram, "notify_url", f"http://127.0.0.1:{port}/bot")
        (channel,) = channels_of(given(telegram_bot_token=TELEGRAM, telegram_chat_id="42"))
        assert await send(channel)
    assert seen[-1][0] == f"/bot{TELEGRAM}/sendMessage"
    assert "둘째 줄" in json.dumps(seen[-1][1], ensure_ascii=False)


async def test_a_mail_server_gets_it() -> None:
    async with mail_server() as box:
        (channel,) = channels_of(
            given(
                smtp_host="127.0.0.1",
                smtp_port=box.port,
                smtp_from="bot@example.com",
                smtp_to="a@example.com,b@example.com",
                smtp_security="none",
            )
        )
        assert await send(channel)
    assert sorted(to for recipients, _ in box.mails for to in recipients) == [
        "a@example.com",
        "b@example.com",
    ]
    mail = message_from_string(box.mails[0][1], policy=policy.default)
    assert mail["Subject"] == "🔴 심각 · 하루 손실"
    assert "bot@example.com" in mail["From"]


async def test_any_address_of_apprise_gets_it_and_a_dead_one_is_a_channel_of_its_own() -> None:
    async with web_server() as (port, seen), web_server(500) as (broken, _):
        works, fails = f"json://127.0.0.1:{port}/", f"json://127.0.0.1:{broken}/"
        (channel,) = channels_of(given(alert_urls=works))
        assert await send(channel)
        assert seen[0][1]["title"] == "🔴 심각 · 하루 손실"
        assert seen[0][1]["type"] == "failure"
        good, dead = channels_of(given(alert_urls=f"{works} {fails}"))
        assert good.name == channel.name != dead.name
        assert await send(good)
        for _ in range(2):
            assert not await send(dead)
        assert len(seen) == 2


@pytest.mark.parametrize(("wanted", "waits"), [((), False), (("urls",), True)])
def test_the_settings_mean_every_address_by_one_name(wanted: tuple[str, ...], waits: bool) -> None:
    settings = given(alert_urls="json://a json://b", alert_warnings_to=wanted)
    warning = Notice(turn=Turn.BEGAN, condition=Condition.DISK, text="", since=NOON, at=NOON)
    boxes = boxes_of(settings, channels_of(settings))
    for box in boxes:
        box.put(warning)
    assert [bool(box.waiting) for box in boxes] == [waits, waits]


def test_quiet_hours_of_the_channels_hold_nothing_back_from_the_chat() -> None:
    settings = given(
        alert_urls="json://a",
        alert_quiet_hours="22:00-10:00",
        alert_warnings_to=("discord", "urls"),
    )
    early = datetime(2026, 11, 16, 9, 5, tzinfo=KST)
    warning = Notice(
        turn=Turn.BEGAN, condition=Condition.STALE_FEED, text="", since=early, at=early
    )
    chat = in_chat_box(settings, AppriseChannel("discord", SecretStr("json://c")))
    [other] = boxes_of(settings, channels_of(settings))
    for box, told in ((other, ()), (chat, (warning,))):
        box.put(warning)
        assert box.due(early) == told


def test_an_address_keeps_its_name_whatever_stands_before_it() -> None:
    first, second = f"json://{CANARY}", "json://b"
    both = given(alert_urls=f"{first} {second} {first}")
    names = [one.name for one in channels_of(both)]
    assert len(set(names)) == len(names) == 2
    assert [one.name for one in channels_of(given(alert_urls=second))] == names[1:]
    assert names_by_position(both) == {names[0]: "urls", names[1]: "urls-2"}
    assert CANARY not in "".join(names)


def test_nothing_given_is_no_channel() -> None:
    assert channels_of(given()) == ()


async def test_a_channel_that_hangs_is_left_and_not_asked_twice_at_once() -> None:
    async with silent_server() as silent:
        url = SecretStr(f"json://127.0.0.1:{silent.port}/?rto=60&cto=60")
        channel = AppriseChannel("urls", url, seconds=0.3)
        assert not await send(channel)
        async with asyncio.timeout(30):
            await silent.seen.wait()
        # Its thread hangs on, so there is no second one; the loop was free all the time.
        assert not await send(channel)
        assert channel._under_way == 1
        silent.end.set()
        async with asyncio.timeout(30):
            while channel._under_way:  # noqa: ASYNC110 - a thread ends
                await asyncio.sleep(0.01)


async def test_no_log_ever_holds_an_address(monkeypatch: pytest.MonkeyPatch) -> None:
    from apprise.plugins.slack import NotifySlack

    said = io.StringIO()
    logs.configure("DEBUG", said)
    urls = (f"nonsense://{CANARY}", f"json://user:{CANARY}@127.0.0.1:9/{CANARY}", HOOK)
    monkeypatch.setattr(NotifySlack, "webhook_url", "http://127.0.0.1:9/services")
    for url in urls:
        channel = AppriseChannel("urls", SecretStr(url), seconds=10)
        assert CANARY not in repr(channel.__dict__)
        assert not await send(channel)
    async with silent_server() as silent:
        url = f"json://{CANARY}:x@127.0.0.1:{silent.port}/?rto=60"
        assert not await send(AppriseChannel("urls", SecretStr(url), seconds=0.2))
    assert "an alert channel hangs" in said.getvalue()
    assert CANARY not in said.getvalue()


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"TELEGRAM_BOT_TOKEN": TELEGRAM}, "TELEGRAM_BOT_TOKEN and TELEGRAM_CHAT_ID go together"),
        ({"SMTP_HOST": "mail.example.com"}, "SMTP_HOST needs SMTP_FROM and SMTP_TO"),
        ({"ALERT_WARNINGS_TO": "slack, pager"}, "ALERT_WARNINGS_TO: pager is none of slack"),
        ({"ALERT_QUIET_HOURS": "22-7"}, "ALERT_QUIET_HOURS: must be hours like 22:00-07:00"),
        ({"SLACK_WEBHOK": "x"}, "SLACK_WEBHOK is not a setting; did you mean SLACK_WEBHOOK?"),
    ],
)
def test_what_does_not_fit_is_a_sentence_without_the_secret(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path, values: dict[str, str], sentence: str
) -> None:
    only(monkeypatch, tmp_path, **values)
    with pytest.raises(ConfigurationError) as refused:
        load(local_only=True)
    assert sentence in str(refused.value)
    assert CANARY not in str(refused.value)


def test_settings_are_shown_without_their_secrets(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    only(
        monkeypatch,
        tmp_path,
        SLACK_WEBHOOK=HOOK,
        ALERT_URLS=f"json://{CANARY}",
        ALERT_QUIET_HOURS="22:00-07:00",
    )
    settings = load(local_only=True)
    assert str(settings.alert_quiet_hours) == "22:00-07:00"
    assert CANARY not in str(redacted(settings))
    assert CANARY not in repr(settings)
