"""A backtest as a table in the terminal."""

from __future__ import annotations

from bot.backtesting.outcome import Outcome, lacking
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
    run, rules = outcome.run, outcome.request.rules
    found = [phrases.say("backtest.caveat_past"), phrases.say("backtest.caveat_survivors")]
    if rules.tax.withholds:
        found.append(phrases.say("backtest.caveat_tax"))
    elif rules.tax.applies:
        found.append(phrases.say("backtest.caveat_deferred"))
    else:
        found.append(phrases.say("backtest.caveat_no_tax"))
    if not outcome.market.has_raw:
        found.append(phrases.say("backtest.caveat_one_series"))
    if run.cut:
        found.append(phrases.say("backtest.cut", count=run.cut))
    if run.unfilled:
        found.append(phrases.say("backtest.unfilled", count=run.unfilled))
    if outcome.short:
        found.append(phrases.say("backtest.left_out") + " " + lacking(outcome.short, phrases))
    for path, report in outcome.reports:
        for repair, count in (+report.repairs).items():
            what = phrases.say(f"data.repair_{repair.value}")
            found.append(phrases.say("backtest.repaired", file=path.name, what=what, count=count))
    return tuple(found)


def shown(metrics: Metrics, name: str, unit: str) -> str:
    """Return one figure as text; a dash where it is not defined."""
    value = getattr(metrics, name)
    if value is None:
        return "-"
    return f"{value * 100:+,.2f}%" if unit == "%" else f"{value:,.2f}"
