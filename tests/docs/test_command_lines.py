"""Every command that a page names is one that its program takes."""

from __future__ import annotations

import shlex

import pytest

from tests.docs.commands import OURS, Command, fault_of, named, typed


def test_no_command_of_a_page_is_refused_by_its_program() -> None:
    found = dict.fromkeys((*typed(), *named()))
    assert len(found) > 200
    assert {one.words[0] for one in found} >= set(OURS)
    faults = {str(one): fault_of(one) for one in found}
    assert {text: fault for text, fault in faults.items() if fault is not None} == {}


@pytest.mark.parametrize(
    ("words", "is_whole"),
    [
        ("python -m bot haltt", True),
        ("python -m bot halt --gently", True),
        ("python -m bot calendar --start", True),
        ("python -m bot data import bars.csv", True),
        ("python -m bot rules adopt", True),
        ("python -m bot audit verify|hide", False),
        ("python -m bot doctor [--jsn]", False),
        ("python -m bot backtest --price x.csv", True),
        ("python -m sandbox kis --loud", True),
        ("python -m tests.prove --onlyy day", False),
        ("python -m nothing", False),
        ("make demmo", True),
        ("make demo SEED=1", True),
        ('make demo ARGS="--twice"', True),
        ("docker compose --profile none up -d", True),
        ("docker compose logs -f bott", True),
        ("docker compose exec bot python -m bot stop", True),
        ("docker compose run --rm bot python -m bot db upgrade", True),
        ("sh ops/password.sh", True),
        ("podman ps", True),
    ],
)
def test_a_command_that_would_fail_is_found(words: str, is_whole: bool) -> None:
    command = Command("page", 1, tuple(shlex.split(words)), is_whole)
    assert fault_of(command) is not None
