"""A week in words: numbers, factors, and what became of the decision prompt. For console and chat."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from core.domain.decision_prompt import PromptNote
from core.domain.factors import Factor, Factors, FactorState, FindingKind
from core.domain.reflection import SaleLine, WeekNumbers
from core.domain.reflection_run import WeeklyReport
from core.ports.phrases import Phrases


def report_lines(report: WeeklyReport, phrases: Phrases) -> Iterator[str]:
    """Yield what came after the numbers: faults, factors, and the prompt with its diff."""
    yield from fault_lines(report, phrases)
    if report.factors is not None:
        yield factors_note(report.factors, phrases)
        for kind in FindingKind:
            found = [item for item in report.factors.factors if item.kind is kind]
            if found:
                yield phrases.say(f"weeks.kind_{kind.value}")
                yield from (f"  {factor_line(item, phrases)}" for item in found)
    if report.prompt is not None:
        yield prompt_line(report.prompt, phrases)
        yield from (f"  {line}" for line in report.prompt.diff)


def fault_lines(report: WeeklyReport, phrases: Phrases) -> Iterator[str]:
    """Yield a sentence per node that failed."""
    for node, error in report.errors:
        name = phrases.say(f"weeks.node_{node.value}")
        yield phrases.say("weeks.node_failed", node=name, error=error)


def factors_note(factors: Factors, phrases: Phrases) -> str:
    """Return how the search for factors went, and how much of the answer was dropped."""
    if factors.state is FactorState.FAILED:
        error = phrases.say(f"model.fault_{factors.fault}")
        return phrases.say("weeks.factors_failed", error=error)
    if factors.state is not FactorState.ANALYSED:
        return phrases.say(f"weeks.factors_{factors.state.value}")
    key = "analysed" if factors.factors else "empty"
    said = phrases.say(f"weeks.factors_{key}", trades=factors.trades, count=len(factors.factors))
    if factors.dropped_evidence or factors.dropped_findings:
        dropped = phrases.say(
            "weeks.factors_dropped",
            evidence=factors.dropped_evidence,
            findings=factors.dropped_findings,
        )
        return f"{said} {dropped}"
    return said


def factor_line(item: Factor, phrases: Phrases) -> str:
    """Return one factor with its counted figures; the sentence is a model's and not escaped."""
    line = phrases.say(
        f"weeks.factor_{item.kind.value}",
        viewpoint=phrases.say(f"weeks.viewpoint_{item.viewpoint.value}"),
        text=item.text,
        frequency=item.frequency,
        impact=item.impact_won,
        trades=", ".join(item.trades),
    )
    if not item.hypothetical:
        return line
    return f"{line} {phrases.say('weeks.factor_hypothetical', count=item.hypothetical)}"


def prompt_line(note: PromptNote, phrases: Phrases) -> str:
    """Return what the week meant for the decision prompt."""
    return phrases.say(
        f"weeks.prompt_{note.outcome.value}", version=note.version, backup=note.backup
    )


def number_lines(numbers: WeekNumbers, phrases: Phrases) -> Iterator[str]:
    """Yield the table line by line; what is unknown says so."""
    say = phrases.say
    yield say(
        "reflection.week_title",
        week=numbers.week,
        first=numbers.first_day,
        last=numbers.last_day,
    )
    if numbers.says_nothing:
        yield say("reflection.nothing")
        return
    rows = (
        ("nav", _nav(numbers, phrases)),
        ("paid_in", say("reflection.won", won=numbers.paid_in_won)),
        ("time_weighted", _percent(numbers.time_weighted, phrases)),
        ("benchmark", _percent(numbers.benchmark, phrases)),
        ("doing_nothing", _percent(numbers.doing_nothing, phrases)),
        ("legs", say("reflection.legs", proposed=numbers.proposed, filled=numbers.filled)),
        ("realised", _realised(numbers, phrases)),
        ("win_rate", _percent(numbers.win_rate, phrases, sign="")),
        ("days_held", _days(numbers.days_held, phrases)),
        ("slippage", _slippage(numbers, phrases)),
        ("costs", say("reflection.costs", fees=numbers.fees_won, tax=numbers.tax_won)),
    )
    for name, value in rows:
        yield f"  {say(f'reflection.row_{name}')}: {value}"
    for name, sales in (("best", numbers.best), ("worst", numbers.worst)):
        if sales:
            yield say(f"reflection.{name}")
            yield from (f"  {_sale(item, phrases)}" for item in sales)
    if numbers.unmatched_shares:
        yield say("reflection.unmatched", shares=numbers.unmatched_shares)
    if numbers.unchecked:
        yield say("reflection.unchecked", symbols=", ".join(numbers.unchecked))
    for reason, count in numbers.waiting:
        yield say(f"reflection.waiting_{reason}", count=count)


def _nav(numbers: WeekNumbers, phrases: Phrases) -> str:
    if numbers.nav_start_won is None or numbers.nav_end_won is None:
        return phrases.say("reflection.unknown")
    return phrases.say("reflection.nav", start=numbers.nav_start_won, end=numbers.nav_end_won)


def _percent(value: Decimal | None, phrases: Phrases, *, sign: str = "+") -> str:
    return phrases.say("reflection.unknown") if value is None else f"{value * 100:{sign}.2f}%"


def _realised(numbers: WeekNumbers, phrases: Phrases) -> str:
    return phrases.say(
        "reflection.realised",
        sales=numbers.sales,
        gross=numbers.realised_gross_won,
        net=numbers.realised_net_won,
    )


def _days(value: Decimal | None, phrases: Phrases) -> str:
    if value is None:
        return phrases.say("reflection.unknown")
    return phrases.say("reflection.days", days=value)


def _slippage(numbers: WeekNumbers, phrases: Phrases) -> str:
    if numbers.slippage_won is None or numbers.slippage_bps is None:
        return phrases.say("reflection.unknown")
    return phrases.say("reflection.slippage", won=numbers.slippage_won, bps=numbers.slippage_bps)


def _sale(item: SaleLine, phrases: Phrases) -> str:
    return phrases.say(
        "reflection.sale",
        day=item.sold_on,
        name=item.name,
        symbol=item.symbol,
        shares=item.shares,
        net=item.net_won,
        days=item.days_held,
    )
