"""`python -m bot data update`: the bars of the universe, as far as the broker has them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date

from rich.console import Console
from rich.progress import Progress

from bot import locales
from bot.by_hand.loading import loaded
from bot.by_hand.stored_bars import last_finished
from core.domain.instrument import Instrument
from core.errors import BrokerError, ConfigurationError, DataError
from core.flows.fault_words import fault_words
from core.ports.phrases import Phrases


async def update(symbols: frozenset[str], sessions: int | None) -> bool:
    """Read what is missing, raw and adjusted; return whether every symbol came up to date.

    The bot itself does this at 08:00. Raises ConfigurationError while the bot runs (one process per
    data folder) or for a symbol outside the universe, DataError beyond the calendar.
    """
    settings = loaded()
    phrases = locales.load(settings.locale)
    from bot.wiring.graph import Application, build

    async def read(app: Application, chosen: Sequence[Instrument], last: date) -> bool:
        needed = sessions or app.world.strategy.parameters.sessions_needed
        failures: list[tuple[Instrument, BrokerError]] = []
        behind: list[Instrument] = []
        with Progress(console=Console(stderr=True), transient=True) as progress:
            task = progress.add_task(phrases.say("data.updating"), total=len(chosen))
            for item in chosen:
                try:
                    both = [
                        await app.market.bars(item.symbol, needed, last, adjusted=adjusted)
                        for adjusted in (False, True)
                    ]
                    if any(not one.bars or one.bars[-1].session != last for one in both):
                        behind.append(item)
                except BrokerError as error:
                    failures.append((item, error))
                progress.advance(task)
        _tell(phrases, chosen, last, failures, behind)
        return not (failures or behind)

    async with build(settings) as app:
        last = last_finished(app.world.calendar, app.world.clock)
        if last is None:
            raise DataError(phrases.say("status.no_calendar"))
        return await read(app, _chosen(app.world.strategy.universe, symbols, phrases), last)


def _chosen(
    universe: Sequence[Instrument], symbols: frozenset[str], phrases: Phrases
) -> tuple[Instrument, ...]:
    unknown = sorted(symbols - {item.symbol for item in universe})
    if unknown:
        raise ConfigurationError(phrases.say("data.not_in_universe", symbols=", ".join(unknown)))
    return tuple(item for item in universe if not symbols or item.symbol in symbols)


def _tell(
    phrases: Phrases,
    chosen: Sequence[Instrument],
    last: date,
    failures: Sequence[tuple[Instrument, BrokerError]],
    behind: Sequence[Instrument],
) -> None:
    console = Console(highlight=False, soft_wrap=True)
    good = len(chosen) - len(failures) - len(behind)
    console.print(phrases.say("data.updated", symbols=good, last=last))
    if behind:
        names = ", ".join(f"{item.name}({item.symbol})" for item in behind)
        console.print(phrases.say("data.update_behind", last=last, names=names), markup=False)
    if failures:
        console.print(phrases.say("data.update_failed", count=len(failures)))
        for item, error in failures:
            text = fault_words(phrases, error)
            line = phrases.say(
                "data.update_failed_line", symbol=item.symbol, name=item.name, error=text
            )
            console.print(line, markup=False)
