"""The daily cycle of the whole graph before a scripted model: it shrinks, lies, and is silent."""

from __future__ import annotations

import json
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from datetime import datetime
from pathlib import Path
from typing import Any

import pytest
from rich.console import Console

from bot.chat.report_embeds import briefing_embed
from bot.locales import load as phrases_of
from bot.operations.console import ConsoleSurfaces
from bot.settings import Settings, load
from bot.wiring.graph import Application, build
from core.domain.briefing import Briefing
from core.domain.krx import KST
from core.domain.model_calls import Purpose
from core.domain.orders import Side
from core.domain.plan import TradingPlan
from core.domain.plan_review import ReviewState
from core.domain.prompts import DECISION_PROMPT
from core.flows.values import decoded
from core.llm.prompt import load_prompt
from sandbox import commands
from sandbox.model.brain import Wanted
from sandbox.model.handler import Fault
from sandbox.model.server import Running
from sandbox.world import WorldSettings, build_world
from storage.plans import SqlPlanArchive
from tests.bot.environment import only
from tests.fakes.model_kit import loopback_model

START = datetime(2026, 11, 20, 7, 0, tzinfo=KST)
DAY = START.date()


@pytest.fixture
async def model() -> AsyncIterator[Running]:
    async with loopback_model() as running:
        yield running


