from __future__ import annotations

import struct
import subprocess
import sys
from dataclasses import replace
from datetime import date, timedelta
from pathlib import Path

import pytest

from bot.pictures.fonts import drawable, font_files
from bot.pictures.job import DrawingJob
from bot.pictures.painter import ChildPainter
from core.domain.instrument import Symbol
from core.domain.market import Bar, BarSeries
from core.domain.plan import Ranking
from core.errors import DataError
from core.ports.pictures import ChartSpec

ROOT = Path(__file__).parents[3]


def series(code: str, count: int = 30) -> BarSeries:
    bars = tuple(
        Bar(
            symbol=Symbol(code),
            session=date(2023, 1, 2) + timedelta(days=day),
            open_won=35_000 + day * 10,
            high_won=35_200 + day * 10,
            low_won=34_900,
            close_won=35_000 + (-1) ** day * 50,
            volume_shares=10,
        )
        for day in range(count)
    )
    return BarSeries(symbol=Symbol(code), adjusted=False, source="test", bars=bars)


RANKINGS = tuple(
    Ranking(
        symbol=Symbol("069500"),
        name="KODEX 200 📈 $x$",
        score=score,
        weight=weight,
        close_won=35_150,
    )
    for score, weight in ((0.3, 0.4), (-0.1, 0.0))
)
NAV = (("2023-03-01T00:00:00+09:00", 1_000_000), ("2023-03-02", 1_010_000))


def size_of(png: bytes) -> tuple[int, int]:
    width, height = struct.unpack(">II", png[16:24])
    return width, height


@pytest.mark.parametrize("dark", [True, False])
async def test_a_child_draws_everything_at_phone_width(tmp_path: Path, dark: bool) -> None:
    painter = ChildPainter(tmp_path / "mpl", dark=dark)
    spec = ChartSpec(
        title="아침 브리핑",
        subtitle="−3 %",
        rankings=RANKINGS,
        nav=NAV,
        series=(series("069500"),)
        if dark
        else (series("069500"), series("102110", 0), series("0080G0")),
        names=(("069500", "KODEX 200"),),
    )
    png = await painter.paint(spec)
    width, height = size_of(png)
    assert width == 1000
    assert height > 800


async def test_the_panels_speak_the_language_of_the_spec(tmp_path: Path) -> None:
    painter = ChildPainter(tmp_path / "mpl", locale="ko")
    spec = ChartSpec(title="x", subtitle="", nav=NAV)
    own, korean, english = [
        await painter.paint(replace(spec, locale=locale)) for locale in ("", "ko", "en")
    ]
    assert own == korean
    assert own != english


async def test_nothing_to_draw_is_said(tmp_path: Path) -> None:
    with pytest.raises(DataError, match="something to show"):
        await ChildPainter(tmp_path).paint(ChartSpec(title="x", subtitle=""))


async def test_a_slow_child_is_ended(tmp_path: Path) -> None:
    painter = ChildPainter(tmp_path, seconds=0.01)
    with pytest.raises(DataError, match=r"not drawn within 0\.01 s"):
        await painter.paint(ChartSpec(title="x", subtitle="", nav=NAV))


def test_the_parent_never_loads_matplotlib() -> None:
    code = (
        "import asyncio, sys, tempfile, pathlib\n"
        "from bot.pictures.painter import ChildPainter\n"
        "from core.ports.pictures import ChartSpec\n"
        "async def main():\n"
        "    with tempfile.TemporaryDirectory() as home:\n"
        "        spec = ChartSpec(title='t', subtitle='', nav=(('2023-03-02', 1),))\n"
        "        assert await ChildPainter(pathlib.Path(home)).paint(spec)\n"
        "asyncio.run(main())\n"
        "print([name for name in ('matplotlib', 'numpy', 'pandas') if name in sys.modules])\n"
    )
    done = subprocess.run(
        [sys.executable, "-c", code],
        cwd=ROOT,
        capture_output=True,
        text=True,
        check=True,
        timeout=60,
    )
    assert done.stdout.strip() == "[]"


def test_the_job_survives_json() -> None:
    job = DrawingJob(
        spec=ChartSpec(title="t", subtitle="s", rankings=RANKINGS, series=(series("069500", 2),))
    )
    assert DrawingJob.model_validate_json(job.model_dump_json()) == job


def test_only_what_the_font_has_is_drawn() -> None:
    assert drawable("상승 📈 −3% \u200b$1") == "상승  -3% $1"
    assert all(path.suffix == ".ttf" for path in font_files())


def test_a_broken_job_is_one_line(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, "-m", "bot.pictures"],
        cwd=ROOT,
        input=b"{}",
        capture_output=True,
        check=False,
        timeout=60,
    )
    assert done.returncode == 2
    assert done.stdout == b""
    assert len(done.stderr.splitlines()) == 1
