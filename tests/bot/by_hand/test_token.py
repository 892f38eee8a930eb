"""The token that is given back, against the sandboxes over loopback."""

from __future__ import annotations

import json

import pytest
from typer.testing import CliRunner

from bot.brokerage import open_brokerage
from bot.by_hand import token as token_by_hand
from bot.cli.app import app
from bot.operations.process_lock import ProcessLock
from bot.settings import load
from bot.wiring.desk import TOKEN_FOLDER
from bot.wiring.foundations import LOCK_FILE
from core.errors import ConfigurationError, DataError
from core.runtime.clock import SystemClock
from core.runtime.token_store import FileTokenStore
from sandbox import servers
from sandbox.commands import broker_environment
from sandbox.world import WorldSettings, build_world
from tests.bot.environment import KIS, only

NO_ROOM = {"KIS_VTS_BASE_URL": "http://127.0.0.1:9"}


@pytest.fixture(params=["kis", "kiwoom"])
async def world(request, monkeypatch, tmp_path):
    made = build_world(WorldSettings(symbols=("069500",)))
    serve = servers.serve_kis if request.param == "kis" else servers.serve_kiwoom
    running = await serve(made)
    lines = dict(line.split("=", 1) for line in broker_environment(made, request.param))
    lines = {name: value for name, value in lines.items() if "WEBSOCKET" not in name}
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path), **lines)
    made.broker = request.param
    yield made
    await running.close()


async def kept():
    """Log in as the bot does, and keep the token where it does."""
    settings = load(local_only=True)
    brokerage = open_brokerage(settings, SystemClock(), ())
    store = FileTokenStore(settings.data_dir / TOKEN_FOLDER)
    token = await brokerage.adapter.issue_token()
    store.save(brokerage.token_key, token)
    await brokerage.adapter.close()
    return store, brokerage.token_key


def living(world):
    return (world.kis if world.broker == "kis" else world.kiwoom).token


async def test_the_kept_token_is_given_back_and_forgotten(world):
    store, key = await kept()
    assert living(world) is not None
    done, text = await token_by_hand.revoke()
    assert done
    assert living(world) is None
    assert store.load(key) is None
    assert "돌려주고 지웠습니다" in text
    assert ("6시간" in text) == (world.broker == "kis")
    assert await token_by_hand.revoke() == (
        True,
        "보관된 토큰이 없습니다. 증권사에 물은 것은 없습니다.",
    )


async def test_a_token_that_is_dead_already_is_only_forgotten(world):
    store, key = await kept()
    world.kis.token = world.kiwoom.token = None
    done, text = await token_by_hand.revoke()
    if world.broker == "kis":
        assert done
        assert "이미 받지 않는" in text
        assert store.load(key) is None
    else:
        # Kiwoom says of a dead token only that it failed (8015): no proof that it is dead.
        assert not done
        assert "8015" in text
        assert store.load(key) is not None


async def test_a_token_stays_where_the_answer_does_not_come(world):
    store, key = await kept()
    world.kis.faults.add("*", ["drop_before"])
    done, text = await token_by_hand.revoke()
    assert not done
    assert "파일은 그대로" in text
    assert store.load(key) is not None


async def test_beside_a_running_bot_nothing_is_asked(world, tmp_path):
    store, key = await kept()
    with ProcessLock(tmp_path / LOCK_FILE), pytest.raises(ConfigurationError, match="실행 중"):
        await token_by_hand.revoke()
    assert store.load(key) is not None
    assert living(world) is not None


@pytest.mark.parametrize("more", [{}, {**KIS, "SANDBOX_URL": "http://127.0.0.1:9"}])
async def test_without_a_broker_there_is_no_token(monkeypatch, tmp_path, more):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path), **more)
    with pytest.raises(DataError, match="토큰을 준 증권사가 없습니다"):
        await token_by_hand.revoke()


def test_the_command_says_it_and_ends_with_a_code(monkeypatch, tmp_path):
    only(monkeypatch, tmp_path, DATA_DIR=str(tmp_path), **KIS, **NO_ROOM)
    asked = CliRunner().invoke(app, ["token", "revoke"])
    assert (asked.exit_code, "보관된 토큰이 없습니다" in asked.stdout) == (0, True)
    settings = load(local_only=True)
    key = open_brokerage(settings, SystemClock(), ()).token_key
    folder = tmp_path / TOKEN_FOLDER
    folder.mkdir(mode=0o700)
    until = "2099-01-01T00:00:00+09:00"
    (folder / f"{key}.json").write_text(json.dumps({"token": "abc", "expires_at": until}))
    asked = CliRunner().invoke(app, ["token", "revoke"])
    assert (asked.exit_code, "파일은 그대로" in asked.stdout) == (1, True)
