"""What else could have been done, as one embed, and the lines of its picture."""

from __future__ import annotations

import discord

from bot.chat.account_embed import colour_of
from bot.chat.budget import FittedEmbed, lines_within
from bot.chat.text import one_line
from core.domain.instrument import Symbol, name_and_code
from core.domain.what_if import Course
from core.domain.what_if_verdict import CourseLine, WhatIf
from core.ports.desk import MarketReader
from core.ports.phrases import Phrases
from core.ports.pictures import ChartSpec, ProfitChart, ProfitLine
from core.services.reflection.what_if_words import (
    course_name,
    course_text,
    model_sentence,
    notes_of,
    span_sentence,
    title_of,
)

PICTURE = "whatif.png"
NAME_MAX = 60
# Courses that often lie on one another are told apart by how they are drawn.
_STYLES = {Course.NOTHING: ":", Course.FOLLOWED: "--", Course.DEPOSIT: "-."}


def what_if_embed(
    found: WhatIf, phrases: Phrases, market: MarketReader, *, picture: str
) -> discord.Embed:
    """Return the courses beside what was done, the sentence about the model, and what to beware of.

    `picture` names the attached picture, empty without one.
    """
    say = phrases.say

    def named(symbol: Symbol) -> str:
        return one_line(name_and_code(symbol, market.instrument(symbol)), NAME_MAX)

    done = next(line for line in found.lines if line.course is Course.DONE)
    fitted = FittedEmbed(
        phrases=phrases,
        title=title_of(found, phrases),
        description=span_sentence(found, phrases),
        colour=colour_of(done.made_won or 0),
        footer=say("whatif.footer"),
    )
    more = say("embeds.more", count="{count}")
    fitted.add(say("whatif.made_name"), lines_within(_courses(found, phrases), more))
    fitted.add(say("whatif.model_name"), model_sentence(found, phrases))
    notes = [f"· {text}" for text in notes_of(found, phrases, named)]
    fitted.add(say("whatif.notes_name"), lines_within(notes, more))
    if picture:
        fitted.embed.set_image(url=f"attachment://{picture}")
    return fitted.embed


def _courses(found: WhatIf, phrases: Phrases) -> list[str]:
    return [
        f"**{course_name(line.course, phrases)}**\n{course_text(found, line, phrases)}"
        for line in found.lines
    ]


def profit_spec(found: WhatIf, phrases: Phrases) -> ChartSpec:
    """Return what the picture shows: profit by day, and how far each course is from what was done."""
    days = found.ledger.days
    return ChartSpec(
        title=phrases.say("whatif.picture_title"),
        subtitle=phrases.say(
            "whatif.picture_subtitle", first=found.ledger.start_day, last=found.last_day
        ),
        profits=ProfitChart(
            days=tuple(day.session for day in days),
            lines=tuple(_line(found, line, phrases) for line in found.lines),
        ),
        locale=phrases.locale,
    )


def _line(found: WhatIf, line: CourseLine, phrases: Phrases) -> ProfitLine:
    ledger, band = found.ledger, line.more_band
    return ProfitLine(
        name=course_name(line.course, phrases),
        won=tuple(ledger.profit(day, line.course) for day in ledger.days),
        more_won=line.more_won,
        band=None if band is None else (band.low_won, band.high_won),
        style=_STYLES.get(line.course, "-"),
    )


def picture_words(found: WhatIf, phrases: Phrases) -> str:
    """Return the picture in words, for who cannot see it."""
    lines = (
        f"{course_name(line.course, phrases)} {course_text(found, line, phrases)}"
        for line in found.lines
    )
    return phrases.say("whatif.alt", lines="; ".join(lines))
