"""What a self-check says: one line per thing that must be well, and how to mend it."""

from __future__ import annotations

from dataclasses import dataclass
from enum import Enum


class Verdict(Enum):
    """What came of one check. SKIPPED could not be looked at, and says why."""

    GOOD = "good"
    BAD = "bad"
    SKIPPED = "skipped"


@dataclass(frozen=True, slots=True, kw_only=True)
class Check:
    """One line. `mend` says what to do and is empty when nothing needs doing."""

    name: str
    verdict: Verdict
    text: str
    mend: str = ""


MARKS = {Verdict.GOOD: "✔", Verdict.BAD: "✘", Verdict.SKIPPED: "–"}
