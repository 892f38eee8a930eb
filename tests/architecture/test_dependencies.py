"""Every dependency is named with its reason, in its place, and nothing else is."""

from __future__ import annotations

import re
import tomllib

from tests.architecture.source import ROOT

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))["project"]
PAGE = (ROOT / "docs" / "dependencies.md").read_text(encoding="utf-8")


def names(requirements: list[str]) -> set[str]:
    found = set()
    for one in requirements:
        name = re.match(r"[A-Za-z0-9._-]+", one)
        assert name is not None, one
        found.add(name[0])
    return found


def test_the_page_and_the_project_name_the_same_packages() -> None:
    _head, bot, extras, dev = PAGE.split("\n## ")
    optional = PROJECT["optional-dependencies"]
    listed = {
        part: re.findall(r"^\| `([\w.-]+)` \|", text, re.MULTILINE)
        for part, text in (("bot", bot), ("dev", dev))
    }
    for part, rows in listed.items():
        assert len(rows) == len(set(rows)), part
    assert set(listed["bot"]) == names(PROJECT["dependencies"])
    assert set(listed["dev"]) == names(optional["dev"])
    rows = re.findall(r"^\| `([\w.-]+)` \| `(\w+)` \|", extras, re.MULTILINE)
    wanted = {
        (name, extra) for extra in optional if extra != "dev" for name in names(optional[extra])
    }
    assert set(rows) == wanted


def test_each_has_a_reason() -> None:
    reasons = re.findall(r"^\| `[\w.-]+` \|(?: `\w+` \|)? (.+) \|$", PAGE, re.MULTILINE)
    assert len(reasons) > 30
    assert [one for one in reasons if len(one.split()) < 2] == []
