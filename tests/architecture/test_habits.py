"""The habits of DESIGN §10 that no linter checks."""

from __future__ import annotations

import ast
import re

from tests.architecture.source import PACKAGES, ROOT, committed, modules

FILE_LINES_MAX = 350
FUNCTION_LINES_MAX = 50
# Longer on purpose, with the reason. Nothing is here for want of time.
LONG_FILES: dict[str, str] = {
    "storage/migrations/versions/v0001_first_schema.py": "one revision creates all tables, in one list",
}
LONG_FUNCTIONS: dict[str, str] = {
    "storage/migrations/versions/v0001_first_schema.py:upgrade": "as the file",
}
MEANINGLESS = {"utils", "util", "helpers", "helper", "common", "manager", "managers", "misc"}
MONEY = re.compile(r"(won|price|cash|amount|fee|tax|nav|cost|deposit)(_|$)")
# Ratios, not amounts: floats would still be wrong, and Decimal is what they are.
BUILD_PLACES = re.compile(
    "|".join(
        [r"(?<![\w.~<{$])/" + r"work/(?:main|shared)", "/tmp/" + "brief", r"(?<![\w.])/root" + "/"]
    )
)
REGISTRIES = re.compile(
    "|".join(
        [
            "--index" + "-url",
            "--extra-index" + "-url",
            r"https?://[\w.-]*pypi" + r"[\w.-]*",
            "files.pythonhosted" + ".org",
        ]
    )
)
TEXT_ENDINGS = [
    ".py",
    ".toml",
    ".md",
    ".lock",
    ".yml",
    ".yaml",
    ".json",
    ".cfg",
    ".ini",
    ".txt",
    ".sh",
    ".example",
    ".csv",
    ".sql",
    ".svg",
]


def test_files_can_be_read_at_one_sitting() -> None:
    found = modules(*PACKAGES, "sandbox")
    long = {one.name: one.lines for one in found if one.lines > FILE_LINES_MAX}
    assert set(long) == set(LONG_FILES), long


def test_functions_fit_on_a_page() -> None:
    long = {}
    for one in modules(*PACKAGES, "sandbox"):
        for node in ast.walk(one.tree):
            if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
                lines = (node.end_lineno or node.lineno) - node.lineno + 1
                if lines > FUNCTION_LINES_MAX:
                    long[f"{one.name}:{node.name}"] = lines
    assert set(long) == set(LONG_FUNCTIONS), long


def test_names_say_what_is_inside() -> None:
    for one in modules("bot", "brokers", "core", "storage", "sandbox", "tests"):
        parts = one.name.removesuffix(".py").split("/")
        words = {word for part in parts for word in (part, *part.split("_"))}
        assert not words & MEANINGLESS, one.name


def _public(tree: ast.Module) -> list[tuple[str, ast.AST]]:
    """Public classes and functions of a module, and the public methods of its public classes."""
    found: list[tuple[str, ast.AST]] = []
    for node in tree.body:
        if not isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            continue
        if node.name.startswith("_"):
            continue
        found.append((node.name, node))
        if isinstance(node, ast.ClassDef):
            found += [
                (f"{node.name}.{item.name}", item)
                for item in node.body
                if isinstance(item, ast.FunctionDef | ast.AsyncFunctionDef)
                and not item.name.startswith("_")
            ]
    return found


def test_everything_public_says_what_it_does() -> None:
    silent = []
    for one in modules("bot", "brokers", "core", "storage"):
        if "/versions/" in one.name:
            continue
        tree = one.tree
        if one.text.strip() and not ast.get_docstring(tree):
            silent.append(one.name)
        silent += [
            f"{one.name}:{name}"
            for name, node in _public(tree)
            if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef)
            and not ast.get_docstring(node)
        ]
    assert silent == []


def test_money_is_never_a_float() -> None:
    wrong = []
    for one in modules("core"):
        if not one.name.startswith("core/domain/"):
            continue
        for node in ast.walk(one.tree):
            if isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
                name, annotation = node.target.id, node.annotation
            elif isinstance(node, ast.arg) and node.annotation is not None:
                name, annotation = node.arg, node.annotation
            else:
                continue
            if MONEY.search(name) and "float" in ast.unparse(annotation):
                wrong.append(f"{one.name}:{node.lineno} {name}")
    assert wrong == []


def test_core_domain_uses_the_standard_library_and_no_clock() -> None:
    for one in modules("core"):
        if not one.name.startswith("core/domain/"):
            continue
        for node in ast.walk(one.tree):
            assert not isinstance(node, ast.AsyncFunctionDef | ast.Await), one.name


def test_no_file_names_a_build_machine_or_a_registry() -> None:
    wrong = []
    for path in committed():
        if path.suffix not in TEXT_ENDINGS and path.name not in {"Makefile", "Dockerfile", "run"}:
            continue
        for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), start=1):
            if BUILD_PLACES.search(line) or (path.suffix != ".py" and REGISTRIES.search(line)):
                wrong.append(f"{path.relative_to(ROOT)}:{number} {line.strip()[:100]}")
    assert wrong == []


def test_every_locked_package_is_pinned_and_hashed() -> None:
    for name in ("requirements.lock", "requirements-dev.lock"):
        text = (ROOT / name).read_text(encoding="utf-8").replace("\\\n", " ")
        packages = [
            line for line in text.splitlines() if re.match(r"[a-z0-9]", line, re.IGNORECASE)
        ]
        assert len(packages) > 20, name
        assert [one for one in packages if "==" not in one or "--hash=sha256:" not in one] == []
