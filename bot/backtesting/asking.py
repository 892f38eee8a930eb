"""Options as they were typed, into a request: checked, with Korean sentences where they are wrong."""

from __future__ import annotations

import math
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from pathlib import Path

from bot.backtesting.request import BacktestRequest, LivePlan, Studies
from bot.backtesting.universe import known_instruments, read_universe, symbols_of
from bot.files.strategy import SEED_FILE, StrategySettings, read_strategy
from bot.files.universe import text_of
from core.domain.costs import AccountKind
from core.domain.instrument import Instrument, Symbol
from core.errors import ConfigurationError
from core.ports.phrases import Phrases
from core.strategy.backtest.rules import (
    COMBINATIONS_MAX,
    RANGES,
    Fill,
    Protection,
    Rules,
    TaxRules,
)
from core.strategy.parameters import AtrMethod

SEED = "default"
TAXED = "etf"
# What an option is called where the rule behind it has another name.
OPTIONS: Mapping[str, str] = {
    "cash_won": "cash",
    "top_k": "top",
    "atr_period": "atr",
    "formation": "lookback",
    "skip": "skip",
    "invested": "invested",
    "commission": "commission",
    "weight_cap": "cap",
}
_WHOLE = frozenset({"cash_won", "top_k", "atr_period", "formation", "skip"})
# Rules that may be swept: everything but the money.
_SWEPT = {name: rule for rule, name in OPTIONS.items() if rule != "cash_won"}


@dataclass(frozen=True, slots=True, kw_only=True)
class Asked:
    """The options of `backtest`, as they were typed. `numbers` go by the names of the rules."""

    prices: Path | None
    raw: Path | None
    symbols: str | None
    universe: Path | None
    start: str | None
    end: str | None
    benchmark: str | None
    taxed: bool
    account: str
    fill: str
    atr_method: str
    numbers: Mapping[str, float]
    strategy: str | None
    protect: str | None
    loss_limit: float | None
    lookahead: bool
    bands: bool
    grid: str | None
    walk: str | None
    keep: Path | None
    stored: bool


def asked_of(options: Mapping[str, object]) -> Asked:
    """Return the options of the command by their names on the command line."""

    def text(name: str) -> str | None:
        value = options[name]
        return None if value is None else str(value)

    def path(name: str) -> Path | None:
        value = text(name)
        return None if value is None else Path(value)

    limit = text("loss_limit")
    return Asked(
        prices=path("prices"),
        raw=path("raw"),
        symbols=text("symbols"),
        universe=path("universe"),
        start=text("start"),
        end=text("end"),
        benchmark=text("benchmark"),
        taxed=text("tax") == TAXED,
        account=str(options["account"]),
        fill=str(options["fill"]),
        atr_method=str(options["atr_method"]),
        numbers={rule: float(str(options[name])) for rule, name in OPTIONS.items()},
        strategy=text("strategy"),
        protect=text("protect"),
        loss_limit=None if limit is None else float(limit),
        lookahead=bool(options["check_lookahead"]),
        bands=bool(options["bands"]),
        grid=text("sweep"),
        walk=text("walk_forward"),
        keep=path("keep"),
        stored=bool(options["stored"]),
    )


def request_of(asked: Asked, phrases: Phrases) -> BacktestRequest:
    """Return what was asked for. Raises ConfigurationError or DataError in one sentence."""
    if asked.stored == (asked.prices is not None) or (asked.stored and asked.raw is not None):
        raise ConfigurationError(phrases.say("backtest.stored_or_file"))
    if asked.symbols is not None and asked.universe is not None:
        raise ConfigurationError(phrases.say("backtest.both_lists"))
    start, end = _day("--start", asked.start, phrases), _day("--end", asked.end, phrases)
    if start and end and start > end:
        raise ConfigurationError(phrases.say("backtest.start_after_end", start=start, end=end))
    strategy = _strategy(asked, phrases)
    symbols = None if asked.symbols is None else symbols_of(asked.symbols, "--symbols", phrases)
    instruments = known_instruments()
    chosen: tuple[Instrument, ...] | None = None
    if asked.universe is not None:
        chosen = _plain(asked.universe, read_universe(asked.universe), phrases)
    elif strategy is not None and symbols is None:
        chosen = _plain(strategy.path, strategy.universe, phrases)
    if chosen is not None:
        instruments, symbols = chosen, tuple(item.symbol for item in chosen)
    return BacktestRequest(
        prices=asked.prices,
        raw=asked.raw,
        symbols=symbols,
        named=asked.symbols is not None,
        instruments=instruments,
        start=start,
        end=end,
        benchmark=_benchmark(asked, phrases),
        rules=_rules(asked, instruments, strategy, phrases),
        keep=asked.keep,
        live=_live(asked, strategy, phrases),
        studies=_studies(asked, phrases),
    )


def _strategy(asked: Asked, phrases: Phrases) -> StrategySettings | None:
    if asked.strategy is None:
        if asked.protect is not None or asked.loss_limit is not None:
            raise ConfigurationError(phrases.say("backtest.protect_needs"))
        return None
    if asked.grid is not None or asked.walk is not None:
        raise ConfigurationError(phrases.say("backtest.search_needs_plain"))
    path = SEED_FILE if asked.strategy == SEED else Path(asked.strategy)
    return read_strategy(path, text_of(path))


