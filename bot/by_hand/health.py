"""`python -m bot health`: whether the running bot is well, by its heartbeat.

A container asks every few seconds, so nothing heavy is imported here.
"""

from __future__ import annotations

from bot.operations.health import judge
from bot.settings import HEARTBEAT_FILE, data_dir
from core.runtime.clock import SystemClock


def health() -> tuple[bool, str]:
    """Return (healthy, sentence) from the heartbeat of the running bot."""
    return judge(data_dir() / HEARTBEAT_FILE, SystemClock().now())
