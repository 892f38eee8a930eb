"""In which order proofs run, with which seeds, and how much time each may take."""

from __future__ import annotations

import re
import tomllib
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from tests.prove.proof import Proof

PAST_FAILURES = Path(__file__).parent / "past_failures.toml"
_BUDGET = re.compile(r"([0-9]{1,6})(s|m|h)?")
_SECONDS = {"s": 1, "m": 60, "h": 3600}
_DAY_SECONDS = 86_400


@dataclass(frozen=True, slots=True)
class PastFailure:
    """A seed that once failed; it is tried first in every run."""

    name: str
    seed: int
    note: str


def seconds_of(text: str) -> float:
    """Return the seconds of `10m`, `600s`, `1h` or `600`. Raises ValueError."""
    match = _BUDGET.fullmatch(text)
    if not match or not int(match[1]):
        raise ValueError(f"a budget is 600s, 10m or 1h, not {text!r}")
    return float(int(match[1]) * _SECONDS[match[2] or "s"])


def seeds_of(text: str) -> range:
    """Return the seeds of `A:B` (B excluded). Raises ValueError."""
    first, colon, last = text.partition(":")
    if not (colon and first.isascii() and first.isdigit() and last.isascii() and last.isdigit()):
        raise ValueError(f"seeds are A:B, not {text!r}")
    if int(first) >= int(last):
        raise ValueError(f"no seed in {text!r}")
    return range(int(first), int(last))


def base_seed(now: datetime) -> int:
    """Return the seed of this run: the day and its second, so that no two runs are alike."""
    second = now.hour * 3600 + now.minute * 60 + now.second
    return now.toordinal() % 10_000 * _DAY_SECONDS + second


def rotated(proofs: Sequence[Proof], seed: int) -> list[Proof]:
    """Return the proofs from another one on each time, so that each is first now and then."""
    start = seed % len(proofs) if proofs else 0
    return [*proofs[start:], *proofs[:start]]


def in_turn(proofs: Sequence[Proof], seed: int) -> list[Proof]:
    """Return the proofs rotated, but the last stays last: it takes the time that others leave."""
    return [*rotated(proofs[:-1], seed), *proofs[-1:]]


def share(left_seconds: float, proof: Proof, waiting: Sequence[Proof]) -> float:
    """Return the seconds for `proof` when `waiting` come after it. What one leaves, others get."""
    total = proof.weight + sum(item.weight for item in waiting)
    return max(left_seconds, 0.0) * proof.weight / total


def past_failures(path: Path = PAST_FAILURES) -> list[PastFailure]:
    """Return the committed list. Raises ValueError when it is malformed."""
    document = tomllib.loads(path.read_text(encoding="utf-8"))
    found: list[PastFailure] = []
    for entry in document.get("failure", []):
        name, seed, note = entry.get("name"), entry.get("seed"), entry.get("note", "")
        if not (isinstance(name, str) and isinstance(seed, int)):
            raise ValueError(  # noqa: TRY004 - a bad file, whatever is bad about it
                f"{path.name}: a failure has a name and a seed: {entry}"
            )
        found.append(PastFailure(name, seed, str(note)))
    return found
