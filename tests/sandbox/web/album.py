"""Pictures of single messages, as people see them on their screens."""

from __future__ import annotations

import asyncio
import json
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from PIL import Image

from tests.sandbox.web.browser import Browser, Tab
from tests.sandbox.web.newcomer import LONG

PHONE_WIDTH, PHONE_HEIGHT = 390, 844
# High enough for the longest message, so that none is cut.
_TALL = 3600
_SETTLED_SECONDS = 1.0
# Flat areas and text need no more colours than this, and take a third of the bytes.
_COLOURS = 200


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """A screen: how wide, which background, in whose language."""

    name: str
    width: int
    scheme: str
    scale: int = 1


PHONE_DARK = Look(name="phone-dark", width=PHONE_WIDTH, scheme="dark", scale=2)
PHONE_LIGHT = Look(name="phone-light", width=PHONE_WIDTH, scheme="light", scale=2)
DESKTOP_DARK = Look(name="desktop-dark", width=1280, scheme="dark")
DESKTOP_LIGHT = Look(name="desktop-light", width=1280, scheme="light")
LOOKS = (PHONE_DARK, PHONE_LIGHT, DESKTOP_DARK, DESKTOP_LIGHT)


def slim(path: Path) -> None:
    """Write a PNG again with few colours."""
    with Image.open(path) as found:
        small = found.convert("RGB").quantize(_COLOURS, dither=Image.Dither.NONE)
    small.save(path, optimize=True)


@dataclass(frozen=True, slots=True)
class Album:
    """Takes each message in the looks that are wanted."""

    folder: Path
    tabs: Mapping[Look, Tab]

    @classmethod
    async def opened(cls, browser: Browser, address: str, folder: Path) -> Album:
        """Open a tab for each look."""
        tabs = {
            look: await browser.tab(
                address, width=look.width, height=_TALL, scheme=look.scheme, scale=look.scale
            )
            for look in LOOKS
        }
        for tab in tabs.values():
            await tab.call("Emulation.setScrollbarsHidden", hidden=True)
        return cls(folder, tabs)

    async def go(self, channel: str) -> None:
        """Show another channel or thread in every tab."""
        chosen = json.dumps(f'#channels [data-channel="{channel}"]')
        for tab in self.tabs.values():
            await tab.until(f"document.querySelector({chosen})")
            await tab.run(f"document.querySelector({chosen}).click()")

    async def take(self, name: str, message: str, *looks: Look) -> None:
        """Take one message, whole, once nothing of it moves any more."""
        one = f"document.querySelector('article[data-id=\"{message}\"]')"
        for look in looks or (PHONE_DARK,):
            tab = self.tabs[look]
            await tab.until(one, LONG)
            await tab.run(f"({one}.scrollIntoView({{block: 'center'}}), true)")
            await tab.until(f"[...{one}.querySelectorAll('img')].every((it) => it.complete)")
            await asyncio.sleep(_SETTLED_SECONDS)
            # Its picture has made it higher meanwhile.
            await tab.run(f"({one}.scrollIntoView({{block: 'center'}}), true)")
            box = await tab.run(
                f"(() => {{ const box = {one}.getBoundingClientRect(), x = Math.max(0, box.x - 12);"
                "return {x, y: box.y - 8, width: Math.min(innerWidth, box.right + 12) - x, "
                "height: box.height + 16}; })()"
            )
            await self._kept(tab, f"{name}-{look.name}", box)

    async def _kept(self, tab: Tab, name: str, box: Mapping[str, float] | None = None) -> None:
        path = self.folder / f"{name}.png"
        await tab.picture(path, box)
        await asyncio.to_thread(slim, path)
