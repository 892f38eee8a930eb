"""`python -m sandbox`: a loopback Korea for the demo, for tests, and for other projects.

up      every server of one world            모든 서버를 함께 띄웁니다
kis     the KIS REST API alone               KIS REST API 만
kiwoom  the Kiwoom REST API alone            키움 REST API 만
discord · model · feeds                      각각 하나만
demo    the trading day with the bot         봇과 함께 하루를 돌립니다
"""

from __future__ import annotations

import argparse
import asyncio
import sys
from datetime import datetime
from pathlib import Path

from core.errors import DataError

from . import commands, fault_option
from .argument_types import calendar_day, port_number
from .clock import KST, RATE_MAX
from .world import BROKERS, World, WorldSettings, build_world

EXIT_BAD_INPUT = 2
CONTROL_PORT = 8700


def main(argv: list[str] | None = None) -> int:
    """Run one command and return its exit code (2: the input or a port was bad)."""
    given = sys.argv[1:] if argv is None else argv
    if given[:1] == ["demo"]:
        return _demo(given[1:])
    arguments = _parser().parse_args(given)
    try:
        return asyncio.run(_run(arguments))
    except (DataError, ValueError) as error:
        sys.stderr.write(f"입력을 읽을 수 없습니다 · {error}\n")
        return EXIT_BAD_INPUT
    except OSError as error:
        sys.stderr.write(f"시작할 수 없습니다 · {error}\n")
        return EXIT_BAD_INPUT


async def _run(arguments: argparse.Namespace) -> int:
    world = _world(arguments)
    if arguments.command == "up":
        return await commands.up(world, arguments.port)
    return await commands.alone(arguments.command, world, arguments.port)


def _world(arguments: argparse.Namespace) -> World:
    world = build_world(
        WorldSettings(
            prices=arguments.prices,
            adjusted=arguments.adjusted,
            day=arguments.date,
            seed=arguments.seed,
            profile=arguments.profile,
            broker="kiwoom" if arguments.command == "kiwoom" else arguments.broker,
            start=arguments.at,
            rate=arguments.rate,
            requests_per_second=arguments.requests_per_second,
            ledger_per_second=arguments.ledger_per_second,
            accepts_old=arguments.accept_old,
            adds_fields=arguments.added_fields,
        )
    )
    if arguments.faults is not None:
        fault_option.plan(world, arguments.faults)
    return world


def _demo(argv: list[str]) -> int:
    """Delegate: the demo has arguments of its own."""
    from importlib import import_module

    code = import_module("sandbox.demo.__main__").main(argv)
    return int(code or 0)


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="python -m sandbox",
        description="로컬에만 열리는 가상의 한국 시장 · a loopback Korea: broker, Discord, model, feeds",
    )
    chosen = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    texts = {
        "up": "모든 서버를 함께 띄우고 .env 줄을 출력 · start everything and print the .env lines",
        "kis": "KIS REST API 서버만 · the KIS REST API alone",
        "kiwoom": "키움 REST API 서버만 · the Kiwoom REST API alone",
        "discord": "Discord 서버만 · Discord REST and gateway alone",
        "model": "OpenAI 호환 모델 서버만 · the OpenAI-compatible endpoint alone",
        "feeds": "RSS 서버만 · the RSS feeds alone",
    }
    for name, text in texts.items():
        command = chosen.add_parser(name, help=text, description=text)
        _arguments(command, port=CONTROL_PORT if name == "up" else 0)
    chosen.add_parser("demo", help="봇과 함께 하루 · a trading day with the bot (own options)")
    return parser


def _arguments(parser: argparse.ArgumentParser, *, port: int) -> None:
    add = parser.add_argument
    add(
        "--port",
        type=port_number,
        default=port,
        help="0 = 빈 포트 · 0 takes a free port (%(default)s)",
    )
    add("--prices", type=Path, help="일봉 CSV 재생 · replay a CSV of daily bars (plain or .gz)")
    add("--adjusted", type=Path, help="수정주가 CSV · adjusted bars for the same symbols")
    add("--date", type=calendar_day, help="시작하는 날 YYYY-MM-DD · the day to start on")
    add("--at", type=_instant, help="시작 시각 ISO, KST · start instant")
    add("--rate", type=_rate, default=1.0, help="시계 배속 0-20 · clock rate (%(default)s)")
    add("--seed", type=int, default=7, help="가상 시세의 씨앗 · seed of the market (%(default)s)")
    add(
        "--broker",
        choices=BROKERS,
        default="kis",
        help="봇이 쓸 증권사 · the broker that the printed .env lines name (%(default)s)",
    )
    add(
        "--profile",
        choices=("vts", "real"),
        default="vts",
        help="모의투자·실전 규칙 · which of the broker's services to play (%(default)s)",
    )
    _server_arguments(parser)


def _server_arguments(parser: argparse.ArgumentParser) -> None:
    """Add how a broker's server behaves: its limits, what goes wrong, which of its versions it is."""
    add = parser.add_argument
    add(
        "--requests-per-second",
        type=int,
        default=0,
        help="0 = 실제 한도 · 0 takes the broker's own limit (kis: vts 1, real 18)",
    )
    add(
        "--ledger-per-second",
        type=int,
        default=0,
        help="kis: 원장 호출의 한도, 0 = 기본 · calls of the ledger (real 10; EGW00215)",
    )
    add(
        "--faults",
        metavar="FILE|SEED",
        help="심을 장애: JSON 파일 또는 씨앗 숫자 · faults to inject: a JSON file or a seed",
    )
    add(
        "--accept-old",
        action="store_true",
        help="kis: 2026-02-10부터 거절되는 요청도 받음 · take what the real one refuses since then",
    )
    add(
        "--added-fields",
        action="store_true",
        help="kis: 실시간 레코드 끝에 2026-09의 새 필드 · the stream's records with a field more",
    )


def _instant(text: str) -> datetime:
    try:
        instant = datetime.fromisoformat(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"ISO 8601: {text}") from None
    return instant.astimezone(KST) if instant.tzinfo else instant.replace(tzinfo=KST)


def _rate(text: str) -> float:
    try:
        rate = float(text)
    except ValueError:
        raise argparse.ArgumentTypeError(f"0-{RATE_MAX:g}: {text}") from None
    if not 0 <= rate <= RATE_MAX:
        raise argparse.ArgumentTypeError(f"0-{RATE_MAX:g}: {text}")
    return rate


if __name__ == "__main__":
    sys.exit(main())
