"""The stored bars and the live strategy, as a rule is replayed on them."""

from __future__ import annotations

from dataclasses import dataclass, replace

from bot.backtesting.files import load_market
from bot.backtesting.request import BacktestRequest
from bot.backtesting.rule_job import RuleJob, ToldRule, terms_of
from bot.files.strategy import StrategySettings
from bot.settings import Settings
from core.domain.rule_evidence import Missing, ReplayFigures, Unshown
from core.domain.rule_reach import Situation
from core.domain.rule_trying import tried_rule
from core.domain.rules import Rule
from core.errors import DataError
from core.ports.phrases import Phrases
from core.services.rules.judging import MARKET_SYMBOL
from core.strategy.backtest.daily import DailyRules
from core.strategy.backtest.market import Market
from core.strategy.backtest.past_purchases import past_purchases
from core.strategy.backtest.rule_replay import replay_rule
from core.strategy.backtest.rules import Rules
from core.strategy.panel import Floats


def replayed(
    job: RuleJob, settings: Settings, strategy: StrategySettings, phrases: Phrases
) -> ReplayFigures | Missing:
    """Return the live strategy on the stored bars without the tried rule and with it."""
    found = _stored(strategy, phrases)
    if found is None:
        return Missing(Unshown.NO_BARS)
    return replay_rule(
        found.market,
        _surroundings(settings, strategy),
        _rule(job.tried, 0),
        [_rule(told, number) for number, told in enumerate(job.standing, start=1)],
        market_closes=found.market_closes,
    )


def bought(
    settings: Settings, strategy: StrategySettings, phrases: Phrases
) -> tuple[Situation, ...] | Missing:
    """Return what the live strategy would have bought on the stored bars without any rule."""
    found = _stored(strategy, phrases)
    if found is None:
        return Missing(Unshown.NO_BARS)
    return past_purchases(found.market, _surroundings(settings, strategy), found.market_closes)


def _surroundings(settings: Settings, strategy: StrategySettings) -> DailyRules:
    return DailyRules(
        cash_won=strategy.parameters.capital_won_max,
        parameters=strategy.parameters,
        instruments=strategy.universe,
        costs=settings.costs,
        taxed=settings.costs.account.withholds,
        loss_limit_percent=float(settings.day_loss_limit_percent),
        limits=settings.risk_limits,
    )


@dataclass(frozen=True, slots=True, eq=False)
class _Stored:
    market: Market
    market_closes: Floats | None


def _stored(strategy: StrategySettings, phrases: Phrases) -> _Stored | None:
    """Return the stored prices of the live universe, and the market's closes where they are stored."""
    parameters = strategy.parameters
    plain = [item for item in strategy.universe if item.is_plain][: parameters.universe_max]
    request = BacktestRequest(
        prices=None,
        raw=None,
        symbols=tuple(item.symbol for item in plain),
        named=False,
        instruments=strategy.universe,
        start=None,
        end=None,
        benchmark=None,
        rules=Rules(cash_won=parameters.capital_won_max),
        wants_volume=True,
    )
    try:
        market = _with_known_volume(load_market(request, phrases).market)
    except DataError:
        return None
    if MARKET_SYMBOL in market.symbols:
        column = market.symbols.index(MARKET_SYMBOL)
        return _Stored(market, market.signal.close[:, column])
    try:
        beside = load_market(replace(request, benchmark=MARKET_SYMBOL), phrases).benchmark
    except DataError:
        beside = None
    return _Stored(market, beside)


def _with_known_volume(market: Market) -> Market:
    """Return the market without volumes where its source knew none: zeros would be taken for them."""
    return (
        market
        if market.volume is not None and market.volume.any()
        else replace(market, volume=None)
    )


def _rule(told: ToldRule, number: int) -> Rule:
    return tried_rule(terms_of(told), f"T{number}")
