"""Which models a server offers: the cheapest question there is, because it costs no token."""

from __future__ import annotations

import asyncio
from enum import Enum
from http import HTTPStatus

import httpx

from core.errors import TradingError

OPENAI_API = "https://api.openai.com/v1"
NETWORK_SECONDS = 10.0


class ListFault(Enum):
    """Why there is no list. The locale files hold a sentence for each (``doctor.model_…``)."""

    UNREACHABLE = "unreachable"
    KEY = "key"
    ODD = "odd"


class ModelsUnlisted(TradingError):
    """The server gave no list of its models; `fault` says why."""

    def __init__(self, fault: ListFault) -> None:
        super().__init__(fault.value)
        self.fault = fault


async def models_at(key: str, base_url: str = "") -> frozenset[str]:
    """Return the names of the models that `key` may use. Raises ModelsUnlisted.

    `base_url` is an OpenAI-compatible server; empty is OpenAI itself. A server may answer other
    questions and not this one: that is ODD, and proves nothing against it.
    """
    url = f"{(base_url or OPENAI_API).rstrip('/')}/models"
    try:
        async with asyncio.timeout(NETWORK_SECONDS), httpx.AsyncClient(trust_env=False) as client:
            answer = await client.get(url, headers={"Authorization": f"Bearer {key}"})
    except (httpx.HTTPError, httpx.InvalidURL, UnicodeError, TimeoutError) as error:
        raise ModelsUnlisted(ListFault.UNREACHABLE) from error
    if answer.status_code in {HTTPStatus.UNAUTHORIZED, HTTPStatus.FORBIDDEN}:
        raise ModelsUnlisted(ListFault.KEY)
    try:
        rows = answer.json()["data"]
        return frozenset(str(row["id"]) for row in rows)
    except (ValueError, KeyError, TypeError) as error:
        raise ModelsUnlisted(ListFault.ODD) from error
