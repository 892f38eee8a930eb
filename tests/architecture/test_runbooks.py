"""Each condition has its page, Korean first, and each page its condition."""

from __future__ import annotations

import re

import pytest

from core.domain.conditions import Condition, Severity
from tests.architecture.source import ROOT

FOLDER = ROOT / "docs" / "runbooks"
HEADINGS = ["무슨 일인가", "할 일", "봇이 하는 일", "In English"]


def test_pages_and_conditions_are_the_same() -> None:
    pages = {path.name for path in FOLDER.glob("*.md")} - {"README.md"}
    assert pages == {f"{condition.value}.md" for condition in Condition}
    index = (FOLDER / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\((\w+\.md)\)", index)) == pages


@pytest.mark.parametrize("condition", list(Condition))
def test_a_page_says_what_it_is_and_what_to_do(condition: Condition) -> None:
    text = (ROOT / condition.runbook).read_text(encoding="utf-8")
    assert re.findall(r"^## (.+)$", text, re.MULTILINE) == HEADINGS
    mark = "🔴" if condition.severity is Severity.CRITICAL else "🟡"
    assert text.splitlines()[2].startswith(mark)
    assert "\n1. " in text
    english = text.partition("## In English")[2]
    assert not re.search(r"[가-힣]", english)
