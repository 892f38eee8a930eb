"""Finding a font that can write Korean."""

from __future__ import annotations

import unicodedata
from importlib.util import find_spec
from pathlib import Path

from core.errors import DataError

FAMILY = "NanumGothic"
_LAST_OF_BASIC_PLANE = "\uffff"
_FILES = ("NanumGothic.ttf", "NanumGothicBold.ttf")


def font_files() -> tuple[Path, ...]:
    """Return the font files of the koreanize_matplotlib package, which is never imported.

    Importing it would import matplotlib.pyplot and change global settings. Raises DataError.
    """
    spec = find_spec("koreanize_matplotlib")
    if spec is None or spec.origin is None:
        raise DataError("the Korean font is missing: koreanize-matplotlib is not installed")
    folder = Path(spec.origin).parent / "fonts"
    found = tuple(folder / name for name in _FILES)
    missing = [path.name for path in found if not path.is_file()]
    if missing:
        raise DataError(f"the Korean font is missing: {', '.join(missing)}")
    return found


def drawable(text: str) -> str:
    """Return `text` without what the font cannot draw: emoji, controls, U+2212."""
    plain = text.replace("\u2212", "-")
    return "".join(
        character
        for character in plain
        if character <= _LAST_OF_BASIC_PLANE and unicodedata.category(character) not in _UNDRAWABLE
    ).strip()


_UNDRAWABLE = frozenset({"So", "Cs", "Cf", "Cc", "Co", "Cn", "Mn", "Me"})
