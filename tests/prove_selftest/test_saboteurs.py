from __future__ import annotations

import pytest

from core.services.orders.approving import Approver
from storage.ledger import SqlLedgerTransaction
from tests.saboteurs.hunt import everybody, hunt
from tests.saboteurs.saboteur import Saboteur, Swap
from tests.saboteurs.weather import WEATHER

pytestmark = pytest.mark.untraced

# Each in the hunt of `make test`; all of them are in `make prove`.
HANDFUL = ("one_share_more", "send_before_commit", "approves_by_itself", "hash_not_chained")


def test_there_are_enough_of_them_and_each_says_what_it_does():
    names = [item.name for item in everybody()]
    assert len(names) == len(set(names)) >= 60
    assert all(item.does.endswith(".") and "\n" not in item.does for item in everybody())
    assert set(WEATHER) <= set(names)


@pytest.mark.parametrize("who", everybody(), ids=lambda item: item.name)
def test_each_finds_what_it_breaks_and_leaves_it_as_it_was(who):
    before = [(swap.owner, swap.name, vars(swap.owner).get(swap.name)) for swap in who.swaps()]
    assert before
    with who.at_work():
        for owner, name, kept in before:
            assert vars(owner)[name] is not kept
    for owner, name, kept in before:
        assert vars(owner).get(name) is kept


def test_nobody_breaks_what_is_not_there():
    lost = Saboteur("lost", "Breaks nothing.", lambda: [Swap(Approver, "no_such_thing", None)])
    with pytest.raises(AttributeError, match="no_such_thing"), lost.at_work():
        pass


def test_what_is_inherited_is_found_again():
    inherited = Swap(SqlLedgerTransaction, "insert_attempt", None)
    assert "insert_attempt" not in vars(SqlLedgerTransaction)
    with Saboteur("heir", "Breaks a mixin.", lambda: [inherited]).at_work():
        assert SqlLedgerTransaction.insert_attempt is None
    assert SqlLedgerTransaction.insert_attempt is not None


@pytest.mark.slow
@pytest.mark.parametrize("name", HANDFUL)
def test_a_handful_is_caught(name):
    found = hunt(name, 100)
    assert found.seed is not None, found.does
