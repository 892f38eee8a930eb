"""`python -m bot replay` of a day, on a real file: the same, another strategy, other limits."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Callable
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import pytest
from typer.testing import CliRunner, Result

from bot.cli.app import app
from bot.files.strategy import read_strategy
from core.domain.account import AccountSnapshot, Portfolio, Position
from core.domain.costs import CostModel
from core.domain.cycle import Step, StepState
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.market import Bar, BarSeries
from core.domain.money import Won
from core.domain.orders import Side
from core.domain.plan import PlannedAction, Ranking, TradingPlan
from core.domain.risk import RiskLimits
from core.flows.deciding import decided
from core.flows.gathering import LoadedBars
from core.flows.values import DecisionBasis, GuardVerdict, MarketState, StrategyPlan, encoded
from core.strategy.exits import Passage
from storage.bars import SqlBarArchive
from storage.cycles import SqlCycleArchive
from storage.opening import open_database
from tests.bot.environment import only
from tests.fakes.fake_cycle_desk import rising

DECIDED_ON, DAY = date(2026, 10, 30), date(2026, 11, 2)
SESSIONS = 60
CODES = ("069500", "229200", "360750")
HELD = Symbol("132030")
STRATEGY = """[parameters]
top_k = 2
formation = 40
skip = 5
atr_period = 10
""" + "".join(
    f'[[universe]]\nsymbol = "{code}"\nname = "ETF {code[:3]}"\n' for code in (*CODES, HELD)
)
AT = datetime(2026, 11, 2, 8, 0, tzinfo=KST)


def bars_of(code: str, step: int) -> tuple[Bar, ...]:
    days = [DECIDED_ON - timedelta(days=back) for back in range(SESSIONS - 1, -1, -1)]
    return tuple(rising(code, days, 10_000, step))


BARS = {
    Symbol(code): bars_of(code, step)
    for code, step in zip((*CODES, HELD), (40, 25, 10, -45), strict=True)
}


def market() -> MarketState:
    last = BARS[HELD][-1].close_won
    position = Position(
        symbol=HELD,
        name="ETF 132",
        quantity=10,
        sellable=10,
        average_cost_won=Decimal(10_000),
        price_won=Won(last),
    )
    account = AccountSnapshot(
        deposit_won=Won(800_000),
        settled_d2_won=Won(800_000),
        positions=(position,),
        taken_at=AT,
    )
    return MarketState(
        portfolio=Portfolio(account=account, orderable_won=Won(800_000), reserved_won=Won(0)),
        decided_on=DECIDED_ON,
        closes=tuple((symbol, rows[-1].close_won) for symbol, rows in BARS.items()),
        regime="",
        data_note="",
    )


def planned() -> StrategyPlan:
    """Return the day's plan as the cycle would have stored it."""
    listed, seen = read_strategy(Path("strategy.toml"), STRATEGY), market()
    basis = DecisionBasis(
        cap=RiskLimits().position_cap(seen.portfolio.account.nav_won),
        passages=((HELD, Passage(peak_won=10_000)),),
    )
    decision = decided(
        listed.universe,
        seen,
        LoadedBars(BARS, dict(seen.closes), ()),
        listed.parameters,
        CostModel(),
        day=DAY,
        is_rebalance=True,
        basis=basis,
    )
    actions = tuple(
        PlannedAction(
            symbol=item.symbol,
            name="",
            side=item.side,
            quantity=item.quantity,
            price_won=item.price_won,
            justification="",
            rule=item.reason.key,
        )
        for item in decision.actions
    )
    rankings = tuple(
        Ranking(
            symbol=item.symbol,
            name="",
            score=item.score,
            weight=item.weight,
            close_won=item.close_won,
        )
        for item in decision.rankings
    )
    plan = TradingPlan(
        day=DAY,
        decided_on=DECIDED_ON,
        is_rebalance=True,
        actions=actions,
        rankings=rankings,
        risk_assessment="",
        expected_outcome="",
    )
    return StrategyPlan(plan=plan, followed=plan, basis=basis)


def verdict_of(plan: TradingPlan) -> GuardVerdict:
    return GuardVerdict(
        allowed=tuple((item.symbol, item.side) for item in plan.actions), refusals=()
    )


async def write(folder: Path, stored: StrategyPlan, verdict: GuardVerdict | None) -> None:
    database = await open_database(f"sqlite:///{folder / 'autotrade-sim.db'}", migrate=True)
    archive = SqlBarArchive(database)
    for symbol, rows in BARS.items():
        series = BarSeries(symbol=symbol, adjusted=True, source="test", bars=rows)
        await archive.save_bars(series, AT)
    outputs = {Step.MARKET_FETCH: market(), Step.STRATEGY: stored, Step.RISK_GUARD: verdict}
    steps = SqlCycleArchive(database)
    for step, output in outputs.items():
        if output is not None:
            begun = await steps.begin_step(DAY, step, AT)
            await steps.finish_step(
                replace(begun, state=StepState.DONE, finished_at=AT, output=encoded(output))
            )
    await database.close()


Stored = Callable[[StrategyPlan, GuardVerdict | None], None]