@pytest.fixture
async def settings(
    model: Running, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> AsyncIterator[Settings]:
    """A simulated exchange of our own, so that nothing waits for a broker's pace."""
    world = build_world(WorldSettings(start=START, rate=1.0))
    async with AsyncExitStack() as stack:
        control = await commands.open_world(world, stack)
        world.addresses.model = f"{model.url}/v1"
        # Without headlines the model is asked about nothing but the plan.
        world.addresses.feeds = ()
        lines = commands.environment(world, control.url).splitlines()
        given = dict(line.split("=", 1) for line in lines)
        given = {k: v for k, v in given.items() if not k.startswith(("KIS_", "DISCORD_"))}
        given |= {"DATA_DIR": str(tmp_path / "data"), "BROKER": "sim", "OPENAI_API_KEY": "sk-test"}
        only(monkeypatch, tmp_path, **given)
        yield load(local_only=True)


def said(plan: TradingPlan, *changed: dict[str, object], why: str = "자료를 보았습니다") -> Wanted:
    """Return a call that keeps every proposal but those of `changed`."""
    kept: dict[object, dict[str, object]] = {
        item.symbol: {
            "symbol": item.symbol,
            "side": item.side.value,
            "verdict": "keep",
            "quantity": item.quantity,
            "reason": "그대로 둡니다",
        }
        for item in plan.actions
    }
    for change in changed:
        key = change["symbol"]
        kept[key] = {**kept.get(key, {}), **change}
    texts = dict.fromkeys(("justification", "risk_assessment", "expected_outcome"), why)
    return Wanted("review_plan", {"actions": list(kept.values()), **texts})


async def strategys_own(app: Application) -> TradingPlan:
    """Return what the strategy plans; the sandbox's model keeps everything by itself."""
    briefing = await app.cycle.run(DAY, dry_run=True)
    assert briefing.plan is not None
    assert briefing.reviewed is not None
    assert briefing.reviewed.state is ReviewState.REVIEWED, briefing.warnings
    assert briefing.reviewed.changes == ()
    return briefing.plan


async def run(app: Application) -> Briefing:
    surfaces = ConsoleSurfaces(Console(quiet=True), app.world.phrases)
    app.surfaces.connect(surfaces, surfaces, surfaces)
    return await app.cycle.run(DAY)


def shown(briefing: Briefing) -> str:
    embed = briefing_embed(briefing, phrases_of("ko"))
    return "\n".join(f"[{item.name}]\n{item.value}" for item in embed.fields)


async def asked(model: Running) -> list[dict[str, Any]]:
    found = [one for one in model.state.requests if one.get("tools")]
    return [one for one in found if one["tools"][0]["function"]["name"] == "review_plan"]


async def test_one_is_shrunk_one_is_vetoed_and_both_plans_are_kept(settings, model):
    async with build(settings) as app:
        own = await strategys_own(app)
        buys = [item for item in own.actions if item.side is Side.BUY and item.quantity > 1]
        first, second = buys[0], buys[1]
        less = first.quantity - 1
        model.state.script.append(
            said(
                own,
                {
                    "symbol": first.symbol,
                    "verdict": "shrink",
                    "quantity": less,
                    "reason": "변동성이 큽니다",
                },
                {
                    "symbol": second.symbol,
                    "verdict": "veto",
                    "quantity": 0,
                    "reason": "@everyone 악재",
                },
                why="수익률 77.7% 예상, https://evil.example/x",
            )
        )
        briefing = await run(app)
        kept = await SqlPlanArchive(app.stores.database).plan_of(DAY)
        (instructions,) = await app.stores.prompts.versions(DECISION_PROMPT)
        assert briefing.ticket_id is not None
        async with app.stores.ledger.transaction() as books:
            ticket = await books.ticket(briefing.ticket_id)
            records = await books.trade_records_on(DAY)
        calls = await app.stores.calls.calls_of_ticket(briefing.ticket_id)
    assert ticket is not None
    legs = {leg.envelope.symbol: leg for leg in ticket.legs}
    assert second.symbol not in legs
    assert legs[first.symbol].quantity <= less
    assert f"모델: {first.quantity}주→{less}주, 변동성이 큽니다" in legs[first.symbol].reason
    # The plan with and without the model, beside the hash of the prompt that was in force.
    assert kept is not None
    assert (kept.prompt_hash, kept.ticket_id) == (instructions.sha256, briefing.ticket_id)
    assert instructions.text == load_prompt(DECISION_PROMPT)
    assert decoded(TradingPlan, kept.strategy).actions == own.actions
    lines = {line.symbol: (line.planned, line.followed) for line in kept.lines}
    assert lines[first.symbol] == (first.quantity, less)
    assert lines[second.symbol] == (second.quantity, 0)
    # The snapshot of the trade is the analysis that the model saw.
    seen = json.loads(next(one.market for one in records if one.symbol == first.symbol))
    assert seen["analysis"] == json.loads(kept.market)
    assert (calls[0].purpose, calls[0].call_id) == (Purpose.PLAN, kept.call_id)
    text = shown(briefing)
    assert f"{first.quantity}주→{less}주, 변동성이 큽니다" in text
    assert f"{second.quantity}주→거부, ＠everyone 악재" in text
    assert "77.7%(근거 없음)" in text
    assert "evil.example" not in text
    assert "코스피: 증권사가 주지 않음" in text
    assert "거래량 상위" in text


async def test_a_hostile_reply_is_repaired_once_and_then_the_strategys_plan_stands(settings, model):
    async with build(settings) as app:
        own = await strategys_own(app)
        first = own.actions[0]
        more = {"symbol": first.symbol, "quantity": first.quantity + 1, "reason": "모두 사세요"}
        before = len(await asked(model))
        model.state.script.extend([said(own, more), said(own, more)])
        briefing = await run(app)
        kept = await SqlPlanArchive(app.stores.database).plan_of(DAY)
    assert len(await asked(model)) == before + 2
    assert briefing.plan == own
    assert briefing.ticket_id is not None
    assert briefing.reviewed is not None
    assert briefing.reviewed.state is ReviewState.FAILED
    assert any("허용된 범위를 벗어났습니다" in text for text in briefing.warnings)
    assert kept is not None
    assert kept.strategy == kept.followed
    assert all(line.planned == line.followed for line in kept.lines)


async def test_a_model_that_is_down_changes_nothing_and_the_briefing_says_so(settings, model):
    async with build(settings) as app:
        own = await strategys_own(app)
        model.state.faults.extend([Fault.SERVER_ERROR] * 6)
        briefing = await run(app)
    assert briefing.plan == own
    assert briefing.ticket_id is not None
    assert "모델이 검토하지 못했습니다. 전략의 계획 그대로입니다." in shown(briefing)
    assert any("언어 모델 제공자에 문제가 있습니다" in text for text in briefing.warnings)


async def test_without_a_key_the_analyst_looks_and_changes_nothing(settings, model, monkeypatch):
    monkeypatch.delenv("OPENAI_API_KEY")
    async with build(load(local_only=True)) as app:
        briefing = await run(app)
        kept = await SqlPlanArchive(app.stores.database).plan_of(DAY)
    assert kept is not None
    assert (kept.state, kept.planner) == (ReviewState.OFFLINE, "offline-analyst")
    assert kept.strategy == kept.followed
    assert "규칙 분석기는 아무것도 바꾸지 않으며" in shown(briefing)
    assert list(model.state.requests) == []
