"""Whoever follows a link arrives: files, headings, and the pages that alerts name."""

from __future__ import annotations

from pathlib import Path

import pytest
import yaml

from core.domain.conditions import Condition
from tests.docs.pages import ROOT, anchors, links, name_of, pages

ALERTS = ROOT / "ops" / "prometheus" / "alerts.yml"


def faults(page: Path) -> list[str]:
    found = []
    for line, target in links(page):
        if "://" in target or target.startswith("mailto:"):
            continue
        path, _, anchor = target.partition("#")
        goal = (page.parent / path).resolve() if path else page
        if not goal.exists():
            found.append(f"line {line}: {target} is no file")
        elif anchor and anchor not in anchors(goal):
            found.append(f"line {line}: {target} is no heading")
    return found


@pytest.mark.parametrize("page", pages(), ids=name_of)
def test_every_link_of_a_page_leads_somewhere(page: Path) -> None:
    assert faults(page) == []


def test_a_dead_link_and_a_dead_heading_are_found(tmp_path: Path) -> None:
    page = tmp_path / "page.md"
    page.write_text(
        "# 첫 장 `코드`\n\n## 첫 장 코드\n[a](gone.md) [b](#첫-장-코드-1) [c](#둘째)\n"
        '<img src="gone.png">\n\n```\n[no link](gone-too.md)\n```\n',
        encoding="utf-8",
    )
    assert faults(page) == [
        "line 4: gone.md is no file",
        "line 4: #둘째 is no heading",
        "line 4: gone.png is no file",
    ]


def test_every_page_below_docs_can_be_reached_from_both_readmes() -> None:
    wanted = {page for page in pages() if page.parent != ROOT}
    for readme in (ROOT / "README.md", ROOT / "README.ko.md"):
        seen: set[Path] = set()
        open_pages = [readme]
        while open_pages:
            page = open_pages.pop()
            if page in seen or page.suffix != ".md":
                continue
            seen.add(page)
            goals = (page.parent / target.partition("#")[0] for _, target in links(page))
            open_pages += [goal.resolve() for goal in goals if goal.is_file()]
        assert wanted - seen == set(), readme.name


def test_every_alert_names_the_page_that_says_what_to_do() -> None:
    rules = [
        rule
        for group in yaml.safe_load(ALERTS.read_text(encoding="utf-8"))["groups"]
        for rule in group["rules"]
    ]
    assert len(rules) > 5
    runbooks = {condition.runbook: condition for condition in Condition}
    for rule in rules:
        condition = runbooks[rule["annotations"]["runbook_url"]]
        assert (ROOT / condition.runbook).is_file()
