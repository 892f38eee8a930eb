from __future__ import annotations

import re
from dataclasses import replace
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

import pytest

from bot.chat.text import units
from bot.chat.ticket_embed import possible_actions, ticket_embed
from bot.locales import load
from core.domain.instrument import Symbol
from core.domain.modes import Mode
from core.domain.money import Shares, Won
from core.domain.orders import FillObservation, OrderState, Side
from core.domain.standing import StandingState, StandingStop
from core.domain.tickets import Approval, TicketAction, TicketState
from core.ports.surface import TicketView
from tests.fakes.fake_chat_services import NOW, make_leg, make_order, make_ticket, make_view

LANGUAGES = ("ko", "en")
HOSTILE = "**굵게** @everyone <@1> [여기](http://evil.test) `x` \u202e뒤집힘\u200b ||가림|| # 제목"


def rendered(view, locale: str = "ko") -> Any:
    return ticket_embed(view, load(locale))


def first_line(view, locale: str = "ko") -> str:
    return str(rendered(view, locale).description).splitlines()[0].strip("*")


def assert_within_limits(embed) -> None:
    assert units(embed.title) <= 256
    assert units(embed.description) <= 4096
    assert len(embed.fields) <= 25
    total = units(embed.title) + units(embed.description) + units(embed.footer.text or "")
    for field in embed.fields:
        assert 1 <= units(field.name) <= 256
        assert 1 <= units(field.value) <= 1024
        total += units(field.name) + units(field.value)
    assert total <= 6000


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_state_has_its_own_first_sentence(locale: str) -> None:
    lines = [first_line(make_view(make_ticket(state=state)), locale) for state in TicketState]
    approved = make_ticket(state=TicketState.APPROVED)
    lines += [
        first_line(make_view(approved, (make_order(state, filled=1),)), locale)
        for state in OrderState
    ]
    assert len(set(lines)) == len(TicketState) + len(OrderState)


@pytest.mark.parametrize(
    ("state", "word", "never"),
    [
        (OrderState.WORKING, "접수:", "체결:"),
        (OrderState.PARTIAL, "부분체결:", "접수"),
        (OrderState.FILLED, "체결:", "접수"),
        (OrderState.UNKNOWN, "미확인:", "체결"),
    ],
)
def test_accepted_is_never_called_filled(state: OrderState, word: str, never: str) -> None:
    line = first_line(make_view(make_ticket(state=TicketState.APPROVED), (make_order(state),)))
    assert line.startswith(word)
    assert never not in line


@pytest.mark.parametrize("locale", LANGUAGES)
@pytest.mark.parametrize("legs", [1, 20, pytest.param(60, marks=pytest.mark.untraced)])
def test_long_baskets_and_reasons_stay_within_discords_limits(locale: str, legs: int) -> None:
    made = tuple(
        make_leg(number, name="긴이름" * 50, reason="이유 " * 2000) for number in range(1, legs + 1)
    )
    ticket = make_ticket(
        legs=made, reason="왜냐하면 " * 1000, notes=("수량 조정 5 → 3 " * 200,) * 9
    )
    orders = tuple(
        make_order(OrderState.PARTIAL, number, filled=1, reason="늦음 " * 500)
        for number in range(1, legs + 1)
    )
    assert_within_limits(rendered(make_view(ticket), locale))
    approved = make_view(replace(ticket, state=TicketState.APPROVED), orders)
    assert_within_limits(rendered(approved, locale))


def test_twenty_legs_show_every_envelope() -> None:
    legs = tuple(make_leg(number, reason="이유 " * 2000) for number in range(1, 21))
    embed = rendered(make_view(make_ticket(legs=legs)))
    assert len(embed.fields) == 20
    assert all(
        "승인 범위: 최대 7주, 35,200원까지, 15:00까지" in field.value for field in embed.fields
    )


def test_what_does_not_fit_is_counted() -> None:
    legs = tuple(make_leg(number) for number in range(1, 61))
    embed = rendered(make_view(make_ticket(legs=legs)))
    assert embed.fields[-1].name == f"…외 {60 - (len(embed.fields) - 1)}건"


