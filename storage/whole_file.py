"""A file that is written whole or not at all."""

from __future__ import annotations

import os
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path


@contextmanager
def written_whole(path: Path) -> Iterator[Path]:
    """Yield a draft beside `path` to write; it takes the place of `path` when the block ends well.

    When the block fails nothing of the draft stays, and what stood at `path` is as it was. A name
    that is no ordinary file (a pipe, ``/dev/stdout``) is written to directly. Raises OSError.
    """
    if path.exists() and not path.is_file():
        yield path
        return
    place = path.resolve()  # a link stays one: what it points to is replaced
    draft = place.with_name(f".{place.name}.{os.getpid()}")
    try:
        yield draft
        draft.replace(place)
    finally:
        draft.unlink(missing_ok=True)
