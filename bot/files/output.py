"""Files that a command writes for a person: whole or not at all, and in words why not."""

from __future__ import annotations

import errno
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from core.errors import DataError
from core.ports.phrases import Phrases
from storage.whole_file import written_whole

# The locale files hold a sentence `data.unwritable_…` for each of these.
_CAUSES: Mapping[int, str] = {
    errno.ENOENT: "no_folder",
    errno.ENOTDIR: "no_folder",
    errno.EISDIR: "folder",
    errno.EEXIST: "exists",
    errno.EACCES: "forbidden",
    errno.EPERM: "forbidden",
    errno.EROFS: "forbidden",
    errno.ENOSPC: "full",
    errno.EDQUOT: "full",
    errno.EFBIG: "full",
}


@contextmanager
def output_file(path: Path, phrases: Phrases) -> Iterator[Path]:
    """Yield where to write what shall stand at `path`. Raises DataError in words: which file, why."""
    try:
        with written_whole(path) as draft:
            yield draft
    except OSError as error:
        raise _unwritable(path, error.errno, error.strerror or str(error), phrases) from error


def check_place(path: Path, phrases: Phrases, *, fresh: bool = False) -> None:
    """Raise DataError where `path` cannot become a file, before the long work that fills it.

    `fresh` means that nothing may be there yet.
    """
    if path.is_dir():
        raise _unwritable(path, errno.EISDIR, "", phrases)
    if fresh and path.exists():
        raise _unwritable(path, errno.EEXIST, "", phrases)
    if not path.absolute().parent.is_dir():
        raise _unwritable(path, errno.ENOENT, "", phrases)


def _unwritable(path: Path, number: int | None, detail: str, phrases: Phrases) -> DataError:
    cause = _CAUSES.get(number or 0)
    reason = phrases.say(f"data.unwritable_{cause}") if cause else detail
    return DataError(phrases.say("data.unwritable", path=path, reason=reason))
