"""Every proof there is."""

from __future__ import annotations

from tests.prove.days import Day, RealBars, SameDayTwice
from tests.prove.fuzz import Fuzz
from tests.prove.proof import Proof

PROOFS: tuple[Proof, ...] = (Day(), SameDayTwice(), RealBars(), Fuzz())
