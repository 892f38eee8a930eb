"""The morning briefing and the closing report as embeds."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from types import MappingProxyType

import discord

from bot.chat.account_embed import cash_line, holdings, mark_of, warning_colour
from bot.chat.analysis_words import analysis_lines, review_lines
from bot.chat.budget import VALUE_MAX, FittedEmbed, lines_within
from bot.chat.leg_words import NAME_MAX, average, name_and_code, side_word, state_word
from bot.chat.text import clip, harmless, one_line, units
from bot.order_counts import order_counts
from core.domain.briefing import Briefing, ClosingReport
from core.domain.news_facts import SummaryLine
from core.domain.orders import Order
from core.domain.plan import PlannedAction, Ranking, TradingPlan
from core.domain.plan_review import ReviewState
from core.ports.phrases import Phrases

LINE_MAX = 180
# So much of a hash is enough to compare two by eye.
HASH_SHOWN = 12
COMMENT_MAX = 900
# On a phone a screen holds some twenty lines. The picture below shows every rank, and the summary
# says what the titles are about.
RANKINGS_SHOWN = 5
FACTS_SHOWN = 4
TITLES_SHOWN = 8
TITLES_BELOW_SUMMARY = 3
SOURCES_SHOWN = 3
# A longer address would take the room of the sentences; its source is named without it.
LINK_MAX = 160


def briefing_embed(briefing: Briefing, phrases: Phrases) -> discord.Embed:
    """Return account, holdings, orders or why there are none, news, momentum and warnings."""
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("embeds.briefing_title", day=briefing.day.isoformat()),
        mode=briefing.mode,
        description=_opening(briefing, phrases),
        colour=warning_colour(has_warnings=bool(briefing.warnings)),
        footer=phrases.say("embeds.briefing_footer", account=briefing.account),
    )
    # What needs attention comes first: it must not be what the length limit cuts off.
    if briefing.warnings:
        fitted.add(phrases.say("embeds.warnings"), _lines(briefing.warnings, phrases, "⚠️ "))
    if briefing.portfolio is not None:
        fitted.add(phrases.say("embeds.account_title"), cash_line(briefing.portfolio, phrases))
        fitted.add(phrases.say("embeds.holdings"), holdings(briefing.portfolio, phrases))
    _add_plan(fitted, briefing, phrases)
    _add_market(fitted, briefing, phrases)
    _add_news(fitted, briefing, phrases)
    return fitted.embed


def _add_news(fitted: FittedEmbed, briefing: Briefing, phrases: Phrases) -> None:
    """Add the summary with its sources, the facts with a note about who read them, the titles."""
    more = phrases.say("embeds.more", count="{count}")
    if briefing.news_summary:
        told = [f"• {_told_with_sources(line)}" for line in briefing.news_summary]
        fitted.add(phrases.say("embeds.news_summary"), lines_within(told, more))
    if briefing.news_facts or briefing.news_summary:
        facts = [f"• {one_line(line, LINE_MAX)}" for line in briefing.news_facts]
        note = one_line(briefing.news_note, LINE_MAX)
        shown = lines_within(facts, more, VALUE_MAX - units(note) - 1, most=FACTS_SHOWN)
        fitted.add(phrases.say("embeds.news_facts"), "\n".join(filter(None, [shown, note])))
    if briefing.news:
        titles = [f"• {one_line(f'{one.title} — {one.source}', LINE_MAX)}" for one in briefing.news]
        most = TITLES_BELOW_SUMMARY if briefing.news_summary else TITLES_SHOWN
        fitted.add(phrases.say("embeds.news"), lines_within(titles, more, most=most))


def _told_with_sources(line: SummaryLine) -> str:
    """Return a sentence with its sources. A link is ours to make: its host is on the list."""
    sources = []
    for source in line.sources[:SOURCES_SHOWN]:
        name = one_line(source.name, NAME_MAX)
        is_short = 0 < len(source.link) <= LINK_MAX
        sources.append(f"[{name}]({source.link})" if is_short else name)
    return f"{one_line(line.text, LINE_MAX)} — {', '.join(sources)}"


def _opening(briefing: Briefing, phrases: Phrases) -> str:
    plan = briefing.plan
    if plan is None:
        return phrases.say("embeds.briefing_no_plan")
    if plan.actions and briefing.ticket_id:
        return phrases.say(
            "embeds.briefing_orders", count=len(plan.actions), ticket=briefing.ticket_id
        )
    if plan.actions:
        return phrases.say("embeds.briefing_refused", count=len(plan.actions))
    return phrases.say("embeds.briefing_nothing", why=one_line(plan.why_nothing, 400) or "-")


def _add_plan(fitted: FittedEmbed, briefing: Briefing, phrases: Phrases) -> None:
    plan = briefing.plan
    if plan is None:
        return
    more = phrases.say("embeds.more", count="{count}")
    if plan.actions:
        lines = [_action(item, phrases) for item in plan.actions]
        fitted.add(phrases.say("embeds.plan"), lines_within(lines, more))
    _add_review(fitted, briefing, phrases)
    if briefing.refusals:
        fitted.add(phrases.say("embeds.refusals"), _lines(briefing.refusals, phrases, "• "))
    if plan.rankings:
        fitted.add(phrases.say("embeds.momentum"), _rankings(plan, phrases, more))
    if plan.risk_assessment:
        fitted.add(phrases.say("embeds.risk"), one_line(plan.risk_assessment, 400))


def _add_review(fitted: FittedEmbed, briefing: Briefing, phrases: Phrases) -> None:
    reviewed, plan = briefing.reviewed, briefing.plan
    # Without a model and without a proposal there is nothing to say.
    if reviewed is None or plan is None:
        return
    if plan.actions or reviewed.state is not ReviewState.OFFLINE:
        more = phrases.say("embeds.more", count="{count}")
        lines = list(review_lines(reviewed, phrases))
        fitted.add(phrases.say("review.title"), lines_within(lines, more))


def _add_market(fitted: FittedEmbed, briefing: Briefing, phrases: Phrases) -> None:
    comment = clip(harmless(briefing.comment), COMMENT_MAX)
    analysis = briefing.analysis
    if analysis is None:
        if comment:
            fitted.add(phrases.say("embeds.comment"), comment)
        return
    more = phrases.say("embeds.more", count="{count}")
    lines = [*analysis_lines(analysis, phrases), *filter(None, [comment])]
    title = phrases.say("analysis.title", session=analysis.session.isoformat())
    fitted.add(title, lines_within(lines, more))


def _action(item: PlannedAction, phrases: Phrases) -> str:
    line = phrases.say(
        "embeds.action",
        side=side_word(item.side, phrases),
        name=one_line(item.name, NAME_MAX),
        symbol=item.symbol,
        quantity=item.quantity,
        price=item.price_won,
        amount=item.price_won * item.quantity,
    )
    reason = one_line(item.justification, LINE_MAX)
    return f"{line}\n└ {reason}" if reason else line


def _rankings(plan: TradingPlan, phrases: Phrases, more: str) -> str:
    shown = sorted(plan.rankings, key=lambda item: -item.score)
    lines = [_ranking(item, phrases) for item in shown]
    return lines_within(lines, more, most=RANKINGS_SHOWN)


def _ranking(item: Ranking, phrases: Phrases) -> str:
    line = phrases.say(
        "embeds.ranking",
        mark=mark_of(item.score),
        name=one_line(item.name, NAME_MAX),
        symbol=item.symbol,
        score=item.score * 100,
        close=item.close_won,
    )
    if item.weight:
        line += phrases.say("embeds.ranking_weight", weight=item.weight * 100)
    return line


def closing_embed(
    report: ClosingReport, phrases: Phrases, names: Mapping[str, str] = MappingProxyType({})
) -> discord.Embed:
    """Return what was done, at what cost, and what is still open. `names` maps symbol to name."""
    fitted = FittedEmbed(
        phrases=phrases,
        title=phrases.say("embeds.closing_title", day=report.day.isoformat()),
        mode=report.mode,
        description=_result(report, phrases),
        colour=warning_colour(has_warnings=bool(report.warnings)),
        footer=phrases.say("embeds.briefing_footer", account=report.account),
    )
    if report.warnings:
        fitted.add(phrases.say("embeds.warnings"), _lines(report.warnings, phrases, "⚠️ "))
    more = phrases.say("embeds.more", count="{count}")
    if report.holds:
        shown = [
            (name_and_code(hold.symbol, names.get(hold.symbol, "")), hold.reason)
            for hold in report.holds
        ]
        differing = [f"{name} — {one_line(reason, LINE_MAX)}" for name, reason in shown]
        title = phrases.say("books.holds", count=len(differing))
        fitted.add(title, lines_within(differing, more))
    if report.orders:
        lines = [
            order_line(order, phrases, names.get(order.envelope.symbol, ""))
            for order in report.orders
        ]
        fitted.add(phrases.say("embeds.orders"), lines_within(lines, more))
    if report.portfolio is not None:
        fitted.add(phrases.say("embeds.account_title"), cash_line(report.portfolio, phrases))
        fitted.add(phrases.say("embeds.holdings"), holdings(report.portfolio, phrases))
    return fitted.embed


def _result(report: ClosingReport, phrases: Phrases) -> str:
    lines = [
        phrases.say("embeds.closing_none")
        if not report.orders
        else phrases.say(
            "embeds.closing_done",
            count=len(report.orders),
            counts=order_counts(report.orders, phrases),
            fee=report.fees_won,
            tax=report.taxes_won,
        )
    ]
    if report.portfolio is not None and report.nav_before_won is not None:
        change = report.portfolio.account.nav_won - report.nav_before_won
        lines.append(
            phrases.say(
                "embeds.closing_change",
                mark=mark_of(change),
                change=change,
                nav=report.portfolio.account.nav_won,
            )
        )
    if not report.holds:
        lines.append(phrases.say("embeds.closing_books_agree"))
    if report.cash_moved_won:
        lines.append(phrases.say("embeds.closing_cash_moved", amount=report.cash_moved_won))
    if report.journal is not None:
        head = report.journal
        lines.append(
            phrases.say("embeds.closing_audit", lines=head.lines, hash=head.line_hash[:HASH_SHOWN])
        )
    return "\n".join(lines)


def order_line(order: Order, phrases: Phrases, name: str = "") -> str:
    """Return one order: verb, what, state, filled of asked, mean price, reason."""
    envelope = order.envelope
    line = phrases.say(
        "embeds.order_line",
        side=side_word(envelope.side, phrases),
        name=name_and_code(envelope.symbol, name),
        state=state_word(order.state, phrases),
        filled=order.filled,
        total=order.filled + order.remaining,
    )
    if order.filled:
        line += average(order, phrases)
    return f"{line} — {one_line(order.reason, LINE_MAX)}" if order.reason else line


def _lines(texts: Sequence[str], phrases: Phrases, bullet: str) -> str:
    more = phrases.say("embeds.more", count="{count}")
    return lines_within([f"{bullet}{one_line(text, LINE_MAX)}" for text in texts], more)
