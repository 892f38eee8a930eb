"""What a setting's text may look like, by kind."""

from __future__ import annotations

import re
from pathlib import Path
from typing import Annotated
from urllib.parse import urlsplit

from pydantic import AfterValidator, BeforeValidator, Field
from pydantic_settings import NoDecode

_ACCOUNT = re.compile(r"(\d{8})-?(\d{2})")


def _ids(value: object) -> object:
    """Read ``1, 2`` as a set of numbers."""
    if isinstance(value, str):
        return frozenset(part for part in value.replace(",", " ").split())
    return value


def _texts(value: object) -> object:
    if isinstance(value, str):
        return tuple(part for part in value.replace(",", " ").split())
    return value


def _yes(value: object) -> object:
    if isinstance(value, str):
        text = value.strip().upper()
        if text not in {"Y", "N"}:
            raise ValueError("must be Y or N")
        return text == "Y"
    return value


def _address(value: str) -> str:
    """Refuse what cannot be taken apart, so that nobody later stumbles over it."""
    try:
        urlsplit(value)
    except ValueError:
        raise ValueError("is not an address that can be read") from None
    return value


def _stream_address(value: str) -> str:
    """Refuse what no WebSocket can be opened to."""
    parts = urlsplit(_address(value))
    if value and (parts.scheme not in {"ws", "wss"} or not parts.hostname):
        raise ValueError("must be an address like ws://host:port")
    return value


def _accounts(value: object) -> object:
    """Read ``12345678-01, …``; kept as ten digits."""
    if not isinstance(value, str):
        return value
    found = [_ACCOUNT.fullmatch(part) for part in value.replace(",", " ").split()]
    if not all(found):
        raise ValueError("must be account numbers like 12345678-01")
    return frozenset(match[1] + match[2] for match in found if match)


Id = Annotated[int, Field(gt=0)]
Ids = Annotated[frozenset[Id], NoDecode, BeforeValidator(_ids)]
# 0 is the default and means "not given".
MaybeId = Annotated[int, Field(ge=0)]
Texts = Annotated[tuple[str, ...], NoDecode, BeforeValidator(_texts)]
YesNo = Annotated[bool, BeforeValidator(_yes)]
# Made absolute at once: child processes run in the project's folder, wherever we were started.
Folder = Annotated[Path, AfterValidator(Path.absolute)]
Address = Annotated[str, AfterValidator(_address)]
StreamAddress = Annotated[str, AfterValidator(_stream_address)]
Accounts = Annotated[frozenset[str], NoDecode, BeforeValidator(_accounts), Field(repr=False)]
