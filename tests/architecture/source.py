"""Our own source as text and syntax trees, for the tests of the house rules."""

from __future__ import annotations

import ast
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

ROOT = Path(__file__).parents[2]
PACKAGES = ("bot", "brokers", "core", "storage")


@dataclass(frozen=True, slots=True)
class Source:
    """One module."""

    name: str
    text: str

    @property
    def tree(self) -> ast.Module:
        """Its syntax tree, parsed anew: a thousand kept trees make every collection take seconds."""
        return ast.parse(self.text, self.name)

    @property
    def lines(self) -> int:
        return len(self.text.splitlines())


@cache
def modules(*packages: str) -> tuple[Source, ...]:
    """Return every module of the packages (default: the four of the application)."""
    found = []
    for package in packages or PACKAGES:
        for path in sorted((ROOT / package).rglob("*.py")):
            text = path.read_text(encoding="utf-8")
            name = path.relative_to(ROOT).as_posix()
            found.append(Source(name, text))
    return tuple(found)


def calls(tree: ast.AST, *names: str) -> Iterator[ast.Call]:
    """Yield calls of a function or method with one of these names."""
    for node in ast.walk(tree):
        if not isinstance(node, ast.Call):
            continue
        called = node.func
        name = called.attr if isinstance(called, ast.Attribute) else getattr(called, "id", "")
        if name in names:
            yield node


@cache
def committed() -> tuple[Path, ...]:
    """Return the files that git keeps, or would keep. Without git: everything but caches."""
    try:
        listed = subprocess.run(
            ["git", "ls-files", "--cached", "--others", "--exclude-standard", "-z"],
            cwd=ROOT,
            capture_output=True,
            check=True,
            timeout=30,
        ).stdout.decode()
    except (OSError, subprocess.CalledProcessError):
        return tuple(path for name in PACKAGES for path in (ROOT / name).rglob("*.py"))
    return tuple(ROOT / name for name in listed.split("\0") if name and (ROOT / name).is_file())
