from __future__ import annotations

from dataclasses import replace

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.locales import load
from bot.pictures import panels
from bot.pictures.canvas import canvas
from bot.pictures.draw import draw
from bot.pictures.job import DrawingJob
from bot.pictures.theme import theme
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


@pytest.mark.parametrize(
    ("closes", "labels"),
    [
        ((10_000, 9_990, 9_950, 9_880), ["-1.5", "-1.0", "-0.5", "0.0", "0.5"]),
        ((10_000, 10_400, 11_900, 9_300), ["-10", "-5", "0", "5", "10", "15", "20", "25"]),
        ((10_000, 10_002, 10_001, 10_003), ["-0.01", "0.00", "0.01", "0.02", "0.03", "0.04"]),
    ],
)
def test_compared_lines_have_an_axis_of_round_and_different_numbers(closes, labels) -> None:
    bars = tuple(
        replace(bar, close_won=won)
        for bar, won in zip(series("069500", 4).bars, closes, strict=True)
    )
    spec = ChartSpec(
        title="", subtitle="", series=(replace(series("069500", 4), bars=bars),), names=NAMES
    )
    with canvas(theme(dark=True)):
        figure = Figure(figsize=(8, 4))
        axes = figure.add_axes((0.02, 0.1, 0.96, 0.8))
        panels.closes(axes, spec, theme(dark=True), load("ko"))
        FigureCanvasAgg(figure).draw()
        low, high = axes.get_ylim()
        shown = [text for tick, text in _ticks(axes) if low <= tick <= high]
    assert shown == [text for text in labels if low <= float(text) <= high]
    assert len(shown) >= 3


def _ticks(axes) -> list[tuple[float, str]]:
    labels = [label.get_text() for label in axes.get_yticklabels()]
    return list(zip(axes.get_yticks(), labels, strict=True))


def test_series_without_bars_are_nothing() -> None:
    spec = ChartSpec(title="x", subtitle="", series=(series("069500", 0),))
    with pytest.raises(DataError):
        draw(DrawingJob(spec=spec))
