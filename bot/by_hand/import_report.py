"""What an import of prices did: the account that a person or a script reads."""

from __future__ import annotations

import csv
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path

from bot.files.output import output_file
from bot.files.price_words import SHOWN_MAX, account
from core.domain.market import Bar
from core.ports.phrases import Phrases
from storage.price_files.gaps import Gaps
from storage.price_files.price_file import PriceFile


@dataclass(frozen=True, slots=True, kw_only=True)
class Difference:
    """A series of the file that was not stored beside what is stored of its symbol.

    `days` differ, the first of them `first` where `stored` says something else. 0 days: no day is in
    both, so nobody can tell whether both were adjusted to the same day.
    """

    symbol: str
    days: int
    first: Bar
    stored: Bar


@dataclass(slots=True, kw_only=True)
class ImportOutcome:
    """What became of a file. `absent` are symbols that were asked for and are not in it."""

    found: PriceFile
    adjusted: bool
    as_of: datetime
    gaps: Gaps
    absent: tuple[str, ...]
    rows: int = 0
    symbols: int = 0
    replaced: int = 0
    differing: list[Difference] = field(default_factory=list)

    @property
    def is_complete(self) -> bool:
        """Whether everything of the file was taken, and everything asked for was in it."""
        return not (self.found.report.refused_rows or self.differing or self.absent)

    @property
    def source(self) -> str:
        """Where the stored rows say that they come from."""
        return f"file:{self.found.path.name}"


def outcome_lines(outcome: ImportOutcome, phrases: Phrases) -> Iterator[str]:
    """Yield the account for a person, line by line."""
    yield from account(outcome.found, phrases)
    for key, listed in (("gaps", outcome.gaps.missing), ("strange", outcome.gaps.strange)):
        if listed:
            yield from _gap_lines(key, listed, phrases)
    if outcome.absent:
        yield phrases.say("data.absent", symbols=", ".join(outcome.absent))
    yield phrases.say(
        "data.stored",
        basis=phrases.say("data.basis_adjusted" if outcome.adjusted else "data.basis_raw"),
        rows=outcome.rows,
        symbols=outcome.symbols,
        source=outcome.source,
        as_of=outcome.as_of,
    )
    if outcome.replaced:
        yield phrases.say("data.replaced", count=outcome.replaced)
    if outcome.differing:
        yield phrases.say("data.differs", count=len(outcome.differing))
        for one in outcome.differing[:SHOWN_MAX]:
            yield _difference_line(one, phrases)


def _gap_lines(key: str, listed: dict[str, tuple[date, ...]], phrases: Phrases) -> Iterator[str]:
    yield phrases.say(f"data.{key}", count=len(listed))
    most = sorted(listed.items(), key=lambda item: -len(item[1]))
    for symbol, days in most[:SHOWN_MAX]:
        yield phrases.say(
            "data.gaps_line", symbol=symbol, days=len(days), first=days[0], last=days[-1]
        )


def _difference_line(one: Difference, phrases: Phrases) -> str:
    if not one.days:
        return phrases.say(
            "data.apart_line",
            symbol=one.symbol,
            day=one.first.session,
            stored=one.stored.session,
        )
    return phrases.say(
        "data.differs_line",
        symbol=one.symbol,
        days=one.days,
        day=one.first.session,
        ours=one.stored.close_won,
        theirs=one.first.close_won,
    )


def outcome_facts(outcome: ImportOutcome) -> dict[str, object]:
    """Return the same account for a script. Of refused rows it holds as many as were kept."""
    report = outcome.found.report
    return {
        "file": str(outcome.found.path),
        "basis": "adjusted" if outcome.adjusted else "raw",
        "as_of": outcome.as_of.isoformat(),
        "source": outcome.source,
        "read": {"rows": report.rows, "symbols": len(outcome.found.table.codes)},
        "stored": {"rows": outcome.rows, "symbols": outcome.symbols},
        "replaced": outcome.replaced,
        "etns": report.etns,
        "outside": report.outside,
        "has_volume": report.has_volume,
        "repairs": {kind.value: count for kind, count in (+report.repairs).items()},
        "refused": {reason.value: count for reason, count in report.refused.items()},
        "refusals": [
            {"line": one.line, "reason": one.reason.value, "column": one.column, "found": one.found}
            for one in report.refusals
        ],
        "absent": list(outcome.absent),
        "missing_sessions": {code: len(days) for code, days in outcome.gaps.missing.items()},
        "strange_days": {code: len(days) for code, days in outcome.gaps.strange.items()},
        "differing": [
            {"symbol": one.symbol, "days": one.days, "first": one.first.session.isoformat()}
            for one in outcome.differing
        ],
    }


def write_refusals(path: Path, found: PriceFile, phrases: Phrases) -> None:
    """Write every refused row that was kept as CSV. Raises DataError in words."""
    with (
        output_file(path, phrases) as draft,
        draft.open("w", encoding="utf-8", newline="") as stream,
    ):
        writer = csv.writer(stream, lineterminator="\n")
        writer.writerow(["line", "reason", "column", "found"])
        for one in found.report.refusals:
            reason = phrases.say(f"data.reason_{one.reason.value}")
            writer.writerow([one.line, reason, one.column, one.found])
