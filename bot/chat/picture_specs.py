"""What the pictures of the account and of orders show, and the words for those who hear them."""

from __future__ import annotations

from datetime import datetime

from bot.chat.leg_words import side_word, state_word
from bot.pictures.accounts import SLICES_MAX
from core.domain.account import AccountSnapshot
from core.domain.krx import KST
from core.domain.orders import END_STATES, OrderState
from core.domain.performance import falls_of
from core.domain.story import OrderStory, Story
from core.ports.phrases import Phrases
from core.ports.pictures import ChartSpec, Course, LifeStep, Slice

# Journal kinds of an order are ``order.`` and what happened; their facts name the state before.
_MOVED_TO = {state.value.lower(): state for state in OrderState}


def allocation_spec(account: AccountSnapshot, phrases: Phrases) -> ChartSpec | None:
    """Return what the account is made of; None where it holds nothing."""
    held = [Slice(name=item.name, won=item.value_won) for item in account.positions]
    if not held:
        return None
    cash = Slice(
        name=phrases.say("pictures.cash"), won=max(account.settled_d2_won, 0), is_cash=True
    )
    return ChartSpec(
        title=phrases.say("pictures.allocation_title"),
        subtitle=phrases.say("pictures.worth", nav=account.nav_won),
        slices=(*held, cash),
        locale=phrases.locale,
    )


def allocation_alt(spec: ChartSpec, phrases: Phrases) -> str:
    """Return the shares in words, the largest first."""
    total = sum(item.won for item in spec.slices) or 1
    ranked = sorted(spec.slices, key=lambda item: -item.won)[: SLICES_MAX + 1]
    parts = [
        phrases.say("pictures.part", name=item.name, percent=item.won * 100 / total)
        for item in ranked
    ]
    return phrases.say("pictures.allocation_alt", parts=", ".join(parts))


def course_spec(course: Course | None, period: str, phrases: Phrases) -> ChartSpec | None:
    """Return how the account went in a period; None where it has not two days."""
    if course is None:
        return None
    return ChartSpec(
        title=phrases.say("pictures.course_title", period=period),
        subtitle=f"{course.days[0]:%Y-%m-%d} ~ {course.days[-1]:%Y-%m-%d}",
        course=course,
        locale=phrases.locale,
    )


def course_alt(course: Course, phrases: Phrases) -> str:
    """Return the ends of both lines and the deepest fall in words."""
    known = [item for item in course.benchmark if item is not None]
    return phrases.say(
        "pictures.course_alt",
        first=course.days[0],
        last=course.days[-1],
        mine=course.account[-1] or 0.0,
        benchmark=f"{known[-1]:+.1f}%" if known else phrases.say("pictures.unknown"),
        worst=min(falls_of(course.account)),
    )


def life_spec(story: Story | None, phrases: Phrases) -> ChartSpec | None:
    """Return the steps of the one order of `story`; None where there is none."""
    if story is None or len(story.orders) != 1:
        return None
    [own] = story.orders
    order = own.order
    side = side_word(order.envelope.side, phrases)
    return ChartSpec(
        title=phrases.say("pictures.life_title", order=order.order_id),
        subtitle=f"{side} {order.envelope.symbol} × {order.envelope.quantity_max}",
        life=_steps(story, own, phrases),
    )


def life_alt(spec: ChartSpec, phrases: Phrases) -> str:
    """Return the steps in words."""
    steps = ", ".join(f"{step.at} {step.words}" for step in spec.life)
    return phrases.say("pictures.life_alt", order=spec.title, steps=steps)


def _steps(story: Story, own: OrderStory, phrases: Phrases) -> tuple[LifeStep, ...]:
    """Return every step in the order of time; the last one is where it stands."""
    found: list[tuple[datetime, bool, str]] = []
    if story.ticket is not None:
        found.append((story.ticket.created_at, False, phrases.say("pictures.life_presented")))
    if story.approval is not None:
        who = story.approval.actor_name
        found.append(
            (story.approval.clicked_at, False, phrases.say("pictures.life_approved", who=who))
        )
    for line in own.lines:
        state = _MOVED_TO.get(line.kind.removeprefix("order."))
        if state is not None and state is not OrderState.PARTIAL:
            found.append((line.at, state in END_STATES, state_word(state, phrases)))
    found += [
        (
            fill.observed_at,
            False,
            phrases.say("pictures.life_fill", quantity=fill.quantity, price=fill.price_won),
        )
        for fill in own.fills
    ]
    # A fill comes before the end that it makes, although the end may be noted first.
    found.sort(key=lambda item: (item[0].replace(microsecond=0), item[1], item[0]))
    return tuple(
        LifeStep(at=f"{at.astimezone(KST):%H:%M:%S}", words=words, is_end=place == len(found) - 1)
        for place, (at, _, words) in enumerate(found)
    )
