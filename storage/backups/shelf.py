"""The folder of backups: how they are named, which are kept."""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.domain.krx import KST

PLAIN, SEALED = ".db.gz", ".db.gz.sealed"
_STAMP = "%Y%m%d-%H%M%S"


@dataclass(frozen=True, slots=True, order=True)
class Backup:
    """One backup file; `taken_at` is in its name, in KST."""

    taken_at: datetime
    path: Path


@dataclass(frozen=True, slots=True)
class Shelf:
    """The backups of one database: those that bear its name."""

    folder: Path
    name: str

    def place(self, at: datetime, *, is_sealed: bool) -> Path:
        """Return the file of a backup taken at `at`."""
        ending = SEALED if is_sealed else PLAIN
        return self.folder / f"{self.name}-{at.astimezone(KST):{_STAMP}}{ending}"

    def backups(self) -> tuple[Backup, ...]:
        """Return what is there, oldest first. Raises OSError."""
        if not self.folder.is_dir():
            return ()
        named = re.compile(
            rf"{re.escape(self.name)}-(\d{{8}}-\d{{6}})({re.escape(SEALED)}|{re.escape(PLAIN)})"
        )
        found = ((named.fullmatch(path.name), path) for path in self.folder.iterdir())
        return tuple(
            sorted(
                Backup(datetime.strptime(match[1], _STAMP).replace(tzinfo=KST), path)
                for match, path in found
                if match is not None and _is_instant(match[1])
            )
        )

    def clear(self, keep: int, months: int) -> tuple[Path, ...]:
        """Delete what need not be kept and return it. Raises OSError."""
        gone = surplus(self.backups(), keep, months)
        for backup in gone:
            backup.path.unlink(missing_ok=True)
        return tuple(backup.path for backup in gone)


def surplus(backups: Collection[Backup], keep: int, months: int) -> tuple[Backup, ...]:
    """Return what is neither among the newest `keep` nor the first of one of the newest `months`."""
    newest_first = sorted(backups, reverse=True)
    firsts = {(item.taken_at.year, item.taken_at.month): item for item in newest_first}
    kept = {
        *newest_first[:keep],
        *[firsts[month] for month in sorted(firsts, reverse=True)[:months]],
    }
    return tuple(sorted(set(backups) - kept))


def _is_instant(text: str) -> bool:
    try:
        datetime.strptime(text, _STAMP).replace(tzinfo=KST)
    except ValueError:
        return False
    return True
