"""DATA_DIR/rules.toml: rules that a person wrote, in the form that the reflection writes them in."""

from __future__ import annotations

import tomllib
from pathlib import Path

from core.errors import ConfigurationError

RULES_FILE = "rules.toml"


def written_rules(folder: Path) -> tuple[object, ...]:
    """Return each ``[[rule]]`` of the folder's rules file, none where there is no file.

    Raises ConfigurationError for what is no such file.
    """
    path = folder / RULES_FILE
    return read_rules(path) if path.exists() else ()


def read_rules(path: Path) -> tuple[object, ...]:
    """Return each ``[[rule]]`` as it is written. Raises ConfigurationError for what is no such file."""
    try:
        content = tomllib.loads(path.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise ConfigurationError(f"{path}: {error}") from error
    rules = content.get("rule")
    if set(content) - {"rule"} or not isinstance(rules, list):
        raise ConfigurationError(f"{path}: holds [[rule]] parts and nothing else")
    return tuple(rules)
