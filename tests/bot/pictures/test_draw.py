from __future__ import annotations

import pytest

from bot.pictures.draw import draw
from bot.pictures.job import DrawingJob
from core.domain.plan import Ranking
from core.errors import DataError
from core.ports.pictures import ChartSpec
from tests.bot.pictures.test_painter import NAV, RANKINGS, series, size_of

NAMES = (("069500", "KODEX 200"), ("102110", "아주 긴 이름의 상장지수펀드 레버리지"))
FALLING = (*NAV, ("2023-03-03", 900_000))


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize(
    "spec",
    [
        ChartSpec(title="순위", subtitle="", rankings=RANKINGS),
        ChartSpec(title="순위", subtitle="", rankings=RANKINGS * 20),
        ChartSpec(title="순자산", subtitle="−1 % 📉", nav=FALLING),
        ChartSpec(title="하루", subtitle="", nav=NAV[:1]),
        ChartSpec(title="봉", subtitle="", series=(series("069500", 200),), names=NAMES),
        ChartSpec(
            title="비교", subtitle="", series=tuple(map(series, ("069500", "102110", "0080G0")))
        ),
    ],
    ids=lambda spec: spec.title,
)
def test_every_part_is_drawn_without_a_missing_glyph(spec: ChartSpec, dark: bool) -> None:
    # A glyph that the font lacks is a warning, and warnings are errors here.
    png = draw(DrawingJob(spec=spec, dark=dark))
    assert size_of(png)[0] == 1000


def test_scores_near_zero_and_english_are_drawn() -> None:
    flat = tuple(
        Ranking(symbol=item.symbol, name="A" * 80, score=0.0, weight=0.0, close_won=1)
        for item in RANKINGS
    )
    spec = ChartSpec(title="flat", subtitle="", rankings=flat)
    assert draw(DrawingJob(spec=spec, locale="en")).startswith(b"\x89PNG")


def test_series_without_bars_are_nothing() -> None:
    spec = ChartSpec(title="x", subtitle="", series=(series("069500", 0),))
    with pytest.raises(DataError):
        draw(DrawingJob(spec=spec))
