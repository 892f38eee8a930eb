"""Every sentence exists in both languages, and every command is documented."""

from __future__ import annotations

import ast
import re
import string
import tomllib
from collections.abc import Iterator
from enum import Enum
from pathlib import Path

import pytest
import typer.main

from bot import locales
from bot.chat.command_groups import GROUPS, TOP
from bot.cli.app import app
from bot.exports.google_sheet import SheetFault
from bot.operations.discord_rest import DiscordFault
from bot.operations.model_rest import ListFault
from core.domain.breakers import Breaker
from core.domain.conditions import Condition, Severity, Turn
from core.domain.cycle import Step
from core.domain.limits import LIMIT_TERMS, LimitOutcome
from core.domain.model_calls import CallState, Purpose
from core.domain.modes import Mode, TradingState
from core.domain.orders import OrderState, Side
from core.domain.outcomes import Unmeasured
from core.domain.risk import AMOUNT_RULES, Rule
from core.domain.rule_evidence import Unshown
from core.domain.rule_facts import Fact, Measured
from core.domain.rule_gate import GateFault
from core.domain.rule_proposals import Answer, ProposalKind, ProposalState
from core.domain.rule_reading import RuleFault
from core.domain.rules import RuleAction, RuleCategory, RuleMove, RuleOrigin, RuleState
from core.domain.setup import SetupPart, SetupRefusal
from core.domain.tickets import TicketAction
from core.domain.unsent import Unsent
from core.domain.what_if import Course
from core.domain.what_if_verdict import ModelWorth
from core.errors import FeedFault, ModelFault
from core.services.orders.flattening import CancelFate
from core.services.orders.values import ClickOutcome
from core.services.safety.self_check import Rule as BookRule
from tests.architecture.source import ROOT, calls, modules

LANGUAGES = {name: locales.load(name) for name in locales.LOCALES}
FOLDER = ROOT / "bot" / "locales"
COMMANDS = ROOT / "docs" / "commands.md"


def fields(sentence: str) -> set[str]:
    return {name for _, name, _, _ in string.Formatter().parse(sentence) if name}


def test_both_languages_have_the_same_files_keys_and_placeholders() -> None:
    files = {name: {path.name for path in (FOLDER / name).glob("*.toml")} for name in LANGUAGES}
    assert files["ko"] == files["en"]
    korean, english = (LANGUAGES[name].sentences for name in ("ko", "en"))
    assert korean.keys() == english.keys()
    differing = [key for key in korean if fields(korean[key]) != fields(english[key])]
    assert differing == []


def test_no_sentence_is_empty_and_no_key_is_given_twice() -> None:
    for name in LANGUAGES:
        for path in sorted((FOLDER / name).glob("*.toml")):
            rows = tomllib.loads(path.read_text(encoding="utf-8"))
            # tomllib itself refuses a key given twice.
            assert [key for key, text in rows.items() if not str(text).strip()] == [], path


def said() -> Iterator[tuple[str, str, set[str] | None]]:
    """Yield (place, key, names of the values) of every literal ``say("file.key", …)``."""
    for one in modules("bot", "core"):
        for node in ast.walk(one.tree):
            if not isinstance(node, ast.Call) or not node.args:
                continue
            called = node.func
            name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
            key = node.args[0]
            if name != "say" or not isinstance(key, ast.Constant) or "." not in str(key.value):
                continue
            names = {item.arg for item in node.keywords}
            known = None if None in names else {item for item in names if item}
            yield f"{one.name}:{node.lineno}", str(key.value), known


def test_every_sentence_that_is_said_exists_and_gets_its_values() -> None:
    sentences = LANGUAGES["ko"].sentences
    found = list(said())
    assert len(found) > 100
    wrong = [(place, key) for place, key, _ in found if key not in sentences]
    assert wrong == []
    lacking = [
        (place, key, fields(sentences[key]) - names)
        for place, key, names in found
        if names is not None and fields(sentences[key]) - names
    ]
    assert lacking == []


@pytest.mark.parametrize(
    ("prefix", "members"),
    [
        ("risk.", list(Rule)),
        ("risk.short_", sorted(AMOUNT_RULES, key=lambda rule: rule.value)),
        ("orders.click_", list(ClickOutcome)),
        ("orders.fate_", list(CancelFate)),
        ("orders.unsent_", list(Unsent)),
        ("safety.name_", list(Breaker)),
        ("safety.breaker_", list(Breaker)),
        ("safety.rule_", list(BookRule)),
        ("limits.outcome_", list(LimitOutcome)),
        ("conditions.name_", list(Condition)),
        ("conditions.status_", list(Severity)),
        ("conditions.title_", list(Turn)),
        ("conditions.line_", list(Turn)),
        ("setup.part_", list(SetupPart)),
        ("setup.refused_", list(SetupRefusal)),
        ("doctor.discord_", list(DiscordFault)),
        ("doctor.model_", list(ListFault)),
        ("sheets.fault_", list(SheetFault)),
        ("status.mode_", list(Mode)),
        ("status.state_", list(TradingState)),
        ("console.", list(Side)),
        ("model.fault_", list(ModelFault)),
        ("news.feed_", list(FeedFault)),
        ("model.purpose_", list(Purpose)),
        ("model.state_", list(CallState)),
        ("reflection.waiting_", list(Unmeasured)),
        ("whatif.course_", list(Course)),
        ("whatif.model_", list(ModelWorth)),
        ("rules.fact_", [*Fact, *Measured]),
        ("rules.action_", list(RuleAction)),
        ("rules.category_", list(RuleCategory)),
        ("rules.state_", list(RuleState)),
        ("rules.origin_", list(RuleOrigin)),
        ("rules.moved_", list(RuleMove)),
        ("rules.fault_", list(RuleFault)),
        ("rules.gate_", list(GateFault)),
        ("rules.unshown_", list(Unshown)),
        ("rules.proposal_", list(ProposalKind)),
        ("rules.proposal_state_", list(ProposalState)),
        ("rules.answer_", [item for item in Answer if item is not Answer.UNKNOWN]),
    ],
)
def test_every_member_has_its_sentence(prefix: str, members: list[Enum]) -> None:
    sentences = LANGUAGES["ko"].sentences
    keys = [f"{prefix}{str(member.value).lower()}" for member in members]
    assert [key for key in keys if key not in sentences] == []


