"""The demo's own folder below the output folder: made, marked, and only then ever cleared."""

from __future__ import annotations

import shutil
from pathlib import Path

DATA_FOLDER = "demo-data"
"""Working and data folder of the demo's bot. No setting of a real bot has this name."""

MARKER = ".made-by-the-demo"


class PlaceTaken(ValueError):
    """There is something that the demo did not make; the text names it."""


def prepare(folder: Path) -> Path:
    """Make `folder`/demo-data, empty but for the marker, and return it.

    Raises PlaceTaken when the folder holds anything without the demo's marker (it is left as it
    is), and OSError when a folder cannot be made.
    """
    if folder.exists() and not folder.is_dir():
        raise PlaceTaken(f"{folder}: 폴더가 아닙니다 · not a folder")
    data = folder / DATA_FOLDER
    if data.is_symlink() or (data.exists() and not data.is_dir()):
        raise PlaceTaken(f"{data}: 데모가 만든 폴더가 아닙니다 · not a folder of the demo")
    if data.exists():
        if any(data.iterdir()) and not (data / MARKER).is_file():
            raise PlaceTaken(
                f"{data}: 데모가 만들지 않은 것이 들어 있어 지우지 않습니다"
                " · holds what the demo did not make, so nothing was deleted"
            )
        shutil.rmtree(data)
    data.mkdir(parents=True)
    (data / MARKER).write_text("The demo clears this folder when it starts.\n", encoding="utf-8")
    return data
