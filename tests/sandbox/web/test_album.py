"""The gallery's tools: one message is taken whole, and a picture keeps its looks in few bytes."""

from __future__ import annotations

import re
from pathlib import Path

from PIL import Image

from tests.architecture.source import ROOT
from tests.sandbox.web.album import DESKTOP_LIGHT, PHONE_DARK, Album, slim
from tests.sandbox.web.gallery_drawings import drawings

GALLERY = ROOT / "docs" / "gallery"
BYTES_MAX = 4 * 1024 * 1024
PAGES = (*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"))


async def test_a_message_is_taken_whole_at_the_width_of_its_screen(
    stage, page, chromium, tmp_path: Path
) -> None:
    lines = "\n".join(f"줄 {number}" for number in range(60))
    said = await stage.desk.say("owner", "매매", lines)
    album = await Album.opened(chromium, page, tmp_path)
    await album.take("said", said["id"], PHONE_DARK, DESKTOP_LIGHT)
    with Image.open(tmp_path / "said-phone-dark.png") as phone:
        # Higher than a screen: sixty lines are not cut at its edge.
        assert phone.width == 390 * 2
        assert phone.height > 844 * 2
    with Image.open(tmp_path / "said-desktop-light.png") as desktop:
        assert desktop.height > 844
        assert desktop.convert("RGB").getpixel((4, 4)) == (255, 255, 255)


def test_few_colours_take_few_bytes(tmp_path: Path) -> None:
    path = tmp_path / "one.png"
    wide = Image.linear_gradient("L").convert("RGB")
    wide.putpixel((5, 250), (214, 47, 47))
    wide.save(path)
    slim(path)
    with Image.open(path) as found:
        assert (found.mode, found.size) == ("P", wide.size)
        assert found.convert("RGB").getcolors() is not None


def test_the_gallery_holds_every_drawing_and_stays_small() -> None:
    files = {path.stem: path.stat().st_size for path in GALLERY.glob("*.png")}
    assert {name for name, _ in drawings()} <= files.keys()
    assert sum(files.values()) < BYTES_MAX


def test_every_picture_is_shown_on_a_page_and_every_shown_one_is_there() -> None:
    shown = {
        name
        for page in PAGES
        for name in re.findall(r'src="(?:docs/)?gallery/([a-z-]+\.png)"', page.read_text("utf-8"))
    }
    assert shown == {path.name for path in GALLERY.glob("*.png")}
