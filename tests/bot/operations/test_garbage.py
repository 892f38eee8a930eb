from __future__ import annotations

import gc

import pytest

from bot.operations.garbage import start_out_of_collections


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
