"""What each command of the sandbox does once its arguments are read."""

from __future__ import annotations

import asyncio
import signal
import sys
from collections.abc import Awaitable, Callable
from contextlib import AsyncExitStack

from sandbox import servers
from sandbox.servers import LOOPBACK, PortTaken, Server
from sandbox.world import BROKERS, World

ALONE = ("kis", "kiwoom", "discord", "model", "feeds")
_ENDING = (signal.SIGINT, signal.SIGTERM)


async def up(world: World, port: int) -> int:
    """Serve everything until a signal; the control server takes `port` (0: any)."""
    return await _until_ended(lambda stack: _open_all(world, port, stack))


async def alone(name: str, world: World, port: int) -> int:
    """Serve one server until a signal."""
    return await _until_ended(lambda stack: _open_one(name, world, port, stack))


async def open_world(world: World, stack: AsyncExitStack, port: int = 0) -> Server:
    """Start every server of this world and return the control server.

    The stack closes them in reverse. Raises PortTaken or OSError when a port cannot be had.
    """
    for name in ALONE:
        await _served(name, world, 0, stack)
    control = await servers.serve_control(world, LOOPBACK, port)
    stack.push_async_callback(control.close)
    return control


def environment(world: World, control_url: str) -> str:
    """Return the `.env` lines with which a bot joins this world as its owner's bot."""
    from sandbox.discord import state as house

    return "\n".join(
        (
            f"SANDBOX_URL={control_url}",
            *broker_environment(world, world.broker),
            "DISCORD_TOKEN=sandbox",
            f"DISCORD_GUILD_ID={house.GUILD_ID}",
            f"DISCORD_CHANNEL_ID={house.MAIN_CHANNEL_ID}",
            f"DISCORD_ALERT_CHANNEL_ID={house.ALERT_CHANNEL_ID}",
            f"DISCORD_OWNER_IDS={house.OWNER_ID}",
            f"DISCORD_APPROVER_IDS={house.APPROVER_ID}",
            "OPENAI_API_KEY=sandbox",
            # Several may run on one machine, and nobody looks after them by their figures.
            "METRICS_PORT=off",
        )
    )


def broker_environment(world: World, broker: str) -> tuple[str, ...]:
    """Return the `.env` lines with which a bot uses this world's KIS or Kiwoom account."""
    kis, kiwoom = world.kis, world.kiwoom
    if broker == "kiwoom":
        keys = (kiwoom.app_key, kiwoom.app_secret, kiwoom.account, kiwoom.account_class)
        url = world.addresses.kiwoom
        more: tuple[str, ...] = (
            f"KIWOOM_{world.mode.upper()}_WEBSOCKET_URL={world.addresses.kiwoom_stream}",
        )
    else:
        keys = (kis.app_key, kis.app_secret, kis.account, kis.product)
        url = world.addresses.kis
        more = (
            f"KIS_{world.mode.upper()}_WEBSOCKET_URL={world.addresses.kis_stream}",
            f"KIS_HTS_ID={world.stream.hts_id}",
        )
    name, mode = broker.upper(), world.mode.upper()
    parts = ("APP_KEY", "APP_SECRET", "ACCOUNT_NO", "ACNT_PRDT_CD", "BASE_URL")
    return (
        f"BROKER={broker}",
        f"{name}_MODE={name}_{mode}",
        *(f"{name}_{mode}_{part}={value}" for part, value in zip(parts, (*keys, url), strict=True)),
        *more,
    )


async def _open_all(world: World, port: int, stack: AsyncExitStack) -> str:
    control = await open_world(world, stack, port)
    known = world.addresses
    places = [
        f"# kis      {known.kis}",
        f"# kiwoom   {known.kiwoom}",
        f"# discord  {known.discord_api}",
        f"# model    {known.model}",
    ]
    places += [f"# feed     {url}" for url in known.feeds]
    head = f"# {world.prices.label} · {world.mode} · {world.clock.now():%Y-%m-%d %H:%M} KST"
    return "\n".join((head, *places, environment(world, control.url)))


async def _open_one(name: str, world: World, port: int, stack: AsyncExitStack) -> str:
    server = await _served(name, world, port, stack)
    lines = [f"# {name} {server.url}"]
    if name in BROKERS:
        lines += broker_environment(world, name)
    if name == "feeds":
        lines += [f"# {url}" for url in world.addresses.feeds]
    return "\n".join(lines)


async def _served(name: str, world: World, port: int, stack: AsyncExitStack) -> Server:
    if name == "discord":
        from sandbox.discord.server import serve as serve_discord

        discord = await serve_discord(world, LOOPBACK, port)
        world.addresses.discord_api = discord.api_url
        world.addresses.discord_gateway = discord.gateway_url
        world.discord = discord.discord
        stack.push_async_callback(discord.close)
        return discord
    if name == "model":
        from sandbox.model.server import serve as serve_model

        model = await serve_model(world, LOOPBACK, port)
        world.addresses.model = f"{model.url}/v1"
        stack.push_async_callback(model.close)
        return model
    ours = {
        "kis": servers.serve_kis,
        "kiwoom": servers.serve_kiwoom,
        "feeds": servers.serve_feeds,
    }
    server = await ours[name](world, LOOPBACK, port)
    stack.push_async_callback(server.close)
    return server


async def _until_ended(opening: Callable[[AsyncExitStack], Awaitable[str]]) -> int:
    """Open, print what was opened, wait for SIGINT or SIGTERM, close."""
    ended = asyncio.Event()
    loop = asyncio.get_running_loop()
    for number in _ENDING:
        loop.add_signal_handler(number, ended.set)
    try:
        async with AsyncExitStack() as stack:
            try:
                text = await opening(stack)
            except PortTaken as taken:
                sys.stderr.write(f"포트가 이미 쓰이고 있습니다 · {taken.strerror}\n")
                return 2
            sys.stdout.write(text + "\n")
            sys.stdout.flush()
            await ended.wait()
    finally:
        for number in _ENDING:
            loop.remove_signal_handler(number)
    return 0
