"""The numbers of a period in words."""

from __future__ import annotations

from collections.abc import Sequence
from decimal import Decimal

import discord

from bot.chat.account_embed import colour_of, mark_of
from bot.chat.budget import FittedEmbed, lines_within
from bot.chat.text import one_line
from core.domain.period import Period
from core.domain.reflection import SaleLine, WeekNumbers
from core.ports.phrases import Phrases

NAME_MAX = 40


def pnl_embed(
    period: Period, numbers: WeekNumbers, phrases: Phrases, *, is_of_now: bool
) -> discord.Embed:
    """Return the change of the value, returns beside the benchmark, sales and their costs.

    Where the broker did not answer, the numbers end with a stored value and not `is_of_now`.
    """
    say, start, end = phrases.say, numbers.nav_start_won, numbers.nav_end_won
    change = None if start is None or end is None else end - start - numbers.paid_in_won
    fitted = FittedEmbed(
        phrases=phrases,
        title=say("report.pnl_title", period=say(f"report.period_{period.kind.value}")),
        description=_change(start, end, change, phrases),
        colour=colour_of(change or 0),
        footer=say("report.pnl_footer"),
    )
    if not is_of_now:
        fitted.add(say("report.now"), say("report.now_unknown"))
    if numbers.paid_in_won:
        fitted.add(say("report.paid_in"), say("report.won", won=numbers.paid_in_won))
    fitted.add(say("report.returns"), _returns(numbers, phrases))
    fitted.add(say("report.trades"), _trades(numbers, phrases))
    for key, sales in (("best", numbers.best), ("worst", numbers.worst)):
        fitted.add(say(f"report.{key}"), _sales(sales, phrases))
    return fitted.embed


def _change(start: int | None, end: int | None, change: int | None, phrases: Phrases) -> str:
    if start is None or end is None or change is None:
        return phrases.say("report.no_values")
    percent = f"{change * 100 / start:+.2f}%" if start > 0 else "–"
    return phrases.say(
        "report.change",
        mark=mark_of(change),
        change=change,
        percent=percent,
        start=start,
        end=end,
    )


def _returns(numbers: WeekNumbers, phrases: Phrases) -> str:
    rates = (
        ("time_weighted", numbers.time_weighted),
        ("benchmark", numbers.benchmark),
        ("doing_nothing", numbers.doing_nothing),
    )
    return "\n".join(
        phrases.say(f"report.{key}", rate=_percent(rate, phrases)) for key, rate in rates
    )


def _trades(numbers: WeekNumbers, phrases: Phrases) -> str:
    text = phrases.say(
        "report.counts", proposed=numbers.proposed, filled=numbers.filled, sales=numbers.sales
    )
    costs = phrases.say("report.costs", fees=numbers.fees_won, tax=numbers.tax_won)
    if not numbers.sales:
        return f"{text}\n{costs}"
    realised = phrases.say(
        "report.realised",
        gross=numbers.realised_gross_won,
        net=numbers.realised_net_won,
        wins=_percent(numbers.win_rate, phrases, sign=""),
    )
    lines = [text, realised, costs]
    if numbers.unmatched_shares:
        lines.append(phrases.say("reflection.unmatched", shares=numbers.unmatched_shares))
    if numbers.unchecked:
        symbols = ", ".join(numbers.unchecked)
        lines.append(phrases.say("reflection.unchecked", symbols=symbols))
    return "\n".join(lines)


def _sales(sales: Sequence[SaleLine], phrases: Phrases) -> str:
    lines = [
        phrases.say(
            "report.sale",
            day=f"{sale.sold_on:%m-%d}",
            name=one_line(sale.name, NAME_MAX),
            shares=sale.shares,
            net=sale.net_won,
        )
        for sale in sales
    ]
    return lines_within(lines, phrases.say("embeds.more", count="{count}"))


def _percent(rate: Decimal | None, phrases: Phrases, *, sign: str = "+") -> str:
    return phrases.say("report.unknown") if rate is None else f"{rate * 100:{sign}.2f}%"
