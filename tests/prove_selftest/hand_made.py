"""A hand-made day without a fault, into which tests plant one."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time
from typing import Any

from sandbox.clock import KST
from tests.prove.judges import Hours
from tests.prove.transcript import Event, OrderNews

DAY = date(2026, 11, 3)


def at(hour: int, minute: int = 0, second: int = 0) -> datetime:
    return datetime.combine(DAY, time(hour, minute, second), tzinfo=KST)


HOURS = Hours(at(9), at(15, 30))
THREAD = "KODEX 200 1주 팔아줘"
DECIDED = "KODEX 200 매도 1건 체결"
THREAD_ID = "7001"


def ticket(
    number: str, headline: str, *legs: tuple[str, str, str], title: str = "[모의투자] 묶음 주문"
) -> tuple[dict[str, Any], ...]:
    fields = [
        {"name": f"{place}. {side} 이름({symbol})", "value": f"승인 범위: 최대 3주\n상태: {state}"}
        for place, (side, symbol, state) in enumerate(legs, 1)
    ]
    return (
        {
            "title": title,
            "description": f"**{headline}**\n합계",
            "footer": {"text": f"제안 번호 {number}"},
            "fields": fields,
        },
    )


def order(when: datetime, state: str, key: tuple[str, str], quantity: int, price: int) -> Event:
    actor = "주인" if state == "승인" else "증권사"
    news = OrderNews(*key, quantity, price, state)
    return Event(t=when, kind="order", actor=actor, text=state, order=news)


def press(when: datetime, actor: str, message: str, channel: str = "매매") -> Event:
    text = "✅ 를 누릅니다"
    return Event(
        t=when, kind="interaction", actor=actor, channel=channel, text=text, message_id=message
    )


def edited(when: datetime, message: str, embeds: Any, channel: str = "매매") -> Event:
    return Event(
        t=when,
        kind="message_edited",
        actor="봇",
        channel=channel,
        embeds=embeds,
        message_id=message,
    )


def said(when: datetime, title: str, text: str, *, picture: bool = False) -> Event:
    embed: dict[str, Any] = {"title": title, "description": text}
    if picture:
        embed["image"] = {"url": "x.png"}
    return Event(
        t=when, kind="message_posted", actor="봇", channel="매매", text=text, embeds=(embed,)
    )


BUY, SELL = ("069500", "buy"), ("069500", "sell")


def day() -> list[Event]:
    """A basket of one leg, a sale in a thread, a kill, an archive and a report."""
    offered = ticket("AAAA", "제안: ✅", ("매수", "069500", ""))
    chat = ticket("BBBB", "제안: ✅", ("매도", "069500", ""), title="[모의투자] 매도")
    reply = Event(t=at(8, 6), kind="interaction_reply", actor="봇", text="아무", private=True)
    return [
        replace(edited(at(8, 5), "m1", offered), kind="message_posted"),
        said(at(8, 6), "[모의투자] 아침 브리핑", "주문 1건", picture=True),
        press(at(8, 6), "낯선 사람", "m1"),
        reply,
        press(at(8, 7), "주인", "m1"),
        edited(at(8, 7), "m1", ticket("AAAA", "승인: 대기", ("매수", "069500", "대기"))),
        order(at(8, 7, 1), "승인", BUY, 3, 35_200),
        order(at(9, 5, 4), "접수", BUY, 3, 35_100),
        edited(at(9, 5, 5), "m1", ticket("AAAA", "접수: 받았습니다", ("매수", "069500", "접수"))),
        order(at(9, 5, 9), "체결", BUY, 3, 35_100),
        edited(at(9, 5, 10), "m1", ticket("AAAA", "체결: 3주", ("매수", "069500", "체결"))),
        replace(edited(at(10), "m2", chat, THREAD), kind="message_posted"),
        Event(t=at(10, 1), kind="killed", actor="감독"),
        Event(t=at(10, 1), kind="restarted", actor="감독"),
        press(at(10, 2), "주인", "m2", THREAD),
        order(at(10, 2, 1), "승인", SELL, 1, 34_000),
        order(at(10, 2, 4), "접수", SELL, 1, 35_000),
        order(at(10, 2, 5), "체결", SELL, 1, 35_000),
        edited(at(10, 2, 6), "m2", ticket("BBBB", "체결: 1주", ("매도", "069500", "체결")), THREAD),
        replace(
            said(at(11), "", "요약하고 닫습니다"), channel=THREAD, channel_id=THREAD_ID, embeds=()
        ),
        Event(
            t=at(11, 0, 1),
            kind="thread_updated",
            actor="봇",
            channel=DECIDED,
            channel_id=THREAD_ID,
            text=f"{DECIDED} (보관됨)",
        ),
        said(at(15, 45), "[모의투자] 마감 보고", "주문 2건"),
    ]
