"""The vendor's library and its client, which the models and the embedder share."""

from __future__ import annotations

import asyncio
import gc
import sys
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

if TYPE_CHECKING:
    from openai import AsyncOpenAI

_LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})


class OpenAIClient:
    """One client, made on first use: the command line asks no model most of the time."""

    def __init__(
        self,
        *,
        api_key: str,
        base_url: str | None,
        total_seconds: float,
        connect_seconds: float,
        retries: int,
    ) -> None:
        """Nothing is imported or connected yet. Without `base_url` the vendor's own is used."""
        self._api_key = api_key
        self._base_url = base_url
        self._total_seconds = total_seconds
        self._connect_seconds = connect_seconds
        self._retries = retries
        self._made: AsyncOpenAI | None = None

    async def opened(self) -> AsyncOpenAI:
        """Return the client, the first time with imports of about a second off the event loop."""
        if self._made is None:
            made = await asyncio.to_thread(self._new)
            if self._made is None:  # asked again: somebody else may have made it meanwhile
                self._made = made
            else:
                await made.close()
        return self._made

    async def close(self) -> None:
        """Close connections."""
        made, self._made = self._made, None
        if made is not None:
            await made.close()

    def _new(self) -> AsyncOpenAI:
        """Make a client, with all that the library leaves to its first request."""
        is_new_here = "openai" not in sys.modules
        import anyio
        from openai import AsyncOpenAI, DefaultAsyncHttpx2Client, Timeout

        timeout = Timeout(self._total_seconds, connect=self._connect_seconds)
        host = urlsplit(self._base_url or "").hostname or ""
        made = AsyncOpenAI(
            api_key=self._api_key,
            base_url=self._base_url,
            timeout=timeout,
            max_retries=self._retries,
            # A proxy of the environment serves the internet, never our own machine.
            http_client=DefaultAsyncHttpx2Client(timeout=timeout, trust_env=host not in _LOOPBACK),
        )
        # The way to asyncio, and the types of a completion, are imported by their first use.
        anyio.run(anyio.sleep, 0)
        made.chat.completions  # noqa: B018 - what it imports is wanted
        if is_new_here:
            # It stays, and a collection that walks it holds the loop for 90 ms.
            gc.freeze()
        return made
