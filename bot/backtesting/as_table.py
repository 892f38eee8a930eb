"""A backtest as a table in the terminal."""

from __future__ import annotations

from collections.abc import Iterator

from bot.backtesting.files import FileAccount
from bot.backtesting.outcome import SHOWN_SHORT, Outcome, lacking
from bot.backtesting.study_words import print_studies
from core.ports.phrases import Phrases
from core.strategy.metrics import Metrics

_FIGURES = (
    ("total_return", "%"),
    ("cagr", "%"),
    ("volatility", "%"),
    ("sharpe", ""),
    ("sortino", ""),
    ("max_drawdown", "%"),
    ("calmar", ""),
)


def print_table(outcome: Outcome, phrases: Phrases) -> None:
    """Print figures beside the benchmark's, costs, and what to beware of."""
    from rich.console import Console
    from rich.table import Table

    run, console = outcome.run, Console()
    console.print(headline(outcome, phrases), markup=False, highlight=False, soft_wrap=True)
    table = Table()
    table.add_column("")
    table.add_column(phrases.say("backtest.strategy"), justify="right")
    table.add_column(benchmark_name(outcome, phrases), justify="right")
    table.add_row(
        phrases.say("backtest.last_value"),
        phrases.say("backtest.won", amount=round(run.nav[-1])),
        phrases.say("backtest.won", amount=round(outcome.benchmark[-1])),
    )
    for name, unit in _FIGURES:
        table.add_row(
            phrases.say(f"backtest.{name}"),
            shown(outcome.metrics, name, unit),
            shown(outcome.benchmark_metrics, name, unit),
        )
    for name, text in costs(outcome, phrases):
        table.add_row(name, text, "-")
    console.print(table)
    print_studies(outcome, console, phrases)
    for line in warnings(outcome, phrases):
        console.print(f"· {line}", markup=False, highlight=False, soft_wrap=True)


def headline(outcome: Outcome, phrases: Phrases) -> str:
    """Return what was simulated, from when to when, with how much money."""
    run = outcome.run
    return phrases.say(
        "backtest.headline",
        start=run.sessions[0],
        end=run.sessions[-1],
        cash=outcome.request.rules.cash_won,
        symbols=len(outcome.market.symbols),
    )


def benchmark_name(outcome: Outcome, phrases: Phrases) -> str:
    """Return what the strategy is compared with."""
    code = outcome.request.benchmark
    if code is None:
        return phrases.say("backtest.equal_parts")
    return phrases.say("backtest.held", symbol=code)


def costs(outcome: Outcome, phrases: Phrases) -> tuple[tuple[str, str], ...]:
    """Return names and texts of orders, turnover, fees and taxes."""
    run = outcome.run
    return (
        (phrases.say("backtest.orders"), f"{len(run.trades):,}"),
        (phrases.say("backtest.turnover"), f"{outcome.turnover * 100:,.0f}%"),
        (phrases.say("backtest.fees"), phrases.say("backtest.won", amount=round(run.fees_won))),
        (phrases.say("backtest.taxes"), phrases.say("backtest.won", amount=round(run.taxes_won))),
        (phrases.say("backtest.exposure"), f"{run.invested.mean() * 100:.0f}%"),
    )


def warnings(outcome: Outcome, phrases: Phrases) -> tuple[str, ...]:
    """Return what a reader must know before believing the figures."""
    return (
        phrases.say("backtest.caveat_past"),
        phrases.say("backtest.caveat_survivors"),
        *_of_rules(outcome, phrases),
        *_of_run(outcome, phrases),
        *(line for file in outcome.files for line in _of_file(file, phrases)),
    )


def _of_rules(outcome: Outcome, phrases: Phrases) -> Iterator[str]:
    """Yield what follows from what was asked for."""
    rules, live = outcome.request.rules, outcome.request.live
    if rules.tax.withholds:
        yield phrases.say("backtest.caveat_tax")
    elif rules.tax.applies:
        yield phrases.say("backtest.caveat_deferred")
    else:
        yield phrases.say("backtest.caveat_no_tax")
    if live is not None and live.parameters.capital_won_max < rules.cash_won:
        yield phrases.say("backtest.caveat_capital", limit=live.parameters.capital_won_max)
    if outcome.request.symbols is None:
        yield phrases.say("backtest.caveat_no_list")
    if not outcome.market.has_raw:
        yield phrases.say("backtest.caveat_one_series")


def _of_run(outcome: Outcome, phrases: Phrases) -> Iterator[str]:
    """Yield what went otherwise than it was decided, and who was left out."""
    run = outcome.run
    if run.cut:
        yield phrases.say("backtest.cut", count=run.cut)
    if run.unfilled:
        yield phrases.say("backtest.unfilled", count=run.unfilled)
    if not run.trades:
        yield phrases.say("backtest.no_trades")
    if outcome.short:
        yield phrases.say("backtest.left_out") + " " + lacking(outcome.short, phrases)
    if outcome.absent:
        yield _absent(outcome.absent, phrases)


def _absent(symbols: tuple[str, ...], phrases: Phrases) -> str:
    more = len(symbols) - SHOWN_SHORT
    rest = phrases.say("backtest.and_more", count=more) if more > 0 else ""
    names = ", ".join(symbols[:SHOWN_SHORT])
    return phrases.say("backtest.absent", count=len(symbols), symbols=names + rest)


def _of_file(file: FileAccount, phrases: Phrases) -> Iterator[str]:
    """Yield what was mended in a file, and what is missing in it or should not be there."""
    name = file.path.name
    for repair, count in (+file.report.repairs).items():
        what = phrases.say(f"data.repair_{repair.value}")
        yield phrases.say("backtest.repaired", file=name, what=what, count=count)
    for key, listed in (("gaps", file.gaps.missing), ("strange", file.gaps.strange)):
        if listed:
            symbol, days = max(listed.items(), key=lambda item: len(item[1]))
            yield phrases.say(
                f"backtest.{key}",
                file=name,
                symbols=len(listed),
                days=sum(map(len, listed.values())),
                symbol=symbol,
                most=len(days),
                first=days[0],
                last=days[-1],
            )


def shown(metrics: Metrics, name: str, unit: str) -> str:
    """Return one figure as text; a dash where it is not defined."""
    value = getattr(metrics, name)
    if value is None:
        return "-"
    return f"{value * 100:+,.2f}%" if unit == "%" else f"{value:,.2f}"
