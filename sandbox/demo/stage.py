"""The stage: world, servers, bot, and the folder where everything is kept."""

from __future__ import annotations

import asyncio
import tomllib
from collections.abc import AsyncIterator, Callable
from contextlib import AsyncExitStack, asynccontextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, TypeVar

from sandbox import commands
from sandbox.demo.bot_process import ROOT, BotProcess
from sandbox.demo.place import DATA_FOLDER
from sandbox.demo.teller import Teller
from sandbox.discord.desk import DiscordDesk
from sandbox.names import TAX_FREE, all_names
from sandbox.world import World

T = TypeVar("T")
LOOK_SECONDS = 0.05
CHANNEL = "매매"
FACTS_FILE = ROOT / "bot" / "defaults" / "strategy.toml"


@dataclass(slots=True)
class Stage:
    """Everything the director touches."""

    world: World
    desk: DiscordDesk
    bot: BotProcess
    teller: Teller
    folder: Path
    seen: dict[str, str] = field(default_factory=dict)

    def go_to(self, instant: datetime, rate: float) -> None:
        """Jump the clock forward (never back) and let it run at `rate`."""
        clock = self.world.clock
        if instant > clock.now():
            clock.jump(instant)
        clock.set_rate(rate)

    async def until(self, look: Callable[[], T | None], what: str, seconds: float = 30.0) -> T:
        """Return the first truthy `look()`, telling the exchange's news meanwhile.

        Raises TimeoutError naming `what` after `seconds` of host time, or BotEnded.
        """
        loop = asyncio.get_running_loop()
        deadline = loop.time() + seconds
        while True:
            self.world.exchange.advance(self.world.clock.now())
            self.teller.exchange()
            found = look()
            if found:
                return found
            self.bot.check()
            if loop.time() > deadline:
                raise TimeoutError(f"{what}: {seconds:.0f}초 안에 일어나지 않았습니다")
            await asyncio.sleep(LOOK_SECONDS)

    def newest(self, channel: str | int, test: Callable[[dict[str, Any]], bool]) -> dict[str, Any]:
        """Return the newest message of a channel that passes `test` ({}: none)."""
        return next((m for m in reversed(self.desk.messages(channel)) if test(m)), {})


@asynccontextmanager
async def set_up(world: World, teller: Teller, folder: Path) -> AsyncIterator[Stage]:
    """Start the servers and the bot; closing ends the bot first."""
    async with AsyncExitStack() as stack:
        control = await commands.open_world(world, stack)
        desk = world.discord
        if desk is None:
            raise RuntimeError("the Discord server did not open")
        desk.subscribe(teller.discord)
        data = folder / DATA_FOLDER
        data.mkdir(parents=True, exist_ok=True)
        (data / "strategy.toml").write_text(strategy_text(world), encoding="utf-8")
        bot = BotProcess(data, _settings(world, control.url, desk, data))
        stack.push_async_callback(bot.stop)
        await bot.start()
        yield Stage(world, desk, bot, teller, folder)


def _settings(world: World, control_url: str, desk: DiscordDesk, data: Path) -> dict[str, str]:
    lines = commands.environment(world, control_url).splitlines()
    settings = dict(line.split("=", 1) for line in lines)
    return settings | {
        "DISCORD_TOKEN": desk.bot_token,
        "DISCORD_GUILD_ID": str(desk.guild_id),
        "DISCORD_CHANNEL_ID": str(desk.channel(CHANNEL)["id"]),
        "DISCORD_ALERT_CHANNEL_ID": str(desk.channel("알림")["id"]),
        "DISCORD_OWNER_IDS": str(desk.users["owner"]),
        "DISCORD_APPROVER_IDS": str(desk.users["approver"]),
        "OPENAI_API_KEY": "sandbox-key",
        "OPENAI_MODEL": "sandbox-large",
        "OPENAI_FLASH_MODEL": "sandbox-flash",
        "DATA_DIR": str(data),
    }


def strategy_text(world: World) -> str:
    """Return the strategy file for this world's universe.

    Names, tax types and fees of well-known funds are the facts that the bot ships; of others the
    name is what the market says and the gain counts as taxed, which is the careful side.
    """
    facts = {
        item["symbol"]: item
        for item in tomllib.loads(FACTS_FILE.read_text(encoding="utf-8")).get("universe", [])
    }
    names = all_names()
    lines = ["# 데모에서 거래 대금이 가장 큰 종목들", "[parameters]", ""]
    for code in world.universe:
        known = facts.get(code, {})
        name = known.get("name") or names.get(code) or world.prices.name(code)
        lines += ["[[universe]]", f'symbol = "{code}"', f'name = "{name}"']
        tax = known.get("tax_type") or ("비과세" if code in TAX_FREE else "")
        for key, text in (("asset_class", known.get("asset_class")), ("tax_type", tax)):
            if text:
                lines.append(f'{key} = "{text}"')
        if "fee_bps" in known:
            lines.append(f"fee_bps = {known['fee_bps']}")
        lines.append("")
    return "\n".join(lines)