def test_hostile_names_and_reasons_are_shown_as_written() -> None:
    leg = make_leg(name=HOSTILE, reason=HOSTILE)
    embed = rendered(make_view(make_ticket(legs=(leg,), reason=HOSTILE + "!")))
    field = embed.fields[0]
    for text in (embed.title, embed.description, field.name, field.value):
        assert "\u202e" not in text
        assert "\u200b" not in text
        assert "@everyone" not in text
        assert not re.search(r"(?<!\\)<@", text)
        assert not re.search(r"(?<!\\)\[여기", text)
        assert r"\*\*굵게" in text or "굵게" not in text


def test_one_leg_says_all_that_the_person_approves() -> None:
    embed = rendered(make_view())
    assert embed.title == "[모의투자] 매수 KODEX 200(069500)"
    assert "4F9KQ2ZD" in embed.footer.text
    value = embed.fields[0].value
    assert "3주 × 35,150원 = 105,450원" in value
    assert "수수료 15원 · 세금 0원" in value
    assert f"<t:{int((NOW + timedelta(minutes=10)).timestamp())}:R>" in embed.description
    assert "모멘텀 상위" in embed.description


@pytest.mark.parametrize(
    ("mode", "tag"),
    [
        (Mode.SIM, "[시뮬레이션]"),
        (Mode.VTS, "[모의투자]"),
        (Mode.REAL, "[실전]"),
        (Mode.OBSERVE, "[관찰]"),
    ],
)
def test_every_title_names_the_mode(mode: Mode, tag: str) -> None:
    assert rendered(make_view(make_ticket(mode=mode))).title.startswith(tag)


def test_progress_shows_who_approved_and_what_filled() -> None:
    approval = Approval(
        ticket_id="4F9KQ2ZD",
        actor_id=7,
        actor_name="주인",
        interaction_id=1,
        message_id=2,
        clicked_at=NOW,
        payload_hash="t1:x",
    )
    order = make_order(
        OrderState.PARTIAL, filled=2, average_price_won=Decimal("35120.4"), reason="느림"
    )
    fill = FillObservation(
        order_id=order.order_id,
        quantity=Shares(2),
        price_won=Won(35_120),
        cumulative=2,
        observed_at=NOW,
    )
    view = make_view(make_ticket(state=TicketState.APPROVED), (order,), (fill,), approval)
    embed = rendered(view)
    assert f"승인: 주인 · <t:{int(NOW.timestamp())}:R>" in embed.description
    assert "상태: 부분체결 2/7주, 평균 35,120원 ·" in embed.fields[0].value
    assert "느림" in embed.fields[0].value


@pytest.mark.parametrize(
    ("state", "words"),
    [
        (OrderState.FILLED, "상태: 체결 7/7주, 평균 35,120원"),
        (OrderState.CANCEL_PENDING, "상태: 취소 요청 · 체결 2/7주, 평균 35,120원"),
        (OrderState.PARTIAL_CANCELLED, "상태: 부분체결 후 취소 · 체결 2/7주, 평균 35,120원"),
        (OrderState.WORKING, "상태: 접수"),
    ],
)
def test_a_leg_says_once_what_was_filled(state: OrderState, words: str) -> None:
    filled = {OrderState.FILLED: 7, OrderState.WORKING: 0}.get(state, 2)
    mean = Decimal("35120.4") if filled else None
    order = make_order(state, filled=filled, average_price_won=mean)
    view = make_view(make_ticket(state=TicketState.APPROVED), (order,))
    assert words in str(rendered(view).fields[0].value).splitlines()


def test_a_basket_sums_both_sides_and_counts_states() -> None:
    legs = (make_leg(1, side=Side.SELL), make_leg(2))
    ticket = make_ticket(legs=legs, state=TicketState.APPROVED)
    orders = (make_order(OrderState.FILLED, 1, filled=7), make_order(OrderState.WORKING, 2))
    view = make_view(ticket, orders)
    assert first_line(view) == "진행 중: 접수 1건, 체결 1건"
    description = rendered(view).description
    assert "매도 105,450원 · 매수 105,450원" in description
    doubt = make_view(ticket, (orders[0], make_order(OrderState.UNKNOWN, 2)))
    assert first_line(doubt).startswith("미확인 주문이 있습니다")
    ended = make_view(ticket, (orders[0], make_order(OrderState.REJECTED, 2)))
    assert first_line(ended) == "끝남: 체결 1건, 거부 1건"


def test_market_orders_show_no_price() -> None:
    leg = make_leg()
    leg = replace(leg, price_won=None, envelope=replace(leg.envelope, limit_won=None))
    value = rendered(make_view(make_ticket(legs=(leg,)))).fields[0].value
    assert "3주 · 시장가" in value
    assert "승인 범위: 최대 7주, 시장가, 15:00까지" in value


