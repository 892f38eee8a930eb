from __future__ import annotations

import pytest

from tests.prove.hostile import PROPOSALS
from tests.prove.proof import Unit
from tests.prove.proposals import _seeds, main, told


@pytest.mark.slow
def test_a_seed_is_judged_and_told(capsys):
    assert main(["--seeds", "3"]) == 0
    lines = capsys.readouterr().out.splitlines()
    assert lines[0].startswith(f"seed 3: {PROPOSALS:,} proposals, ")
    assert f"{PROPOSALS:,} proposals in " in lines[-1]


def test_a_fault_is_told_and_counted():
    said: list[str] = []
    units = [(4, Unit(faults=[], count=7, note="1 passed")), (5, Unit(faults=["beyond"], count=2))]
    assert told(units, said.append) == (9, 1)
    assert said[-1] == "  beyond\n"


def test_seeds_in_a_row():
    assert _seeds("2:5") == range(2, 5)
    assert _seeds("7") == range(7, 8)
    with pytest.raises(Exception, match="first seed"):
        _seeds("5:5")
