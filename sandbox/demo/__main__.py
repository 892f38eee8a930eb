"""`python -m sandbox demo`: the bot as a child process, played with on a page or shown a day."""

from __future__ import annotations

import argparse
import asyncio
import signal
import sys
import time
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path

from rich.console import Console

from core.errors import DataError
from sandbox.argument_types import calendar_day, port_number
from sandbox.clock import KST
from sandbox.demo.bot_process import BotEnded
from sandbox.demo.director import DayFailed, Director
from sandbox.demo.keeping import keep
from sandbox.demo.place import prepare
from sandbox.demo.stage import LOOK_SECONDS, Stage, set_up
from sandbox.demo.teller import Teller
from sandbox.servers import PortTaken
from sandbox.web.server import serve_page
from sandbox.world import BROKERS, World, WorldSettings, build_world

EXIT_FAILED, EXIT_BAD_INPUT = 1, 2
EXIT_BY_SIGNAL = 128
_ENDING = (signal.SIGINT, signal.SIGTERM)
OUTPUT = Path("demo-output")
DEFAULT_DAY = date(2026, 11, 2)
PAGE_PORT = 8787
_SERVERS = "[3/4] 서버: 증권사, 디스코드, 언어 모델, 뉴스 · servers: broker, Discord, model, news"
_BOT = "[4/4] 봇을 켭니다, 몇 초 걸립니다 · the bot starts, it takes some seconds"
_READY = (
    '      봇이 켜졌습니다({seconds:.0f}초). 페이지에서 "아침 08:00"을 먼저 누르세요.'
    ' · The bot is on. On the page press "Morning 08:00" first.'
)
_INVITATION = """
브라우저에서 여세요 · open in a browser:  {url}

  1. 봇이 켜지면(위쪽의 ● 봇 켜짐) 오른쪽 "처음 1분"을 따라가 보세요.
  2. "아침 08:00"을 누르면 브리핑과 묶음 주문이 올라옵니다. ✅를 눌러야 주문합니다.
  3. "주문 시간 09:05"에 다시 확인하고 한 번씩 보냅니다. 같은 메시지가 접수와 체결로 바뀝니다.
  4. 말썽을 부려 보세요: 답을 잃게 하고, 봇을 끄고, ✅를 두 번 누르고.
  다른 사람으로 · as somebody else:  {url}/?as=approver  {url}/?as=stranger

  1. Once the bot is on (● at the top), follow "The first minute" on the page.
  2. "Morning 08:00" brings the briefing and a basket. Nothing is ordered without a ✅.
  3. At 09:05 every order is checked again and sent one time; its message turns to filled.
  4. Make trouble: lose a reply, kill the bot, press ✅ twice.

내 일봉으로 · on your own daily bars:  make demo ARGS="--prices FILE.csv --date 2023-03-02"
끝내려면 Ctrl-C · Ctrl-C ends it.
"""


def main(argv: list[str]) -> int:
    """Open the page, or with --once play the day; return the exit code.

    0 when every act was seen or the page was left by Ctrl-C, 1 when an act was missing, 2 for bad
    input. A signal in the middle of a played day gives 130 or 143.
    """
    arguments = _parser().parse_args(argv)
    try:
        return _play(arguments)
    except KeyboardInterrupt:  # before the day began, while prices were read
        return EXIT_BY_SIGNAL + signal.SIGINT


def _play(arguments: argparse.Namespace) -> int:
    try:
        world = build_world(
            WorldSettings(
                prices=arguments.prices,
                adjusted=arguments.adjusted,
                seed=arguments.seed,
                broker=arguments.broker,
                start=datetime.combine(
                    arguments.date or DEFAULT_DAY, datetime.min.time(), tzinfo=KST
                )
                + timedelta(hours=7, minutes=58),
            )
        )
    except (DataError, ValueError, OSError) as error:
        return _refused("입력을 읽을 수 없습니다", error)
    if not world.prices.is_session(world.clock.now().date()):
        sys.stderr.write(f"{world.clock.now():%Y-%m-%d}은 거래일이 아닙니다 · not a trading day\n")
        return EXIT_BAD_INPUT
    day = world.clock.now().date()
    folder = (arguments.out or OUTPUT / day.isoformat()).resolve()
    console = Console(highlight=False, width=100 if not sys.stdout.isatty() else None)
    try:
        prepare(folder)
        teller = Teller(world, console, arguments.transcript or folder / "transcript.jsonl")
    except (ValueError, OSError) as error:
        return _refused("기록을 둘 수 없습니다", error)
    console.print(f"시장: {world.prices.label} · 폴더: {folder}", markup=False, soft_wrap=True)
    began = time.monotonic()
    try:
        code = asyncio.run(
            _until_a_signal(_Day(world, teller, console, folder, arguments.once, arguments.port))
        )
    finally:
        teller.close()
    word = {0: "끝", EXIT_FAILED: "실패"}.get(code, "중단")
    console.print(
        f"{word} · {time.monotonic() - began:.0f}초 · 그림과 기록: {folder}",
        markup=False,
        soft_wrap=True,
    )
    return code


