"""Environments for tests: never the developer's own."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
_KEPT = ("PATH", "HOME", "LANG", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_FILE")

KIS = {
    "BROKER": "kis",
    "KIS_VTS_APP_KEY": "PSVTkey1234567890",
    "KIS_VTS_APP_SECRET": "c2VjcmV0LXNlY3JldC1zZWNyZXQ=",
    "KIS_VTS_ACCOUNT_NO": "50123456",
}
KIWOOM = {
    "BROKER": "kiwoom",
    "KIWOOM_VTS_APP_KEY": "mock-key-1234567890",
    "KIWOOM_VTS_APP_SECRET": "mock-secret-1234567890",
    "KIWOOM_VTS_ACCOUNT_NO": "81190067",
}
DISCORD = {
    "DISCORD_TOKEN": "bot-token-1",
    "DISCORD_GUILD_ID": "11",
    "DISCORD_CHANNEL_ID": "12",
    "DISCORD_APPROVER_IDS": "13, 14",
}


def only(monkeypatch: pytest.MonkeyPatch, folder: Path, **values: str) -> None:
    """Replace the whole environment by `values` and work in `folder`."""
    for name in tuple(os.environ):
        if name not in _KEPT and not name.startswith("PYTEST_"):
            monkeypatch.delenv(name)
    for name, value in values.items():
        monkeypatch.setenv(name, value)
    monkeypatch.chdir(folder)


def child_environment(**values: str) -> dict[str, str]:
    """Return the environment of a bot as child process."""
    kept = {name: os.environ[name] for name in _KEPT if name in os.environ}
    ours = {"PYTHONPATH": str(ROOT), "TZ": "UTC", "METRICS_PORT": "off"}
    return {**kept, **ours, **values}
