"""The answer to /system notifications list, and what a choice means in words."""

from __future__ import annotations

import discord

from bot.chat.budget import GREY, FittedEmbed
from core.domain.notices import DIGEST_AT, Loudness, NoticeKind, Notices
from core.ports.phrases import Phrases


def notices_embed(notices: Notices, person: int, waiting: int, phrases: Phrases) -> discord.Embed:
    """Return every kind as it is told now, the person's quiet hours, and what is never silent."""
    say = phrases.say
    fitted = FittedEmbed(
        phrases=phrases,
        title=say("notices.title"),
        description=say("notices.intro"),
        colour=GREY,
    )
    lines = [
        say("notices.line", kind=kind_name(kind, phrases), how=how_name(how, phrases))
        for kind in NoticeKind
        for how in (notices.loudness(kind),)
    ]
    fitted.add(say("notices.kinds"), "\n".join(lines))
    hours = notices.hours_of(person)
    quiet = say("notices.no_quiet") if hours is None else say("notices.quiet", hours=str(hours))
    fitted.add(say("notices.quiet_field"), quiet)
    fitted.add(say("notices.digest_field"), say("notices.digest", at=DIGEST_AT, count=waiting))
    fitted.add(say("notices.always_field"), say("notices.always"))
    return fitted.embed


def kind_name(kind: NoticeKind, phrases: Phrases) -> str:
    """Return the name of a kind."""
    return phrases.say(f"notices.kind_{kind.value}")


def how_name(loudness: Loudness, phrases: Phrases) -> str:
    """Return the name of a loudness."""
    return phrases.say(f"notices.how_{loudness.value}")


def chosen_text(kind: NoticeKind, loudness: Loudness, phrases: Phrases) -> str:
    """Return what was chosen, what it does, and what it never touches."""
    what = phrases.say(
        f"notices.chosen_{loudness.value}", kind=kind_name(kind, phrases), at=DIGEST_AT
    )
    return f"{what}\n{phrases.say('notices.always')}"
