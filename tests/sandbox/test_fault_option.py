import json

import pytest

from core.errors import DataError
from sandbox import fault_option
from sandbox.__main__ import main
from sandbox.kis.faults import Planned
from sandbox.world import WorldSettings, build_world


@pytest.fixture
def world():
    return build_world(WorldSettings(symbols=("069500",)))


def test_a_file_plans_answers_and_messages(tmp_path, world):
    path = tmp_path / "faults.json"
    path.write_text(
        json.dumps(
            {
                "faults": [
                    {"path": "order-cash", "faults": ["accept_then_drop", {"delay": 3}]},
                    {"seed": 7, "rate": 1, "kinds": ["egw00215"]},
                ],
                "stream": [{"faults": ["drop"]}],
            }
        )
    )
    fault_option.plan(world, str(path))
    taken = [world.kis.faults.take("/uapi/…/order-cash") for _ in range(3)]
    assert taken == [Planned("accept_then_drop"), Planned("delay", 3.0), Planned("egw00215")]
    assert world.kiwoom.faults is world.kis.faults
    assert world.stream.faults.take().kind == "drop"
    assert world.kiwoom_stream.faults is world.stream.faults


def test_a_seed_gives_the_same_faults_again(world):
    def thrown(seed):
        fault_option.plan(world, seed)
        return (
            [world.kis.faults.take("/any") for _ in range(2000)],
            [world.stream.faults.take() for _ in range(5000)],
        )

    answers, messages = thrown("41")
    assert (answers, messages) == thrown("41")
    assert (answers, messages) != thrown("42")
    assert 50 < 2000 - answers.count(None) < 160
    assert 20 < 5000 - messages.count(None) < 90


@pytest.mark.parametrize("command", ["kis", "kiwoom"])
@pytest.mark.parametrize(
    ("text", "word"),
    [
        ("{", "no JSON"),
        ("[]", "object"),
        ('{"rest": []}', "rest"),
        ('{"stream": {}}', "list"),
        ('{"faults": [5]}', "object"),
        ('{"faults": [{"path": "order-cash", "faults": ["nonsense"]}]}', "nonsense"),
        ('{"stream": [{"seed": 1, "rate": 2, "kinds": ["drop"]}]}', "rate"),
    ],
)
def test_what_is_no_plan_ends_with_status_two(tmp_path, capsys, command, text, word):
    path = tmp_path / "faults.json"
    path.write_text(text)
    assert main([command, "--date", "2026-11-20", "--faults", str(path)]) == 2
    assert word in capsys.readouterr().err


def test_a_file_that_is_not_there(tmp_path, world):
    with pytest.raises(DataError, match="none"):
        fault_option.plan(world, str(tmp_path / "none.json"))
