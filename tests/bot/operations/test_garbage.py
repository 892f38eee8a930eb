from __future__ import annotations

import gc

import pytest

from bot.operations.garbage import collections_put_off, start_out_of_collections


def test_what_is_there_at_the_start_is_passed_over_until_the_end():
    before = gc.get_freeze_count()
    kept = [object(), {}]
    with start_out_of_collections():
        assert gc.get_freeze_count() > before
        assert not any(one is kept for one in gc.get_objects())
    assert gc.get_freeze_count() == 0
    assert any(one is kept for one in gc.get_objects())


def test_it_ends_also_when_the_day_breaks_off():
    with pytest.raises(OSError, match="gone"), start_out_of_collections():
        raise OSError("gone")
    assert gc.get_freeze_count() == 0


def test_what_a_start_builds_is_not_walked_before_the_start_is_over():
    with collections_put_off():
        assert not gc.isenabled()
        with start_out_of_collections():
            assert gc.isenabled()
        assert gc.isenabled()


def test_a_start_that_fails_leaves_collections_as_they_were():
    with pytest.raises(OSError, match="gone"), collections_put_off():
        raise OSError("gone")
    assert gc.isenabled()
