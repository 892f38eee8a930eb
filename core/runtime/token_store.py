"""Where tokens survive a restart: one small file per (app key, mode), readable by its owner only."""

from __future__ import annotations

import hashlib
import json
import os
import re
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from core.domain.krx import KST
from core.domain.modes import Mode
from core.ports.broker import AccessToken

_KEY = re.compile(r"[0-9a-f]{16,64}")
_FILE_BYTES_MAX = 16_384
_OWNER_ONLY_FILE = 0o600
_OWNER_ONLY_FOLDER = 0o700


def token_key(app_key: str, mode: Mode) -> str:
    """Return the name under which the token of this app key and mode is kept; it reveals neither."""
    return hashlib.sha256(f"{mode.value}:{app_key}".encode()).hexdigest()[:32]


@dataclass(frozen=True, slots=True)
class _Entry:
    """Content of one file. `issued_at` outlives the token: it spaces the next issue."""

    token: AccessToken | None
    issued_at: datetime | None


_NOTHING = _Entry(None, None)


class FileTokenStore:
    """Implements `core.ports.broker.TokenStore`, and remembers when a token was last asked for."""

    def __init__(self, folder: Path) -> None:
        """Keep the files in `folder`, which is made (mode 0700) with the first one."""
        self._folder = folder

    def load(self, key: str) -> AccessToken | None:
        """Return the stored token, or None when absent or unreadable."""
        return self._read(key).token

    def save(self, key: str, token: AccessToken) -> None:
        """Replace the stored token in one step. Raises OSError when the disk refuses."""
        self._write(key, _Entry(token, self._read(key).issued_at))

    def delete(self, key: str) -> None:
        """Forget the stored token; the instant of the last issue stays."""
        entry = self._read(key)
        if entry.token is not None:
            self._write(key, _Entry(None, entry.issued_at))

    def last_issue(self, key: str) -> datetime | None:
        """Return when a token was last asked for, or None when that is not known."""
        return self._read(key).issued_at

    def note_issue(self, key: str, at: datetime | None) -> None:
        """Remember when a token was last asked for (None: never)."""
        self._write(key, _Entry(self._read(key).token, at))

    def _path(self, key: str) -> Path:
        if not _KEY.fullmatch(key):
            raise ValueError("a token key is a lower-case hash")
        return self._folder / f"{key}.json"

    def _read(self, key: str) -> _Entry:
        try:
            with self._path(key).open("rb") as file:
                document = json.loads(file.read(_FILE_BYTES_MAX))
            return _Entry(_token_of(document), _instant_of(document.get("issued_at")))
        except (OSError, ValueError, RecursionError, AttributeError):
            # Absent, torn or foreign: the same as no token. A new one is asked for in its time.
            return _NOTHING

    def _write(self, key: str, entry: _Entry) -> None:
        path = self._path(key)
        self._folder.mkdir(mode=_OWNER_ONLY_FOLDER, parents=True, exist_ok=True)
        self._folder.chmod(_OWNER_ONLY_FOLDER)
        draft = path.with_name(f".{key}.{os.getpid()}.tmp")
        draft.unlink(missing_ok=True)  # left by a process of this number that died here
        flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
        with os.fdopen(os.open(draft, flags, _OWNER_ONLY_FILE), "wb") as file:
            file.write(_document_of(entry))
            file.flush()
            os.fsync(file.fileno())
        draft.replace(path)


def _document_of(entry: _Entry) -> bytes:
    document: dict[str, str] = {}
    if entry.token is not None:
        document["token"] = entry.token.value
        document["expires_at"] = entry.token.expires_at.isoformat()
    if entry.issued_at is not None:
        document["issued_at"] = entry.issued_at.isoformat()
    return json.dumps(document).encode()


def _token_of(document: dict[str, object]) -> AccessToken | None:
    value, expires_at = document.get("token"), _instant_of(document.get("expires_at"))
    if expires_at is None or not isinstance(value, str):
        return None
    if not value or not value.isascii() or not value.isprintable():
        return None
    return AccessToken(value, expires_at)


def _instant_of(text: object) -> datetime | None:
    if not isinstance(text, str):
        return None
    instant = datetime.fromisoformat(text)
    return instant.astimezone(KST) if instant.tzinfo is not None else None
