"""What a ticket's message says is what is stored: for every state, number and foreign text."""

from __future__ import annotations

import re
import unicodedata
from dataclasses import replace
from datetime import datetime, timedelta
from decimal import Decimal
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bot.chat.ticket_embed import ticket_embed
from bot.locales import load
from core.domain.instrument import Symbol
from core.domain.krx import KST
from core.domain.money import Shares, Won
from core.domain.orders import (
    BrokerOrderRef,
    Envelope,
    FillObservation,
    Order,
    OrderRequest,
    OrderState,
    OrderType,
    Side,
)
from core.domain.tickets import (
    Approval,
    Ticket,
    TicketLeg,
    TicketState,
    payload_hash_of,
)
from core.ports.surface import TicketView
from tests.bot.chat.hostile import corpus
from tests.bot.chat.test_ticket_embed import assert_within_limits
from tests.fakes.fake_chat_services import NOW, make_leg, make_order, make_ticket

KO, EN = load("ko"), load("en")
S = OrderState
# What may be filled in each state, out of a request for five.
FILLED = {
    S.PARTIAL: (1, 4),
    S.FILLED: (5,),
    S.PARTIAL_CANCELLED: (2,),
    S.CANCEL_PENDING: (0, 3),
    S.OPERATOR_HOLD: (0, 2),
    S.UNKNOWN: (0, 2),
}
NUMBERED = {S.WORKING, S.PARTIAL, S.FILLED, S.CANCELLED, S.PARTIAL_CANCELLED, S.CANCEL_PENDING}
# Sentences in which the word stands for what has not happened.
DENIALS = {
    "ko": ("아직 체결되지 않았습니다", "체결 없이", "체결될 수 있습니다", "아직 접수되지 않았습니다", "접수를 기다립니다"),
    "en": ("Nothing is filled yet", "nothing was filled", "may still be filled", "Not accepted yet", "waiting for the broker to accept"),
}  # fmt: skip
FILL_WORDS = {"ko": "체결", "en": "filled"}
ACCEPTED_WORDS = {"ko": "접수", "en": "accepted"}


def order_in(state: OrderState, filled: int = 0, leg: int = 1) -> Order:
    early = state is S.CREATED
    return make_order(
        state,
        leg,
        filled=filled,
        average_price_won=Decimal("35120.4") if filled else None,
        ref=BrokerOrderRef(number="0000000007") if state in NUMBERED else None,
        request=None if early else OrderRequest(
            symbol=Symbol("069500"), side=Side.BUY, quantity=Shares(5), price_won=Won(35_180)
        ),
    )  # fmt: skip


def orders_in(state: OrderState, leg: int = 1) -> list[Order]:
    return [order_in(state, filled, leg) for filled in FILLED.get(state, (0,))]


def rendered(view: TicketView, locale: str) -> tuple[str, str]:
    """The description and the fields as one text each."""
    embed = ticket_embed(view, KO if locale == "ko" else EN)
    assert_within_limits(embed)
    return str(embed.description), "\n".join(str(field.value) for field in embed.fields)


def claims(text: str, locale: str) -> str:
    for denial in DENIALS[locale]:
        text = text.replace(denial, "")
    return text


ALL_ORDERS = [order for state in OrderState for order in orders_in(state)]


@pytest.mark.parametrize("locale", ["ko", "en"])
@pytest.mark.parametrize("state", list(TicketState))
def test_no_words_of_a_fill_without_a_fill_and_none_missing(
    state: TicketState, locale: str
) -> None:
    word = FILL_WORDS[locale]
    for order in [None, *ALL_ORDERS]:
        orders = () if order is None else (order,)
        view = TicketView(ticket=make_ticket(state=state), approval=None, orders=orders, fills=())
        description, fields = rendered(view, locale)
        said = claims(description + "\n" + fields, locale).lower()
        assert (word in said) == bool(order and order.filled), (order, said)


