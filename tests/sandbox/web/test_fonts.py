"""The font of the page: what browsers refuse is gone, and a browser takes the rest."""

from __future__ import annotations

import struct
from importlib.util import find_spec
from pathlib import Path

import pytest

from sandbox.web.fonts import without_empty_tables

spec = find_spec("koreanize_matplotlib")
assert spec is not None
assert spec.origin is not None
FOLDER = Path(spec.origin).parent / "fonts"


def tables(font: bytes) -> dict[bytes, bytes]:
    (count,) = struct.unpack_from(">H", font, 4)
    rows = struct.iter_unpack(">4sIII", font[12 : 12 + 16 * count])
    return {tag: font[offset : offset + length] for tag, _sum, offset, length in rows}


@pytest.mark.parametrize("name", ["NanumGothic.ttf", "NanumGothicBold.ttf"])
def test_only_empty_tables_are_left_out(name: str) -> None:
    whole = (FOLDER / name).read_bytes()
    made = without_empty_tables(whole)
    before, after = tables(whole), tables(made)
    assert len(before) > len(after)
    assert after == {tag: table for tag, table in before.items() if table}
    count, search, selector, shift = struct.unpack_from(">4H", made, 4)
    assert (search, shift) == (16 << selector, 16 * count - search)
    assert search <= 16 * count < 2 * search
    # Once more changes nothing.
    assert without_empty_tables(made) == made


async def test_a_browser_draws_with_it(page, chromium) -> None:
    tab = await chromium.tab(page)
    await tab.until("document.fonts.size === 2")
    loaded = "document.fonts.load('16px NanumGothic', '가').then((it) => it.length)"
    assert await tab.run(loaded) == 1
