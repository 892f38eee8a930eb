from __future__ import annotations

from datetime import date, timedelta

import pytest
from matplotlib.backends.backend_agg import FigureCanvasAgg
from matplotlib.figure import Figure

from bot.locales import load
from bot.pictures.accounts import SLICES_MAX
from bot.pictures.canvas import canvas
from bot.pictures.draw import _cleaned, draw
from bot.pictures.job import DrawingJob
from bot.pictures.panels import named
from bot.pictures.theme import theme
from core.domain.performance import falls_of
from core.ports.pictures import ChartSpec, Course, LifeStep, Mark, Slice
from tests.bot.pictures.test_painter import series, size_of

DAYS = tuple(date(2026, 9, 1) + timedelta(days=place) for place in range(40))
WAY = tuple(float(place % 7 - 3) for place in range(40))
BARS = series("069500", 60)
PARTS = tuple(
    Slice(name=f"아주 긴 이름의 상장지수펀드 {place} −📉", won=place) for place in range(20)
)
SPECS = (
    ChartSpec(title="구성", subtitle="", slices=(*PARTS, Slice(name="현금", won=7, is_cash=True))),
    ChartSpec(
        title="아무것도 아님", subtitle="", slices=(Slice(name="현금", won=0, is_cash=True),)
    ),
    ChartSpec(title="길", subtitle="", course=Course(days=DAYS, account=WAY, benchmark=WAY)),
    ChartSpec(title="견줄 것 없음", subtitle="", course=Course(days=DAYS[:2], account=(0.0, 0.0))),
    ChartSpec(
        title="일생",
        subtitle="",
        life=tuple(LifeStep(at="09:00:00", words="체결 " * 40, is_end=n == 19) for n in range(20)),
    ),
    ChartSpec(
        title="거래",
        subtitle="",
        series=(BARS,),
        marks=(
            Mark(session=BARS.bars[5].session, price_won=1, is_buy=True),
            Mark(session=BARS.bars[9].session, price_won=1, is_buy=False),
            Mark(session=date(1999, 1, 4), price_won=1, is_buy=False),
        ),
    ),
)


@pytest.mark.parametrize("dark", [True, False])
@pytest.mark.parametrize("spec", SPECS, ids=lambda spec: spec.title)
def test_every_panel_is_drawn_without_a_missing_glyph(spec: ChartSpec, dark: bool) -> None:
    assert size_of(draw(DrawingJob(spec=spec, dark=dark, western=dark)))[0] == 1000


def test_a_fall_is_measured_from_the_highest_value_so_far() -> None:
    falls = falls_of((0.0, 10.0, 4.5, None, 21.0, 20.0))
    assert falls == pytest.approx(
        [0.0, 0.0, -5.0, -100 * (1 - 100 / 110), 0.0, -100 / 121], abs=1e-9
    )


@pytest.mark.parametrize("dark", [True, False])
def test_western_colours_turn_red_to_falling(dark: bool) -> None:
    korean, western = theme(dark=dark), theme(dark=dark, western=True)
    assert western.down == korean.up
    assert western.up not in {korean.up, korean.down}


def test_what_has_no_row_of_its_own_is_counted_in_one() -> None:
    """Left out, the small holdings would make the shares of all others too large."""
    spec = ChartSpec(
        title="구성", subtitle="", slices=(*PARTS, Slice(name="현금", won=7, is_cash=True))
    )
    shown = _cleaned(spec, load("ko")).slices
    assert len(shown) == SLICES_MAX + 1
    assert [item.won for item in shown[:2]] == [19, 18]
    assert shown[-2] == Slice(name="그 밖의 9종목", won=sum(range(9)))
    assert sum(item.won for item in shown) == sum(item.won for item in spec.slices)
    few = ChartSpec(title="구성", subtitle="", slices=PARTS[:SLICES_MAX])
    assert len(_cleaned(few, load("ko")).slices) == SLICES_MAX


@pytest.mark.parametrize("names", [1, 2, 6])
def test_no_line_goes_behind_the_names_of_the_lines(names: int) -> None:
    look = theme(dark=True)
    with canvas(look):
        figure = Figure(figsize=(8.0, 4.0))
        FigureCanvasAgg(figure)
        axes = figure.add_axes((0.02, 0.1, 0.96, 0.8))
        for name in range(names):
            axes.plot([0, 1, 2], [0, 10 + name, 20], label=f"KODEX {name}")
        named(axes, look)
        figure.canvas.draw()
        legend = axes.get_legend()
        assert legend is not None
        below = legend.get_window_extent().y0
        highest = axes.transData.transform((2, 20))[1]
        assert highest < below
        # Without a line to name, nothing is left free.
        axes.clear()
        named(axes, look)
        assert axes.get_legend() is None
