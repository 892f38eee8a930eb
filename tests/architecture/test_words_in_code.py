"""What people read stands in the locale files and not in code: a search for what does not.

Two nets. Hangul in a text of the code is either read (what people and brokers write), said to a
model, or a mistake. And a text that is handed to where people see it must come from `say`.
"""

from __future__ import annotations

import ast
import re
from collections.abc import Iterator

from tests.architecture.source import Source, modules

HANGUL = re.compile(r"[가-힣ㄱ-ㅎㅏ-ㅣ]")
# The brokers' paper service has no other name, in any language.
PROPER_NOUN = "모의투자"

_HELP = "help of the terminal, before a language is known: both languages in one line"
_BOTH = "said before a language is known: both languages in one line"
_READ = "read, not said: what people type"
_SOURCES = "read, not said: the words of brokers, lists and news"
_MODEL = "said to the model, in the language of its instructions; no person sees it"
_EXCHANGE = "the simulated exchange answers in Korean, as a Korean broker does"
# A folder stands for all that is in it.
ALLOWED: dict[str, str] = {
    "bot/cli/": _HELP,
    "core/llm/": _MODEL,
    "bot/brokerage.py": "names of services and of prices, as their makers call them",
    "bot/chat/decisions.py": _READ,
    "bot/chat/modals.py": _READ,
    "bot/files/universe.py": _SOURCES,
    "bot/onboarding/interview.py": _READ,
    "bot/onboarding/terminal.py": _READ,
    "bot/operations/backtest_child.py": "read: how a child of ours begins its error",
    "brokers/kis/ledger.py": _SOURCES,
    "brokers/kiwoom/ledger.py": _SOURCES,
    "brokers/kiwoom/market.py": _SOURCES,
    "brokers/kiwoom/records.py": _SOURCES,
    "brokers/sim/prices_csv.py": _EXCHANGE,
    "brokers/sim/prices_synthetic.py": _EXCHANGE,
    "brokers/sim/translation.py": _EXCHANGE,
    "brokers/sim/values.py": "the name of one of KRX's kinds of order",
    "core/domain/decision_prompt.py": _MODEL,
    "core/domain/hangul.py": "the alphabet itself, and how brands are written in it",
    "core/domain/instrument.py": "the kinds of tax as KRX calls them; read from its list",
    "core/domain/interlock.py": "what an owner types to open real orders",
    "core/domain/krx_days.py": "the names of Korean holidays",
    "core/domain/rule_facts.py": _MODEL,
    "core/domain/rule_schema.py": _MODEL,
    "core/llm/plain_numbers.py": _READ,
    "core/llm/plain_requests.py": _READ,
    "core/news/event_words.py": _SOURCES,
    "core/news/fact_check.py": _SOURCES,
    "core/news/mapping.py": _SOURCES,
    "core/services/sessions/claims.py": "read, not said: what a model claims",
    "core/services/sessions/figures.py": "read, not said: numbers in what a model says",
    "core/services/sessions/results.py": _MODEL,
    "storage/engine.py": _BOTH,
    "storage/price_files/reader.py": _SOURCES,
}

FOLDERS = tuple(name for name in ALLOWED if name.endswith("/"))

# Where a text goes before people, and which of its places are read by them.
SHOWN: dict[str, tuple[tuple[int, ...], frozenset[str]]] = {
    "FittedEmbed": ((), frozenset({"title", "description", "footer"})),
    "add_field": ((0, 1), frozenset({"name", "value"})),
    "set_footer": ((), frozenset({"text"})),
    "tell": ((1,), frozenset({"text"})),
    "send": ((0,), frozenset({"content"})),
    "send_message": ((0,), frozenset({"content"})),
    "edit_message": ((), frozenset({"content"})),
    "edit_original_response": ((), frozenset({"content"})),
    "Button": ((), frozenset({"label"})),
    "SelectOption": ((), frozenset({"label", "description"})),
    "Modal": ((), frozenset({"title"})),
    "Label": ((), frozenset({"text", "description"})),
    "TextInput": ((), frozenset({"label", "placeholder"})),
    "Choice": ((), frozenset({"name"})),
    "alert": ((0, 1), frozenset({"title", "text"})),
    "note": ((0,), frozenset({"text"})),
    "good": ((0,), frozenset({"text"})),
    "bad": ((0,), frozenset({"text"})),
}
WORD = re.compile(r"[^\W\d_]{2,}")


