from __future__ import annotations

import io

import pytest

from storage.backups.sealing import CHUNK_BYTES, SealedReader, SealedWriter, Unopened

WORD = "correct horse battery"


def sealed(body: bytes) -> bytes:
    out = io.BytesIO()
    with SealedWriter(out, WORD) as writer:
        for start in range(0, len(body), 1000):
            writer.write(body[start : start + 1000])
    return out.getvalue()


def opened(text: bytes, word: str = WORD) -> bytes:
    return io.BufferedReader(SealedReader(io.BytesIO(text), word)).read()


@pytest.mark.parametrize("length", [0, 1, CHUNK_BYTES, CHUNK_BYTES + 1, 3 * CHUNK_BYTES])
def test_what_was_sealed_is_opened(length):
    body = bytes(range(256)) * (length // 256 + 1)
    text = sealed(body[:length])
    assert opened(text) == body[:length]
    assert length < 16 or body[:16] not in text


def test_the_same_is_never_sealed_alike():
    assert sealed(b"same") != sealed(b"same")


def test_another_passphrase_opens_nothing():
    with pytest.raises(Unopened, match="passphrase"):
        opened(sealed(b"x" * 100), "correct horse batterz")


CHUNK = CHUNK_BYTES + 16
HEADER = 42


def test_no_byte_may_differ_no_chunk_move_and_no_end_be_missing():
    text = sealed(bytes(3 * CHUNK_BYTES + 5))
    head, chunks = text[:HEADER], [text[i : i + CHUNK] for i in range(HEADER, len(text), CHUNK)]
    assert len(chunks) == 4
    forged = [
        text[:20] + bytes([text[20] ^ 1]) + text[21:],  # the salt
        text[:HEADER] + bytes([text[HEADER] ^ 1]) + text[HEADER + 1 :],
        text[:-1] + bytes([text[-1] ^ 1]),
        head + chunks[1] + chunks[0] + chunks[2] + chunks[3],
        head + b"".join(chunks[:3]),  # cut between two chunks
        text[:-1],
        head + b"".join([*chunks, chunks[3]]),
        head,
    ]
    for other in forged:
        with pytest.raises(Unopened):
            opened(other)


@pytest.mark.parametrize("text", [b"", b"autotrade", b"x" * 100])
def test_what_is_no_seal_is_said_to_be_none(text):
    with pytest.raises(Unopened, match="not a sealed backup"):
        SealedReader(io.BytesIO(text), WORD)
