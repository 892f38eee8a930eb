"""Keeps what people saw: every picture, and each channel as a page."""

from __future__ import annotations

from pathlib import Path

from sandbox.demo.stage import CHANNEL
from sandbox.discord.desk import DiscordDesk


def keep(desk: DiscordDesk, folder: Path) -> None:
    """Write every attached picture and one HTML page per channel and thread to `folder`."""
    places: dict[str, str | int] = {CHANNEL: CHANNEL, "알림": "알림"}
    places |= {f"대화-{number}": int(t["id"]) for number, t in enumerate(desk.threads(CHANNEL), 1)}
    for name, place in places.items():
        for message in desk.messages(place):
            for file_name, content in desk.files(message["id"]).items():
                (folder / file_name).write_bytes(content)
        (folder / f"{name}.html").write_text(desk.page(place, viewer="owner"), encoding="utf-8")
