"""`python -m bot backtest` and `metrics`: what can be asked, and where the answer goes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from bot.cli.ending import EXIT_INPUT, fail, said
from bot.cli.options import (
    Option,
    number,
    number_within,
    one_of,
    typed_options,
    whole,
    with_defaults,
)

BACKTEST_ABOUT = "지난 시세로 전략을 시험합니다. / Try the strategy on past prices."
METRICS_ABOUT = "수익률 파일의 지표를 냅니다. / Figures of a file of returns."
_LOCALE = Option(
    name="locale",
    about="말 / language",
    read=one_of("ko", "en"),
    default="ko",
    environment="LOCALE",
)
_JSON = Option(name="json", about="JSON 으로 / as JSON", flag=True, default=False)
_BACKTEST = (
    Option(name="prices", about="수정주가 CSV / adjusted, CSV", read=Path),
    Option(name="raw", about="실제 가격 CSV / raw prices, CSV", read=Path),
    Option(
        name="stored",
        about="봇이 저장한 시세로 / the bot's own stored bars",
        flag=True,
        default=False,
    ),
    Option(name="symbols", about="069500,229200,…"),
    Option(name="universe", about="종목 파일 / universe file", read=Path),
    Option(name="start", about="YYYY-MM-DD"),
    Option(name="end", about="YYYY-MM-DD"),
    Option(name="cash", about="시작 금액(원) / won at the start", read=whole, default=1_000_000),
    Option(name="top", about="종목 수 / symbols held", read=whole, default=4),
    Option(name="atr", about="ATR 거래일 / sessions of the ATR", read=whole, default=20),
    Option(
        name="atr_method",
        about="ATR 평균 / its mean: sma, wilder",
        read=one_of("sma", "wilder"),
        default="wilder",
    ),
    Option(name="lookback", about="거래일 전부터 / momentum from", read=whole, default=252),
    Option(name="skip", about="거래일 전까지 / momentum to", read=whole, default=21),
    Option(name="invested", about="투자 비중 / share invested", read=number, default=0.97),
    Option(name="commission", about="수수료율 / commission rate", read=number, default=0.00015),
    Option(name="cap", about="한 종목의 몫 / most of one symbol", read=number, default=1.0),
    Option(name="tax", about="세금 / taxes: none, etf", read=one_of("none", "etf"), default="none"),
    Option(
        name="account",
        about="일반·ISA·연금 / general, isa, pension",
        read=one_of("general", "isa", "pension"),
        default="general",
    ),
    Option(
        name="fill",
        about="체결 / next session's open, close, limit",
        read=one_of("open", "close", "limit"),
        default="open",
    ),
    Option(
        name="strategy",
        about="strategy.toml, default: 봇의 전략 그대로 / the live one",
    ),
    Option(
        name="protect",
        about="손절·익절 / exits simulated: none, close, touch",
        read=one_of("none", "close", "touch"),
    ),
    Option(
        name="loss_limit", about="이만큼(%) 내려 시작한 날은 안 삼 / no buys below", read=number
    ),
    Option(name="benchmark", about="비교 종목 / held beside it"),
    Option(
        name="check_lookahead",
        about="미리보기 검사 / no decision saw the future",
        flag=True,
        default=False,
    ),
    Option(name="bands", about="운의 폭 / bootstrap bands", flag=True, default=False),
    Option(name="sweep", about="'top=2,4 lookback=126,252'"),
    Option(name="walk_forward", about="고르는 달/쓰는 달 / months to choose/to hold: 24/6"),
    Option(name="trades", about="체결 CSV / trades, CSV", read=Path),
    Option(name="chart", about="그림 PNG / picture, PNG", read=Path),
    Option(name="keep", about="읽은 값을 npz로 / keep as arrays", read=Path),
    Option(name="stages", about="", flag=True, default=False, hidden=True),
    _LOCALE,
    _JSON,
)
# These come from the file of --strategy.
_OF_THE_STRATEGY = ("top", "atr", "atr_method", "lookback", "skip", "invested", "cap")
_METRICS = (
    Option(
        name="returns", about="CSV, 열 'return' / its column 'return'", read=Path, required=True
    ),
    Option(
        name="periods_per_year",
        about="한 해의 기간 수 / 12: months",
        read=number_within(0.001, 100_000),
        required=True,
    ),
    Option(
        name="risk_free",
        about="한 기간의 무위험 수익률 / risk-free return of one period",
        read=number,
        default=0.0,
    ),
    _LOCALE,
    _JSON,
)


def backtest(arguments: Sequence[str]) -> None:
    """Try the strategy on past prices as `arguments` ask. Raises SystemExit with a sentence."""
    typed = typed_options("backtest", BACKTEST_ABOUT, _BACKTEST, arguments)
    options = with_defaults(_BACKTEST, typed)
    if options["strategy"] is not None:
        _refuse_doubled(typed, str(options["locale"]))
    said(partial(_run, options))


def _run(options: Mapping[str, object]) -> None:
    from bot.backtesting.asking import asked_of  # late: a wrong command line needs no numpy
    from bot.backtesting.by_hand import run

    trades, chart = options["trades"], options["chart"]
    run(
        asked_of(options),
        str(options["locale"]),
        trades=None if trades is None else Path(str(trades)),
        chart=None if chart is None else Path(str(chart)),
        as_json=bool(options["json"]),
        stages=bool(options["stages"]),
    )


def _refuse_doubled(typed: Mapping[str, object], locale: str) -> None:
    """The file of --strategy sets these; typed as well, one of both would be ignored."""
    for option in _BACKTEST:
        if option.name in typed and option.name in _OF_THE_STRATEGY:
            from bot import locales  # late: it is seldom needed

            words = locales.load(locale).say("backtest.strategy_options", option=option.typed)
            raise fail(words, EXIT_INPUT)


def metrics(arguments: Sequence[str]) -> None:
    """Print the figures of a file of returns. Raises SystemExit with a sentence."""
    typed = typed_options("metrics", METRICS_ABOUT, _METRICS, arguments)
    said(partial(_measure, with_defaults(_METRICS, typed)))


def _measure(options: Mapping[str, object]) -> None:
    from bot.backtesting.by_hand import measure  # late: a wrong command line needs no numpy

    measure(
        Path(str(options["returns"])),
        float(str(options["periods_per_year"])),
        float(str(options["risk_free"])),
        locale=str(options["locale"]),
        as_json=bool(options["json"]),
    )