def _refused(what: str, error: Exception) -> int:
    sys.stderr.write(f"{what} · {error}\n")
    return EXIT_BAD_INPUT


@dataclass(slots=True)
class _Day:
    """One day to play. `played` is set once Ctrl-C is the usual way out."""

    world: World
    teller: Teller
    console: Console
    folder: Path
    once: bool
    port: int
    played: bool = False

    async def run(self) -> int:
        """Play the day or open the page, and keep what people saw."""
        if not self.once:
            self.console.print(_SERVERS, markup=False, soft_wrap=True)
        async with set_up(self.world, self.teller, self.folder) as stage:
            if self.once:
                return await self._direct(stage)
            try:
                return await self._open(stage)
            finally:
                self._keep(stage)

    async def _direct(self, stage: Stage) -> int:
        """Play every act of the day."""
        code = 0
        try:
            await Director(stage, self.world.clock.now().date()).play()
        except (DayFailed, TimeoutError, BotEnded) as error:
            self.teller.note("감독", f"하루를 끝내지 못했습니다: {error}", kind="failed")
            self.console.print(stage.bot.last_lines(), markup=False, style="red")
            code = EXIT_FAILED
        return code if self._keep(stage) else EXIT_FAILED

    async def _open(self, stage: Stage) -> int:
        """Serve the page until a signal, and tell in the terminal what happens there."""
        try:
            page = await serve_page(stage, self.port)
        except PortTaken as taken:
            sys.stderr.write(f"포트가 이미 쓰이고 있습니다 · {taken.strerror}\n")
            return EXIT_BAD_INPUT
        self.played = True
        self.console.print(_BOT, markup=False, soft_wrap=True)
        for line in _INVITATION.format(url=page.url).splitlines():
            self.console.print(line, markup=False, soft_wrap=True)
        is_told = is_ready = False
        began = time.monotonic()
        try:
            while True:
                if stage.desk.connected and not is_ready:
                    is_ready = True
                    text = _READY.format(seconds=time.monotonic() - began)
                    self.console.print(text, markup=False, soft_wrap=True)
                self.world.exchange.advance(self.world.clock.now())
                self.teller.exchange()
                if (ended := stage.bot.has_ended) and not is_told:
                    self.teller.note("감독", "봇이 스스로 끝났습니다", kind="failed")
                    self.console.print(stage.bot.last_lines(), markup=False, style="red")
                is_told = ended
                await asyncio.sleep(LOOK_SECONDS)
        finally:
            await page.close()

    def _keep(self, stage: Stage) -> bool:
        try:
            keep(stage.desk, self.folder)
        except OSError as error:
            self.teller.note("감독", f"기록을 남기지 못했습니다: {error}", kind="failed")
            return False
        return True


async def _until_a_signal(day: _Day) -> int:
    """Play the day; the first signal ends it, bot and servers in order, and later ones wait."""
    loop = asyncio.get_running_loop()
    task = asyncio.ensure_future(day.run())
    came: list[signal.Signals] = []

    def end(number: signal.Signals) -> None:
        if not came:
            came.append(number)
            task.cancel()

    for number in _ENDING:
        loop.add_signal_handler(number, end, number)
    try:
        return await task
    except asyncio.CancelledError:
        if not came:
            raise
        is_the_way_out = day.played and came[0] is signal.SIGINT
        return 0 if is_the_way_out else EXIT_BY_SIGNAL + came[0]
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make demo",
        description="계좌도 키도 없이 하루를 봅니다 · watch a trading day without account or key",
    )
    add = parser.add_argument
    add("--once", action="store_true", help="하루를 보여 주고 끝냅니다 · show a day and end")
    add(
        "--port",
        type=port_number,
        default=PAGE_PORT,
        help="페이지의 포트, 0 = 빈 포트 · (%(default)s)",
    )
    add("--prices", type=Path, help="일봉 CSV 재생 · replay a CSV of daily bars (plain or .gz)")
    add("--adjusted", type=Path, help="수정주가 CSV · adjusted bars of the same symbols")
    add("--date", type=calendar_day, help="어느 날 · which session (YYYY-MM-DD)")
    add("--seed", type=int, default=7, help="가상 시세의 씨앗 · seed of the synthetic market")
    add("--broker", choices=BROKERS, default="kis", help="증권사 · which broker (%(default)s)")
    add("--transcript", type=Path, help="사건마다 JSON 한 줄 · one JSON object per event")
    add("--out", type=Path, help="기록 폴더 · where pictures and the transcript go")
    return parser
