"""`python -m bot backtest` and `metrics`: options into a request, a request into output."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from bot.cli.ending import said
from core.errors import ConfigurationError
from core.ports.phrases import Phrases

if TYPE_CHECKING:
    from bot.backtesting.request import BacktestRequest
    from core.domain.instrument import Instrument
    from core.strategy.backtest.rules import Rules


class Method(StrEnum):
    """Choices of --atr-method."""

    SMA = "sma"
    WILDER = "wilder"


class Tax(StrEnum):
    """Choices of --tax."""

    NONE = "none"
    ETF = "etf"


class FillAt(StrEnum):
    """Choices of --fill."""

    OPEN = "open"
    CLOSE = "close"
    LIMIT = "limit"


class Language(StrEnum):
    """Choices of --locale."""

    KO = "ko"
    EN = "en"


_LOCALE = typer.Option("--locale", envvar="LOCALE", help="말 / language")
_JSON = typer.Option("--json", help="JSON 으로 / as JSON")
# What an option is called where the rule behind it has another name.
_OPTION_OF = {
    "cash_won": "--cash",
    "top_k": "--top",
    "atr_period": "--atr",
    "formation": "--lookback",
    "skip": "--skip",
    "invested": "--invested",
    "commission": "--commission",
    "weight_cap": "--cap",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class _Asked:
    """The options that choose data, as they were typed."""

    prices: Path
    raw: Path | None
    symbols: str | None
    universe: Path | None
    start: str | None
    end: str | None
    benchmark: str | None
    tax: Tax


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(backtest)
    app.command()(metrics)


def backtest(  # noqa: PLR0917 - typer reads options off parameters
    prices: Annotated[Path, typer.Option(help="수정주가 CSV / adjusted prices, CSV")],
    raw: Annotated[Path | None, typer.Option(help="실제 가격 CSV / raw prices, CSV")] = None,
    symbols: Annotated[str | None, typer.Option(help="069500,229200,…")] = None,
    universe: Annotated[Path | None, typer.Option(help="종목 파일 / universe file")] = None,
    start: Annotated[str | None, typer.Option(help="YYYY-MM-DD")] = None,
    end: Annotated[str | None, typer.Option(help="YYYY-MM-DD")] = None,
    cash: Annotated[int, typer.Option(help="시작 금액(원) / won at the start")] = 1_000_000,
    top: Annotated[int, typer.Option(help="종목 수 / symbols held")] = 4,
    atr: Annotated[int, typer.Option(help="ATR 거래일 / sessions of the ATR")] = 20,
    atr_method: Annotated[Method, typer.Option(help="ATR 평균 / its mean")] = Method.WILDER,
    lookback: Annotated[int, typer.Option(help="거래일 전부터 / momentum from")] = 252,
    skip: Annotated[int, typer.Option(help="거래일 전까지 / momentum to")] = 21,
    invested: Annotated[float, typer.Option(help="투자 비중 / share invested")] = 0.97,
    commission: Annotated[float, typer.Option(help="수수료율 / commission rate")] = 0.00015,
    cap: Annotated[float, typer.Option(help="한 종목의 몫 / most of one symbol")] = 1.0,
    tax: Annotated[Tax, typer.Option(help="세금 / taxes")] = Tax.NONE,
    fill: Annotated[FillAt, typer.Option(help="체결 / next session's")] = FillAt.OPEN,
    benchmark: Annotated[str | None, typer.Option(help="비교 종목 / held beside it")] = None,
    trades: Annotated[Path | None, typer.Option(help="체결 CSV / trades, CSV")] = None,
    locale: Annotated[Language, _LOCALE] = Language.KO,
    as_json: Annotated[bool, _JSON] = False,  # noqa: FBT002
) -> None:
    """지난 시세로 전략을 시험합니다. / Try the strategy on past prices."""
    asked = _Asked(
        prices=prices,
        raw=raw,
        symbols=symbols,
        universe=universe,
        start=start,
        end=end,
        benchmark=benchmark,
        tax=tax,
    )
    numbers = {
        "cash_won": cash,
        "top_k": top,
        "atr_period": atr,
        "formation": lookback,
        "skip": skip,
        "invested": invested,
        "commission": commission,
        "weight_cap": cap,
    }

    ways, output = (atr_method, fill), (locale, trades)
    said(lambda: _backtest(asked, numbers, ways, output, as_json=as_json))


def metrics(
    returns: Annotated[Path, typer.Option(help="CSV, 열 'return' / its column 'return'")],
    periods_per_year: Annotated[
        float, typer.Option(min=0.001, help="한 해의 기간 수 / 12: months")
    ],
    risk_free: Annotated[
        float, typer.Option(help="한 기간의 무위험 수익률 / risk-free return of one period")
    ] = 0.0,
    locale: Annotated[Language, _LOCALE] = Language.KO,
    as_json: Annotated[bool, _JSON] = False,  # noqa: FBT002
) -> None:
    """수익률 파일의 지표를 냅니다. / Figures of a file of returns."""

    def work() -> None:
        from bot import locales
        from bot.backtesting.returns import measure, metrics_json, print_metrics

        phrases = locales.load(locale)
        found = measure(returns, periods_per_year, risk_free, phrases)
        if as_json:
            typer.echo(metrics_json(found, periods_per_year, risk_free))
        else:
            print_metrics(found, phrases)

    said(work)


def _backtest(
    asked: _Asked,
    numbers: dict[str, float],
    ways: tuple[Method, FillAt],
    output: tuple[Language, Path | None],
    *,
    as_json: bool,
) -> None:
    from bot import locales
    from bot.backtesting.outcome import investigate

    locale, trades = output
    phrases = locales.load(locale)
    outcome = investigate(_request(asked, numbers, ways, phrases), phrases)
    if trades is not None:
        from bot.backtesting.as_csv import write_trades

        write_trades(outcome, trades)
    if as_json:
        from bot.backtesting.as_json import as_json as written

        typer.echo(written(outcome))
        return
    from bot.backtesting.as_table import print_table

    print_table(outcome, phrases)


def _request(
    asked: _Asked, numbers: dict[str, float], ways: tuple[Method, FillAt], phrases: Phrases
) -> BacktestRequest:
    from bot.backtesting.request import BacktestRequest
    from bot.backtesting.universe import known_instruments, symbols_of

    if asked.symbols is not None and asked.universe is not None:
        raise ConfigurationError(phrases.say("backtest.both_lists"))
    start, end = _day("--start", asked.start, phrases), _day("--end", asked.end, phrases)
    if start and end and start > end:
        raise ConfigurationError(phrases.say("backtest.start_after_end", start=start, end=end))
    symbols = None if asked.symbols is None else symbols_of(asked.symbols)
    instruments = known_instruments()
    if asked.universe is not None:
        instruments = _plain(asked.universe, phrases)
        symbols = tuple(item.symbol for item in instruments)
    return BacktestRequest(
        prices=asked.prices,
        raw=asked.raw,
        symbols=symbols,
        named=asked.symbols is not None,
        instruments=instruments,
        start=start,
        end=end,
        benchmark=symbols_of(asked.benchmark)[0] if asked.benchmark else None,
        rules=_rules(asked.tax, instruments, numbers, ways, phrases),
    )


def _plain(path: Path, phrases: Phrases) -> tuple[Instrument, ...]:
    from bot.backtesting.universe import read_universe

    found = tuple(item for item in read_universe(path) if item.is_plain)
    if not found:
        raise ConfigurationError(phrases.say("backtest.no_plain", file=path))
    return found


def _rules(
    tax: Tax,
    instruments: tuple[Instrument, ...],
    numbers: dict[str, float],
    ways: tuple[Method, FillAt],
    phrases: Phrases,
) -> Rules:
    from core.strategy.backtest.rules import RANGES, Fill, Rules, TaxRules
    from core.strategy.parameters import AtrMethod

    for name, (low, high) in RANGES.items():
        if not low <= numbers[name] <= high:
            option = _OPTION_OF[name]
            raise ConfigurationError(
                phrases.say(
                    "backtest.bad_number", option=option, low=low, high=high, found=numbers[name]
                )
            )
    skip, lookback = int(numbers["skip"]), int(numbers["formation"])
    if skip >= lookback:
        raise ConfigurationError(
            phrases.say("backtest.skip_too_long", skip=skip, lookback=lookback)
        )
    types = {item.symbol: item.tax_type for item in instruments}
    method, fill = ways
    return Rules(
        cash_won=int(numbers["cash_won"]),
        top_k=int(numbers["top_k"]),
        atr_period=int(numbers["atr_period"]),
        atr_method=AtrMethod(method.value),
        formation=lookback,
        skip=skip,
        invested=numbers["invested"],
        commission=numbers["commission"],
        weight_cap=numbers["weight_cap"],
        fill=Fill(fill.value),
        tax=TaxRules(applies=tax is Tax.ETF, types=types),
    )


def _day(option: str, text: str | None, phrases: Phrases) -> date | None:
    if text is None:
        return None
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise ConfigurationError(
            phrases.say("backtest.bad_date", option=option, found=text)
        ) from None
