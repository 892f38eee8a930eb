"""A morning of the whole graph in the sandbox: two plans are kept, and the ledger tells them apart.

The figures are reckoned again from what the exchange says: shares times what a close is above the
price of the plan, less fees and tax.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from pathlib import Path

import pytest

from bot.locales import load as phrases_of
from bot.settings import Settings, load
from bot.wiring.graph import Application, build
from bot.wiring.what_if import live_what_if
from core.domain.costs import CostModel
from core.domain.krx import KST
from core.domain.orders import Side
from core.domain.plan_review import PlanLine
from core.domain.what_if import Course
from core.domain.what_if_verdict import ModelWorth
from core.services.reflection.what_if_words import model_sentence
from sandbox import commands
from sandbox.model.server import Running
from sandbox.world import World, WorldSettings, build_world
from storage.plans import SqlPlanArchive
from tests.bot.environment import only
from tests.bot.test_plan_on_sandbox import run, said, strategys_own
from tests.fakes.model_kit import loopback_model

MORNING = datetime(2026, 11, 20, 7, 0, tzinfo=KST)
EVENING = datetime(2026, 11, 20, 17, 20, tzinfo=KST)
DAY = MORNING.date()


@dataclass(frozen=True)
class Street:
    world: World
    model: Running
    settings: Settings


@pytest.fixture
async def street(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> AsyncIterator[Street]:
    world = build_world(WorldSettings(start=MORNING, rate=1.0))
    async with AsyncExitStack() as stack:
        model = await stack.enter_async_context(loopback_model())
        control = await commands.open_world(world, stack)
        world.addresses.model = f"{model.url}/v1"
        world.addresses.feeds = ()
        lines = commands.environment(world, control.url).splitlines()
        given = dict(line.split("=", 1) for line in lines)
        given = {k: v for k, v in given.items() if not k.startswith(("KIS_", "DISCORD_"))}
        given |= {"DATA_DIR": str(tmp_path / "data"), "BROKER": "sim", "OPENAI_API_KEY": "sk-test"}
        only(monkeypatch, tmp_path, **given)
        yield Street(world, model, load(local_only=True))


async def until_evening(street: Street, app: Application) -> None:
    """Let the session end, and the closing report store the account."""
    street.world.clock.jump(EVENING)
    async with asyncio.timeout(10):
        await app.world.clock.sleep_until(EVENING)
    await app.closing.report(DAY)


async def made_of(app: Application, line: PlanLine, shares: int) -> int:
    """What so many shares of a purchase made by the close of the day, after fees and tax."""
    series = await app.market.bars(line.symbol, 1, DAY, adjusted=False)
    (bar,) = series.bars
    assert bar.session == DAY
    spent, fetched = shares * line.price_won, shares * bar.close_won
    instrument = app.market.instrument(line.symbol)
    assert instrument is not None
    costs = CostModel()
    tax = costs.gain_tax_won(instrument.tax_type, Decimal(fetched - spent))
    return fetched - spent - costs.fee_won(spent) - costs.fee_won(fetched) - tax


@pytest.mark.slow
async def test_the_two_plans_of_a_morning_are_told_apart_by_the_close(street: Street) -> None:
    async with build(street.settings) as app:
        own = await strategys_own(app)
        first, second = [one for one in own.actions if one.side is Side.BUY and one.quantity > 1][
            :2
        ]
        street.model.state.script.append(
            said(
                own,
                {"symbol": first.symbol, "verdict": "shrink", "quantity": 1, "reason": "변동성"},
                {"symbol": second.symbol, "verdict": "veto", "quantity": 0, "reason": "악재"},
            )
        )
        await run(app)
        await until_evening(street, app)
        found = await live_what_if(app.world, app.stores, app.market).what_if()
        kept = await SqlPlanArchive(app.stores.database).plan_of(DAY)
        assert found is not None
        assert kept is not None
        planned = [await made_of(app, line, line.planned) for line in kept.lines]
        followed = [await made_of(app, line, line.followed) for line in kept.lines]
    made = {line.course: line.made_won for line in found.lines}
    assert (found.ledger.start_day, found.last_day, found.sessions) == (DAY, DAY, 1)
    assert made[Course.STRATEGY] == sum(planned)
    assert made[Course.FOLLOWED] == sum(followed)
    # Nobody has pressed: nothing was done, and what still waits could yet be approved.
    assert made[Course.DONE] == made[Course.NOTHING] == made[Course.ALL] == 0
    model = found.model
    assert (model.worth, model.looks, model.changes) == (ModelWorth.TOO_EARLY, 1, 1)
    assert model.more_won == sum(followed) - sum(planned)
    sentence = model_sentence(found, phrases_of("ko"))
    assert sentence.startswith("모델이 값을 했는지 말하기에는 아직 이릅니다(1/60거래일).")
    assert f"{model.more_won:+,}원" in sentence
