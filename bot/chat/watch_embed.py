"""Watch list, alerts and alarms as embeds, and what came of a wish as text."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from types import MappingProxyType

import discord

from bot.chat.account_embed import mark_of
from bot.chat.budget import AMBER, GREY, FittedEmbed, lines_within
from bot.chat.leg_words import listed
from bot.chat.standing_words import stop_lines
from bot.chat.text import harmless, label
from core.domain.alerts import (
    ALERT_TERMS,
    ALL_RULES,
    AlertFiring,
    AlertKind,
    AlertRule,
    Repeat,
    Severity,
    WatchFacts,
    as_written,
)
from core.domain.instrument import Symbol
from core.domain.notices import NoticeKind, kind_of
from core.domain.outbox import OutboxMessage
from core.domain.standing import StandingStop
from core.ports.desk import MarketReader
from core.ports.phrases import Phrases
from core.runtime.notice_digest import DIGEST_KEY
from core.services.watch.alerting import KEY, amount, facts_line
from core.services.watch.wishes import RULES_MAX, WATCHED_MAX, Wishes, WishOutcome

TITLE_MAX = 200
# What can wait rings a bell; all else is an alarm.
_BELL, _ALARM = "🔔", "🚨"
_COLOURS: Mapping[str, int] = MappingProxyType(
    {Severity.INFO.value: GREY, Severity.WARNING.value: AMBER}
)


def alarm_embed(message: OutboxMessage, phrases: Phrases) -> discord.Embed:
    """Return the message of one alarm; what a watch rule says looks calmer than an emergency."""
    family, _, rest = message.key.partition(":")
    kind = kind_of(message.key)
    severity = Severity.URGENT.value
    if family == KEY:
        severity = rest.removeprefix("rule:").partition(":")[0]
    elif kind is NoticeKind.REMINDER:
        severity = Severity.WARNING.value
    elif kind is not None or family == DIGEST_KEY:
        severity = Severity.INFO.value
    mark = _BELL if severity in _COLOURS else _ALARM
    return FittedEmbed(
        phrases=phrases,
        title=f"{mark} {label(message.title, TITLE_MAX)}",
        description=harmless(message.text),
        colour=_COLOURS.get(severity, AMBER),
    ).embed


def outcome_text(outcome: WishOutcome, phrases: Phrases, **values: object) -> str:
    """Return what came of a wish."""
    known = {"symbol": "-", "limit": "-", "until": "-"}
    return phrases.say(f"watch.outcome_{outcome.value}", **{**known, **values})


def bad_threshold_text(kind: AlertKind, phrases: Phrases) -> str:
    """Return which numbers a kind takes."""
    term = ALERT_TERMS[kind]
    return phrases.say(
        f"watch.outcome_{WishOutcome.BAD_THRESHOLD.value}",
        kind=phrases.say(f"watch.kind_{kind.value}"),
        lowest=amount(kind, term.lowest, phrases),
        highest=amount(kind, term.highest, phrases),
        step=amount(kind, 1, phrases),
    )


def rule_text(rule: AlertRule, market: MarketReader, phrases: Phrases) -> str:
    """Return a rule as one line: whom, what, how often, on which condition."""
    text = phrases.say(
        "watch.rule_text",
        name=phrases.say("watch.rule_everything")
        if rule.symbol is None
        else listed(rule.symbol, market),
        what=phrases.say(
            f"watch.what_{rule.kind.value}", value=amount(rule.kind, rule.threshold, phrases)
        ),
    )
    extras = []
    if rule.repeat is Repeat.ONCE:
        extras.append(phrases.say("watch.rule_once"))
    for key, bps in (("min", rule.profit_min_bps), ("max", rule.profit_max_bps)):
        if bps is not None:
            percent = f"{as_written(AlertKind.PROFIT, bps):+}"
            extras.append(phrases.say(f"watch.rule_profit_{key}", percent=percent))
    return " · ".join([text, *extras])


def watch_embed(
    wishes: Wishes,
    newest: Callable[[Symbol], WatchFacts | None],
    market: MarketReader,
    phrases: Phrases,
) -> discord.Embed:
    """Return the answer to /market watch list."""
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("watch.watch_title"),
        description=phrases.say("watch.watch_intro", count=len(wishes.watched), limit=WATCHED_MAX),
        colour=GREY,
    )
    lines = []
    for entry in wishes.watched:
        facts = newest(entry.symbol)
        quote = phrases.say("watch.watch_no_quote")
        if facts is not None:
            quote = f"{mark_of(facts.change_bps)} {facts_line(facts, phrases)}"
        name = listed(entry.symbol, market)
        lines.append(phrases.say("watch.watch_line", name=name, quote=quote))
    more = phrases.say("embeds.more", count="{count}")
    shown = lines_within(lines, more) if lines else phrases.say("watch.watch_empty")
    fitted.add(phrases.say("watch.watch_list_field"), shown)
    return fitted.embed


def alerts_embed(
    wishes: Wishes,
    fired: Sequence[AlertFiring],
    market: MarketReader,
    now: datetime,
    phrases: Phrases,
    stops: Sequence[StandingStop] = (),
) -> discord.Embed:
    """Return the answer to /market alerts list; `stops` are those approved in advance."""
    muted = wishes.mutes.get(ALL_RULES)
    head = [phrases.say("watch.alerts_intro"), phrases.say("watch.alerts_quiet")]
    is_mute = muted is not None and muted > now
    if is_mute:
        head.append(phrases.say("watch.alerts_muted", until=muted))
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("watch.alerts_title"),
        description="\n".join(head),
        colour=AMBER if is_mute else GREY,
    )
    more = phrases.say("embeds.more", count="{count}")
    none = phrases.say("watch.alerts_none")

    def add(name: str, lines: list[str]) -> None:
        fitted.add(name, lines_within(lines, more) if lines else none)

    own = [_rule_line(item, wishes, market, now, phrases) for item in wishes.rules]
    add(phrases.say("watch.alerts_own", count=len(wishes.rules), limit=RULES_MAX), own)
    built_in = [_rule_line(item, wishes, market, now, phrases) for item in wishes.defaults]
    add(phrases.say("watch.alerts_default"), built_in)
    said = [
        phrases.say("watch.alerts_fired_line", at=item.fired_at, title=harmless(item.title))
        for item in reversed(fired)
    ]
    add(phrases.say("watch.alerts_fired"), said)
    if stops:
        add(phrases.say("watch.standing_field"), stop_lines(stops, market, phrases))
    return fitted.embed


def _rule_line(
    rule: AlertRule, wishes: Wishes, market: MarketReader, now: datetime, phrases: Phrases
) -> str:
    what, until = rule_text(rule, market, phrases), wishes.mutes.get(rule.rule_id)
    if until is not None and until > now:
        return phrases.say("watch.alerts_line_muted", rule=rule.rule_id, what=what, until=until)
    return phrases.say("watch.alerts_line", rule=rule.rule_id, what=what)