@pytest.mark.untraced
@pytest.mark.parametrize("locale", ["ko", "en"])
def test_two_legs_never_lend_each_other_their_words(locale: str) -> None:
    word, accepted = FILL_WORDS[locale], ACCEPTED_WORDS[locale]
    ticket = make_ticket(legs=(make_leg(1), make_leg(2)), state=TicketState.APPROVED)
    second = [order for state in OrderState for order in orders_in(state, leg=2)]
    for one, two in product(ALL_ORDERS, second):
        view = TicketView(ticket=ticket, approval=None, orders=(one, two), fills=())
        embed = ticket_embed(view, KO if locale == "ko" else EN)
        for order, field in zip((one, two), embed.fields, strict=True):
            said = claims(str(field.value), locale).lower()
            assert (word in said) == bool(order.filled), (order.state, said)
            assert (accepted in said) == (order.state is S.WORKING), (order.state, said)


@pytest.mark.parametrize(
    "order", ALL_ORDERS, ids=lambda order: f"{order.state.value}-{order.filled}"
)
def test_a_finished_order_alone_is_called_finished(order: Order) -> None:
    view = TicketView(
        ticket=make_ticket(state=TicketState.APPROVED), approval=None, orders=(order,), fills=()
    )
    description, _ = rendered(view, "ko")
    assert ("모두 체결" in description) == (order.state is S.FILLED)
    assert ("확인하지 못했습니다" in description) == (order.state is S.UNKNOWN)
    assert ("사람이 증권사 앱에서" in description) == (order.state is S.OPERATOR_HOLD)
    # A cancel that was asked for is not a cancel.
    assert ("취소되었습니다" in description) == (order.state in {S.CANCELLED, S.PARTIAL_CANCELLED})


@pytest.mark.parametrize(
    "order", ALL_ORDERS, ids=lambda order: f"{order.state.value}-{order.filled}"
)
def test_terms_are_called_sent_only_when_a_broker_has_them(order: Order) -> None:
    view = TicketView(
        ticket=make_ticket(state=TicketState.APPROVED), approval=None, orders=(order,), fills=()
    )
    _, fields = rendered(view, "ko")
    assert ("보낸 조건: 5주 × 35,180원 (+0.1%, 3주→5주)" in fields) == (order.state in NUMBERED)
    doubtful = order.state in {S.SUBMITTING, S.UNKNOWN, S.OPERATOR_HOLD}
    assert ("보내려 한 조건(결과 미확인)" in fields) == doubtful
    unsent = {S.BLOCKED, S.EXPIRED, S.NOT_SENT, S.VOID}
    assert ("보내지 않은 조건" in fields) == (order.state in unsent)
    assert ("거부된 조건" in fields) == (order.state is S.REJECTED)
    assert ("보낼 조건" in fields) == (order.state is S.GATED)


WON = st.integers(min_value=1, max_value=3_000_000)
QUANTITY = st.integers(min_value=1, max_value=10_000)
HOURS = st.datetimes(
    min_value=datetime(2023, 3, 2, 9, 30), max_value=datetime(2023, 3, 2, 15, 15)
).map(lambda value: value.replace(second=0, microsecond=0, tzinfo=KST))


@st.composite
def legs(draw: st.DrawFn) -> tuple[TicketLeg, ...]:
    found = []
    for number in range(1, draw(st.integers(1, 4)) + 1):
        quantity, market = draw(QUANTITY), draw(st.booleans())
        found.append(
            TicketLeg(
                number=number,
                name="KODEX 200",
                quantity=Shares(draw(QUANTITY)),
                price_won=None if market else Won(draw(WON)),
                envelope=Envelope(
                    symbol=Symbol(draw(st.sampled_from(["069500", "102110", "0080G0"]))),
                    side=draw(st.sampled_from(Side)),
                    quantity_max=Shares(quantity),
                    limit_won=None if market else Won(draw(WON)),
                    good_until=draw(HOURS),
                    order_type=OrderType.MARKET if market else OrderType.LIMIT,
                ),
                fee_won=Won(draw(WON)),
                tax_won=Won(draw(WON)),
            )
        )
    return tuple(found)


HEADING = re.compile(r"(\d+)\. (매수|매도) .*\((\w{6})\)")
BOUNDS = re.compile(
    r"승인 범위: 최대 ([\d,]+)주, (?:([\d,]+)원 ?(까지|이상)|시장가), (\d\d):(\d\d)까지"
)


