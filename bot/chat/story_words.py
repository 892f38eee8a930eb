"""The story of a ticket or order as lines: who wanted it and why, what was known, what became of it.

Nothing is told that is not stored. Lines are plain text; whoever shows them makes them harmless.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime

from bot.chat.leg_words import bounds, side_word, state_word, terms
from core.domain.journal import JournalEntry, TradeRecord
from core.domain.krx import KST
from core.domain.orders import OrderState
from core.domain.story import FACT_ANSWER, FACT_REQUEST, OrderStory, Story
from core.ports.phrases import Phrases

_ACTORS = frozenset(
    {"desk", "broker", "recovery", "cycle", "strategy", "model", "analyst", "person"}
)
_KINDS = frozenset(
    {
        "ticket.presented",
        "ticket.approved",
        "ticket.declined",
        "ticket.expired",
        "ticket.superseded",
        "ticket.redrawn",
        "ticket.invalidated",
        "ticket.offered_again",
        "ticket.press_refused",
        "standing.granted",
        "standing.used",
        "standing.revoked",
        "proposal.denied",
        "order.waiting",
        "incident.order",
        "incident.order_reopened",
    }
)
# Told elsewhere in the story, or long and of no use to a person.
_SILENT_FACTS = frozenset({"from", "known", "name", "hash", FACT_REQUEST, FACT_ANSWER})
FACT_MAX = 120


@dataclass(frozen=True, slots=True)
class Section:
    """A heading and its lines."""

    title: str
    lines: tuple[str, ...]


def sections(story: Story, phrases: Phrases) -> tuple[Section, ...]:
    """Return the story in the order in which it happened."""
    found = [*_beginning(story, phrases), *(_order(item, phrases) for item in story.orders)]
    lines = [*story.lines, *(line for order in story.orders for line in order.lines)]
    lines.sort(key=lambda line: line.at)
    found.append(Section(phrases.say("story.steps"), tuple(_step(one, phrases) for one in lines)))
    if story.builds:
        builds = phrases.say("story.builds", builds=", ".join(story.builds))
        found[-1] = Section(found[-1].title, (*found[-1].lines, builds))
    return tuple(item for item in found if item.lines)


def _beginning(story: Story, phrases: Phrases) -> Iterator[Section]:
    ticket = story.ticket
    if ticket is None:
        return
    say = phrases.say
    made = {item.order.leg: item.order for item in story.orders}
    head = say(
        "story.proposed",
        at=_at(ticket.created_at),
        author=say(f"embeds.author_{ticket.author.value}"),
        mode=say(f"embeds.mode_{ticket.mode.value}"),
    )
    legs = [
        say(
            "story.leg",
            number=leg.number,
            side=side_word(leg.envelope.side, phrases),
            name=leg.name,
            symbol=leg.envelope.symbol,
            terms=terms(leg, phrases),
            bounds=bounds(leg, made.get(leg.number), phrases),
        )
        for leg in ticket.legs
    ]
    state = say(f"embeds.ticket_{ticket.state.value.lower()}")
    more = [*ticket.notes, ticket.state_reason]
    lines = (head, ticket.reason, *legs, *more, state)
    yield Section(say("story.proposal"), tuple(line for line in lines if line))
    records = [*story.records, *(item.record for item in story.orders if item.record)]
    yield Section(say("story.market"), tuple(_market(records, phrases)))
    yield Section(say("story.portfolio"), tuple(_portfolio(records, phrases)))
    yield Section(say("story.approval"), (_approval(story, phrases),))


def _market(records: list[TradeRecord], phrases: Phrases) -> Iterator[str]:
    for record in records:
        seen = _facts(record.market)
        if seen:
            yield phrases.say(
                "story.market_line",
                symbol=record.symbol,
                last=_number(seen.get("last_won")),
                ask=_number(seen.get("best_ask_won")),
                bid=_number(seen.get("best_bid_won")),
                at=str(seen.get("received_at", "-")),
            )


def _portfolio(records: list[TradeRecord], phrases: Phrases) -> Iterator[str]:
    # Every leg of a ticket was judged on the same account.
    texts = dict.fromkeys(record.portfolio_before for record in records)
    for seen in filter(None, map(_facts, texts)):
        positions = seen.get("positions")
        held = positions if isinstance(positions, Mapping) else {}
        listed = ", ".join(
            f"{symbol} {_number(item.get('quantity'))}"
            for symbol, item in held.items()
            if isinstance(item, Mapping)
        )
        yield phrases.say(
            "story.portfolio_line",
            nav=_number(seen.get("nav_won")),
            positions=listed or phrases.say("story.portfolio_none"),
        )


def _approval(story: Story, phrases: Phrases) -> str:
    approval = story.approval
    if approval is None:
        return phrases.say("story.not_approved")
    who = phrases.say("story.approved_policy")
    if approval.actor_id:
        who = f"{approval.actor_name} ({approval.actor_id})"
    how = "_in_advance" if approval.is_in_advance else ""
    return phrases.say(
        f"story.approved{how}", at=_at(approval.clicked_at), who=who, hash=approval.payload_hash
    )


def _order(item: OrderStory, phrases: Phrases) -> Section:
    order, say = item.order, phrases.say
    lines = [
        say(
            "story.order_state",
            state=state_word(order.state, phrases),
            filled=order.filled,
            total=order.filled + order.remaining,
        )
    ]
    if order.reason:
        lines.append(order.reason)
    if item.attempt is None:
        lines.append(say("story.order_unsent"))
    else:
        lines.append(
            say(
                "story.order_sent",
                signature=item.attempt.signature,
                at=_at(item.attempt.armed_at),
                number=order.ref.number if order.ref else "-",
            )
        )
    wire = item.wire
    if wire is not None:
        lines.append(say("story.wire_request", text=wire.request or "-"))
        lines.append(say("story.wire_answer", text=wire.answer or "-"))
    lines += [
        say(
            "story.fill",
            quantity=fill.quantity,
            price=f"{fill.price_won:,}",
            cumulative=fill.cumulative,
            at=_at(fill.observed_at),
        )
        for fill in item.fills
    ]
    return Section(say("story.order", order=order.order_id), tuple(lines))


def _step(line: JournalEntry, phrases: Phrases) -> str:
    told = [
        f"{name}={_short(value)}"
        for name, value in line.facts.items()
        if name not in _SILENT_FACTS and value not in ("", None, [], ())
    ]
    return phrases.say(
        "story.step",
        at=_at(line.at),
        what=_kind(line.kind, phrases),
        actor=_actor(line, phrases),
        facts=f" · {' '.join(told)}" if told else "",
    )


def _kind(kind: str, phrases: Phrases) -> str:
    family, _, name = kind.partition(".")
    if family == "order" and name.upper() in OrderState.__members__:
        return state_word(OrderState[name.upper()], phrases)
    return phrases.say(f"story.kind_{kind.replace('.', '_')}") if kind in _KINDS else kind


def _actor(line: JournalEntry, phrases: Phrases) -> str:
    if line.actor in _ACTORS:
        return phrases.say(f"story.actor_{line.actor}")
    if not line.actor.isdigit():
        return line.actor or "-"
    name = str(line.facts.get("name", ""))
    user = phrases.say("story.actor_user", id=line.actor)
    return f"{name} ({line.actor})" if name else user


def _short(value: object) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, default=str)
    flat = " ".join(text.split())
    return flat if len(flat) <= FACT_MAX else flat[: FACT_MAX - 1] + "…"


def _at(instant: datetime) -> str:
    return f"{instant.astimezone(KST):%m-%d %H:%M:%S}"


def _number(value: object) -> str:
    return f"{value:,}" if isinstance(value, int) else "-"


def _facts(text: str) -> Mapping[str, object]:
    """Read a stored snapshot; one that cannot be read tells nothing."""
    try:
        found = json.loads(text or "{}")
    except ValueError:
        return {}
    return found if isinstance(found, Mapping) else {}
