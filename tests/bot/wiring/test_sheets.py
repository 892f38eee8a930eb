"""The whole bot with a spreadsheet on loopback: it is written after the close, and never in the way."""

from __future__ import annotations

import asyncio
import json

import pytest

from bot.exports import google_sheet
from bot.operations.scheduler import DayScheduler
from bot.settings import load
from bot.wiring.chat import chat_services
from bot.wiring.graph import build
from bot.wiring.sheets import keep_sheet
from core.domain.checkup import Verdict
from tests.bot.environment import only
from tests.fakes.loopback_sheets import EMAIL, KEY, TITLE, sheets


@pytest.fixture
async def google(monkeypatch, tmp_path):
    pytest.importorskip("gspread", reason="the extra 'sheets' is not installed")
    async with sheets() as one:
        file = tmp_path / "account.json"
        file.write_text(json.dumps(one.account()), encoding="utf-8")
        file.chmod(0o600)
        only(
            monkeypatch,
            tmp_path,
            GOOGLE_SHEET_KEY=KEY,
            GOOGLE_SERVICE_ACCOUNT_FILE=str(file),
        )
        client_at = google_sheet._client_at
        monkeypatch.setattr(google_sheet, "_client_at", lambda api: client_at(one.url))
        yield one


async def test_the_bot_writes_what_its_broker_says(google) -> None:
    async with build(load(local_only=True)) as app:
        sheet = app.sheet
        assert sheet is not None
        assert chat_services(app).sheet is sheet
        assert await sheet.write() == {"Positions": 0, "Portfolio": 8, "Trades": 0}
        lines = dict(google.rows("Portfolio"))
        assert lines["순자산"] == lines["주문 가능 금액"] == 1_000_000
        checks = await chat_services(app).installation.examine()
        [check] = [one for one in checks if one.name == "구글 시트"]
        assert (check.verdict, check.text) == (Verdict.GOOD, f"{TITLE} ({EMAIL})")
        google.fails = {"metadata": 403}
        checks = await chat_services(app).installation.examine()
        [check] = [one for one in checks if one.name == "구글 시트"]
        assert check.verdict is Verdict.BAD
        assert EMAIL in check.text
        assert "시트 없이도" in check.mend
        google.fails = {"metadata": 503}
        checks = await chat_services(app).installation.examine()
        assert [one.verdict for one in checks if one.name == "구글 시트"] == [Verdict.SKIPPED]


async def test_the_appointment_is_made_and_the_missed_one_kept(google, monkeypatch) -> None:
    async with build(load(local_only=True)) as app:
        world = app.world
        scheduler = DayScheduler(world.clock, world.supervisor)
        monkeypatch.setattr(
            "bot.operations.sheet_evenings.SheetEvenings._write_due",
            lambda evenings: evenings.sheet.write(),
        )
        keep_sheet(world, app.sheet, scheduler)
        assert "sheet" in scheduler._jobs
        for _ in range(100):
            await asyncio.sleep(0.05)
            if google.options:
                break
        assert google.options == ["RAW"]


async def test_without_a_key_there_is_none(monkeypatch, tmp_path) -> None:
    only(monkeypatch, tmp_path)
    async with build(load(local_only=True)) as app:
        world = app.world
        scheduler = DayScheduler(world.clock, world.supervisor)
        keep_sheet(world, app.sheet, scheduler)
        assert (app.sheet, chat_services(app).sheet, scheduler._jobs) == (None, None, {})
