from __future__ import annotations

import re

import pytest

from core.domain.late_patterns import late


def test_a_pattern_is_compiled_once_and_only_when_it_is_used():
    broken = late("(")
    with pytest.raises(re.error):
        broken()
    pattern = late("a+", re.IGNORECASE)
    assert pattern() is pattern()
    assert pattern().findall("Aab a") == ["Aa", "a"]
