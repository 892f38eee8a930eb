"""A week in words: numbers, factors, rules, and what became of the prompt. For console and chat."""

from __future__ import annotations

from collections.abc import Iterator
from decimal import Decimal

from core.domain.decision_prompt import PromptNote
from core.domain.factors import Factor, Factors, FactorState, FindingKind
from core.domain.reflection import SaleLine, WeekNumbers
from core.domain.reflection_run import WeeklyReport
from core.domain.rule_evidence import evidence_of
from core.domain.rule_proposals import ProposalState, RuleProposal
from core.domain.rule_record import terms_of
from core.domain.rule_trying import tried_rule
from core.domain.rule_wishes import RuleNote, SearchState, WeekRule
from core.ports.phrases import Phrases
from core.services.rules.evidence_words import evidence_lines, reach_lines
from core.services.rules.wording import rule_words


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
    if report.rules is not None:
        yield rules_note(report.rules, phrases)
        for item in report.rules.rules:
            yield rule_title(item.proposal, phrases)
            yield from (f"  {line}" for line in proposal_lines(item, phrases))
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


def rules_note(note: RuleNote, phrases: Phrases) -> str:
    """Return how the search for rules went, and how many wishes were dropped."""
    if note.state is SearchState.FAILED:
        error = phrases.say(f"model.fault_{note.fault}")
        return phrases.say("weeks.rules_failed", error=error)
    if note.state is not SearchState.ASKED:
        return phrases.say(f"weeks.rules_{note.state.value}")
    said = phrases.say(f"weeks.rules_{_outcome(note)}", count=len(note.rules))
    if not note.dropped:
        return said
    return f"{said} {phrases.say('weeks.rules_dropped', count=note.dropped)}"


def _outcome(note: RuleNote) -> str:
    """Return what is to be said of all of them: that somebody must answer comes first."""
    if not note.rules:
        return "empty"
    states = {item.proposal.state for item in note.rules}
    return "open" if ProposalState.OPEN in states else "settled"


def rule_title(proposal: RuleProposal, phrases: Phrases) -> str:
    """Return which proposal it is, what it wishes for, and where it stands."""
    return phrases.say(
        f"weeks.rule_title_{proposal.kind.value}",
        id=proposal.proposal_id,
        rule=proposal.rule_id,
        state=phrases.say(f"rules.proposal_state_{proposal.state.value}"),
    )


def rule_heading(proposal: RuleProposal, phrases: Phrases) -> str:
    """Return what the rule of a proposal does and when, in words made by code."""
    terms = terms_of(proposal.terms)
    if terms is None:
        return phrases.say("weeks.rule_unreadable")
    return rule_words(tried_rule(terms), phrases)


def proposal_lines(item: WeekRule, phrases: Phrases) -> Iterator[str]:
    """Yield what a proposal says, what refused it, its reach and verdict, the model's words, the figures."""
    proposal = item.proposal
    yield rule_heading(proposal, phrases)
    for fault in proposal.faults:
        yield phrases.say(f"rules.gate_{fault.value}")
    evidence = evidence_of(proposal.evidence)
    figures: list[str] = []
    if evidence is not None:
        yield from reach_lines(evidence, proposal.kind, phrases)
        verdict, *figures = evidence_lines(evidence, phrases)
        yield verdict
    yield phrases.say("weeks.rule_why", why=item.why)
    yield from figures


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
