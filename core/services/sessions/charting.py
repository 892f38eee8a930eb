"""The picture of one symbol's candles, for conversations and /chart alike."""

from __future__ import annotations

import structlog

from core.domain.instrument import Instrument
from core.domain.market import BarSeries
from core.errors import DataError
from core.ports.phrases import Phrases
from core.ports.pictures import ChartPainter, ChartSpec, Mark

_LOG = structlog.get_logger(__name__)


async def candle_chart(
    painter: ChartPainter,
    series: BarSeries,
    instrument: Instrument,
    phrases: Phrases,
    marks: tuple[Mark, ...] = (),
) -> bytes | None:
    """Return a PNG, or None: the figures are worth having without the picture.

    `marks` are the account's own trades.
    """
    say, name = phrases.say, instrument.name
    subtitle = say("sessions.chart_subtitle", sessions=len(series.bars))
    spec = ChartSpec(
        title=say("sessions.chart_title", name=name, symbol=instrument.symbol),
        subtitle=f"{subtitle} · {say('pictures.marks')}" if marks else subtitle,
        series=(series,),
        names=((str(instrument.symbol), name),),
        marks=marks,
        locale=phrases.locale,
    )
    try:
        return await painter.paint(spec)
    except DataError as error:
        _LOG.warning("chart failed", symbol=instrument.symbol, reason=str(error)[:200])
        return None


def chart_alt(series: BarSeries, instrument: Instrument, phrases: Phrases) -> str:
    """Return what the picture shows, for those who hear it; `series` has a bar."""
    first, last = series.bars[0].session, series.bars[-1].session
    return phrases.say("sessions.chart_alt", name=instrument.name, first=first, last=last)
