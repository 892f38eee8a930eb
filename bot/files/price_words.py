"""The account of a price file's reading, in words."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from core.errors import DataError
from core.ports.phrases import Phrases
from storage.price_files.fault import PriceFileFault
from storage.price_files.price_file import PriceFile
from storage.price_files.report import ReadReport, Refusal

SHOWN_MAX = 10


def whole(found: PriceFile, phrases: Phrases) -> PriceFile:
    """Return `found` unless a row of it was refused: what is computed of holes is wrong.

    Raises DataError naming file, first line, reason, and how many more there are.
    """
    report = found.report
    if report.refused_rows:
        first = refusal_line(found.path, report.refusals[0], phrases)
        key = "data.not_whole" if report.refused_rows > 1 else "data.not_whole_one"
        raise DataError(phrases.say(key, first=first, more=report.refused_rows - 1))
    if not report.rows:
        raise DataError(phrases.say("data.nothing_asked_for", path=found.path))
    return found


@contextmanager
def in_words(phrases: Phrases) -> Iterator[None]:
    """Say in the reader's language why a file as a whole cannot be used. Raises DataError."""
    try:
        yield
    except PriceFileFault as fault:
        raise DataError(fault_line(fault, phrases)) from fault


def fault_line(fault: PriceFileFault, phrases: Phrases) -> str:
    """Return why a file cannot be used: file, line where there is one, and reason."""
    return phrases.say(
        "data.fault_at" if fault.line else "data.fault",
        path=fault.path,
        line=fault.line,
        reason=phrases.say(f"data.fault_{fault.fault.name.lower()}", found=fault.found),
    )


def refusal_line(path: Path, refusal: Refusal, phrases: Phrases) -> str:
    """Return one refusal: file, line, column, reason, and what stands there."""
    reason = phrases.say(f"data.reason_{refusal.reason.value}")
    return phrases.say(
        "data.refusal",
        file=path.name,
        line=refusal.line,
        where=f"{refusal.column}: " if refusal.column else "",
        reason=reason,
        found=refusal.found,
    )


def account(found: PriceFile, phrases: Phrases) -> Iterator[str]:
    """Yield what was kept, left out, mended and refused, line by line."""
    report = found.report
    yield phrases.say("data.kept", rows=report.rows, symbols=len(found.table.codes))
    yield from _left_out(report, phrases)
    mended = +report.repairs
    if mended:
        yield phrases.say("data.mended")
        for repair, count in mended.most_common():
            rule = phrases.say(f"data.repair_{repair.value}")
            yield phrases.say("data.counted", count=count, what=rule)
    if not report.refused_rows:
        yield phrases.say("data.none_refused")
        return
    yield phrases.say("data.refused", count=report.refused_rows)
    for reason, count in report.refused.most_common():
        yield phrases.say(
            "data.counted", count=count, what=phrases.say(f"data.reason_{reason.value}")
        )
    for refusal in report.refusals[:SHOWN_MAX]:
        yield "    " + refusal_line(found.path, refusal, phrases)
    if report.refused_rows > SHOWN_MAX:
        yield phrases.say("data.more", count=report.refused_rows - SHOWN_MAX)


def _left_out(report: ReadReport, phrases: Phrases) -> Iterator[str]:
    if report.etns:
        yield phrases.say("data.etns", count=report.etns)
    if report.outside:
        yield phrases.say("data.outside", count=report.outside)
    if not report.has_volume:
        yield phrases.say("data.no_volume")
