"""What a reader is promised is there, in Korean and in English."""

from __future__ import annotations

import re

import pytest

from tests.docs.pages import ROOT, links, tokens

DOCS = ROOT / "docs"
HANGUL = re.compile(r"[가-힣]")
# Names of settings, buttons and screens are what they are in either language.
MIXED_MAX = 0.08
# In two languages all the way through, each row or sentence beside its twin.
TWINNED = {"troubleshooting.md"}
GUIDES = (
    *("start.md", "keys-kis.md", "keys-kiwoom.md", "order-life.md", "daily-cycle.md"),
    *("strategy.md", "risk.md", "model.md", "taxes.md", "troubleshooting.md", "decisions.md"),
    "operations.md",
)


def words(text: str) -> tuple[int, int]:
    """Return how many letters are Korean, and how many Latin, outside code and links."""
    prose = re.sub(r"```.*?```|`[^`]*`|\]\([^)]*\)", "", text, flags=re.DOTALL)
    return len(HANGUL.findall(prose)), len(re.findall(r"[A-Za-z]", prose))


@pytest.mark.parametrize("name", sorted(set(GUIDES) - TWINNED))
def test_a_guide_is_korean_first_and_says_it_in_english_too(name: str) -> None:
    text = (DOCS / name).read_text(encoding="utf-8")
    korean, _, english = text.partition("\n## In English\n")
    assert words(korean)[0] > 400
    hangul, latin = words(english)
    assert latin > 500, "the English part is a guide, not a remark"
    assert hangul < MIXED_MAX * latin


def test_every_page_is_in_the_table_of_guides_and_both_readmes_name_the_table() -> None:
    index = DOCS / "README.md"
    named = {(DOCS / target.partition("#")[0]).resolve() for _, target in links(index)}
    assert {page for page in DOCS.glob("*.md") if page != index} - named == set()
    for name in ("README.md", "README.ko.md"):
        assert "docs/README.md" in {target for _, target in links(ROOT / name)}
    rows = sum(token.type == "tr_open" for token in tokens(index)) - 1
    assert rows > 15


def test_the_architecture_names_every_room() -> None:
    text = (ROOT / "ARCHITECTURE.md").read_text(encoding="utf-8")
    cells = re.findall(r"^\| (`[^|]+`) \|", text.partition("## 2.")[0], re.MULTILINE)
    named: set[str] = set()
    for path in re.findall(r"`([\w/{},]+)`", " ".join(cells)):
        head, brace, rest = path.partition("{")
        named |= {head + one for one in rest.rstrip("}").split(",")} if brace else {path}
    rooms = {
        folder.relative_to(ROOT).as_posix()
        for parent in ("bot", "brokers", "core", "core/services")
        for folder in (ROOT / parent).iterdir()
        if (folder / "__init__.py").is_file()
    } - {"core/services"}
    assert len(rooms) > 30
    assert rooms - named == set()
    assert {path for path in named if not (ROOT / path).is_dir()} == set()
