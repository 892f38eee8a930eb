"""How /system setup looks: what counts now, and what a choice changed."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

import discord

from bot.chat.budget import GREY, FittedEmbed
from bot.chat.setup_services import SetupDesk
from bot.chat.text import one_line
from core.domain.instrument import Instrument, Symbol
from core.domain.limits import LimitLine
from core.domain.setup import Setup, SetupPart
from core.ports.phrases import Phrases

NAMES_SHOWN = 5
NAME_MAX = 40
# The limits that the form offers: what people change. /risk limits has all of them.
LIMITS = (
    "capital_won",
    "order_amount_won",
    "day_amount_won",
    "day_count",
    "position_weight_percent",
)


def setup_embed(
    desk: SetupDesk, limits: Sequence[LimitLine], owners: Collection[int], phrases: Phrases
) -> discord.Embed:
    """Return everything that can be chosen, as it stands, and whether the settings say otherwise."""
    now = desk.current
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("setup.title"),
        description=phrases.say("setup.intro"),
        colour=GREY,
    )
    for part in SetupPart:
        text = part_text(part, now, {}, phrases)
        if part is SetupPart.LEFT_OUT:
            text = phrases.say(
                "setup.universe",
                bought=len(desk.universe) - len(now.left_out),
                listed=len(desk.universe),
            )
        if part is SetupPart.APPROVERS:
            text += "\n" + phrases.say("setup.owners_too", people=_people(owners))
        if getattr(now, _FIELDS[part]) != getattr(desk.given, _FIELDS[part]):
            text += "\n" + phrases.say("setup.chosen_here")
        fitted.add(phrases.say(f"setup.part_{part.value}"), text)
    lines = [_limit(line, phrases) for line in limits if line.name in LIMITS]
    fitted.add(phrases.say("setup.limits"), "\n".join(lines))
    return fitted.embed


_FIELDS = {
    SetupPart.MAIN_CHANNEL: "main_channel_id",
    SetupPart.ALERT_CHANNEL: "alert_channel_id",
    SetupPart.APPROVERS: "approver_ids",
    SetupPart.LEFT_OUT: "left_out",
}


def part_text(
    part: SetupPart, setup: Setup, names: Mapping[Symbol, Instrument], phrases: Phrases
) -> str:
    """Return one part of a setup: places and people as mentions, instruments by name."""
    if part is SetupPart.MAIN_CHANNEL:
        return f"<#{setup.main_channel_id}>"
    if part is SetupPart.ALERT_CHANNEL:
        return f"<#{setup.alerts_go_to}>"
    if part is SetupPart.APPROVERS:
        return _people(setup.approver_ids)
    if not setup.left_out:
        return phrases.say("setup.nothing_left_out")
    found = sorted(setup.left_out)
    shown = ", ".join(_name(symbol, names) for symbol in found[:NAMES_SHOWN])
    more = len(found) - NAMES_SHOWN
    return shown + (" " + phrases.say("embeds.more", count=more) if more > 0 else "")


def change_text(
    part: SetupPart,
    before: Setup,
    after: Setup,
    names: Mapping[Symbol, Instrument],
    owners: Collection[int],
    phrases: Phrases,
) -> str:
    """Return what a choice changed, before and after, and from when it counts.

    Of approvers it says that the owners still are, whoever was chosen.
    """
    text = phrases.say(
        "setup.changed",
        part=phrases.say(f"setup.part_{part.value}"),
        before=part_text(part, before, names, phrases),
        after=part_text(part, after, names, phrases),
        since=phrases.say("setup.later" if part is SetupPart.LEFT_OUT else "setup.at_once"),
    )
    if part is not SetupPart.APPROVERS:
        return text
    return text + " · " + phrases.say("setup.owners_too", people=_people(owners))


def _name(symbol: Symbol, names: Mapping[Symbol, Instrument]) -> str:
    known = names.get(symbol)
    return one_line(f"{known.name}({symbol})" if known else str(symbol), NAME_MAX)


def _people(ids: Collection[int]) -> str:
    return " ".join(f"<@{number}>" for number in sorted(ids)) or "-"


def _limit(line: LimitLine, phrases: Phrases) -> str:
    text = phrases.say(
        "limits.line",
        name=phrases.say(f"limits.name_{line.name}"),
        value=phrases.say(f"limits.unit_{line.unit}", number=line.in_force),
    )
    if line.in_force == line.hard:
        return text
    hard = phrases.say(f"limits.unit_{line.unit}", number=line.hard)
    return text + phrases.say("limits.tightened", hard=hard)