def number(text: str) -> int:
    return int(text.replace(",", ""))


def envelopes_shown(view: TicketView) -> tuple[TicketLeg, ...]:
    """Read every envelope back from the message, as a person would."""
    found = []
    for leg, field in zip(view.ticket.legs, ticket_embed(view, KO).fields, strict=True):
        heading, bounds = HEADING.fullmatch(str(field.name)), BOUNDS.search(str(field.value))
        assert heading is not None
        assert bounds is not None
        side = Side.BUY if heading[2] == "매수" else Side.SELL
        limit = None if bounds[2] is None else Won(number(bounds[2]))
        assert bounds[3] in {None, "까지" if side is Side.BUY else "이상"}
        envelope = Envelope(
            symbol=Symbol(heading[3]),
            side=side,
            quantity_max=Shares(number(bounds[1])),
            limit_won=limit,
            good_until=NOW.replace(hour=int(bounds[4]), minute=int(bounds[5])),
            order_type=OrderType.LIMIT if limit is not None else OrderType.MARKET,
        )
        found.append(replace(leg, number=int(heading[1]), envelope=envelope))
    return tuple(found)


@pytest.mark.untraced
@settings(max_examples=150, deadline=None)
@given(made=legs())
def test_the_message_shows_exactly_the_payload_that_is_hashed(made: tuple[TicketLeg, ...]) -> None:
    ticket: Ticket = make_ticket(legs=made)
    view = TicketView(ticket=ticket, approval=None, orders=(), fills=())
    shown = payload_hash_of(ticket.ticket_id, ticket.mode, ticket.account, envelopes_shown(view))
    assert shown == ticket.hashed()


@pytest.mark.untraced
@settings(max_examples=150, deadline=None)
@given(target=WON, sent=WON, shown=QUANTITY, asked=QUANTITY, filled=QUANTITY, fee=WON, tax=WON)
def test_every_number_is_the_stored_one(
    target: int, sent: int, shown: int, asked: int, filled: int, fee: int, tax: int
) -> None:
    filled = min(filled, asked)
    leg = replace(
        make_leg(),
        quantity=Shares(shown),
        price_won=Won(target),
        fee_won=Won(fee),
        tax_won=Won(tax),
    )
    order = replace(
        order_in(S.FILLED if filled == asked else S.PARTIAL, filled),
        request=OrderRequest(
            symbol=Symbol("069500"), side=Side.BUY, quantity=Shares(asked), price_won=Won(sent)
        ),
        average_price_won=Decimal(sent),
    )
    fill = FillObservation(
        order_id=order.order_id,
        quantity=Shares(filled),
        price_won=Won(sent),
        cumulative=filled,
        observed_at=NOW,
    )
    ticket = make_ticket(legs=(leg,), state=TicketState.APPROVED)
    view = TicketView(ticket=ticket, approval=None, orders=(order,), fills=(fill,))
    lines = str(ticket_embed(view, KO).fields[0].value).splitlines()
    assert lines[0] == f"{shown:,}주 × {target:,}원 = {shown * target:,}원"
    assert lines[2] == f"수수료 {fee:,}원 · 세금 {tax:,}원(예상)"
    assert lines[3].startswith(f"보낸 조건: {asked:,}주 × {sent:,}원")
    assert (f"{shown:,}주→{asked:,}주" in lines[3]) == (shown != asked)
    signs = re.findall(r"([+-])[\d.]+%", lines[3])
    assert signs == ([] if sent == target else ["+" if sent > target else "-"])
    word = "체결" if filled == asked else "부분체결"
    stamp = f"<t:{int(NOW.timestamp())}:R>"
    assert lines[4] == f"상태: {word} {filled:,}/{asked:,}주, 평균 {sent:,}원 · {stamp}"


