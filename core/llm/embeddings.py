"""Embeddings from an OpenAI-compatible endpoint (`core.ports.memory.Embedder`)."""

from __future__ import annotations

import asyncio
import math
from collections.abc import Sequence

from core.errors import ModelError
from core.llm.openai_client import OpenAIClient

TOTAL_SECONDS = 15.0
CONNECT_SECONDS = 5.0
RETRIES = 1
DIMENSIONS_MAX = 8_192


class OpenAIEmbedder:
    """Asks for vectors. A repeat is safe: it changes nothing."""

    def __init__(self, *, api_key: str, model: str, base_url: str | None = None) -> None:
        """Connect to nothing yet. Without `base_url` the vendor's own address is used."""
        self._model = model
        self._client = OpenAIClient(
            api_key=api_key,
            base_url=base_url,
            total_seconds=TOTAL_SECONDS,
            connect_seconds=CONNECT_SECONDS,
            retries=RETRIES,
        )

    @property
    def name(self) -> str:
        """Name of the model."""
        return self._model

    async def embed(self, texts: Sequence[str]) -> tuple[tuple[float, ...], ...]:
        """Return one finite vector per text, all of one length. Raises ModelError."""
        client = await self._client.opened()
        import openai

        try:
            async with asyncio.timeout(TOTAL_SECONDS):
                # As floats: not every compatible endpoint knows base64, the library's default.
                reply = await client.embeddings.create(
                    model=self._model, input=list(texts), encoding_format="float"
                )
            rows = sorted(reply.data, key=lambda item: item.index)
            places = [item.index for item in rows]
            vectors = tuple(tuple(float(part) for part in item.embedding) for item in rows)
        except (TimeoutError, openai.OpenAIError) as error:
            # Its own words are left out: some providers repeat the key in them.
            raise ModelError(f"the embedding model failed ({type(error).__name__})") from error
        except (ValueError, AttributeError, TypeError) as error:
            # Loosely typed by the library: broken JSON and missing fields arrive as these.
            raise ModelError("the embedding model's answer cannot be read") from error
        if places != list(range(len(texts))) or not _are_vectors(vectors):
            raise ModelError("the embedding model's answer does not fit the question")
        return vectors

    async def close(self) -> None:
        """Close connections."""
        await self._client.close()


def _are_vectors(vectors: Sequence[Sequence[float]]) -> bool:
    lengths = {len(vector) for vector in vectors}
    return (
        len(lengths) == 1
        and 0 < lengths.pop() <= DIMENSIONS_MAX
        and all(math.isfinite(part) for vector in vectors for part in vector)
    )
