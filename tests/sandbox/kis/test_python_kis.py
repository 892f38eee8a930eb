"""A stranger's client on the sandbox: python-kis, which knows nothing of us.

Its release of 2025 asks for the balance with INQR_DVSN 02, which the real server refuses since
2026-02-10 and the sandbox refuses too; here it is told to take it.
"""

from __future__ import annotations

import asyncio
import importlib.util
import json
import os
import sys
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from sandbox.clock import KST
from sandbox.servers import serve_kis
from sandbox.world import WorldSettings, build_world
from tests.sandbox.kis.client import SYMBOL

SCRIPT = Path(__file__).with_name("python_kis.py")
SECONDS = 300.0
pytestmark = [
    pytest.mark.slow,
    pytest.mark.untraced,
    pytest.mark.skipif(
        importlib.util.find_spec("pykis") is None, reason="python-kis is not installed"
    ),
]


def _next_session() -> datetime:
    """Return ten o'clock of a session that the host's own clock has not passed by a day.

    python-kis asks the host's clock whether its token still lives.
    """
    day = datetime.now(KST).date()
    while not _opens(day):
        day += timedelta(days=1)
    return datetime.combine(day, time(11), KST)


def _opens(day: date) -> bool:
    at = datetime.combine(day, time(11), KST)
    return build_world(WorldSettings(start=at, symbols=(SYMBOL,))).prices.is_session(day)


async def test_it_logs_in_trades_and_listens(tmp_path: Path) -> None:
    # Not standard output: its threads still log there while it ends.
    result = tmp_path / "seen.json"
    at = _next_session()
    world = build_world(
        WorldSettings(
            start=at,
            profile="real",
            symbols=(SYMBOL,),
            requests_per_second=100,
            rate=1.0,
            accepts_old=True,
        )
    )
    running = await serve_kis(world)
    try:
        child = await asyncio.create_subprocess_exec(
            sys.executable,
            "-P",  # beside the script lies a module named as one that python-kis imports
            str(SCRIPT),
            world.addresses.kis,
            world.addresses.kis_stream,
            world.kis.app_key,
            world.kis.app_secret,
            f"{world.kis.account}-{world.kis.product}",
            SYMBOL,
            at.date().isoformat(),
            str(result),
            stdout=asyncio.subprocess.PIPE,
            stderr=asyncio.subprocess.PIPE,
            env={**os.environ, "no_proxy": "*"},
        )
        async with asyncio.timeout(SECONDS):
            _, wrong = await child.communicate()
    finally:
        await running.close()
    assert child.returncode == 0, wrong.decode()
    seen = json.loads(result.read_text(encoding="utf-8"))
    assert seen["name"] == world.prices.name(SYMBOL)
    assert seen["cash"] == 1_000_000
    assert seen["bought"] == 1
    assert seen["open"] == [2]
    [(number, price)] = seen["amended"]
    assert (number, price % 5) == (3, 0)
    assert seen["open_after"] == []
    assert seen["days"] > 15
    assert seen["minutes"] > 60
    assert seen["holding"] == {SYMBOL: 1}
    assert set(seen["orders"]) >= {1, 2}
    [tick] = seen["ticks"]
    assert abs(int(tick) - int(seen["price"])) < int(seen["price"]) // 10
    assert [(one.tr_id, one.msg_cd) for one in world.stream.seen][:1] == [("H0STCNT0", "OPSP0000")]