def test_a_waiting_order_says_why_and_until_when() -> None:
    created, gated = order_in(S.CREATED), order_in(S.GATED)
    ticket = make_ticket(state=TicketState.APPROVED)
    opens = NOW.replace(hour=9, minute=5)

    def shown(order: Order, sends_at: datetime | None = None) -> str:
        view = TicketView(
            ticket=ticket, approval=None, orders=(order,), fills=(), sends_at=sends_at
        )
        return "\n".join(rendered(view, "ko"))

    queued = shown(created, opens)
    assert "**승인: 09:05에 다시 확인하고 보냅니다. 아직 접수되지 않았습니다.**" in queued
    assert "09:05에 다시 확인하고 보냅니다. 15:00까지 보내지 못하면" in queued
    assert "차례가 되면 다시 확인하고 보냅니다. 15:00까지" in shown(created)
    held = replace(gated, reason="시세가 오래되어 기다립니다.")
    assert "기다리는 이유: 시세가 오래되어 기다립니다. 15:00까지 보내지 못하면" in shown(held)
    assert "기다" not in "\n".join(rendered_of(S.WORKING))


def rendered_of(state: OrderState) -> tuple[str, str]:
    view = TicketView(
        ticket=make_ticket(state=TicketState.APPROVED),
        approval=None,
        orders=(order_in(state),),
        fills=(),
    )
    return rendered(view, "ko")


def test_a_smaller_quantity_says_which_limits_made_it_so() -> None:
    order = order_in(S.WORKING)
    ticket = make_ticket(state=TicketState.APPROVED)
    view = TicketView(
        ticket=ticket,
        approval=None,
        orders=(order,),
        fills=(),
        reduced_by={order.order_id: ("cash", "day_amount")},
    )
    assert "수량 조정 7 → 5: 주문 가능 금액, 하루 매수 한도" in rendered(view, "ko")[1]
    assert "수량 조정" not in rendered(replace(view, reduced_by={}), "ko")[1]


URL = re.compile(r"https?://[^\s<>\"'()\[\]]+")
STAMP = re.compile(r"<t:\d+:R>")


@pytest.mark.untraced
@pytest.mark.parametrize("locale", ["ko", "en"])
def test_no_foreign_text_is_more_than_text(locale: str) -> None:
    texts = corpus()
    assert len(set(texts)) >= 200
    for text in texts:
        leg = make_leg(name=text, reason=text + "!")
        approval = Approval(
            ticket_id="4F9KQ2ZD",
            actor_id=7,
            actor_name=text,
            interaction_id=1,
            message_id=2,
            clicked_at=NOW + timedelta(minutes=1),
            payload_hash="t1:x",
        )
        ticket = make_ticket(
            legs=(leg,),
            reason=text,
            notes=(text,),
            state=TicketState.APPROVED,
            state_reason=text,
        )
        for state in (S.REJECTED, S.GATED):
            order = replace(order_in(state), reason=text)
            view = TicketView(ticket=ticket, approval=approval, orders=(order,), fills=())
            embed = ticket_embed(view, KO if locale == "ko" else EN)
            description = str(embed.description)
            first, _, rest = description.partition("\n")
            assert re.fullmatch(r"\*\*[^*]+\*\*", first)
            mode, _, title = str(embed.title).partition("] ")
            assert mode in {"[모의투자", "[Mock trading"}
            shown = [title, rest]
            shown += [part for one in embed.fields for part in (str(one.name), str(one.value))]
            for part in shown:
                assert_is_only_text(part)
            # Foreign text stays on its own line: it cannot forge one of ours.
            values = str(embed.fields[0].value).splitlines()
            state_word = KO if locale == "ko" else EN
            start = state_word.say("embeds.progress", state="")
            assert sum(line.startswith(start) for line in values) == 1


def assert_is_only_text(part: str) -> None:
    for character in part.replace("\n", ""):
        assert unicodedata.category(character) not in {"Cf", "Cc", "Co", "Cs"}, part
    assert not re.search(r"@(everyone|here)", part, re.IGNORECASE), part
    unescaped = STAMP.sub("", re.sub(r"\\.", "x", URL.sub("", part)))
    assert not re.search(r"[*_~|`\[\]<]", unescaped), part
    assert not re.search(r"(?m)^\s*(#{1,3}|-#|>|>>>)\s", unescaped), part
