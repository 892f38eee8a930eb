"""The acts of a first trading day. The director jumps the clock between acts and runs it inside."""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import date, datetime, time, timedelta
from typing import Any

from sandbox.clock import KST
from sandbox.demo.stage import CHANNEL, Stage
from sandbox.discord.wire import Json

_LEG = re.compile(r"\(([0-9][0-9A-Z]{5})\)")
_BOUND = re.compile(r"최대 ([\d,]+)주.*?([\d,]+)원", re.DOTALL)
APPROVE = "t1:ok:"
OFFERS_MAX = 10
ASKS_MAX = 5
WINDOW_AFTER_OPEN = timedelta(minutes=5)
CHAT_AFTER_OPEN = timedelta(hours=1)
IDLE = timedelta(minutes=30, seconds=1)
REPORT_AFTER_CLOSE = timedelta(minutes=15)
EVENING_AFTER_REPORT = timedelta(minutes=75)
# How the bot begins to say that it is still answering.
BUSY_WORDS = "앞의 질문에 답하"
# First words of a ticket's headline while something is still to come.
LIVE_WORDS = ("제안", "승인", "확인", "전송", "접수", "부분체결", "진행 중", "취소 요청", "미확인")


class DayFailed(RuntimeError):
    """The day did not go as it must; the text says what was missing."""


