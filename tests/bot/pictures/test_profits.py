from __future__ import annotations

from dataclasses import replace
from datetime import date, timedelta

import numpy as np
import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.locales import load
from bot.pictures import profits
from bot.pictures.canvas import canvas
from bot.pictures.draw import draw
from bot.pictures.job import DrawingJob
from bot.pictures.theme import theme
from core.errors import DataError
from core.ports.pictures import ChartSpec, ProfitChart, ProfitLine
from tests.bot.pictures.test_painter import size_of

DAYS = tuple(date(2023, 3, 2) + timedelta(days=number) for number in range(70))
DONE = ProfitLine(name="실제로 한 것", won=tuple(range(0, 7_000, 100)))
LINES = (
    DONE,
    ProfitLine(
        name="모두 승인", won=tuple(range(0, -7_000, -100)), more_won=-13_800, band=(-20_000, 1_000)
    ),
    ProfitLine(name="KODEX 200", won=(None,) * 70),
    ProfitLine(name="예금", won=(None, *range(69)), more_won=-6_832, style="-."),
)
CHART = ProfitChart(days=DAYS, lines=LINES)


def spec(chart: ProfitChart) -> ChartSpec:
    return ChartSpec(title="만약에", subtitle="−1 %", profits=chart)


@pytest.mark.parametrize("dark", [True, False])
def test_lines_and_bands_are_drawn_without_a_missing_glyph(dark: bool) -> None:
    with_bands = draw(DrawingJob(spec=spec(CHART), dark=dark))
    early = replace(CHART, lines=tuple(replace(line, band=None) for line in LINES))
    without = draw(DrawingJob(spec=spec(early), dark=dark, locale="en"))
    assert size_of(with_bands)[0] == size_of(without)[0] == 1000
    assert size_of(with_bands)[1] > size_of(without)[1]


def test_one_day_is_a_dot_and_a_chart_without_days_is_none() -> None:
    one = ProfitChart(days=DAYS[:1], lines=(replace(DONE, won=(0,)),))
    assert draw(DrawingJob(spec=spec(one))).startswith(b"\x89PNG")
    with pytest.raises(DataError):
        draw(DrawingJob(spec=spec(ProfitChart(days=(), lines=()))))


def test_the_widest_band_fills_the_panel_and_each_row_names_its_course() -> None:
    with canvas(theme(dark=True)):
        figure = Figure(figsize=(10, 3))
        axes = figure.add_axes((0.02, 0.1, 0.96, 0.8))
        profits.beside(axes, CHART, theme(dark=True), load("ko"))
        FigureCanvasAgg(figure).draw()
        words = [text.get_text() for text in axes.texts]
        bars = [np.asarray(line.get_xdata()) for line in axes.lines if line.get_linewidth() == 5]
    assert words == ["모두 승인", "-13,800", "KODEX 200", "예금", "-6,832"]
    ((low, high),) = [bar.tolist() for bar in bars]
    assert low == pytest.approx(0.27)
    assert high == pytest.approx((0.27 + 0.86) / 2 + (0.86 - 0.27) / 2 / 20)


def test_the_legend_says_what_each_course_made() -> None:
    with canvas(theme(dark=False)):
        figure = Figure(figsize=(10, 6))
        axes = figure.add_axes((0.02, 0.1, 0.96, 0.8))
        profits.made(axes, CHART, theme(dark=False), load("ko"))
        FigureCanvasAgg(figure).draw()
        legend = axes.get_legend()
        assert legend is not None
        names = [text.get_text() for text in legend.get_texts()]
        below = legend.get_window_extent().y1
        lowest = min(label.get_window_extent().y0 for label in axes.get_xticklabels())
    assert names == ["실제로 한 것 +6,900", "모두 승인 -6,900", "KODEX 200", "예금 +68"]
    assert below <= lowest
