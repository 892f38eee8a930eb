"""`python -m bot backtest` and `metrics`: what can be asked, and where the answer goes."""

from __future__ import annotations

from collections.abc import Mapping
from enum import StrEnum
from functools import partial
from pathlib import Path
from typing import Annotated

import typer

from bot.cli.ending import EXIT_INPUT, fail, said


class Method(StrEnum):
    """Choices of --atr-method."""

    SMA = "sma"
    WILDER = "wilder"


class Tax(StrEnum):
    """Choices of --tax."""

    NONE = "none"
    ETF = "etf"


class Account(StrEnum):
    """Choices of --account."""

    GENERAL = "general"
    ISA = "isa"
    PENSION = "pension"


class FillAt(StrEnum):
    """Choices of --fill."""

    OPEN = "open"
    CLOSE = "close"
    LIMIT = "limit"


class Protect(StrEnum):
    """Choices of --protect."""

    NONE = "none"
    CLOSE = "close"
    TOUCH = "touch"


class Language(StrEnum):
    """Choices of --locale."""

    KO = "ko"
    EN = "en"


_LOCALE = typer.Option("--locale", envvar="LOCALE", help="말 / language")
_JSON = typer.Option("--json", help="JSON 으로 / as JSON")
_STORED = typer.Option("--stored", help="봇이 저장한 시세로 / the bot's own stored bars")
_STAGES = typer.Option("--stages", hidden=True)
_LOOKAHEAD = typer.Option("--check-lookahead", help="미리보기 검사 / no decision saw the future")
_BANDS = typer.Option("--bands", help="운의 폭 / bootstrap bands")
# These come from the file of --strategy.
_OF_THE_STRATEGY = ("top", "atr", "atr_method", "lookback", "skip", "invested", "cap")


def register(app: typer.Typer) -> None:
    """Add these commands to the application."""
    app.command()(backtest)
    app.command()(metrics)


def backtest(  # noqa: PLR0917 - typer reads options off parameters
    context: typer.Context,
    prices: Annotated[Path | None, typer.Option(help="수정주가 CSV / adjusted, CSV")] = None,
    raw: Annotated[Path | None, typer.Option(help="실제 가격 CSV / raw prices, CSV")] = None,
    stored: Annotated[bool, _STORED] = False,  # noqa: FBT002
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
    account: Annotated[Account, typer.Option(help="일반·ISA·연금 / account")] = Account.GENERAL,
    fill: Annotated[FillAt, typer.Option(help="체결 / next session's")] = FillAt.OPEN,
    strategy: Annotated[
        str | None, typer.Option(help="strategy.toml, default: 봇의 전략 그대로 / the live one")
    ] = None,
    protect: Annotated[Protect | None, typer.Option(help="손절·익절 / exits simulated")] = None,
    loss_limit: Annotated[
        float | None, typer.Option(help="이만큼(%) 내려 시작한 날은 안 삼 / no buys below")
    ] = None,
    benchmark: Annotated[str | None, typer.Option(help="비교 종목 / held beside it")] = None,
    check_lookahead: Annotated[bool, _LOOKAHEAD] = False,  # noqa: FBT002
    bands: Annotated[bool, _BANDS] = False,  # noqa: FBT002
    sweep: Annotated[str | None, typer.Option(help="'top=2,4 lookback=126,252'")] = None,
    walk_forward: Annotated[str | None, typer.Option(help="고르는 달/쓰는 달: 24/6")] = None,
    trades: Annotated[Path | None, typer.Option(help="체결 CSV / trades, CSV")] = None,
    chart: Annotated[Path | None, typer.Option(help="그림 PNG / picture, PNG")] = None,
    keep: Annotated[Path | None, typer.Option(help="읽은 값을 npz로 / keep as arrays")] = None,
    stages: Annotated[bool, _STAGES] = False,  # noqa: FBT002
    locale: Annotated[Language, _LOCALE] = Language.KO,
    as_json: Annotated[bool, _JSON] = False,  # noqa: FBT002
) -> None:
    """지난 시세로 전략을 시험합니다. / Try the strategy on past prices."""
    if strategy is not None:
        _refuse_doubled(context, locale)
    said(partial(_run, context.params))


def _run(options: Mapping[str, object]) -> None:
    from bot.backtesting.asking import asked_of
    from bot.backtesting.by_hand import run

    trades, chart = options["trades"], options["chart"]
    run(
        asked_of(options),
        str(options["locale"]),
        trades=None if trades is None else Path(str(trades)),
        chart=None if chart is None else Path(str(chart)),
        as_json=bool(options["as_json"]),
        stages=bool(options["stages"]),
    )


def _refuse_doubled(context: typer.Context, locale: Language) -> None:
    """The file of --strategy sets these; typed as well, one of both would be ignored."""
    from bot import locales

    for name in _OF_THE_STRATEGY:
        source = context.get_parameter_source(name)
        if source is not None and source.name == "COMMANDLINE":
            option = "--" + name.replace("_", "-")
            phrases = locales.load(locale.value)
            raise fail(phrases.say("backtest.strategy_options", option=option), EXIT_INPUT)


def metrics(
    returns: Annotated[Path, typer.Option(help="CSV, 열 'return' / its column 'return'")],
    periods_per_year: Annotated[
        float, typer.Option(min=0.001, max=100_000, help="한 해의 기간 수 / 12: months")
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
