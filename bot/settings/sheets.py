"""The settings of the Google sheet. docs/exports.md says what is written into it."""

from __future__ import annotations

import json
import re
from importlib.util import find_spec
from typing import Annotated, Any
from urllib.parse import urlsplit

from pydantic import AfterValidator, SecretStr

from bot.settings.part import SettingsPart
from bot.settings.private_file import private_text
from bot.settings.types import Folder
from core.errors import ConfigurationError

_KEY = re.compile(r"[A-Za-z0-9_-]{20,128}")
_FILE = "GOOGLE_SERVICE_ACCOUNT_FILE"
_PARTS = ("client_email", "private_key", "token_uri")
_LOOPBACK = frozenset({"127.0.0.1", "localhost", "::1"})


def _sheet_key(value: SecretStr) -> SecretStr:
    text = value.get_secret_value()
    if text and not _KEY.fullmatch(text):
        raise ValueError("must be what stands between /d/ and /edit in the spreadsheet's address")
    return value


# A secret: whoever has it opens the spreadsheet where it is shared by its link.
SheetKey = Annotated[SecretStr, AfterValidator(_sheet_key)]


class SheetSettings(SettingsPart):
    """Which spreadsheet, and as whom; both or none."""

    google_sheet_key: SheetKey = SecretStr("")
    google_service_account_file: Folder | None = None

    def service_account(self) -> dict[str, Any]:
        """Return what Google's key file says.

        Raises ConfigurationError for a file that others may read, or that is no key of a service
        account. What is wrong with it is said without a word of it.
        """
        if self.google_service_account_file is None:
            raise ConfigurationError(f"GOOGLE_SHEET_KEY needs {_FILE}")
        text = private_text(self.google_service_account_file, _FILE)
        try:
            found = json.loads(text)
        except ValueError:
            found = None
        is_key = isinstance(found, dict) and found.get("type") == "service_account"
        if not is_key or not all(isinstance(found.get(part), str) for part in _PARTS):
            raise ConfigurationError(f"{_FILE}: must be the JSON key of a service account")
        if not _is_safe(found["token_uri"]):
            raise ConfigurationError(f"{_FILE}: token_uri must begin with https://")
        return dict(found)

    def sheet_problems(self) -> list[str]:
        """Name what does not fit together, one sentence each."""
        if not self.google_sheet_key.get_secret_value():
            is_half = self.google_service_account_file is not None
            return [f"{_FILE} needs GOOGLE_SHEET_KEY"] if is_half else []
        problems = []
        try:
            self.service_account()
        except ConfigurationError as error:
            problems.append(str(error))
        if find_spec("gspread") is None:
            problems.append(
                "GOOGLE_SHEET_KEY needs the extra 'sheets' (gspread): pip install 'gspread>=6.2', "
                "or make setup"
            )
        return problems


def _is_safe(url: str) -> bool:
    """Whether what is signed with the key may be sent there."""
    try:
        parts = urlsplit(url)
    except ValueError:
        return False
    return parts.scheme == "https" or (parts.scheme == "http" and parts.hostname in _LOOPBACK)
