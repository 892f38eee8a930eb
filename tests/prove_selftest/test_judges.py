from __future__ import annotations

from dataclasses import replace
from datetime import timedelta

import pytest

from tests.prove.judges import difference, judge_day
from tests.prove.transcript import Event, order_news, read
from tests.prove_selftest.hand_made import BUY, HOURS, SELL, at, day, edited, order, said, ticket


def places(events, state, side="buy"):
    return [
        index
        for index, event in enumerate(events)
        if event.order and event.order.state == state and event.order.side == side
    ]


def faults(events: list[Event]) -> str:
    return "; ".join(judge_day(events, HOURS))


def test_a_good_day_has_no_fault():
    assert judge_day(day(), HOURS) == []


@pytest.mark.parametrize("when", [at(9, 4, 59), at(15, 15, 1)])
def test_an_order_outside_the_window_is_found(when):
    events = day()
    place = places(events, "접수")[0]
    events[place] = replace(events[place], t=when)
    assert "outside 09:05-15:15" in faults(events)


@pytest.mark.parametrize(("quantity", "price"), [(4, 35_100), (3, 35_205)])
def test_a_buy_outside_its_envelope_is_found(quantity, price):
    events = day()
    events[places(events, "접수")[0]] = order(at(9, 5, 4), "접수", BUY, quantity, price)
    assert "outside the approved 3 @ 35200" in faults(events)


def test_a_sale_below_its_limit_is_found():
    events = day()
    events[places(events, "접수", "sell")[0]] = order(at(10, 2, 4), "접수", SELL, 1, 33_995)
    assert "outside the approved 1 @ 34000" in faults(events)


def test_a_double_order_is_found():
    events = day()
    place = places(events, "접수")[0]
    events.insert(place + 1, events[place])
    assert "a second order on one approval" in faults(events)


def test_an_order_that_nobody_approved_is_found():
    events = day()
    place = places(events, "접수")[0]
    events[place] = order(at(9, 5, 4), "접수", ("102110", "buy"), 1, 1_000)
    assert "nobody approved it before" in faults(events)


def test_an_order_before_its_approval_is_found():
    events = day()
    early = events.pop(places(events, "접수")[0])
    events.insert(0, early)
    assert "nobody approved it before" in faults(events)


def test_an_order_between_the_press_and_the_teller_is_no_fault():
    events = day()
    approved, accepted = places(events, "승인", "sell")[0], places(events, "접수", "sell")[0]
    events.insert(approved, events.pop(accepted))
    assert faults(events) == ""


def test_filled_said_too_early_is_found():
    events = day()
    too_early = ticket("AAAA", "체결: 3주", ("매수", "069500", "체결"))
    events.insert(places(events, "접수")[0] + 1, edited(at(9, 5, 5), "m1", too_early))
    assert "ticket AAAA says 체결 of 069500 buy at 09:05:05 too early" in faults(events)


def test_accepted_said_of_an_order_that_was_never_sent_is_found():
    events = day()
    never = ticket(
        "AAAA", "진행 중: 접수 2건", ("매수", "069500", "접수"), ("매수", "102110", "접수")
    )
    events.append(edited(at(9, 6), "m1", never))
    assert "says 접수 of 102110 buy" in faults(events)


def test_tickets_that_cannot_be_read_are_found():
    events = [replace(e, embeds=()) if e.ticket else e for e in day()]
    assert "no ticket ever said 체결 of 069500 sell" in faults(events)


def test_a_ticket_that_moves_after_a_strangers_press_is_found():
    events = day()
    moved = ticket("AAAA", "승인: 대기", ("매수", "069500", "대기"))
    events.insert(3, edited(at(8, 6), "m1", moved))
    assert "the ticket changed after a stranger's press" in faults(events)


def test_a_stranger_without_an_answer_and_a_day_without_a_stranger_are_found():
    events = day()
    del events[3]
    assert "got no answer" in faults(events)
    del events[2]
    assert "no stranger pressed" in faults(events)


def test_a_lost_and_a_doubled_order_after_the_restart_are_found():
    events = day()
    place = places(events, "접수", "sell")[0]
    doubled = [*events[: place + 1], events[place], *events[place + 1 :]]
    assert "2 orders after the restart, not 1" in faults(doubled)
    del events[place]
    assert "0 orders after the restart, not 1" in faults(events)


def test_a_day_without_a_kill_is_found():
    assert "not killed" in faults([e for e in day() if e.kind != "killed"])


def test_a_missing_archive_and_a_missing_summary_are_found():
    events = [e for e in day() if e.kind != "thread_updated"]
    assert "no thread was archived" in faults(events)
    assert "without a summary" in faults([e for e in day() if "요약" not in e.text])
    elsewhere = [replace(e, channel_id="7002") if "요약" in e.text else e for e in day()]
    assert "without a summary" in faults(elsewhere)


def test_a_missing_an_early_and_a_second_report_are_found():
    events = day()
    assert "0 closing reports" in faults(events[:-1])
    assert "2 closing reports" in faults([*events, events[-1]])
    early = replace(events[-1], t=events[-1].t - timedelta(seconds=1))
    assert "a closing report at 15:44:59" in faults([*events[:-1], early])


def test_a_second_briefing_and_a_missing_picture_are_found():
    events = day()
    assert "2 briefings" in faults([*events, events[1]])
    events[1] = said(at(8, 6), "[모의투자] 아침 브리핑", "주문 1건")
    assert "with 0 pictures" in faults(events)


def test_two_tickets_before_the_open_are_found():
    events = day()
    second = edited(at(8, 5), "m0", ticket("CCCC", "제안: ✅", ("매수", "069500", "")))
    assert "2 tickets before the open" in faults([second, *events])


def test_a_morning_without_a_ticket_says_why():
    silent = [said(at(8, 6), "[모의투자] 아침 브리핑", "조용한 날", picture=True)]
    assert "does not say why" in faults(silent)
    told = [
        said(
            at(8, 6),
            "[모의투자] 아침 브리핑",
            "오늘은 주문하지 않습니다: 시세 이력이 모자랍니다.",
            picture=True,
        )
    ]
    assert "does not say why" not in faults(told)


def test_two_days_that_part_are_told_apart():
    first = order_news(day())
    assert difference(first, first) == []
    assert "order event 5" in difference(first, [*first[:4], ("x",), *first[5:]])[0]
    assert difference(first, first[:-1]) == ["first 6 order events, then 5"]


def test_a_transcript_line_that_is_none_is_named(tmp_path):
    path = tmp_path / "t.jsonl"
    path.write_text(
        '{"t":"2026-11-03T09:05:04+09:00","kind":"order","actor":"증권사","channel":"","text":"접수",'
        '"order":{"symbol":"069500","side":"buy","quantity":3,"price":35100,"state":"접수"}}\n{}\n'
    )
    with pytest.raises(ValueError, match=r"t\.jsonl:2"):
        read(path)
    path.write_text(path.read_text().splitlines()[0])
    assert order_news(read(path)) == [("접수", "069500", "buy", 3, 35_100)]
