from __future__ import annotations

from datetime import datetime

import pytest

from core.domain.conditions import Condition, Severity, looked_again
from core.domain.krx import KST
from core.services.alerts.book import (
    ConditionBook,
    as_text,
    from_text,
    heard_as_text,
    heard_from_text,
)

NOW = datetime(2026, 11, 20, 10, 0, tzinfo=KST)


def test_what_lasts_survives_as_text():
    standing, _ = looked_again({}, {Condition.DISK: "3 MB", Condition.TOKEN: "한글"}, NOW)
    assert from_text(as_text(standing)) == standing
    assert ConditionBook(standing).severity is Severity.WARNING


@pytest.mark.parametrize("text", [None, "", "{", "[1]", '[{"condition": "gone"}]', "[{}]", "7"])
def test_what_cannot_be_read_was_never_told(text):
    assert from_text(text) == {}


def test_what_was_heard_survives_as_text():
    heard = {"slack": {Condition.DISK: NOW}, "urls-2": {}}
    assert heard_from_text(heard_as_text(heard)) == heard


UNREADABLE = ('{"a": 1}', '{"a": {"gone": "x"}}', '{"a": {"disk": "x"}}', '{"a": {"disk": 1}}')


@pytest.mark.parametrize("text", [None, "", "{", "[1]", "7", *UNREADABLE])
def test_what_cannot_be_read_was_never_heard(text):
    assert heard_from_text(text) == {}
