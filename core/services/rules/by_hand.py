"""Rules that a person wrote into a file: taken on at the start, ended when they are gone from it."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import date

import structlog

from core.domain.rule_gate import GateFault, StandingBounds, gate_faults
from core.domain.rule_proposals import ProposalKind, ProposalState
from core.domain.rule_reach import reach_of
from core.domain.rule_reading import RuleProblem, UnreadableRule, read_terms
from core.domain.rule_trying import tried_rule
from core.domain.rules import Rule, RuleOrigin, RuleState, RuleTerms
from core.ports.ledger import BooksReader
from core.ports.rules import RuleKeeper
from core.services.rules.undoing import BACK

ACTOR = "rules.toml"
GONE = "gone"
_LOG = structlog.get_logger(__name__)
_STANDING = (RuleState.ACTIVE, RuleState.DISABLED)


@dataclass(frozen=True, slots=True, kw_only=True)
class Refused:
    """The first rule of the file that is not taken on: its place from 1, and why."""

    number: int
    problems: tuple[RuleProblem, ...] = ()
    faults: tuple[GateFault, ...] = ()


async def gone_from_file(books: BooksReader) -> frozenset[str]:
    """Return the rules that ended because the file no longer said them. Raises StorageError."""
    async with books.reading() as tx:
        rows = await tx.rule_rows()
    return frozenset(
        row.rule_id
        for row in rows
        if (row.state, row.actor, row.reason) == (RuleState.RETIRED, ACTOR, GONE)
    )


async def came_another_way(books: BooksReader) -> frozenset[str]:
    """Return the rules that no file has to say: proposed ones, and those that were taken back.

    Raises StorageError. What an owner brought back with a press may have left the file before;
    ending it for that would loosen in silence what was just tightened.
    """
    async with books.reading() as tx:
        proposals = await tx.rule_proposals_in(set(ProposalState))
        rows = [row for row in await tx.rule_rows() if row.origin is RuleOrigin.HAND]
        first = [(await tx.rule_history(row.rule_id))[0] for row in rows]
    proposed = {one.rule_id for one in proposals if one.kind is ProposalKind.ADOPT}
    back = {row.rule_id for row in first if row.reason.startswith(f"{BACK} ")}
    return frozenset(proposed | back)


async def keep_written(
    book: RuleKeeper,
    written: Sequence[object],
    bounds: StandingBounds,
    today: date,
    *,
    gone: Collection[str],
    proposed: Collection[str] = (),
) -> Refused | None:
    """Take on what is new in `written`, end what is gone; nothing changes when one is refused.

    The rules with the ids `proposed` came another way: they do not end because no file says them.

    A rule is the same as long as it says the same: one that was switched off, or ended by its
    falsifier or its last day, stays so until its words change. One of `gone`, which ended because
    its words were taken out of the file, is taken on as a new one when they are put back.
    """
    known = _known(book, gone)
    said = {read_terms(content, None) for content in written}
    leaving = {
        rule.rule_id
        for terms, rule in known.items()
        if terms not in said and rule.rule_id not in proposed
    }
    # What goes is not what a new one must be tighter than; what came before it in the file is.
    standing = [rule for rule in book.rules if rule.rule_id not in leaving]
    new: list[RuleTerms] = []
    for number, content in enumerate(written, start=1):
        terms = read_terms(content, None)
        if isinstance(terms, UnreadableRule):
            return Refused(number=number, problems=terms.problems)
        if terms in known or terms in new:
            continue
        dated = read_terms(content, today)
        if isinstance(dated, UnreadableRule):
            return Refused(number=number, problems=dated.problems)
        faults = _faults(terms, standing, bounds)
        if faults:
            return Refused(number=number, faults=faults)
        new.append(terms)
        standing.append(tried_rule(terms, f"{ACTOR}:{number}"))
    for rule in known.values():
        if rule.rule_id in leaving and rule.state in _STANDING:
            await book.move(rule.rule_id, RuleState.RETIRED, actor=ACTOR, reason=GONE)
    for terms in new:
        await book.add(terms, RuleOrigin.HAND, RuleState.ACTIVE, actor=ACTOR, reason="written")
    return None


def _faults(
    terms: RuleTerms, standing: Sequence[Rule], bounds: StandingBounds
) -> tuple[GateFault, ...]:
    """Return why a rule of the file is not taken on.

    Nothing is measured here, a start does not wait for it; and a guess is no reason to stop a bot
    for its owner's own principles, unless they let nothing through at all.
    """
    faults = gate_faults(terms, standing, bounds)
    if GateFault.BLOCKS_ALL not in faults:
        return faults
    reach = reach_of(tried_rule(terms), [rule for rule in standing if rule.is_obeyed], ())
    if reach.stopped == reach.purchases:
        return faults
    _LOG.warning("the rules file leaves few purchases", left_percent=reach.left_percent)
    return tuple(fault for fault in faults if fault is not GateFault.BLOCKS_ALL)


def _known(book: RuleKeeper, gone: Collection[str]) -> dict[RuleTerms, Rule]:
    """Return the rules that somebody wrote and that the file speaks of, by what they say.

    Of several that say the same, the one that stands: the others ended before it.
    """
    return {
        rule.terms: rule
        for rule in sorted(book.rules, key=lambda item: item.state in _STANDING)
        if rule.origin is RuleOrigin.HAND
        and rule.state not in (RuleState.PROPOSED, RuleState.REFUSED)
        and rule.rule_id not in gone
    }
