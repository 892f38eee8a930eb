"""Whatever code or reason people may meet stands on the page of troubleshooting, in both languages."""

from __future__ import annotations

import ast
import re
from collections.abc import Iterable
from itertools import pairwise

import pytest

from bot import locales
from bot.cli import ending
from bot.operations.doctor import _LOOKS
from core.domain.unsent import Unsent
from core.errors import ModelFault
from tests.architecture.source import PACKAGES
from tests.docs.pages import ROOT, tokens

PAGE = ROOT / "docs" / "troubleshooting.md"
KIS = re.compile(r"(?:EGW|IGW)\d{5}|OPS[PQ]\d{4}|AP[A-Z]{2}\d{4}|\d{8}")
KIWOOM = re.compile(r"R\d{5}|RC\d{4}|\d{6}|\d{4}")
HANGUL = re.compile(r"[가-힣]")
NAMES = {name: locales.load(name) for name in ("ko", "en")}
Row = tuple[str, ...]


def tables(number: int) -> list[Row]:
    """Return the rows of all tables in the section with this number."""
    rows: list[Row] = []
    section, cells = 0, []
    blocks = tokens(PAGE)
    for block, text in pairwise(blocks):
        if block.type == "heading_open" and block.tag == "h2":
            section = int(text.content.partition(".")[0])
        if block.type == "td_open":
            cells.append(text.content)
        if block.type == "tr_close" and cells:
            if section == number:
                rows.append(tuple(cells))
            cells = []
    return rows


def codes_of(rows: Iterable[Row]) -> list[str]:
    return [code for row in rows for code in re.findall(r"`(\w+)`", row[0])]


def codes_in(room: str, form: re.Pattern[str]) -> set[str]:
    """Return every text in the code of a broker's room that has the form of its codes."""
    wanted = ("errors.py", "stream_session.py", "stream_frames.py")
    files = [file for file in (ROOT / "brokers" / room).glob("*.py") if file.name in wanted]
    return {
        node.value
        for file in files
        for node in ast.walk(ast.parse(file.read_text(encoding="utf-8")))
        if isinstance(node, ast.Constant)
        and isinstance(node.value, str)
        and form.fullmatch(node.value)
    }


@pytest.mark.parametrize(
    ("room", "form", "section", "least"),
    [("kis", KIS, 4, 60), ("kiwoom", KIWOOM, 5, 35)],
)
def test_every_code_that_a_broker_is_read_by_is_explained_once(
    room: str, form: re.Pattern[str], section: int, least: int
) -> None:
    known = codes_in(room, form)
    assert len(known) > least
    listed = codes_of(tables(section))
    assert sorted(listed) == sorted(set(listed))
    assert set(listed) == known


def test_every_exit_code_is_explained() -> None:
    codes = {value for name, value in vars(ending).items() if name.startswith("EXIT_")}
    assert {int(row[0]) for row in tables(1)} == {0, *codes}


def test_every_line_of_the_self_check_is_explained_by_its_name() -> None:
    names = ["settings", *_LOOKS]
    wanted = [
        " · ".join(NAMES[language].say(f"doctor.{name}") for language in ("ko", "en"))
        for name in names
    ]
    assert [row[0].lower() for row in tables(3)] == [name.lower() for name in wanted]


@pytest.mark.parametrize(
    ("section", "prefix", "members"),
    [(6, "orders.unsent_", list(Unsent)), (7, "model.fault_", list(ModelFault))],
)
def test_every_reason_is_explained_in_the_words_that_people_see(section, prefix, members) -> None:
    rows = tables(section)
    assert len(rows) == len(members)
    for member in members:
        korean, english = (
            NAMES[language].say(f"{prefix}{member.value}") for language in ("ko", "en")
        )
        # The page may stop where the sentence begins to name settings or another command.
        found = [row for row in rows if korean.startswith(row[0])]
        assert len(found) == 1, korean
        said = found[0][2].partition(" · ")[0]
        assert len(said) > 10
        assert english.startswith(said), english


@pytest.mark.parametrize("section", [1, 2, 3, 4, 5, 8])
def test_what_to_do_is_said_in_korean_and_in_english(section: int) -> None:
    rows = tables(section)
    assert len(rows) > 4
    for row in rows:
        assert len(row) == 3, row
        korean, english = row[1], re.sub(r"\(#[^)]*\)|\([\w./#-]+\)|모의투자", "", row[2])
        assert HANGUL.search(korean) or korean.startswith("`"), row
        assert not HANGUL.search(english), row
        assert english.strip(), row


def test_what_a_start_says_is_quoted_as_it_is_said() -> None:
    """Each quotation of section 2 is made of pieces that the code really has."""
    files = [file for room in PACKAGES for file in (ROOT / room).rglob("*.py")]
    said = " ".join(file.read_text(encoding="utf-8") for file in files)
    for row in tables(2):
        pieces = re.split(r"…|;|\bKIS_VTS_BASE_URL is\b", row[0].strip("`"))
        told = [piece for piece in (one.strip(" ,:()?") for one in pieces) if piece]
        assert told, row[0]
        assert [piece for piece in told if piece not in said] == [], row[0]