@pytest.fixture
def stored(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> Stored:
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path))
    (tmp_path / "strategy.toml").write_text(STRATEGY, encoding="utf-8")

    def keep(plan: StrategyPlan, verdict: GuardVerdict | None) -> None:
        asyncio.run(write(tmp_path, plan, verdict))

    return keep


def asked(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["replay", "--day", str(DAY), *arguments])


def test_the_plan_of_the_day_is_not_an_empty_one():
    found = {(item.symbol, item.side) for item in planned().plan.actions}
    assert (HELD, Side.SELL) in found
    assert sum(side is Side.BUY for _, side in found) == 2


def test_nothing_changed_nothing_differs(stored, tmp_path):
    plan = planned()
    stored(plan, verdict_of(plan.in_force))
    result = asked()
    assert result.exit_code == 0, result.output
    assert result.output.splitlines() == [
        "2026-11-02의 결정(2026-10-30 종가)을 지금의 프로그램, 전략 파일, 한도로 다시 내렸습니다.",
        "그날 저장된 결정과 견줍니다.",
        "모두 같습니다.",
    ]


def test_another_strategy_is_told_line_by_line(stored, tmp_path):
    plan = planned()
    stored(plan, verdict_of(plan.in_force))
    before = tmp_path / "before.json"
    assert asked("--save", str(before)).exit_code == 0
    one = STRATEGY.replace("top_k = 2", "top_k = 1")
    (tmp_path / "strategy.toml").write_text(one, encoding="utf-8")
    ways = {"그날 저장된": asked(), "파일의": asked("--against", str(before))}
    for way, result in ways.items():
        assert result.exit_code == 4
        lines = result.output.splitlines()
        gone = next(line for line in lines if line.startswith("전략 · ETF 229(229200)"))
        assert gone.endswith("→ 없음")
        assert any(line.startswith("순위 · ETF 229(229200)") for line in lines)
        assert "확인하기 전에는 승인하지 마세요" in lines[-1]
        assert lines[1].endswith(f"{way} 결정과 견줍니다.")


def test_tighter_limits_change_the_word_of_the_guard(stored, tmp_path, monkeypatch):
    plan = planned()
    stored(plan, verdict_of(plan.in_force))
    before = tmp_path / "before.json"
    asked("--save", str(before))
    monkeypatch.setenv("ORDER_LIMIT_KRW", "13000")
    against_day, against_file = asked(), asked("--against", str(before))
    # What was stored on the day says only whether an action passed; one share of it still does.
    assert against_day.exit_code == 0, against_day.output
    assert against_file.exit_code == 4
    told = [line for line in against_file.output.splitlines() if line.startswith("관문")]
    assert told
    assert all("1주 통과 (order_amount)" in line for line in told)


def test_a_refusal_of_the_guard_that_would_not_be_one_now_is_told(stored):
    plan = planned()
    stored(plan, GuardVerdict(allowed=((HELD, Side.SELL),), refusals=("…",)))
    result = asked()
    assert result.exit_code == 4
    told = [line for line in result.output.splitlines() if line.startswith("관문")]
    assert len(told) == 2
    assert all("0주 통과 →" in line for line in told)


def test_what_cannot_be_replayed_is_said_in_words(stored, tmp_path):
    result = CliRunner().invoke(app, ["replay"])
    assert (result.exit_code, "아직 기록이 없습니다" in result.output) == (2, True)
    stored(replace(planned(), basis=None), None)
    assert "이 기능이 없던 판이 저장한 날" in asked().output
    other = CliRunner().invoke(app, ["replay", "--day", "2026-11-03"])
    assert (other.exit_code, "전략까지 끝난 일일 작업이 없어" in other.output) == (2, True)
    assert "지난 31일 동안" in CliRunner().invoke(app, ["replay"]).output
    for arguments in (["4F9KQ2ZD", "--day", str(DAY)], ["--live"], ["--day", "어제"]):
        assert CliRunner().invoke(app, ["replay", *arguments]).exit_code == 2


def test_files_that_do_not_fit_are_refused(stored, tmp_path):
    plan = planned()
    stored(plan, None)
    before = tmp_path / "before.json"
    assert asked("--save", str(before)).exit_code == 0
    document = json.loads(before.read_text(encoding="utf-8"))
    before.write_text(json.dumps(document | {"day": "2026-10-01"}), encoding="utf-8")
    assert "--day 2026-10-01 로 다시" in asked("--against", str(before)).output
    before.write_text("{}", encoding="utf-8")
    result = asked("--against", str(before))
    assert (result.exit_code, "replay --save 로 만든 파일이 아닙니다" in result.output) == (2, True)
    result = asked("--save", str(tmp_path / "gone" / "x.json"))
    assert (result.exit_code, "쓸 수 없습니다" in result.output) == (2, True)


def test_bars_that_are_gone_are_named(stored, tmp_path):
    plan = planned()
    stored(plan, None)

    async def forget() -> None:
        database = await open_database(f"sqlite:///{tmp_path / 'autotrade-sim.db'}", migrate=False)
        await SqlBarArchive(database).forget_bars([Symbol("069500")], adjusted=True)
        await database.close()

    asyncio.run(forget())
    result = asked()
    assert result.exit_code == 4
    assert "ETF 069(069500): 저장된 시세가 없어" in result.output