def test_every_limit_has_a_name_and_its_unit_a_word() -> None:
    sentences = LANGUAGES["ko"].sentences
    keys = [f"limits.name_{name}" for name in LIMIT_TERMS]
    keys += [f"limits.unit_{term.unit}" for term in LIMIT_TERMS.values()]
    assert [key for key in keys if key not in sentences] == []


@pytest.mark.parametrize("members", [OrderState, TicketAction, Step])
def test_states_buttons_and_steps_have_words(members: type[Enum]) -> None:
    keys = set(LANGUAGES["ko"].sentences)
    ends = {key.partition(".")[2] for key in keys}
    for member in members:
        names = {str(member.value).lower(), member.name.lower()}
        assert any(end.endswith(tuple(names)) for end in ends), member


def test_every_command_of_the_terminal_is_documented() -> None:
    """Slash commands are held to the page by tests/bot/chat/test_chat_on_sandbox.py."""
    text = COMMANDS.read_text(encoding="utf-8")
    group = typer.main.get_command(app)
    names = sorted(getattr(group, "commands", {}))
    assert {"run", "cycle", "session", "health", "halt", "settings"} <= set(names)
    missing = [
        name
        for name in names
        if f"python -m bot {name}" not in text and f"### {name}\n" not in text
    ]
    assert missing == []


def _commands_of_code() -> set[str]:
    """Every name of a slash command or of a group of them."""
    found = {*TOP, *GROUPS}
    for one in modules("bot"):
        if one.name.startswith("bot/chat/cogs/"):
            for call in calls(one.tree, "command", "Group"):
                found |= {
                    str(item.value.value)
                    for item in call.keywords
                    if item.arg == "name" and isinstance(item.value, ast.Constant)
                }
    return found


def test_every_slash_command_has_a_name_in_both_languages() -> None:
    names = {name.replace("-", "_") for name in _commands_of_code()}
    assert len(names) > 40
    for language in LANGUAGES.values():
        assert {one for one in names if f"commands.name_{one}" not in language.sentences} == set()
    english = LANGUAGES["en"].sentences
    for name in names:
        assert english[f"commands.name_{name}"] == name.replace("_", "-")


def test_every_korean_name_stands_in_the_table_of_names() -> None:
    """A command that is new gets its row, or its word in the row of its group."""
    text = COMMANDS.read_text(encoding="utf-8")
    table = text.partition("### 한국어 이름")[2].partition("\n## ")[0]
    korean = LANGUAGES["ko"].sentences
    names = [korean[f"commands.name_{one.replace('-', '_')}"] for one in _commands_of_code()]
    assert [name for name in names if name not in table] == []


_MENTION = re.compile(r"(?<![\w./-])/([a-z가-힣][a-z가-힣 -]*)(?:\(([a-z -]+)\))?")


def test_a_korean_sentence_names_a_command_as_people_see_it_and_in_english() -> None:
    """``/재개(resume)``: Discord may be set to either language. An example in ticks is Korean."""
    korean, names = LANGUAGES["ko"].sentences, {}
    for key, text in korean.items():
        if key.startswith("commands.name_"):
            names[text] = key.removeprefix("commands.name_").replace("_", "-")
    tops = {own for own, base in names.items() if base in {*TOP, *GROUPS}} | {*TOP, *GROUPS}
    wrong = []
    for key, text in korean.items():
        for found in _MENTION.finditer(text):
            words = found[1].split()
            if words[0] not in tops:
                continue
            is_example = text[: found.start()].count("`") % 2 == 1
            if is_example:
                good = words[0] in names
            else:
                base = " ".join(names.get(word, "?") for word in words)
                good = found[2] is not None and base == found[2]
            if not good:
                wrong.append((key, found[0]))
    assert wrong == []


def test_the_locale_folder_holds_nothing_else() -> None:
    names = {path.name for path in FOLDER.iterdir() if path.name != "__pycache__"}
    assert names == {"__init__.py", *locales.LOCALES}
    assert Path(str(locales.__file__)).parent == FOLDER
