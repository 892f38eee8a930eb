"""A mail server on loopback, as much of RFC 5321 as a client needs; and an HTTP one that may hang."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager


class Mailbox:
    """What arrived: envelope recipients and the whole message."""

    def __init__(self) -> None:
        self.port = 0
        self.mails: list[tuple[list[str], str]] = []

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        recipients: list[str] = []
        writer.write(b"220 loopback\r\n")
        while line := (await reader.readline()).decode("utf-8", "replace").strip():
            word = line.upper()
            if word.startswith("DATA"):
                writer.write(b"354 go on\r\n")
                text = (await reader.readuntil(b"\r\n.\r\n")).decode("utf-8", "replace")
                self.mails.append((recipients, text))
                recipients = []
            elif word.startswith("RCPT"):
                recipients.append(line.partition("<")[2].partition(">")[0])
            writer.write(b"221 bye\r\n" if word.startswith("QUIT") else b"250 ok\r\n")
            await writer.drain()
            if word.startswith("QUIT"):
                break
        writer.close()


@asynccontextmanager
async def mail_server() -> AsyncIterator[Mailbox]:
    """Serve one mailbox."""
    box = Mailbox()
    server = await asyncio.start_server(box.talk, "127.0.0.1", 0)
    box.port = server.sockets[0].getsockname()[1]
    async with server:
        yield box


class Silent:
    """Takes connections and says nothing."""

    def __init__(self) -> None:
        self.port = 0
        self.seen = asyncio.Event()
        self.end = asyncio.Event()

    async def talk(self, _reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        self.seen.set()
        await self.end.wait()
        writer.close()


@asynccontextmanager
async def silent_server() -> AsyncIterator[Silent]:
    """Serve nothing, for ever."""
    silent = Silent()
    server = await asyncio.start_server(silent.talk, "127.0.0.1", 0)
    silent.port = server.sockets[0].getsockname()[1]
    try:
        yield silent
    finally:
        silent.end.set()
        server.close()
