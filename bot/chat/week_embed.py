"""The report of a week as an embed, with the buttons of its rules and of its prompt."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

import discord

from bot.chat.account_embed import warning_colour
from bot.chat.budget import NAME_MAX, FittedEmbed, lines_within
from bot.chat.prompt_buttons import prompt_buttons
from bot.chat.rows import button_row
from bot.chat.rule_buttons import rule_buttons
from bot.chat.text import clip, harmless, one_line
from bot.week_words import (
    factor_line,
    factors_note,
    fault_lines,
    number_lines,
    prompt_line,
    proposal_lines,
    rule_title,
    rules_note,
)
from core.domain.decision_prompt import PromptNote
from core.domain.factors import FindingKind
from core.domain.reflection_run import WeeklyReport
from core.domain.rule_wishes import RuleNote, WeekRule
from core.ports.phrases import Phrases

LINE_MAX = 330
DIFF_LINE_MAX = 280
FACTORS_SHOWN = 4
# Five of them must leave room for the numbers and the prompt.
RULE_CHARACTERS_MAX = 520
_FENCE = "```"


def week_embed(report: WeeklyReport, phrases: Phrases) -> discord.Embed:
    """Return faults, numbers, factors, rules and the change of the prompt, in this order.

    Whatever has a button is shown whole; the factors take the room that is left.
    """
    faults = tuple(fault_lines(report, phrases))
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("weeks.title", week=report.week),
        mode=report.mode,
        description=_numbers(report, phrases),
        colour=warning_colour(has_warnings=bool(faults)),
        footer=phrases.say("weeks.footer", account=report.account),
    )
    if faults:
        fitted.add(phrases.say("embeds.warnings"), _lines(faults, phrases))
    decisions = _decisions(report, phrases)
    for name, value in _factors(report, phrases):
        if fitted.fits([(name, value), *decisions]):
            fitted.add(name, value)
    fitted.add_all(decisions, phrases.say("embeds.more", count="{count}"))
    return fitted.embed


def week_view(report: WeeklyReport, phrases: Phrases) -> discord.ui.View | None:
    """Return the buttons of the report, None where there is nothing to decide."""
    buttons = [
        *(rule_buttons(report.rules, phrases) if report.rules else ()),
        *(prompt_buttons(report.prompt, phrases) if report.prompt else ()),
    ]
    return button_row(*buttons) if buttons else None


def _numbers(report: WeeklyReport, phrases: Phrases) -> str:
    if report.numbers is None:
        return phrases.say("weeks.numbers_missing")
    # The first line is the title again.
    told = list(number_lines(report.numbers, phrases))
    return "\n".join(harmless(line.strip()) for line in (told[1:] or told))


def _factors(report: WeeklyReport, phrases: Phrases) -> Iterator[tuple[str, str]]:
    factors = report.factors
    if factors is None:
        return
    yield phrases.say("weeks.section_factors"), factors_note(factors, phrases)
    for kind in FindingKind:
        found = [item for item in factors.factors if item.kind is kind]
        lines = [f"• {factor_line(item, phrases)}" for item in found[:FACTORS_SHOWN]]
        if lines:
            yield phrases.say(f"weeks.kind_{kind.value}"), _lines(lines, phrases)


def _decisions(report: WeeklyReport, phrases: Phrases) -> list[tuple[str, str]]:
    """Return the fields that a person answers: each rule with its evidence, then the prompt."""
    fields = [] if report.rules is None else list(_rules(report.rules, phrases))
    if report.prompt is not None:
        fields.append((phrases.say("weeks.section_prompt"), prompt_text(report.prompt, phrases)))
    return fields


def _rules(note: RuleNote, phrases: Phrases) -> Iterator[tuple[str, str]]:
    yield phrases.say("weeks.section_rules"), rules_note(note, phrases)
    for item in note.rules:
        yield one_line(rule_title(item.proposal, phrases), NAME_MAX), _proposal(item, phrases)


def _proposal(item: WeekRule, phrases: Phrases) -> str:
    more = phrases.say("embeds.more", count="{count}")
    told = [one_line(line, LINE_MAX) for line in proposal_lines(item, phrases)]
    return lines_within(told, more, RULE_CHARACTERS_MAX)


def _lines(lines: Iterable[str], phrases: Phrases) -> str:
    more = phrases.say("embeds.more", count="{count}")
    return lines_within([one_line(line, LINE_MAX) for line in lines], more)


def prompt_text(note: PromptNote, phrases: Phrases) -> str:
    """Return what becomes of the prompt; its diff in a block that no letter of it can end."""
    said = prompt_line(note, phrases)
    if not note.diff:
        return said
    more = phrases.say("embeds.more", count="{count}")
    shown = [clip(line.replace("`", "'"), DIFF_LINE_MAX) for line in note.diff]
    body = lines_within(shown, more, 1000 - len(said))
    return f"{said}\n{_FENCE}diff\n{body}\n{_FENCE}"