def texts(one: Source) -> Iterator[tuple[int, str]]:
    """Yield (line, text) of every text of a module that is no docstring."""
    # A text that stands alone is a docstring: of a module, class or function, or of a field.
    tree = one.tree
    documented = {id(node.value) for node in ast.walk(tree) if isinstance(node, ast.Expr)}
    for node in ast.walk(tree):
        if (
            isinstance(node, ast.Constant)
            and isinstance(node.value, str)
            and id(node) not in documented
        ):
            yield node.lineno, node.value


def hangul_in(one: Source) -> list[str]:
    return [
        f"{one.name}:{line} {text[:40]!r}"
        for line, text in texts(one)
        if HANGUL.search(text.replace(PROPER_NOUN, ""))
    ]


def words_of(node: ast.expr) -> str:
    """Return the words that stand in an expression itself, not in what it calls."""
    if isinstance(node, ast.Constant):
        return node.value if isinstance(node.value, str) else ""
    if isinstance(node, ast.JoinedStr):
        return " ".join(words_of(part) for part in node.values)
    if isinstance(node, ast.BinOp):
        return f"{words_of(node.left)} {words_of(node.right)}"
    if isinstance(node, ast.IfExp | ast.BoolOp):
        parts = node.values if isinstance(node, ast.BoolOp) else [node.body, node.orelse]
        return " ".join(words_of(part) for part in parts)
    return ""


def shown_in(one: Source) -> list[str]:
    found = []
    for node in ast.walk(one.tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        places, names = SHOWN.get(name, ((), frozenset()))
        handed = [node.args[at] for at in places if at < len(node.args)]
        handed += [item.value for item in node.keywords if item.arg in names]
        found += [
            f"{one.name}:{node.lineno} {name}({words_of(part)!r})"
            for part in handed
            if WORD.search(words_of(part))
        ]
    return found


def test_no_korean_sentence_stands_in_the_code() -> None:
    known = {one.name: hangul_in(one) for one in modules()}
    wrong = [
        text
        for name, found in known.items()
        if name not in ALLOWED and not name.startswith(FOLDERS)
        for text in found
    ]
    assert wrong == []
    # Whoever moves the last one out takes the module off the list.
    modules_named = [name for name in ALLOWED if not name.endswith("/")]
    assert [name for name in modules_named if not known.get(name)] == []


def test_what_is_shown_comes_from_the_locale_files() -> None:
    wrong = [text for one in modules("bot") for text in shown_in(one)]
    # Services hand their words to an outbox; what is called `tell` there takes a key first.
    wrong += [text for one in modules("core") for text in shown_in(one) if " tell(" not in text]
    assert wrong == []


def test_the_nets_catch_what_they_are_for() -> None:
    text = (
        '"""설명."""\n'
        "def shown(phrases, n):\n"
        '    """설명."""\n'
        '    tell(interaction, "That did not work")\n'
        '    tell(interaction, f"{n} orders are open")\n'
        '    FittedEmbed(phrases=phrases, title="Balance" if n else "-")\n'
        '    tell(interaction, phrases.say("chat.failed"))\n'
        '    send(f"{n}: {phrases.say(key)}", "모의투자")\n'
        '    x = "주문이 나갔습니다"\n'
    )
    one = Source("a.py", text)
    assert [line.split(" ")[0] for line in shown_in(one)] == ["a.py:4", "a.py:5", "a.py:6"]
    assert hangul_in(one) == ["a.py:9 '주문이 나갔습니다'"]
