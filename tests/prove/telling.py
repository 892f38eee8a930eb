"""What a run shows: progress, a table, and the closing line."""

from __future__ import annotations

import json
import sys
from collections.abc import Mapping
from dataclasses import asdict
from typing import TextIO

from rich.console import Console
from rich.status import Status
from rich.table import Table

from tests.prove.proof import Outcome


class Reporter:
    """Tells on a terminal with a moving line, elsewhere in plain lines."""

    def __init__(self, *, as_json: bool = False) -> None:
        """With `as_json` standard output carries one JSON document and nothing else."""
        self._stream: TextIO = sys.stderr if as_json else sys.stdout
        self._as_json = as_json
        plain = None if self._stream.isatty() else 110
        self._console = Console(file=self._stream, highlight=False, width=plain)
        self._status: Status | None = None

    def line(self, text: str) -> None:
        """Tell one line at once."""
        self._console.print(text, markup=False, soft_wrap=True)
        self._stream.flush()

    def begin(self, text: str) -> None:
        """Tell what runs now."""
        self.end()
        if self._console.is_terminal:
            self._status = self._console.status(text)
            self._status.start()
        else:
            self.line(text)

    def end(self) -> None:
        """Stop the moving line."""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def close(self, outcomes: Mapping[str, Outcome], *, base: int, interrupted: bool) -> int:
        """Show the table and the closing line; return the exit code."""
        self.end()
        passed = sum(item.passed for item in outcomes.values())
        failed = sum(len(item.failures) for item in outcomes.values())
        skipped = sum(bool(item.skipped) for item in outcomes.values())
        self._table(outcomes)
        if self._as_json:
            body = {
                "seed": base,
                "interrupted": interrupted,
                "passed": passed,
                "failed": failed,
                "skipped": skipped,
                "proofs": {name: asdict(item) for name, item in outcomes.items()},
            }
            sys.stdout.write(json.dumps(body, ensure_ascii=False) + "\n")
        self.line(closing(passed, failed, skipped))
        if interrupted:
            return 130
        return 1 if failed else 0

    def _table(self, outcomes: Mapping[str, Outcome]) -> None:
        table = Table(box=None, pad_edge=False)
        for title in ("proof", "units", "failed", "seconds", "per second"):
            table.add_column(title, justify="left" if title == "proof" else "right")
        for name, item in outcomes.items():
            if item.skipped:
                table.add_row(name, "skipped", "", "", "")
                continue
            pace = item.units / item.seconds if item.seconds else 0.0
            units = f"{item.units:,} {item.unit}"
            failed = str(len(item.failures))
            table.add_row(name, units, failed, f"{item.seconds:.1f}", f"{pace:,.2f}")
        self._console.print(table)
        for name, item in outcomes.items():
            if item.skipped:
                self.line(f"skipped {name}: {item.skipped}")
            for failure in item.failures:
                self.line(f"FAILED {name} seed {failure.seed}: {failure.text}")
                self.line(f"  replay: python -m tests.prove --only {name} --seed {failure.seed}")


def closing(passed: int, failed: int, skipped: int) -> str:
    """Return the closing line."""
    text = f"{passed} passed, {failed} failed"
    return f"{text}, {skipped} skipped" if skipped else text


def merged(first: Outcome | None, second: Outcome) -> Outcome:
    """Add two outcomes of one proof."""
    if first is None or first.skipped:
        return second
    if second.skipped:
        return first
    return Outcome(
        units=first.units + second.units,
        unit=first.unit,
        failures=first.failures + second.failures,
        seconds=first.seconds + second.seconds,
    )
