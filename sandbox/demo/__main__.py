"""`python -m sandbox demo`: a trading day with the bot as a child process."""

from __future__ import annotations

import argparse
import asyncio
import shutil
import sys
import time
from datetime import date, datetime, timedelta
from pathlib import Path

from rich.console import Console

from core.errors import DataError
from sandbox.clock import KST
from sandbox.demo.bot_process import BotEnded
from sandbox.demo.director import DayFailed, Director
from sandbox.demo.keeping import keep
from sandbox.demo.stage import set_up
from sandbox.demo.teller import Teller
from sandbox.world import World, WorldSettings, build_world

EXIT_FAILED, EXIT_BAD_INPUT = 1, 2
OUTPUT = Path("demo-output")
DEFAULT_DAY = date(2026, 11, 2)


def main(argv: list[str]) -> int:
    """Play the day; 0 when every act was seen, 1 when one was missing, 2 for bad input."""
    arguments = _parser().parse_args(argv)
    try:
        world = build_world(
            WorldSettings(
                prices=arguments.prices,
                adjusted=arguments.adjusted,
                seed=arguments.seed,
                start=datetime.combine(
                    arguments.date or DEFAULT_DAY, datetime.min.time(), tzinfo=KST
                )
                + timedelta(hours=7, minutes=58),
            )
        )
    except (DataError, ValueError, OSError) as error:
        sys.stderr.write(f"입력을 읽을 수 없습니다 · {error}\n")
        return EXIT_BAD_INPUT
    if not world.prices.is_session(world.clock.now().date()):
        sys.stderr.write(f"{world.clock.now():%Y-%m-%d}은 거래일이 아닙니다 · not a trading day\n")
        return EXIT_BAD_INPUT
    return asyncio.run(_run(world, arguments))


async def _run(world: World, arguments: argparse.Namespace) -> int:
    day = world.clock.now().date()
    folder = (arguments.out or OUTPUT / day.isoformat()).resolve()
    shutil.rmtree(folder / "data", ignore_errors=True)
    folder.mkdir(parents=True, exist_ok=True)
    for old in ("bot.log",):
        (folder / old).unlink(missing_ok=True)
    console = Console(highlight=False, width=100 if not sys.stdout.isatty() else None)
    teller = Teller(world, console, arguments.transcript or folder / "transcript.jsonl")
    began = time.monotonic()
    code = 0
    try:
        async with set_up(world, teller, folder) as stage:
            console.print(f"시장: {world.prices.label} · 폴더: {folder}", markup=False)
            try:
                await Director(stage, day).play()
            except (DayFailed, TimeoutError, BotEnded) as error:
                teller.note("감독", f"하루를 끝내지 못했습니다: {error}", kind="failed")
                console.print(stage.bot.last_lines(), markup=False, style="red")
                code = EXIT_FAILED
            keep(stage.desk, folder)
            if code == 0 and not arguments.once:
                console.print("하루가 끝났습니다. Ctrl-C 로 마칩니다.", markup=False)
                await _wait_for_ctrl_c()
    finally:
        teller.close()
    console.print(
        f"{'끝' if code == 0 else '실패'} · {time.monotonic() - began:.0f}초 · 그림과 기록: {folder}",
        markup=False,
    )
    return code


async def _wait_for_ctrl_c() -> None:
    try:
        await asyncio.Event().wait()
    except asyncio.CancelledError:
        return


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="make demo",
        description="계좌도 키도 없이 하루를 봅니다 · watch a trading day without account or key",
    )
    add = parser.add_argument
    add("--once", action="store_true", help="하루가 끝나면 스스로 끝냅니다 · end by itself")
    add("--prices", type=Path, help="일봉 CSV 재생 · replay a CSV of daily bars (plain or .gz)")
    add("--adjusted", type=Path, help="수정주가 CSV · adjusted bars of the same symbols")
    add("--date", type=_day, help="어느 날 · which session (YYYY-MM-DD)")
    add("--seed", type=int, default=7, help="가상 시세의 씨앗 · seed of the synthetic market")
    add("--transcript", type=Path, help="사건마다 JSON 한 줄 · one JSON object per event")
    add("--out", type=Path, help="기록 폴더 · where pictures and the transcript go")
    return parser


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"YYYY-MM-DD: {text!r}") from None