def _benchmark(asked: Asked, phrases: Phrases) -> Symbol | None:
    if asked.benchmark is None:
        return None
    found = symbols_of(asked.benchmark, "--benchmark", phrases)
    if len(found) > 1:
        raise ConfigurationError(phrases.say("backtest.one_code", option="--benchmark"))
    return found[0]


def _live(asked: Asked, strategy: StrategySettings | None, phrases: Phrases) -> LivePlan | None:
    if strategy is None:
        return None
    limit = asked.loss_limit or 0.0
    _within("loss-limit", limit, (0.0, 100.0), phrases)
    return LivePlan(
        parameters=strategy.parameters,
        protection=Protection(asked.protect or Protection.CLOSE.value),
        loss_limit_percent=limit,
    )


def _plain(
    path: Path, instruments: tuple[Instrument, ...], phrases: Phrases
) -> tuple[Instrument, ...]:
    found = tuple(item for item in instruments if item.is_plain)
    if not found:
        raise ConfigurationError(phrases.say("backtest.no_plain", file=path))
    return found


def _rules(
    asked: Asked,
    instruments: tuple[Instrument, ...],
    strategy: StrategySettings | None,
    phrases: Phrases,
) -> Rules:
    numbers = dict(asked.numbers)
    method = AtrMethod(asked.atr_method)
    if strategy is not None:
        own = strategy.parameters
        method = own.atr_method
        numbers |= {
            "top_k": own.top_k,
            "atr_period": own.atr_period,
            "formation": own.formation,
            "skip": own.skip,
            "invested": own.invested_percent / 100,
            "weight_cap": own.weight_cap_percent / 100,
        }
    for name, bounds in RANGES.items():
        _within(OPTIONS[name], numbers[name], bounds, phrases)
    skip, lookback = int(numbers["skip"]), int(numbers["formation"])
    if skip >= lookback:
        raise ConfigurationError(
            phrases.say("backtest.skip_too_long", skip=skip, lookback=lookback)
        )
    return Rules(
        cash_won=int(numbers["cash_won"]),
        top_k=int(numbers["top_k"]),
        atr_period=int(numbers["atr_period"]),
        atr_method=method,
        formation=lookback,
        skip=skip,
        invested=numbers["invested"],
        commission=numbers["commission"],
        weight_cap=numbers["weight_cap"],
        fill=Fill(asked.fill),
        tax=TaxRules(
            applies=asked.taxed,
            account=AccountKind(asked.account),
            types={item.symbol: item.tax_type for item in instruments},
        ),
    )


def _within(option: str, value: float, bounds: tuple[float, float], phrases: Phrases) -> None:
    low, high = bounds
    if not low <= value <= high:
        raise ConfigurationError(
            phrases.say(
                "backtest.bad_number",
                option=f"--{option}",
                low=_plainly(low),
                high=_plainly(high),
                found=_plainly(value),
            )
        )


def _plainly(value: float) -> str:
    return f"{value:,.16g}"


def _studies(asked: Asked, phrases: Phrases) -> Studies:
    if asked.walk is not None and asked.grid is None:
        raise ConfigurationError(phrases.say("backtest.walk_needs_grid"))
    return Studies(
        lookahead=asked.lookahead,
        bands=asked.bands,
        grid={} if asked.grid is None else _grid(asked.grid, phrases),
        walk=None if asked.walk is None else _walk(asked.walk, phrases),
    )


def _grid(text: str, phrases: Phrases) -> dict[str, tuple[float, ...]]:
    """Return the values of 'top=2,4 lookback=126,252' by the names of the rules."""
    found: dict[str, tuple[float, ...]] = {}
    for part in text.split() or [text]:
        name, _, values = part.partition("=")
        rule = _SWEPT.get(name.strip().removeprefix("--"))
        try:
            numbers = tuple(float(value) for value in values.split(",") if value.strip())
        except ValueError:
            numbers = ()
        whole = rule not in _WHOLE or all(number.is_integer() for number in numbers)
        if rule is None or not numbers or not whole:
            names = ", ".join(_SWEPT)
            raise ConfigurationError(phrases.say("backtest.bad_grid", found=part, names=names))
        for number in numbers:
            _within(f"sweep {name}", number, RANGES[rule], phrases)
        found[rule] = tuple(int(n) if rule in _WHOLE else n for n in numbers)
    count = math.prod(len(values) for values in found.values())
    if count > COMBINATIONS_MAX:
        words = phrases.say("backtest.grid_too_large", count=count, limit=COMBINATIONS_MAX)
        raise ConfigurationError(words)
    return found


def _walk(text: str, phrases: Phrases) -> tuple[int, int]:
    train, _, test = text.partition("/")
    if not (train.isdecimal() and test.isdecimal() and int(train) and int(test)):
        raise ConfigurationError(phrases.say("backtest.bad_walk", found=text))
    return int(train), int(test)


def _day(option: str, text: str | None, phrases: Phrases) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            phrases.say("backtest.bad_date", option=option, found=text)
        ) from None