class Director:
    """Plays the people and moves the clock."""

    def __init__(self, stage: Stage, day: date) -> None:
        """Direct `day` on `stage`."""
        self._stage = stage
        self._day = day
        # The first session of a year and the CSAT day open at 10:00; the day moves with them.
        self._opens, self._closes = stage.world.prices.hours(day)

    def at(self, hour: int, minute: int, second: int = 0) -> datetime:
        """Return a KST instant of the day."""
        return datetime.combine(self._day, time(hour, minute, second), tzinfo=KST)

    async def play(self) -> None:
        """Play every act. Raises DayFailed, TimeoutError or BotEnded."""
        await self.curtain()
        basket = await self.morning()
        if basket:
            await self.approve_basket(basket)
            await self.execution(basket)
        await self.conversation()
        await self.idle()
        await self.evening()

    async def curtain(self) -> None:
        """Wait until the bot is on Discord and has its commands."""
        stage = self._stage
        stage.teller.scene(f"{self._day} 개장 전: 봇이 켜집니다")
        await stage.until(lambda: stage.desk.connected and stage.desk.commands(), "봇의 연결", 90.0)

    async def morning(self) -> Json:
        """08:00: the cycle runs; return the basket ticket's message ({}: nothing to buy)."""
        stage = self._stage
        stage.teller.scene("08:00 일일 작업 8단계와 브리핑")
        stage.go_to(self.at(7, 59, 59), 20)
        await stage.until(self._briefing, "브리핑", 90.0)
        stage.go_to(stage.world.clock.now(), 2)
        try:
            basket = await stage.until(self._open_ticket, "장바구니 제안", 5.0)
        except TimeoutError:
            stage.teller.note("감독", "오늘은 제안이 없습니다. 이유는 브리핑에 있습니다.")
            return {}
        await stage.until(lambda: self._has_picture(self._briefing()), "브리핑 그림", 20.0)
        return basket

    async def approve_basket(self, basket: Json) -> None:
        """A stranger's press is refused; the owner's counts and is queued until 09:05."""
        stage = self._stage
        button = _button(basket, APPROVE)
        stage.teller.scene("낯선 사람이 ✅를 눌러도 아무 일이 없고, 주인의 ✅만 승인이 됩니다")
        refused = await stage.desk.press("stranger", basket["id"], button)
        await stage.desk.settled(refused) if refused.message else None
        if "PRESENTED" not in self._ticket_state(basket) and not _button(
            stage.desk.message(basket["id"]), APPROVE
        ):
            raise DayFailed("낯선 사람의 승인이 받아들여졌습니다")
        await self._approve(basket)

    async def execution(self, basket: Json) -> None:
        """Open + 5 minutes: queued orders are checked again, sent one by one, and filled."""
        stage = self._stage
        window = self._opens + WINDOW_AFTER_OPEN
        stage.teller.scene(f"{window:%H:%M} 주문 시간이 열리면 다시 확인하고 한 번씩 보냅니다")
        before = len(stage.world.exchange.orders(self._day))
        if before:
            raise DayFailed("주문 시간 전에 주문이 나갔습니다")
        stage.go_to(window, 5)
        await stage.until(
            lambda: stage.world.exchange.orders(self._day) or self._ended(basket), "첫 주문", 40.0
        )
        stage.go_to(stage.world.clock.now(), 10)
        await stage.until(lambda: self._sent(basket), "모든 주문의 접수", 60.0)
        await self.offered_again()
        stage.go_to(stage.world.clock.now(), 20)
        try:
            await stage.until(lambda: self._ended(basket), "바스켓 체결", 20.0)
        except TimeoutError:
            stage.teller.note("감독", "지정가에 걸린 주문이 남아 있습니다. 하루를 이어 갑니다.")

    async def offered_again(self) -> None:
        """A leg that opened beyond its bound is offered anew; the owner approves that too."""
        stage = self._stage
        for _ in range(OFFERS_MAX):
            try:
                fresh = await stage.until(self._open_ticket, "새 제안", 2.0)
            except TimeoutError:
                return
            stage.teller.note("감독", "시세가 승인 범위를 벗어나 새 제안이 나왔습니다.")
            await self._approve(fresh)
            await stage.until(lambda: self._sent(fresh), "새 제안의 접수", 40.0)  # noqa: B023

    async def conversation(self) -> None:
        """A /trade conversation to a filled order, then a kill between a ticket and its ✅."""
        stage = self._stage
        begins = self._opens + CHAT_AFTER_OPEN
        stage.teller.scene(f"{begins:%H:%M} /trade: 대화에서 주문까지")
        stage.go_to(begins, 4)
        request = self._request()
        shown = await stage.desk.slash("owner", CHANNEL, "trade")
        await stage.desk.submit_modal("owner", shown, {"request": request})
        thread = await stage.until(self._thread, "대화 스레드", 15.0)
        ticket = await stage.until(lambda: self._open_ticket(int(thread["id"])), "제안", 30.0)
        await self._approve(ticket)
        await stage.until(lambda: self._ended(ticket), "대화 주문 체결", 40.0)
        await stage.desk.say("owner", int(thread["id"]), "잔고 보여줘")
        await stage.until(lambda: self._answered(int(thread["id"])), "잔고 답변", 20.0)
        await self.killed(int(thread["id"]))

    async def killed(self, thread: int) -> None:
        """SIGKILL between a ticket and its ✅; the button works after the restart."""
        stage = self._stage
        stage.teller.scene("제안이 나온 뒤 봇을 강제 종료(SIGKILL)하고 다시 켭니다")
        stage.go_to(stage.world.clock.now(), 2)
        ticket = await self._second_ticket(thread)
        number = stage.bot.process_id
        await stage.bot.kill()
        stage.teller.note(
            "감독", f"봇 프로세스를 SIGKILL로 끝냈습니다(번호 {number})", kind="killed"
        )
        await stage.bot.start()
        stage.teller.note("감독", "봇을 다시 켭니다", kind="restarted")
        await stage.until(lambda: stage.desk.connected, "다시 연결", 60.0)
        # discord.py answers buttons once its session is set up.
        await stage.until(self._awake, "다시 준비", 20.0)
        await self._approve(ticket)
        stage.go_to(stage.world.clock.now(), 5)
        await stage.until(lambda: self._ended(ticket), "재시작 뒤 체결", 60.0)

    async def _second_ticket(self, thread: int) -> Json:
        """Ask for another order as a person does: again, where the bot was still answering."""
        stage = self._stage
        for _ in range(ASKS_MAX):
            await stage.desk.say("owner", thread, self._request())
            await stage.until(
                lambda: self._open_ticket(thread) or self._put_off(thread), "두 번째 제안", 30.0
            )
            ticket = self._open_ticket(thread)
            if ticket:
                return ticket
            stage.teller.note("감독", "봇이 아직 앞의 말에 답하고 있어 다시 말합니다.")
            with suppress(TimeoutError):
                await stage.until(lambda: None, "앞의 답", 1.0)
        raise DayFailed("봇이 앞의 답을 끝내지 않습니다")

    async def idle(self) -> None:
        """30 idle minutes: the thread is summarised and archived."""
        stage = self._stage
        stage.teller.scene("30분 동안 말이 없으면 대화를 요약하고 보관합니다")
        thread = self._thread()
        lines = stage.desk.messages(int(thread["id"]))
        last = max(datetime.fromisoformat(line["timestamp"]) for line in lines)
        stage.go_to((last + IDLE).astimezone(KST), 10)
        await stage.until(lambda: self._archived(thread), "요약과 보관", 40.0)

    async def evening(self) -> None:
        """15:45 closing report, then the portfolio."""
        stage = self._stage
        report = self._closes + REPORT_AFTER_CLOSE
        stage.teller.scene(f"{report:%H:%M} 마감 보고와 저녁 잔고")
        stage.go_to(report - timedelta(seconds=2), 20)
        before = len(stage.desk.messages(CHANNEL))
        await stage.until(lambda: len(stage.desk.messages(CHANNEL)) > before, "마감 보고", 60.0)
        stage.go_to(report + EVENING_AFTER_REPORT, 2)
        shown = await stage.desk.slash("owner", CHANNEL, "portfolio")
        if shown.message is not None:
            await stage.desk.settled(shown, 20.0)
        stage.go_to(stage.world.clock.now(), 1)

    async def _approve(self, ticket: Json) -> None:
        stage = self._stage
        message = stage.desk.message(ticket["id"])
        legs = approved_legs(message)
        pressed = await stage.desk.press("owner", ticket["id"], _button(message, APPROVE))
        if pressed.failed:
            raise DayFailed(f"✅ 에 답이 없습니다: {pressed.failed}")
        await stage.until(
            lambda: not _button(stage.desk.message(ticket["id"]), APPROVE), "승인 표시", 20.0
        )
        stage.teller.approved("주인", legs)

    def _request(self) -> str:
        """Ask to sell one share of the largest holding: there is little cash left to buy with."""
        held = [
            item
            for item in self._stage.world.exchange.holdings(self._stage.world.clock.now())
            if item.sellable > 0
        ]
        if not held:
            symbol = self._stage.world.universe[0]
            return f"{self._stage.world.prices.name(symbol)} 1주 사줘"
        largest = max(held, key=lambda item: (item.sellable, item.symbol))
        return f"{self._stage.world.prices.name(largest.symbol)} 1주 팔아줘"

    def _briefing(self) -> Json:
        return self._stage.newest(CHANNEL, lambda m: bool(m["embeds"]) and not m["components"])

    def _has_picture(self, message: Json) -> bool:
        return bool(message) and bool(self._stage.desk.files(message["id"]))

    def _open_ticket(self, channel: str | int = CHANNEL) -> Json:
        return self._stage.newest(channel, lambda m: bool(_button(m, APPROVE)))

    def _ticket_state(self, message: Json) -> str:
        return "PRESENTED" if _button(self._stage.desk.message(message["id"]), APPROVE) else ""

    def _ended(self, ticket: Json) -> bool:
        """Whether the message says that nothing more is coming."""
        return not self._headline(ticket).startswith(LIVE_WORDS)

    def _sent(self, ticket: Json) -> bool:
        """Whether no order of the ticket waits or is being sent any more."""
        text = self._headline(ticket)
        waits = "대기" in text or "전송" in text or text.startswith(("승인", "확인"))
        return not waits or not text.startswith(LIVE_WORDS)

    def _headline(self, ticket: Json) -> str:
        message = self._stage.desk.message(ticket["id"])
        text = str(message["embeds"][0].get("description", "")) if message["embeds"] else ""
        return text.splitlines()[0].strip("* ") if text else ""

    def _thread(self) -> Json:
        threads = self._stage.desk.threads(CHANNEL)
        return threads[-1] if threads else {}

    def _archived(self, thread: Json) -> bool:
        found = self._stage.desk.channel(int(thread["id"]))
        return bool(found["thread_metadata"]["archived"])

    def _answered(self, thread: int) -> bool:
        messages = self._stage.desk.messages(thread)
        last = messages[-1]
        return last["author"]["id"] != str(self._stage.desk.users["owner"]) and "원" in str(
            last["content"] or last["embeds"]
        )

    def _put_off(self, thread: int) -> bool:
        """Whether the bot's last word is that it is still answering."""
        return BUSY_WORDS in str(self._stage.desk.messages(thread)[-1]["content"])

    def _awake(self) -> bool:
        self._stage.seen["wait"] = self._stage.seen.get("wait", "") + "."
        return len(self._stage.seen["wait"]) > 40


def approved_legs(message: dict[str, Any]) -> list[dict[str, object]]:
    """Return the bounds that the message shows per leg: symbol, side, quantity, price."""
    legs: list[dict[str, object]] = []
    for embed in message["embeds"]:
        texts = [f"{f['name']}\n{f['value']}" for f in embed.get("fields") or []]
        for text in texts or [f"{embed.get('title')}\n{embed.get('description')}"]:
            symbol, bound = _LEG.search(text), _BOUND.search(text)
            if symbol and bound:
                legs.append(
                    {
                        "symbol": symbol[1],
                        "side": "sell" if "매도" in text else "buy",
                        "quantity": int(bound[1].replace(",", "")),
                        "price": int(bound[2].replace(",", "")),
                    }
                )
    return legs


def _button(message: dict[str, Any], beginning: str) -> str:
    """Return the custom_id of the first enabled button that begins so ("" when there is none)."""
    for row in message.get("components") or []:
        for item in row.get("components") or []:
            custom_id = str(item.get("custom_id", ""))
            if custom_id.startswith(beginning) and not item.get("disabled"):
                return custom_id
    return ""
