"""The walls of DESIGN §3: who may import whom, and who alone may act."""

from __future__ import annotations

import ast
import importlib
import inspect
import subprocess
import sys
from pathlib import Path

import pytest

from tests.architecture.source import PACKAGES, ROOT, calls, modules
from tests.bot.environment import child_environment

EXECUTION = "core/services/orders/execution.py"
CANCELLING = "core/services/orders/cancelling.py"
# Both are brokers themselves: they pass on what they were given, or nothing.
PASSED_ON = {"core/runtime/broker_session.py", "core/runtime/interlocked_broker.py"}
# Everywhere else a task belongs to the supervisor. Each of these owns and ends its futures itself.
OWN_FUTURES = {
    "bot/running.py": 2,  # the wait for SIGTERM, and the login it may interrupt
    "core/services/orders/context.py": 2,  # the wait for the first of a bell and a time
    "storage/sqlite_thread.py": 1,  # a call that somebody else's call has to wait out
    "storage/unbroken.py": 1,  # a driver's call that outlives the cancellation of its caller
}
HEAVY = ("pandas", "matplotlib", "openai", "alembic", "scipy", "gspread", "google.auth")


def test_the_import_contracts_are_kept() -> None:
    done = subprocess.run(
        [str(Path(sys.executable).with_name("lint-imports")), "--no-cache"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "11 kept, 0 broken" in done.stdout


@pytest.mark.parametrize(
    ("method", "home"), [("place_order", EXECUTION), ("cancel_order", CANCELLING)]
)
def test_one_module_alone_gives_orders_to_a_broker(method: str, home: str) -> None:
    callers = {
        one.name
        for one in modules()
        if not one.name.startswith("brokers/") and list(calls(one.tree, method))
    }
    assert callers - PASSED_ON == {home}


def test_the_order_method_is_not_smuggled_out_by_name() -> None:
    for one in modules():
        if one.name.startswith("brokers/") or one.name in {EXECUTION, CANCELLING, *PASSED_ON}:
            continue
        named = {
            node.attr if isinstance(node, ast.Attribute) else node.value
            for node in ast.walk(one.tree)
            if (isinstance(node, ast.Attribute) and node.attr in {"place_order", "cancel_order"})
            or (isinstance(node, ast.Constant) and node.value in {"place_order", "cancel_order"})
        }
        assert not named, one.name


def test_tasks_and_timers_are_started_by_the_supervisor_alone() -> None:
    found: dict[str, int] = {}
    for one in modules():
        if one.name.startswith("core/runtime/"):
            continue
        number = len(
            list(
                calls(
                    one.tree, "create_task", "call_later", "call_at", "ensure_future", "TaskGroup"
                )
            )
        )
        if number:
            found[one.name] = number
    assert found == OWN_FUTURES


def test_broker_adapters_are_frozen() -> None:
    from brokers.kis.account import KisAccount
    from brokers.kis.broker import KisBroker

    adapters = [KisAccount, KisBroker]
    if (ROOT / "brokers" / "kiwoom" / "broker.py").exists():
        adapters.append(importlib.import_module("brokers.kiwoom.broker").KiwoomBroker)
    for adapter in adapters:
        parameters = getattr(adapter, "__dataclass_params__", None)
        assert parameters is not None, adapter
        assert parameters.frozen, adapter


def test_every_package_comes_from_this_folder() -> None:
    places = {
        Path(str(inspect.getfile(importlib.import_module(name)))).parents[1] for name in PACKAGES
    }
    assert places == {ROOT}
    assert not [
        name
        for name in (*PACKAGES, "sandbox", "tests")
        if not (ROOT / name / "__init__.py").exists()
    ]


def test_packages_from_two_places_are_refused(tmp_path: Path) -> None:
    (tmp_path / "storage").mkdir()
    (tmp_path / "storage" / "__init__.py").touch()
    text = "from bot.cli.start import check_one_root; check_one_root()"
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=tmp_path,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert done.returncode == 2
    assert "packages come from different folders" in done.stderr


def test_an_idle_bot_has_no_heavy_library(tmp_path: Path) -> None:
    """Neither after importing everything, nor after a whole dry day."""
    text = f"""
import asyncio, sys
from bot import running
from bot.settings import load
heavy = lambda: sorted(set({HEAVY!r}) & set(sys.modules))
print("imported", heavy())
asyncio.run(running.run_local(load(local_only=True), 1))
print("ran", heavy())
"""
    done = subprocess.run(
        [sys.executable, "-c", text],
        cwd=tmp_path,
        env=child_environment(),
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )
    assert done.returncode == 0, done.stderr
    said = done.stdout.splitlines()
    assert "imported []" in said
    assert "ran []" in said
    assert any(line.startswith("브리핑 ") for line in said)