def test_only_possible_actions_have_buttons() -> None:
    everything = (TicketAction.APPROVE, TicketAction.EDIT, TicketAction.DECLINE)
    assert possible_actions(make_view()) == everything
    observing = make_view(make_ticket(mode=Mode.OBSERVE))
    assert possible_actions(observing) == (TicketAction.DECLINE,)
    approved = make_ticket(state=TicketState.APPROVED)
    for state in OrderState:
        live = state in {
            OrderState.CREATED,
            OrderState.GATED,
            OrderState.WORKING,
            OrderState.PARTIAL,
        }
        actions = possible_actions(make_view(approved, (make_order(state),)))
        assert actions == ((TicketAction.CANCEL,) if live else ())
    for ended in set(TicketState) - {TicketState.PRESENTED, TicketState.APPROVED}:
        assert possible_actions(make_view(make_ticket(state=ended))) == ()


def standing(state: StandingState, **changes: object) -> TicketView:
    stop = StandingStop(
        ticket_id="4F9KQ2ZD",
        leg=1,
        symbol=Symbol("069500"),
        quantity_max=7,
        stop_bps=700,
        floor_bps=1_400,
        until=date(2026, 12, 26),
        state=state,
    )
    ended = TicketState.APPROVED if state is not StandingState.OFFERED else TicketState.PRESENTED
    view = make_view(make_ticket(state=ended))
    return replace(view, standing=(replace(stop, **changes),))  # type: ignore[arg-type]


def test_a_stop_that_may_be_approved_in_advance_is_said_with_its_bounds_and_has_a_button() -> None:
    view = standing(StandingState.OFFERED)
    assert possible_actions(view)[:2] == (TicketAction.APPROVE, TicketAction.STAND)
    text = rendered(view).description
    assert "평균 매입가에서 -7%에 닿을 때 ✅를 다시 묻지 않고 한 번 팝니다" in text
    assert "-14% 이상일 때만, 2026-12-26까지" in text
    watched = replace(view, ticket=make_ticket(mode=Mode.OBSERVE))
    assert possible_actions(watched) == (TicketAction.DECLINE,)


def test_the_entry_says_what_became_of_its_stop() -> None:
    assert "손절(-7%)도 미리 승인했습니다" in rendered(standing(StandingState.GRANTED)).description
    assert "승인을 거두었습니다" in rendered(standing(StandingState.REVOKED)).description
    used = standing(StandingState.USED, used_by="5F9KQ2ZD")
    assert "제안 5F9KQ2ZD에 썼습니다" in rendered(used).description
    other = replace(used.standing[0], leg=2, used_by="6F9KQ2ZD")
    basket = replace(used, standing=(*used.standing, other))
    assert "제안 5F9KQ2ZD, 6F9KQ2ZD에 썼습니다" in rendered(basket).description
    plain = standing(StandingState.OFFERED)
    approved = replace(plain, ticket=make_ticket(state=TicketState.APPROVED))
    assert "🛡️" not in rendered(approved).description


def test_an_exit_approved_in_advance_names_who_and_the_entry() -> None:
    given = Approval(
        ticket_id="4F9KQ2ZD",
        actor_id=11,
        actor_name="주인",
        interaction_id=-5,
        message_id=0,
        clicked_at=NOW,
        payload_hash="t1:abc",
    )
    view = standing(StandingState.USED, ticket_id="3F9KQ2ZD", used_by="4F9KQ2ZD")
    text = rendered(replace(view, approval=given)).description
    assert "이 손절은 제안 3F9KQ2ZD을 승인할 때 미리 승인되었습니다" in text
    assert "미리 승인: 주인" in text


def test_an_exit_approved_in_advance_says_when_its_order_ends_not_when_the_window_does() -> None:
    order = make_order(OrderState.WORKING)
    until = order.envelope.good_until
    assert f"{until:%H:%M}까지" in rendered(make_view(orders=(order,))).fields[0].value
    earlier = replace(order.envelope, good_until=until - timedelta(minutes=70))
    text = rendered(make_view(orders=(replace(order, envelope=earlier),))).fields[0].value
    assert f"{earlier.good_until:%H:%M}까지" in text
    assert f"{until:%H:%M}" not in text
